internal import ArgumentParser
internal import RondaClient
internal import RondaModel

struct ConflictsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conflicts",
        abstract: "What several people changed without having seen each other / "
            + "Lo que varias personas cambiaron sin haberse visto.",
        subcommands: [List.self, Show.self, Resolve.self], defaultSubcommand: List.self,
        aliases: ["conflictos"])

    struct List: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every value with its author and time / Cada valor, su autor y su hora.",
            aliases: ["lista"])

        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let items = try await session.read { try Names($0).conflictItems() }
            return ConflictItem.output(items, in: session.wording)
        }
    }

    struct Show: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "One conflict / Un conflicto.", aliases: ["ver"])

        @Argument(help: "Number in the list, or ID.field / Número en la lista, o ID.campo.")
        var conflict: String
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let asked = conflict
            let item = try await session.read {
                try ConflictItem.find(asked, in: try Names($0).conflictItems())
            }
            return item.page(in: session.wording)
        }
    }

    struct Resolve: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Settle a conflict / Resolver un conflicto.",
            discussion: """
                A contested field: --keep with the number of the value, or --value. A record that one \
                person deleted and another edited: --keep or --delete.

                Un campo en conflicto: --keep con el número del valor, o --value. Un registro que una \
                persona eliminó y otra editó: --keep o --delete.
                """,
            aliases: ["resolver", "settle"])

        @Argument(help: "Number in the list, or ID.field / Número en la lista, o ID.campo.")
        var conflict: String
        @Option(
            defaultAsFlag: 1,
            help: "Keep the value with this number / Quedarse con el valor de este número.")
        var keep: Int?
        @Option(help: "Or another value / U otro valor.") var value: String?
        @Flag(help: "Let a contested deletion stand / Confirmar la eliminación.")
        var delete = false
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let store = try await session.open()
            let asked = conflict
            let item = try await session.read(store) {
                try ConflictItem.find(asked, in: try Names($0).conflictItems())
            }
            switch item {
            case .field(let row): return try await settle(row, in: store, session)
            case .deletion(let row): return try await settle(row, in: store, session)
            }
        }

        private func settle(
            _ row: ConflictRow, in store: LocalStore, _ session: Session
        ) async throws -> Output {
            if delete {
                throw TerminalError.usage(
                    en: "--delete is for a contested deletion; here say --keep NUMBER or --value",
                    es: "--delete es para una eliminación en conflicto; aquí diga --keep NÚMERO "
                        + "o --value")
            }
            let chosen = try row.choice(keep: keep, value: value, in: session)
            let (saved, left) = try await save(row.conflict.record, in: store, session) {
                try $0.settle(row.conflict, as: chosen)
            }
            let text = row.text(chosen, in: session.wording)
            let (title, label, rest) = (row.title, row.conflict.fieldLabel, Self.rest(left))
            return saved.output(
                "conflict",
                Phrase(
                    en: "\(title), \(label.en): “\(text)” stands; \(rest.en) left.",
                    es: "\(title), \(label.es): queda «\(text)»; \(rest.es) por resolver."
                ), more: ["field": .string(row.conflict.fieldName), "conflicts": .integer(left)])
        }

        private func settle(
            _ row: ContestedRow, in store: LocalStore, _ session: Session
        ) async throws -> Output {
            guard value == nil, keep ?? 1 == 1, delete != (keep != nil) else {
                throw TerminalError.usage(
                    en: "one deleted it and another edited it: say either --keep or --delete",
                    es: "una persona lo eliminó y otra lo editó: diga --keep o --delete")
            }
            let keeping = !delete
            let (saved, left) = try await save(row.contested.record, in: store, session) {
                try $0.settle(row.contested, keeping: keeping)
            }
            let rest = Self.rest(left)
            let what =
                keeping
                ? Phrase(
                    en: "\(row.title) stays; \(rest.en) left.",
                    es: "\(row.title) queda; \(rest.es) por resolver.")
                : Phrase(
                    en: "\(row.title) is deleted; \(rest.en) left.",
                    es: "\(row.title) queda eliminado; \(rest.es) por resolver.")
            return saved.output(
                "conflict", what, more: ["field": .null, "conflicts": .integer(left)])
        }

        private func save(
            _ record: RecordID, in store: LocalStore, _ session: Session,
            _ body: @Sendable (inout Capture) throws -> Void
        ) async throws -> (Saved, left: Int) {
            let receipt = try await store.capture(body)
            let (pending, left) = try await session.read(store) {
                let status = try $0.status()
                return (status.pending, status.conflicts)
            }
            return (Saved(id: record, receipt: receipt, pending: pending), left)
        }

        private static func rest(_ left: Int) -> Phrase {
            .count(
                left, one: Phrase(en: "conflict", es: "conflicto"),
                many: Phrase(en: "conflicts", es: "conflictos"))
        }
    }
}
