internal import ArgumentParser
internal import RondaClient
internal import RondaModel

struct PromiseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promise", abstract: "Promises / Promesas.",
        subcommands: [Add.self, Keep.self, List.self], defaultSubcommand: List.self,
        aliases: ["promesa"])

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
            let saved = try await session.save(before.id, in: store) { capture in
                try capture.update(Commitment.self, before.id) { promise in
                    // The first time stands: a later one would only make it look late.
                    if promise.keptAt == nil { promise.keptAt = now }
                    if let evidence { promise.evidence.append(evidence) }
                }
            }
            let (after, handle) = try await session.read(store) {
                (
                    try $0.record(Commitment.self, before.id) ?? before,
                    try $0.shortID(Commitment.self, before.id)
                )
            }
            let state = PromiseState(after, now: now)
            let words = after.words ?? ""
            let what =
                saved.receipt == nil
                ? Phrase(
                    en: "Promise \(handle) was already kept: \(words).",
                    es: "La promesa \(handle) ya estaba cumplida: \(words).")
                : Phrase(
                    en: "Promise \(handle) \(state.label.en): \(words).",
                    es: "Promesa \(handle) \(state.label.es): \(words).")
            return saved.output("promise", what, more: ["state": .string(state.rawValue)])
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
            let (all, asked, now) = (all, customer, session.wording.now)
            let rows = try await session.read { reader in
                let names = try Names(reader)
                let promises =
                    if let asked {
                        try reader.records(
                            Commitment.self, of: try Finder(reader: reader).customer(asked).id)
                    } else {
                        try reader.records(Commitment.self)
                    }
                return try promises.filter { all || PromiseState($0, now: now).isOpen }
                    .map { try names.row($0, now: now) }
            }
            return PromiseRow.output(PromiseRow.ordered(rows), in: session.wording)
        }
    }
}
