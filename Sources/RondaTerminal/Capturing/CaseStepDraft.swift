internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// A step of a case about to be captured, with the promise that its action makes: one commit.
struct CaseStepDraft: Sendable {
    let kind: CaseStepKind
    var step: CaseStep
    var promise: PromiseDraft?

    /// What stands for the promise's id before it has one.
    private static let promised = RecordID(high: 0, low: 1)

    init(_ kind: CaseStepKind, at now: Instant) {
        self.kind = kind
        step = CaseStep(id: .zero)
        step.step = kind
        step.at = now
    }

    var hasAnswers: Bool {
        step.words != nil || step.feels != nil || step.wants != nil || step.expectedOutcome != nil
            || step.customerConfirmed != nil || !step.alternatives.isEmpty || step.chosen != nil
            || step.meetsExpectation != nil || step.satisfied != nil || promise != nil
    }

    /// What must be there before anything is asked.
    func problem(before history: CaseHistory) -> CaseRefusal? {
        history.state.isOver ? nil : history.problem(before: kind)
    }

    func problem(in history: CaseHistory, at now: Instant) -> CaseRefusal? {
        var step = step
        var promises: [Commitment] = []
        if let promise {
            var commitment = Commitment(id: Self.promised)
            commitment.dueAt = promise.dueAt
            promises = [commitment]
            step.commitments = [Self.promised]
        }
        return history.problem(taking: step, promises: promises, at: now)
    }

    /// One question a line: those of this step.
    mutating func ask(_ questions: Questions) {
        switch kind {
        case .respect:
            step.words = questions.text(
                "1. What did you say to calm the customer", "1. ¿Qué le dijo para darle confianza?")
        case .listen:
            step.words = questions.text("2. What happened", "2. ¿Qué sucedió, en sus palabras?")
            step.feels = questions.text("   What does the customer feel", "   ¿Qué siente?")
            step.wants = questions.text("   What does the customer want", "   ¿Qué quiere?")
        case .expectations:
            step.expectedOutcome = questions.text(
                "3. What does the customer expect", "3. ¿Qué espera el cliente?")
        case .restate:
            step.words = questions.text("4. What did you repeat", "4. ¿Qué le repitió?")
            step.customerConfirmed = questions.yesNo(
                "   Did the customer confirm it", "   ¿El cliente lo confirmó?")
        case .solutions:
            step.chosen = questions.text("5. What was chosen", "5. ¿Qué solución se eligió?")
            step.meetsExpectation = questions.yesNo(
                "   Does it meet the expectation", "   ¿Cubre la expectativa?")
            while step.meetsExpectation == false,
                let other = questions.text(
                    "   An alternative you offered", "   ¿Qué alternativa ofreció?")
            {
                step.alternatives.append(other)
            }
        case .act:
            promise = questions.promise(
                "6. What do you promise, with day and hour", "6. ¿Qué promete, con día y hora?")
        case .verify:
            step.satisfied = questions.choice(
                Satisfaction.self, "7. Is the customer satisfied", "7. ¿Quedó satisfecho?")
            step.words = questions.text("   What did the customer say", "   ¿Qué dijo?")
        }
    }
}

extension Capture {
    mutating func add(
        _ draft: CaseStepDraft, to history: CaseHistory, offsetMinutes: Int
    ) throws {
        let record = history.record
        var step = new(CaseStep.self)
        step.fields = draft.step.fields
        step.serviceCase = record.id
        step.customer = record.customer
        step.by = author
        if draft.kind == .solutions { step.answers = history.expectation?.id }
        if var promise = draft.promise, let customer = record.customer {
            promise.origin = .caseStep
            promise.serviceCase = record.id
            step.commitments = [try add(promise, customer: customer)]
        }
        try create(step)
        let after = try self.history(of: record, with: step)
        let followUps = FollowUps(offsetMinutes: offsetMinutes).checkBacks(after)
        if draft.kind == .act { for followUp in followUps { try create(followUp) } }
        // A check-back that was asked for is done by the check that it asked for.
        if draft.kind == .verify, followUps.indices.contains(after.checks.count - 1),
            after.checks.last?.id == step.id
        {
            let done = followUps[after.checks.count - 1]
            guard try reader.record(FollowUp.self, done.id) != nil else { return }
            let by = author
            try update(FollowUp.self, done.id) { followUp in
                followUp.doneAt = step.at
                followUp.doneBy = by
                followUp.result.append(step.id)
            }
        }
    }

    private func history(of record: ServiceCase, with step: CaseStep) throws -> CaseHistory {
        guard let customer = record.customer else {
            return CaseHistory(record, steps: [step], events: [])
        }
        return CaseHistory(
            record, steps: try reader.records(CaseStep.self, of: customer) + [step],
            events: try reader.records(CaseEvent.self, of: customer))
    }
}
