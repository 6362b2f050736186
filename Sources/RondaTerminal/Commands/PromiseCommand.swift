internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

struct PromiseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promise", abstract: "Promises / Promesas.",
        subcommands: [
            Add.self, Keep.self, PromiseRenegotiateCommand.self, PromiseReleaseCommand.self,
            List.self, PromiseShowCommand.self,
        ], defaultSubcommand: List.self, aliases: ["promesa"])

    struct Add: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record what was promised / Registrar lo prometido.", aliases: ["nueva"])

        @Option(help: "Code or beginning of the id / Código o comienzo del id.")
        var customer: String
        @Option(
            help: """
                When it is due / Para cuándo: "mañana 12:00", "jueves 16h", +3d, "fin de mes", \
                "2026-11-30 16:00".
                """)
        var due: String
        @Option(help: "Visit it was made in / Visita en que se hizo.") var visit: String?
        @Argument(help: "What was promised / Qué se prometió.") var text: [String]
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            guard let words = AnswerWords.text(text.joined(separator: " ")) else {
                throw TerminalError.usage(
                    en: "say what was promised", es: "diga qué se prometió")
            }
            let draft = PromiseDraft(words: words, dueAt: try session.due(due))
            let store = try await session.open()
            let (asked, askedVisit) = (customer, visit)
            let (customer, visit) = try await session.read(store) { reader in
                let finder = Finder(reader: reader)
                return (
                    try finder.customer(asked),
                    try askedVisit.map { try finder.record(Visit.self, $0).id }
                )
            }
            let saved = try await session.save(in: store) {
                _ = try $0.add(draft, customer: customer.id, visit: visit)
            }
            let handle = try await session.read(store) {
                try $0.shortID(Commitment.self, saved.id)
            }
            let due = session.wording.when(draft.dueAt)
            return saved.output(
                "promise",
                Phrase(
                    en: "Promise \(handle) saved: \(words), \(due.en).",
                    es: "Promesa \(handle) guardada: \(words), \(due.es)."),
                more: ["dueAt": .instant(draft.dueAt)])
        }
    }

    struct Keep: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "A promise was kept / Una promesa se cumplió.", aliases: ["cumplir"])

        @Argument(help: "Beginning of the id / Comienzo del id.") var id: String
        @Option(help: "How it can be seen / En qué se ve.") var evidence: String?
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let store = try await session.open()
            let (asked, evidence) = (id, AnswerWords.text(evidence))
            let now = session.wording.now
            let before = try await session.read(store) {
                try Finder(reader: $0).record(Commitment.self, asked)
            }
            if before.keptAt == nil && before.releasedAt != nil {
                throw TerminalError(
                    .refusedByRule, "released",
                    en: "the customer released you from this promise; there is nothing to keep",
                    es: "el cliente lo liberó de esta promesa; no hay nada que cumplir")
            }
            let saved = try await session.save(before.id, in: store) { capture in
                try capture.update(Commitment.self, before.id) { promise in
                    // The first time stands: a later one would only make it look late.
                    if promise.keptAt == nil { promise.keptAt = now }
                    if let evidence { promise.evidence.append(evidence) }
                }
            }
            let moment = session.wording.local(now)
            let row = try await session.read(store) { reader in
                let names = try Names(reader)
                let after = try reader.record(Commitment.self, before.id) ?? before
                return try names.row(try names.history(of: after), at: moment)
            }
            let (state, handle, words) = (row.state, row.handle, row.promise.words ?? "")
            let what =
                saved.receipt == nil
                ? Phrase(
                    en: "Promise \(handle) was already kept: \(words).",
                    es: "La promesa \(handle) ya estaba cumplida: \(words).")
                : Phrase(
                    en: "Promise \(handle) \(state.label.en): \(words).",
                    es: "Promesa \(handle) \(state.label.es): \(words).")
            let hint =
                row.promise.evidence.isEmpty
                ? Phrase(
                    en: "Note how it can be seen: ronda promise keep \(handle) --evidence …",
                    es: "Anote en qué se ve: ronda promesa cumplir \(handle) --evidence …") : nil
            return saved.output(
                "promise", what, next: hint,
                more: [
                    "state": .string(state.rawValue), "evidence": .strings(row.promise.evidence),
                ])
        }
    }

    struct List: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open promises, overdue first / Promesas abiertas, las vencidas primero.",
            aliases: ["lista"])

        @Flag(help: "Kept and released ones too / También las cumplidas y liberadas.")
        var all = false
        @Option(help: "Of this customer only / Solo de este cliente.") var customer: String?
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let (all, asked) = (all, customer)
            let now = session.wording.local(session.wording.now)
            let rows = try await session.read { reader in
                let names = try Names(reader)
                let customers = try asked.map { [try Finder(reader: reader).customer($0).id] }
                return try names.promises(of: customers)
                    .filter { all || $0.state(at: now, heardUntil: nil).isUnsettled }
                    .map { try names.row($0, at: now) }
            }
            return PromiseRow.output(PromiseRow.ordered(rows), in: session.wording)
        }
    }
}
