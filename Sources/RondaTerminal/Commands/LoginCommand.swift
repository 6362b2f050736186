internal import ArgumentParser
internal import RondaClient
internal import RondaModel

struct LoginCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Make this device yours with a code from the office / "
            + "Hacer suyo este equipo con un código de la oficina.",
        aliases: ["entrar"])

    @Option(help: "Address of the server / Dirección del servidor.") var server: String
    @Option(help: "One-time code / Código de un solo uso.") var code: String
    @Option(help: "Name of this device / Nombre de este equipo.") var name: String?
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let transport = try session.transport(server)
        let store = try LocalStore.open(
            at: session.home, create: true, surroundings: session.context.surroundings)
        let wasOurs = try await store.identity() != nil
        let identity = try await store.login(
            server: server, code: code, deviceName: name ?? session.context.hostName,
            transport: transport)
        let pending = try await session.read(store) { try $0.status().pending }
        let isBack = Phrase(
            en: "The server knows this device of \(identity.accountName) again; nothing here was "
                + "lost.",
            es: "El servidor conoce de nuevo este equipo de \(identity.accountName); aquí no se "
                + "perdió nada.")
        return Output(
            json: .object([
                "account": .id(identity.account), "accountName": .string(identity.accountName),
                "role": .string(identity.role.rawValue), "device": .id(identity.device),
                "hub": .id(identity.hub), "server": .string(identity.server),
                "home": .string(session.home), "returned": .bool(wasOurs),
                "pending": .integer(pending),
            ]),
            blocks: [
                .sentence(
                    wasOurs
                        ? isBack
                        : Phrase(
                            en: "This device now belongs to \(identity.accountName).",
                            es: "Este equipo ahora es de \(identity.accountName)."))
            ],
            notes: [
                wasOurs
                    ? Phrase(
                        en: "Send again what it lacks: ronda sync",
                        es: "Reenvíele lo que le falta: ronda sync")
                    : Phrase(
                        en: "Bring your customers: ronda sync",
                        es: "Traiga sus clientes: ronda sync")
            ])
    }
}
