internal import ArgumentParser
internal import RondaClient
internal import RondaModel

struct SuggestionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suggestions",
        abstract: "Changes suggested by who had the customer before / "
            + "Cambios que sugiere quien tenía antes al cliente.",
        subcommands: [List.self, Apply.self, Dismiss.self], defaultSubcommand: List.self,
        aliases: ["sugerencias"])

    struct List: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "What is suggested / Lo que se sugiere.", aliases: ["lista"])

        @Flag(help: "Those that were decided, too / También las ya decididas.") var all = false
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let all = all
            let rows = try await session.read { try Names($0).suggestions(all: all) }
            return SuggestionRow.output(rows, in: session.wording)
        }
    }

    struct Apply: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Do what is suggested / Hacer lo que se sugiere.", aliases: ["aplicar"])

        @Argument(help: "ID.") var suggestion: String
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            try await SuggestionsCommand.decide(suggestion, in: session, applying: true)
        }
    }

    struct Dismiss: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Leave it / Descartarla.", aliases: ["descartar"])

        @Argument(help: "ID.") var suggestion: String
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            try await SuggestionsCommand.decide(suggestion, in: session, applying: false)
        }
    }

    private static func decide(
        _ text: String, in session: Session, applying: Bool
    ) async throws -> Output {
        let store = try await session.open()
        let (row, isOpen) = try await session.read(store) { reader in
            let found = try Finder(reader: reader).record(Suggestion.self, text)
            let row = try Names(reader).suggestions(all: true)
                .first { $0.suggestion.id == found.id }
            return (row, row?.isOpen ?? false)
        }
        guard let row, isOpen else {
            throw TerminalError.usage(
                en: "this suggestion was decided already; see: ronda suggestions --all",
                es: "esta sugerencia ya se decidió; vea: ronda sugerencias --all")
        }
        let suggestion = row.suggestion
        let saved = try await session.save(suggestion.id, in: store) { capture in
            if applying { try capture.apply(suggestion) }
            try capture.update(Suggestion.self, suggestion.id) {
                $0.state = applying ? .applied : .dismissed
            }
        }
        let what = row.text(in: session.wording)
        let name = row.customer.name
        return saved.output(
            "suggestion",
            applying
                ? Phrase(en: "\(name): \(what). Done.", es: "\(name): \(what). Hecho.")
                : Phrase(
                    en: "Dismissed what was suggested for \(name).",
                    es: "Se descartó lo sugerido para \(name)."))
    }
}
