internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// Another due time, agreed with the customer. What was promised first never changes: each
/// renegotiation is a record beside it.
struct PromiseRenegotiateCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "renegotiate",
        abstract: "Agree on another due time / Acordar otro plazo.", aliases: ["renegociar"])

    @Argument(help: "Beginning of the id / Comienzo del id.") var id: String
    @Option(help: "The new due time / El nuevo plazo: \"jueves 16h\", +3d.") var due: String
    @Option(help: "How the customer agreed / Cómo aceptó el cliente.") var agreement: String?
    @Option(help: "When the customer agreed / Cuándo aceptó; ahora si no se dice.")
    var agreedAt: String?
    @Option(help: "Why / Motivo.") var reason: String?
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let store = try await session.open()
        let (asked, now) = (id, session.wording.now)
        let history = try await session.read(store) { try Names($0).promise(asked) }
        let promise = history.promise
        var made = Renegotiation(id: .zero)
        made.dueAt = try session.moment(due)
        made.agreedAt = try agreedAt.map { try session.past($0) } ?? now
        made.agreement = AnswerWords.text(agreement)
        made.reason = AnswerWords.text(reason)
        let problem = history.problem(renegotiating: made, at: now)
        if let problem, problem == .settled || problem == .dueInThePast {
            throw TerminalError(problem)
        }
        let draft = made
        let saved = try await session.save(in: store) { capture in
            var record = capture.new(Renegotiation.self)
            record.fields = draft.fields
            record.commitment = promise.id
            record.customer = promise.customer
            record.by = capture.author
            try capture.create(record)
        }
        let moment = session.wording.local(now)
        let row = try await session.read(store) { reader in
            let names = try Names(reader)
            return try names.row(try names.history(of: promise), at: moment)
        }
        let due = session.wording.when(draft.dueAt ?? now)
        var output = saved.output(
            "renegotiation",
            Phrase(
                en: "Promise \(row.handle) renegotiated: \(promise.words ?? ""), \(due.en).",
                es: "Promesa \(row.handle) renegociada: \(promise.words ?? ""), \(due.es)."),
            more: [
                "promise": .id(promise.id), "dueAt": .instant(draft.dueAt),
                "state": .string(row.state.rawValue), "currentDueAt": .instant(row.dueAt),
                "warning": problem.map { .string($0.name) } ?? .null,
            ])
        // It happened, so it is saved; what it means is said all the same.
        if let problem { output.notes.insert(problem.phrase, at: 0) }
        return output
    }
}

/// The customer lets the rep off a promise.
struct PromiseReleaseCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "The customer no longer wants it / El cliente ya no lo quiere.",
        aliases: ["liberar"])

    @Argument(help: "Beginning of the id / Comienzo del id.") var id: String
    @Option(help: "How the customer said so / Cómo lo dijo el cliente.") var evidence: String?
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let store = try await session.open()
        let (asked, evidence, now) = (id, AnswerWords.text(evidence), session.wording.now)
        let (promise, handle) = try await session.read(store) { reader in
            let promise = try Finder(reader: reader).record(Commitment.self, asked)
            return (promise, try reader.shortID(Commitment.self, promise.id))
        }
        if promise.keptAt != nil { throw TerminalError(RenegotiationRefusal.settled) }
        let saved = try await session.save(promise.id, in: store) { capture in
            try capture.update(Commitment.self, promise.id) { promise in
                if promise.releasedAt == nil { promise.releasedAt = now }
                if let evidence { promise.evidence.append(evidence) }
            }
        }
        let words = promise.words ?? ""
        return saved.output(
            "promise",
            Phrase(
                en: "Promise \(handle) released: \(words).",
                es: "Promesa \(handle) liberada: \(words)."),
            more: ["state": .string(PromiseState.released.rawValue)])
    }
}

/// A promise with every due time it had.
struct PromiseShowCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One promise and its due times / Una promesa y sus plazos.",
        aliases: ["ver"])

    @Argument(help: "Beginning of the id / Comienzo del id.") var id: String
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let (asked, now) = (id, session.wording.local(session.wording.now))
        let row = try await session.read { reader in
            let names = try Names(reader)
            return try names.row(try names.promise(asked), at: now)
        }
        return PromiseView.page(row, at: now, in: session.wording)
    }
}
