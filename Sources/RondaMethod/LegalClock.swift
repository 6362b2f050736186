package import RondaModel

/// What the law asks of a request, and by when. It runs from the moment the person spoke, also when
/// the laptop syncs days later (privacy.md feature 4).
package struct LegalClock: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        /// The person is to complete it until that day; it does not run meanwhile.
        case waiting(until: CivilDate)
        /// Not completed in time, and closed by law.
        case abandoned
        case running
        case overdue
        case answered, done
    }

    package let state: State
    /// The last day to answer.
    package let answerBy: CivilDate
    /// The last day to ask the person to complete it.
    package let askMoreBy: CivilDate?
    /// The last day to carry it out, once it was answered.
    package let actBy: CivilDate?
    package let source: String

    /// Working days to ask for what is missing, and months that the person has to give it (Colombia,
    /// Ley 1581 de 2012, art. 15).
    private static let askMoreDays = 5
    private static let completionDays = 60

    package init(
        _ request: DataRequest, country: String?, terms: LegalTerms, working: WorkingDays,
        at now: LocalMoment
    ) {
        func day(_ instant: Instant) -> CivilDate { now.sameClock(instant).day }
        let law = request.country ?? country
        let received = request.receivedAt ?? now.instant
        let period = terms.period(request.right ?? .access, country: law, on: day(received))
        source = period.source
        // An incomplete one begins anew when the person has completed it.
        let start = day(max(received, request.completedAt ?? received))
        let asks = law == "CO"
        askMoreBy =
            asks ? working.adding(Self.askMoreDays, to: day(received), as: .working) : nil
        let first = working.adding(period.days, to: start, as: period.count)
        let isExtended =
            request.extendedAt.map { day($0) <= first } == true
            && request.extensionReason?.isEmpty == false
        let last =
            isExtended
            ? working.adding(period.extensionDays, to: first, as: period.count) : first
        answerBy = last
        actBy = request.answeredAt.flatMap { answered in
            period.actDays.map { working.adding($0, to: day(answered), as: period.count) }
        }
        if request.doneAt != nil {
            state = .done
        } else if request.answeredAt != nil {
            let isLate = actBy.map { now.day > $0 } ?? false
            state = isLate ? .overdue : .answered
        } else if asks, let asked = request.askedMoreAt, request.completedAt == nil {
            let until = day(asked).adding(days: Self.completionDays)
            state = now.day > until ? .abandoned : .waiting(until: until)
        } else {
            state = now.day > last ? .overdue : .running
        }
    }

    /// How it stands, for whoever looks at the list.
    package var phrase: Phrase {
        switch state {
        case .waiting(let until):
            Phrase(
                en: "waiting for the person until \(until); ask again before",
                es: "en espera de la persona hasta \(until); vuelva a pedirlo antes")
        case .abandoned:
            Phrase(
                en: "the person did not complete it in time; close it and say so to the person",
                es: "la persona no la completó a tiempo; ciérrela y avise a la persona")
        case .running:
            Phrase(en: "answer by \(answerBy)", es: "responda a más tardar el \(answerBy)")
        case .overdue:
            Phrase(
                en: "OVERDUE since \(actBy ?? answerBy); answer now and tell the office",
                es: "VENCIDA desde el \(actBy ?? answerBy); responda ya y avise a la oficina")
        case .answered:
            Phrase(
                en: "answered" + (actBy.map { "; carry it out by \($0)" } ?? ""),
                es: "respondida" + (actBy.map { "; cúmplala a más tardar el \($0)" } ?? ""))
        case .done: Phrase(en: "carried out", es: "cumplida")
        }
    }
}
