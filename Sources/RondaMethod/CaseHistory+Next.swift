package import RondaModel

/// What a case asks for next.
package enum CaseMove: Sendable, Hashable {
    case step(CaseStepKind)
    /// One of the two check-backs: 1 or 2.
    case check(Int)
    case close
    /// Over: nothing.
    case nothing
}

extension CaseHistory {
    package var next: CaseMove {
        switch state {
        case .closed, .withdrawn: return .nothing
        case .acting: return .check(1)
        case .checkedOnce: return .check(2)
        case .checkedTwice:
            return checks.last?.satisfied == .no ? .step(.solutions) : .close
        case .reopened: return .step(.act)
        case .registered, .acknowledged, .understood, .solutionAgreed:
            let missing = CaseStepKind.allCases.first { problem(after: $0) != nil }
            return missing.map { .step($0) } ?? .step(.act)
        }
    }

    /// Why a step is not taken as it was typed; `nil` when it may be saved.
    /// - Parameter promises: the promises that it names, with their due times.
    package func problem(
        taking step: CaseStep, promises: [Commitment], at now: Instant
    ) -> CaseRefusal? {
        guard let kind = step.step else { return .wordsMissing }
        // Whoever is not satisfied after the end opens it again by saying so.
        if state.isOver { return kind == .verify && step.satisfied == .no ? nil : .over }
        return problem(before: kind) ?? problem(inside: step, promises: promises, at: now)
    }

    /// Why it is not closed with this outcome.
    package func problemClosing(as outcome: CaseOutcome?) -> CaseRefusal? {
        if !closings.isEmpty { return .over }
        guard let outcome else { return .outcomeMissing }
        // The customer took it back: nobody calls twice about that.
        if outcome == .withdrawn { return nil }
        if checks.isEmpty { return .firstCheckMissing }
        if checks.count < 2 { return .secondCheckMissing }
        let isSatisfied = checks.last?.satisfied != .no
        return isSatisfied || outcome == .notFoundedExplained ? nil : .notSatisfied
    }

    package var problemReopening: CaseRefusal? { closings.isEmpty ? .notOver : nil }

    /// Nobody handles a complaint about themselves (domain §1.5).
    package func problem(owner: RecordID) -> CaseRefusal? {
        record.subjectStaff.contains(owner) ? .subjectOwns : nil
    }

    /// What has to be there before a step.
    package func problem(before kind: CaseStepKind) -> CaseRefusal? {
        for step in CaseStepKind.allCases.prefix(while: { $0 != kind }) {
            if let problem = problem(after: step) { return problem }
        }
        return nil
    }

    /// What a step still lacks for the next one to begin.
    private func problem(after kind: CaseStepKind) -> CaseRefusal? {
        let steps = taken[kind] ?? []
        switch kind {
        case .respect: return steps.isEmpty ? .respectFirst : nil
        case .listen: return steps.isEmpty ? .listenFirst : nil
        case .expectations: return expectation == nil ? .expectationsFirst : nil
        case .restate:
            guard let last = steps.last else { return .restateFirst }
            return last.customerConfirmed == true ? nil : .notConfirmed
        case .solutions: return steps.contains(where: \.isSolution) ? nil : .solutionFirst
        case .act: return isActing ? nil : .actFirst
        case .verify: return checks.count > 1 ? nil : .secondCheckMissing
        }
    }

    private var isActing: Bool {
        state == .acting || state == .checkedOnce || state == .checkedTwice
    }

    private func problem(
        inside step: CaseStep, promises: [Commitment], at now: Instant
    ) -> CaseRefusal? {
        switch step.step {
        case nil, .respect: return nil
        case .listen: return step.words == nil ? .wordsMissing : nil
        case .expectations: return step.expectedOutcome == nil ? .expectationMissing : nil
        case .restate:
            if step.words == nil { return .wordsMissing }
            return step.customerConfirmed == nil ? .confirmationMissing : nil
        case .solutions:
            if step.meetsExpectation != true && step.alternatives.isEmpty {
                return .alternativesMissing
            }
            return step.chosen == nil ? .solutionMissing : nil
        case .act:
            if step.commitments.isEmpty { return .noPromise }
            let due = promises.filter { step.commitments.contains($0.id) }.map(\.dueAt)
            let areDue = due.allSatisfy { $0.map { $0 > now } ?? false }
            return areDue && due.count == step.commitments.count ? nil : .noDueTime
        case .verify:
            if step.satisfied == nil { return .satisfactionMissing }
            guard let first = checks.last?.at, let at = step.at else { return nil }
            return at > first ? nil : .checkTooSoon
        }
    }
}

extension CaseStep {
    /// What was chosen meets the expectation, or is one of the alternatives that were offered.
    fileprivate var isSolution: Bool {
        chosen != nil && (meetsExpectation == true || !alternatives.isEmpty)
    }
}
