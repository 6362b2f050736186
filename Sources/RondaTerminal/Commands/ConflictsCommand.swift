internal import ArgumentParser
internal import RondaClient
internal import RondaModel

struct ConflictsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conflicts",
        abstract: "Fields that several people changed without having seen each other / "
            + "Campos que varias personas cambiaron sin haberse visto.",
        subcommands: [List.self, Show.self, Resolve.self], defaultSubcommand: List.self,
        aliases: ["conflictos"])

    struct List: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every value with its author and time / Cada valor, su autor y su hora.",
            aliases: ["lista"])

        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let rows = try await session.read { try Names($0).conflicts() }
            return ConflictRow.output(rows, in: session.wording)
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
            let row = try await session.read {
                try ConflictRow.find(asked, in: try Names($0).conflicts())
            }
            return row.page(in: session.wording)
        }
    }

    struct Resolve: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Settle a conflict / Resolver un conflicto.", aliases: ["resolver"])

        @Argument(help: "Number in the list, or ID.field / Número en la lista, o ID.campo.")
        var conflict: String
        @Option(help: "Keep the value with this number / Quedarse con el valor de este número.")
        var keep: Int?
        @Option(help: "Or another value / U otro valor.") var value: String?
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let store = try await session.open()
            let asked = conflict
            let row = try await session.read(store) {
                try ConflictRow.find(asked, in: try Names($0).conflicts())
            }
            let chosen = try row.choice(keep: keep, value: value, in: session)
            let receipt = try await store.capture { try $0.settle(row.conflict, as: chosen) }
            let (pending, left) = try await session.read(store) {
                let status = try $0.status()
                return (status.pending, status.conflicts)
            }
            let saved = Saved(id: row.conflict.record, receipt: receipt, pending: pending)
            let text = row.text(chosen, in: session.wording)
            let title = row.title
            let label = row.conflict.fieldLabel
            let rest = Phrase.count(
                left, one: Phrase(en: "conflict", es: "conflicto"),
                many: Phrase(en: "conflicts", es: "conflictos"))
            return saved.output(
                "conflict",
                Phrase(
                    en: "\(title), \(label.en): “\(text)” stands; \(rest.en) left.",
                    es: "\(title), \(label.es): queda «\(text)»; \(rest.es) por resolver."
                ), more: ["field": .string(row.conflict.fieldName), "conflicts": .integer(left)])
        }
    }
}
