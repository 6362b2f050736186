internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// The end of a case: after the second check-back, or because the customer took it back.
struct CaseCloseCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "close",
        abstract: "Close after the second check / Cerrar tras la segunda verificación.",
        aliases: ["cerrar"])

    @Argument(help: "Beginning of the case's id / Comienzo del id del caso.") var id: String
    @Option(
        help: """
            solvedAsExpected, alternativeAccepted, goodwill, notFoundedExplained, withdrawn / Cómo \
            terminó.
            """)
    var outcome: String?
    @Option(help: "Words / Palabras.") var words: String?
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        var event = CaseEvent(id: .zero)
        event.kind = .closed
        event.outcome = try AnswerWords.required(CaseOutcome.self, outcome, flag: "--outcome")
        event.words = AnswerWords.text(words)
        let outcome = event.outcome
        return try await CaseEvents(session: session).add(event, to: id) {
            $0.problemClosing(as: outcome)
        }
    }
}

struct CaseReopenCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "reopen", abstract: "Open it again / Volver a abrirlo.", aliases: ["reabrir"])

    @Argument(help: "Beginning of the case's id / Comienzo del id del caso.") var id: String
    @Option(help: "Why / Por qué.") var words: String?
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        var event = CaseEvent(id: .zero)
        event.kind = .reopened
        event.words = AnswerWords.text(words)
        return try await CaseEvents(session: session).add(event, to: id) { $0.problemReopening }
    }
}

/// What happens beside the steps: notes, escalation, waiting, remedies, a tale told again.
struct CaseEventCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "event",
        abstract: "note, escalated, waitingCustomer, resumed, remedied, retold, or same CASE / "
            + "nota, escalado, en espera, reanudado, remedio, repetido, o misma CASO.",
        aliases: ["suceso"])

    @Argument(help: "Beginning of the case's id / Comienzo del id del caso.") var id: String
    @Argument(help: "What happened / Qué sucedió.") var kind: String
    @Argument(help: "Words / Palabras.") var words: [String] = []
    @Option(help: "Level of escalation, 1 to 3 / Nivel de escalamiento, de 1 a 3.") var level: Int?
    @Option(help: "Escalated or handed to / Escalado o entregado a.") var to: String?
    @Option(help: "refund, replacement, repair, credit, courtesy, apology, information / Remedio.")
    var remedy: String?
    @OptionGroup var globals: GlobalOptions

    private static let same = ["same", "misma", "mismo"]

    func perform(in session: Session) async throws -> Output {
        let text = AnswerWords.text(words.joined(separator: " "))
        let events = CaseEvents(session: session)
        if Self.same.contains(Folding.fold(kind)) {
            return try await events.link(id, to: text ?? "")
        }
        var event = CaseEvent(id: .zero)
        event.kind = try AnswerWords.required(CaseEventKind.self, kind, flag: "KIND")
        event.words = text
        event.remedy = try AnswerWords.required(CaseRemedy.self, remedy, flag: "--remedy")
        switch event.kind {
        case .closed, .withdrawn, .reopened, nil:
            throw TerminalError.usage(
                en: "to end or reopen a case: ronda case close, ronda case reopen",
                es: "para terminar o reabrir un caso: ronda caso cerrar, ronda caso reabrir")
        case .remedied where event.remedy == nil:
            throw TerminalError.usage(
                en: "say which remedy: --remedy", es: "diga qué remedio: --remedy")
        case .escalated:
            event.level = level ?? 1
            guard (1...3).contains(event.level ?? 0) else {
                throw TerminalError.usage(
                    en: "--level goes from 1 to 3", es: "--level va de 1 a 3")
            }
        case .note, .waitingCustomer, .resumed, .remedied, .retold: break
        }
        return try await events.add(event, staff: to, to: id) { $0.state.isOver ? .over : nil }
    }
}
