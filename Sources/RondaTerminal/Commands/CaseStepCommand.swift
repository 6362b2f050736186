internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// The next of the seven steps, or one that is named. What comes before it must be there.
struct CaseStepCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Take the next step; on a terminal without answers, asks for them / "
            + "Dar el próximo paso; en una terminal, sin respuestas, las pregunta.",
        aliases: ["paso"])

    @Argument(help: "Beginning of the case's id / Comienzo del id del caso.") var id: String
    @Option(help: "1 to 7, or its name; the next one by itself / De 1 a 7; si no, el próximo.")
    var step: String?
    @Option(help: "What was said / Qué se dijo.") var words: String?
    @Option(help: "2. What the customer feels / Qué siente.") var feels: String?
    @Option(help: "2. What the customer wants / Qué quiere.") var wants: String?
    @Option(help: "3. What the customer expects / Qué espera el cliente.") var expects: String?
    @Option(help: "4. Did the customer confirm it? yes, no / ¿Lo confirmó? sí, no.")
    var confirmed: String?
    @Option(help: "5. An alternative that was offered / Una alternativa ofrecida.")
    var alternative: [String] = []
    @Option(help: "5. What was chosen / Qué se eligió.") var chosen: String?
    @Option(help: "5. Does it meet the expectation? yes, no / ¿Cubre la expectativa? sí, no.")
    var meets: String?
    @Option(help: "6. What is promised / Qué se promete.") var promise: String?
    @Option(help: "6. By when / Para cuándo: \"jueves 16h\".") var due: String?
    @Option(help: "7. Satisfied? yes, partly, no / ¿Satisfecho? sí, en parte, no.")
    var satisfied: String?
    @Option(help: "How it can be seen / En qué se ve.") var evidence: [String] = []
    @Option(help: "When it was / Cuándo fue.") var at: String?
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let store = try await session.open()
        let asked = id
        let before = try await session.read(store) { reader in
            let names = try Names(reader)
            return try names.row(try names.serviceCase(asked))
        }
        var draft = CaseStepDraft(try kind(in: before.history), at: session.wording.now)
        if let at { draft.step.at = try session.past(at) }
        if let problem = draft.problem(before: before.history) { throw TerminalError(problem) }
        try fill(&draft, in: session)
        if before.history.state.isOver && draft.step.satisfied != .no {
            throw TerminalError(CaseRefusal.over)
        }
        if session.isInteractive && !draft.hasAnswers {
            draft.ask(Questions(session: session))
        }
        if let problem = draft.problem(in: before.history, at: session.wording.now) {
            throw TerminalError(problem)
        }
        let (made, offset) = (draft, session.wording.local(session.wording.now).offsetMinutes)
        let saved = try await session.save(in: store) {
            try $0.add(made, to: before.history, offsetMinutes: offset)
        }
        let after = try await session.read(store) { reader in
            try Names(reader).history(of: before.record)
        }
        let kind = draft.kind
        let number = kind.rawValue
        return saved.output(
            "caseStep",
            Phrase(
                en: "Case \(before.handle), step \(number) (\(kind.label.en)) saved: "
                    + "\(after.state.label.en).",
                es: "Caso \(before.handle), paso \(number) (\(kind.label.es)) guardado: "
                    + "\(after.state.label.es)."),
            next: CaseView.next(after, handle: before.handle),
            more: [
                "case": .id(before.record.id), "step": .string(kind.name),
                "state": .string(after.state.rawValue), "next": CaseView.json(after.next),
            ])
    }

    private func kind(in history: CaseHistory) throws(TerminalError) -> CaseStepKind {
        if let step {
            if let number = UInt32(step), let kind = CaseStepKind(rawValue: number) { return kind }
            if let kind = try AnswerWords.required(CaseStepKind.self, step, flag: "--step") {
                return kind
            }
        }
        switch history.next {
        case .step(let kind): return kind
        case .check: return .verify
        // The customer who is not satisfied after all says so by this step.
        case .close, .nothing: return .verify
        }
    }

    private func fill(_ draft: inout CaseStepDraft, in session: Session) throws(TerminalError) {
        draft.step.words = AnswerWords.text(words)
        draft.step.feels = AnswerWords.text(feels)
        draft.step.wants = AnswerWords.text(wants)
        draft.step.expectedOutcome = AnswerWords.text(expects)
        draft.step.customerConfirmed = try AnswerWords.requiredYesNo(
            confirmed, flag: "--confirmed")
        draft.step.alternatives = alternative.compactMap(AnswerWords.text)
        draft.step.chosen = AnswerWords.text(chosen)
        draft.step.meetsExpectation = try AnswerWords.requiredYesNo(meets, flag: "--meets")
        draft.step.satisfied = try AnswerWords.required(
            Satisfaction.self, satisfied, flag: "--satisfied")
        draft.step.evidence = evidence.compactMap(AnswerWords.text)
        switch (AnswerWords.text(promise), due) {
        case (nil, nil): break
        case (let words?, let due?):
            draft.promise = PromiseDraft(words: words, dueAt: try session.due(due))
        case (_?, nil): throw TerminalError(CaseRefusal.noDueTime)
        case (nil, _?): throw TerminalError(CaseRefusal.noPromise)
        }
    }
}
