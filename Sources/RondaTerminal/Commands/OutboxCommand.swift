internal import ArgumentParser
internal import Foundation
internal import RondaClient
internal import RondaModel

struct OutboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox",
        abstract: "What is unsent, as a file that somebody else can carry / "
            + "Lo que falta por enviar, en un archivo que otra persona puede llevar.",
        discussion: """
            ronda outbox export ana.ronda
            ronda salida entregar ana.ronda
            """,
        subcommands: [Export.self, Deliver.self], aliases: ["salida"])

    struct Export: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write it, sealed for the server / Escribirlo, cerrado para el servidor.",
            aliases: ["exportar"])

        @Argument(help: "The file to write / El archivo.", completion: .file()) var file: String
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let store = try await session.open()
            guard !FileManager.default.fileExists(atPath: file) else {
                throw TerminalError(
                    .refusedByRule, "alreadyThere",
                    en: "\(file) exists already and was left as it is; choose another name",
                    es: "\(file) ya existe y se dejó como estaba; elija otro nombre")
            }
            guard let bundle = try await store.exportOutbox() else {
                throw TerminalError(
                    .notFound, "nothingUnsent",
                    en: "there is nothing unsent on this device",
                    es: "no hay nada por enviar en este equipo")
            }
            do {
                try Data(bundle.bytes).write(to: URL(filePath: file), options: .atomic)
            } catch {
                throw TerminalError(
                    .otherError, "cannotWrite",
                    en: "cannot write \(file); check that the directory exists and has space",
                    es: "no se puede escribir \(file); revise que el directorio exista y tenga "
                        + "espacio")
            }
            let count = Phrase.count(
                bundle.commits,
                one: Phrase(en: "change is in it", es: "cambio va en él"),
                many: Phrase(en: "changes are in it", es: "cambios van en él"))
            return Output(
                json: .object([
                    "file": .string(file), "commits": .integer(bundle.commits),
                    "bytes": .integer(bundle.bytes.count),
                ]),
                blocks: [
                    .sentence(
                        Phrase(
                            en: "Wrote \(file): \(count.en). Only the server can read it; anybody "
                                + "can deliver it with: ronda outbox deliver FILE. Everything stays "
                                + "here too, until this device hears from the server.",
                            es: "Se escribió \(file): \(count.es). Solo el servidor puede leerlo; "
                                + "cualquiera puede entregarlo con: ronda salida entregar ARCHIVO. "
                                + "Todo queda también aquí, hasta que este equipo sepa del servidor."
                        ))
                ])
        }
    }

    struct Deliver: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bring what another device wrote to the server / "
                + "Llevar al servidor lo que escribió otro equipo.",
            aliases: ["entregar"])

        @Argument(help: "What `outbox export` wrote / Lo que escribió `salida exportar`.")
        var file: String
        @Option(
            help: "Address of the server; otherwise this device's / Dirección del servidor.")
        var server: String?
        @Option(
            help: ArgumentHelp("Fingerprint of its key, sha256//… / Huella de su clave."))
        var pin: String?
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let address: ServerAddress
            if let server {
                address = ServerAddress(server, pin: pin)
            } else {
                address =
                    try await session.open().identity()?.address ?? ServerAddress("")
            }
            let transport = try session.transport(address)
            guard let bytes = FileManager.default.contents(atPath: file) else {
                throw TerminalError.notFound(
                    en: "cannot read \(file); check the name and its permissions",
                    es: "no se puede leer \(file); revise el nombre y los permisos")
            }
            let delivery = try await OutboxBundle.deliver(Array(bytes), over: transport)
            let news = Phrase.count(
                delivery.commits,
                one: Phrase(
                    en: "change was delivered. The device it comes from learns what became of it.",
                    es: "cambio se entregó. El equipo del que viene sabrá qué fue de él."),
                many: Phrase(
                    en: "changes were delivered. The device they come from learns what became of "
                        + "them.",
                    es: "cambios se entregaron. El equipo del que vienen sabrá qué fue de ellos."))
            let known = Phrase(
                en: "The server had all of it already; nothing was done twice.",
                es: "El servidor ya tenía todo; nada se hizo dos veces.")
            return Output(
                json: .object([
                    "commits": .integer(delivery.commits), "known": .bool(delivery.wasKnown),
                ]), blocks: [.sentence(delivery.wasKnown ? known : news)])
        }
    }
}
