import RondaMethod
import RondaModel

/// A case of Rosa's, and what was recorded about it.
struct CaseFacts {
    static let id = RecordID(300)

    var record = make(ServiceCase.self, 300) {
        $0.customer = rosa
        $0.kind = .complaint
        $0.openedAt = noon
        $0.words = "llegó roto"
    }
    var steps: [CaseStep] = []
    var events: [CaseEvent] = []
    private var last: UInt64 = 300

    var history: CaseHistory { CaseHistory(record, steps: steps, events: events) }

    @discardableResult
    mutating func step(
        _ kind: CaseStepKind, at moment: Instant, by staff: RecordID = ana,
        _ fill: (inout CaseStep) -> Void = { _ in }
    ) -> CaseStep {
        last += 1
        let step = Self.step(kind, id: last, at: moment, by: staff, fill)
        steps.append(step)
        return step
    }

    static func step(
        _ kind: CaseStepKind, id: UInt64, at moment: Instant, by staff: RecordID = ana,
        _ fill: (inout CaseStep) -> Void = { _ in }
    ) -> CaseStep {
        make(CaseStep.self, id) {
            $0.serviceCase = Self.id
            $0.customer = rosa
            $0.step = kind
            $0.at = moment
            $0.by = staff
            $0.words = "dicho"
            switch kind {
            case .expectations: $0.expectedOutcome = "uno nuevo"
            case .restate: $0.customerConfirmed = true
            case .solutions:
                $0.chosen = "cambio"
                $0.meetsExpectation = true
            case .act: $0.commitments = [RecordID(100)]
            case .verify: $0.satisfied = .yes
            case .respect, .listen: break
            }
            fill(&$0)
        }
    }

    @discardableResult
    mutating func event(
        _ kind: CaseEventKind, at moment: Instant, by staff: RecordID = carmen,
        _ fill: (inout CaseEvent) -> Void = { _ in }
    ) -> CaseEvent {
        last += 1
        let event = Self.event(kind, id: last, at: moment, by: staff, fill)
        events.append(event)
        return event
    }

    static func event(
        _ kind: CaseEventKind, id: UInt64, at moment: Instant, by staff: RecordID = carmen,
        _ fill: (inout CaseEvent) -> Void = { _ in }
    ) -> CaseEvent {
        make(CaseEvent.self, id) {
            $0.serviceCase = Self.id
            $0.customer = rosa
            $0.kind = kind
            $0.at = moment
            $0.by = staff
            fill(&$0)
        }
    }

    static func closing(
        _ outcome: CaseOutcome = .solvedAsExpected, id: UInt64, at moment: Instant,
        by staff: RecordID = carmen
    ) -> CaseEvent {
        event(.closed, id: id, at: moment, by: staff) { $0.outcome = outcome }
    }

    /// The steps up to one, an hour each from the first.
    static func upTo(_ kind: CaseStepKind) -> CaseFacts {
        var facts = CaseFacts()
        for (index, step) in CaseStepKind.allCases.enumerated() where step.rawValue <= kind.rawValue
        {
            facts.step(step, at: hour(index + 1))
        }
        return facts
    }

    /// With both check-backs done, at hours 7 and 50.
    static func checked() -> CaseFacts {
        var facts = upTo(.verify)
        facts.step(.verify, at: hour(50))
        return facts
    }

    static func closed() -> CaseFacts {
        var facts = checked()
        facts.event(.closed, at: hour(51)) { $0.outcome = .solvedAsExpected }
        return facts
    }

    /// As commits that the hub had before two devices went on apart.
    var changes: [Change] {
        [Change(creating: record)] + steps.map { Change(creating: $0) }
            + events.map { Change(creating: $0) }
    }
}

extension Apart {
    func history() throws -> CaseHistory {
        CaseHistory(
            try shown(ServiceCase.self, CaseFacts.id), steps: all(CaseStep.self),
            events: all(CaseEvent.self))
    }
}
