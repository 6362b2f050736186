internal import ArgumentParser
internal import RondaClient
internal import RondaModel

struct TrayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tray",
        abstract: "Changes the server refused, with the reason / "
            + "Cambios que el servidor rechazó, con su motivo.",
        subcommands: [List.self, Show.self], defaultSubcommand: List.self, aliases: ["bandeja"])

    struct List: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "What is in the tray / Qué hay en la bandeja.", aliases: ["lista"])

        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            TrayView.list(try await session.read { try $0.tray() }, in: session.wording)
        }
    }

    struct Show: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "One refused change / Un cambio rechazado.", aliases: ["ver"])

        @Argument(help: "Number in the list / Número en la lista.") var number: Int
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let number = number
            let (item, changes) = try await session.read { reader in
                guard let item = try reader.tray().first(where: { $0.n == number }) else {
                    throw TerminalError.notFound(
                        en: "there is no \(number) in the tray; see: ronda tray",
                        es: "no hay un \(number) en la bandeja; vea: ronda bandeja")
                }
                let names = try Names(reader)
                let changes = try reader.changes(ofRefused: item.n)
                return (item, try changes.map { try RefusedChange($0, names) })
            }
            return TrayView.page(item, changes, in: session.wording)
        }
    }
}
