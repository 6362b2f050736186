package import RondaModel

/// Why a promise is not renegotiated as it was typed.
package enum RenegotiationRefusal: MethodRefusal {
    case settled, dueInThePast, notAgreed, tooLate

    package var phrase: Phrase {
        switch self {
        case .settled:
            Phrase(
                en: "this promise is settled already; make a new promise instead",
                es: "esta promesa ya está resuelta; haga una promesa nueva")
        case .dueInThePast:
            Phrase(
                en: "the new due time has passed already; give one that is still to come",
                es: "el nuevo plazo ya pasó; indique uno que aún no llegue")
        case .notAgreed:
            Phrase(
                en:
                    "without the customer's agreement the promise is broken when it is due; note how "
                    + "the customer agreed, or keep it",
                es:
                    "sin el acuerdo del cliente la promesa se incumple al vencer; anote cómo aceptó "
                    + "el cliente, o cúmplala")
        case .tooLate:
            Phrase(
                en:
                    "it was due before the customer agreed, so it counts as broken; save it as a new "
                    + "promise that stands alone",
                es:
                    "venció antes de que el cliente aceptara, así que cuenta como incumplida; guárdela "
                    + "como una promesa nueva")
        }
    }
}

extension PromiseHistory {
    /// The first thing to say about a renegotiation before it is saved. `notAgreed` and `tooLate`
    /// warn; it may be saved all the same, because it happened.
    package func problem(
        renegotiating made: Renegotiation, at now: Instant
    ) -> RenegotiationRefusal? {
        if promise.keptAt != nil || promise.releasedAt != nil { return .settled }
        if let due = made.dueAt, due <= now { return .dueInThePast }
        if !Self.wasAgreed(made) { return .notAgreed }
        return made.agreedAt.map { $0 > term(at: $0).dueAt } == true ? .tooLate : nil
    }
}
