internal import ArgumentParser
internal import Foundation
internal import RondaClient
internal import RondaModel

struct LoginCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Make this device yours with a code from the office / "
            + "Hacer suyo este equipo con un código de la oficina.",
        aliases: ["entrar"])

    @Option(help: "Address of the server / Dirección del servidor.") var server: String
    @Option(
        help: ArgumentHelp(
            "Only -: the code is asked for, or read from the input / Solo -: el código se pide.",
            valueName: "-"))
    var code: String?
    @Option(
        help: ArgumentHelp(
            "Fingerprint of the server's key, sha256//… / Huella de la clave del servidor."))
    var pin: String?
    @Option(help: "Name of this device / Nombre de este equipo.") var name: String?
    @OptionGroup var globals: GlobalOptions

    /// On the command line other users of the machine could read it, and the shell keeps it.
    private func oneTimeCode(in session: Session) throws(TerminalError) -> String {
        guard code == nil || code == "-" else {
            throw .usage(
                en:
                    "a code on the command line can be seen by others; nothing was sent. Leave --code "
                    + "out and type the code when it is asked for",
                es:
                    "un código en la línea de órdenes lo pueden ver otros; no se envió nada. Quite "
                    + "--code y escriba el código cuando se le pida")
        }
        if session.isInteractive {
            session.context.writeError(
                session.wording(Phrase(en: "One-time code: ", es: "Código de un solo uso: ")))
        }
        let typed = session.context.readLine()?.trimmingCharacters(in: .whitespaces) ?? ""
        guard !typed.isEmpty else {
            throw .usage(
                en: "no code came in; type the one from the office, or let it come in as a line of "
                    + "input",
                es:
                    "no llegó ningún código; escriba el de la oficina, o hágalo llegar como una línea "
                    + "de entrada")
        }
        return typed
    }

    static let exposed = Phrase(
        en:
            "This address is not protected: whoever is on the way can read and change what is sent. "
            + "Ask the office for an https address.",
        es: "Esta dirección no está protegida: quien esté en el camino puede leer y cambiar lo que "
            + "se envía. Pida a la oficina una dirección https.")

    func perform(in session: Session) async throws -> Output {
        let asked = ServerAddress(server, pin: pin)
        // Refuses what cannot be used, before anything is made.
        _ = try session.transport(asked)
        if asked.isExposed { session.say(Self.exposed) }
        let code = try oneTimeCode(in: session)
        let store = try LocalStore.open(
            at: session.home, create: true, surroundings: session.context.surroundings)
        let before = try await store.identity()
        let wasOurs = before != nil
        // The pin that this address has already is not given up without a word.
        let address = ServerAddress(server, pin: pin ?? before?.address.pin(at: server))
        let transport = try session.transport(address)
        let identity = try await store.login(
            server: server, pin: address.pin, code: code,
            deviceName: name ?? session.context.hostName,
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
