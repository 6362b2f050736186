internal import ArgumentParser
internal import RondaClient
internal import RondaModel

struct ServerCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "server",
        abstract: "Where this device's server is, and its fingerprint / "
            + "Dónde está el servidor de este equipo y su huella.",
        aliases: ["servidor"])

    @Option(help: ArgumentHelp("Its new address / Su dirección nueva.", valueName: "url"))
    var set: String?
    @Option(
        help: ArgumentHelp("Its new fingerprint, sha256//… / Su huella nueva.", valueName: "pin"))
    var pin: String?
    @Flag(help: "Trust the system's authorities again / Confiar de nuevo en las autoridades.")
    var noPin = false
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let store = try await session.open()
        guard let before = try await store.identity()?.address else {
            return Output(json: .null, status: .notPermitted)
        }
        var notes: [Phrase] = []
        var address = before
        if set != nil || pin != nil || noPin {
            address = ServerAddress(set ?? before.url, pin: noPin ? nil : pin ?? before.pin)
            // Refuses what cannot be used, before it is kept.
            _ = try session.transport(address)
            try await store.move(to: address)
            if address.isExposed { notes.append(LoginCommand.exposed) }
        }
        return Output(
            json: .object(["server": .string(address.url), "pin": .optional(address.pin)]),
            blocks: [
                .card([
                    CardRow("server", Phrase(en: "server", es: "servidor"), Cell(address.url)),
                    CardRow(
                        "pin", Phrase(en: "fingerprint", es: "huella"), Cell(address.pin ?? "")),
                ])
            ], notes: notes)
    }
}
