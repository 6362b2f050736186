package import RondaModel

/// Why a visit does not go to another state.
package enum VisitRefusal: MethodRefusal {
    case completed, calledOff, notHeldYet, backwards

    package var phrase: Phrase {
        switch self {
        case .completed:
            Phrase(
                en: "this visit is completed; record another one",
                es: "esta visita ya está completada; registre otra")
        case .calledOff:
            Phrase(
                en: "this visit was called off; plan another one",
                es: "esta visita no se realizó; planifique otra")
        case .notHeldYet:
            Phrase(
                en: "this visit is still to come; complete it once it took place",
                es: "esta visita aún no ocurre; complétela cuando se haya hecho")
        case .backwards:
            Phrase(
                en: "this visit has begun; complete it, or say that nobody was there",
                es: "esta visita ya empezó; complétela o indique que no hubo nadie")
        }
    }
}

extension Visit {
    /// Why it does not become `next` (domain §2.4): planned, in progress, completed; or planned,
    /// then cancelled, no show or rescheduled. What two people did apart the store takes; this is
    /// asked of one person at a keyboard.
    package func problem(becoming next: VisitState, at now: Instant) -> VisitRefusal? {
        switch (state ?? .planned, next) {
        case (let same, let other) where same == other: nil
        case (.completed, _): .completed
        case (.cancelled, _), (.noShow, _), (.rescheduled, _): .calledOff
        case (.inProgress, .planned), (.inProgress, .cancelled), (.inProgress, .rescheduled):
            .backwards
        case (_, .completed): (at ?? now) > now ? .notHeldYet : nil
        default: nil
        }
    }

    /// Of the visits that were made for a planned one, the first fulfils it and the others are extra:
    /// two reps may both have gone, and both conversations took place (domain §2.4).
    package static func fulfilling(
        _ plan: RecordID, of visits: some Sequence<Visit>
    ) -> (fulfilled: Visit?, extra: [Visit]) {
        let made = visits.filter { ($0.plan == plan || $0.id == plan) && $0.state == .completed }
            .sorted { ($0.at ?? .distantPast, $0.id) < ($1.at ?? .distantPast, $1.id) }
        return (made.first, Array(made.dropFirst()))
    }
}
