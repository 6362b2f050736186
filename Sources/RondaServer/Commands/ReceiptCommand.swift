internal import ArgumentParser
internal import Foundation
internal import RondaHub
internal import RondaModel
internal import RondaStore
internal import RondaWire

struct ReceiptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt", abstract: "Receipts of devices / Constancias de los equipos",
        subcommands: [Check.self], aliases: ["constancia"])

    struct Check: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "Whether a receipt is ours and what it names is here / "
                + "Si una constancia es nuestra y lo que nombra está aquí",
            aliases: ["verificar"])

        @OptionGroup var options: CommonOptions

        @Argument(help: "What ronda receipt --json wrote / Lo que escribió ronda receipt --json.")
        var file: String

        /// As `ronda receipt --json` writes it; what else is in it does not matter.
        private struct Saved: Decodable {
            let hub: String
            let device: String
            let number: UInt64
            let chain: String
            let receivedAtMilliseconds: Int64
            let signature: String

            var receipt: Receipt? {
                guard let hub = RecordID(hub), let device = RecordID(device),
                    let chain = RecordID(chain), let signature = Data(base64Encoded: signature)
                else { return nil }
                return Receipt(
                    hub: hub, device: device, number: number, chain: ChainHash(id: chain),
                    receivedAt: Instant(milliseconds: receivedAtMilliseconds),
                    signature: Array(signature))
            }
        }

        private struct Document: Encodable {
            let device: String
            let number: UInt64
            let receivedAt: String
            let signed: Bool
            /// `same`, `different` or `missing`.
            let journal: String
        }

        func run() async throws {
            let receipt = try read()
            let hub = try options.openHub()
            let (identity, entry, title) = try await hub.store.read { store in
                (
                    try store.hub(),
                    try store.journal(device: receipt.device, number: receipt.number),
                    try DeviceNames(store).title(receipt.device)
                )
            }
            let isSigned =
                receipt.hub == identity.id
                && receipt.isSigned(by: Receipt.publicKey(of: identity.key))
            let chain = entry?.chain
            let journal =
                chain == nil ? "missing" : chain == receipt.chain ? "same" : "different"
            let document = Document(
                device: receipt.device.description, number: receipt.number,
                receivedAt: receipt.receivedAt.text, signed: isSigned, journal: journal)
            try options.terminal.show(
                document, [verdict(document, title: title, isSigned: isSigned)])
            guard isSigned, journal == "same" else {
                throw ExitCode(ServerTerminal.Exit.other.rawValue)
            }
        }

        private func verdict(_ document: Document, title: String, isSigned: Bool) -> Phrase {
            let (number, time) = (document.number, document.receivedAt)
            guard isSigned else {
                return Phrase(
                    en: "Not valid: this server did not sign it.",
                    es: "No es válida: este servidor no la firmó.")
            }
            let signed = Phrase(
                en: "Signed by this server: commits 1 to \(number) of \(title), \(time). ",
                es: "Firmada por este servidor: capturas 1 a \(number) de \(title), \(time). ")
            switch document.journal {
            case "same":
                return signed
                    + Phrase(
                        en: "They are in the journal, unchanged.",
                        es: "Están en el diario, sin cambios.")
            case "missing":
                return signed
                    + Phrase(
                        en: "The journal does NOT have commit \(number) now: the store was set "
                            + "back. The device offers it again with its next sync.",
                        es: "El diario NO tiene ahora la captura \(number): el almacén se "
                            + "devolvió a un estado anterior. El equipo la reenvía en su próxima "
                            + "sincronización.")
            default:
                return signed
                    + Phrase(
                        en: "The journal has ANOTHER commit \(number): the device had a copy, or "
                            + "the journal was changed.",
                        es: "El diario tiene OTRA captura \(number): el equipo tenía una copia, o "
                            + "se alteró el diario.")
            }
        }

        private func read() throws -> Receipt {
            guard let bytes = FileManager.default.contents(atPath: file) else {
                throw ServerTerminal.Failure(
                    .notFound, "fileNotFound",
                    Phrase(
                        en: "cannot read \(file); check the name and its permissions",
                        es: "no se puede leer \(file); revise el nombre y los permisos"))
            }
            guard let receipt = try? JSONDecoder().decode(Saved.self, from: bytes).receipt else {
                throw ServerTerminal.Failure(
                    .usage, "notAReceipt",
                    Phrase(
                        en: "\(file) is not a receipt; a device writes one with: "
                            + "ronda receipt --json",
                        es: "\(file) no es una constancia; un equipo la escribe con: "
                            + "ronda receipt --json"))
            }
            return receipt
        }
    }
}
