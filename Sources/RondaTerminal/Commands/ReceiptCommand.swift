internal import ArgumentParser
internal import Foundation
internal import RondaClient
internal import RondaModel

struct ReceiptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt",
        abstract: "The server's signed word for what it has / "
            + "La constancia firmada de lo que tiene el servidor.",
        discussion: """
            ronda receipt --json > receipt.json
            ronda constancia verificar receipt.json
            """,
        subcommands: [Show.self, Check.self], defaultSubcommand: Show.self,
        aliases: ["constancia"])

    struct Show: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "The latest one / La última.", aliases: ["ver"])

        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let checked = try await session.read { reader in
                try reader.receipt().map { try CheckedReceipt($0, reader) }
            }
            guard let checked else {
                throw TerminalError(
                    .notFound, "noReceipt",
                    en: "nothing has been delivered yet, so there is no receipt; send what you "
                        + "have with: ronda sync",
                    es: "todavía no se ha entregado nada, así que no hay constancia; envíe lo que "
                        + "tenga con: ronda sync")
            }
            return ReceiptView.output(checked, in: session.wording)
        }
    }

    struct Check: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Whether a saved receipt is this server's / "
                + "Si una constancia guardada es de este servidor.",
            aliases: ["verificar", "comprobar"])

        @Argument(
            help: "What `ronda receipt --json` wrote / Lo que escribió `ronda receipt --json`.",
            completion: .file())
        var file: String
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let receipt = try Self.read(file)
            let checked = try await session.read { try CheckedReceipt(receipt, $0) }
            return ReceiptView.output(checked, in: session.wording)
        }

        private static func read(_ path: String) throws -> DeliveryReceipt {
            guard let bytes = FileManager.default.contents(atPath: path) else {
                throw TerminalError.notFound(
                    en: "cannot read \(path); check the name and its permissions",
                    es: "no se puede leer \(path); revise el nombre y los permisos")
            }
            do {
                return try JSONDecoder().decode(DeliveryReceipt.self, from: bytes)
            } catch {
                throw TerminalError(
                    .usage, "notAReceipt",
                    en: "\(path) is not a receipt; save one with: ronda receipt --json > FILE",
                    es: "\(path) no es una constancia; guarde una con: ronda receipt --json > "
                        + "ARCHIVO")
            }
        }
    }
}

/// A receipt and what this device can say of it.
struct CheckedReceipt: Sendable {
    enum Signature: String, Sendable {
        case valid, invalid
        /// The store does not know the server's key.
        case unknown
    }

    enum Match: String, Sendable {
        /// It names the very commits that are kept here.
        case same
        case different
        /// The commit it ends with is not kept here any more.
        case notKept
        case otherDevice
    }

    let receipt: DeliveryReceipt
    let signature: Signature
    let match: Match

    init(_ receipt: DeliveryReceipt, _ reader: LocalReader) throws {
        self.receipt = receipt
        let key = try reader.receiptKey()
        if key.isEmpty {
            signature = .unknown
        } else {
            signature = receipt.isSigned(by: key) ? .valid : .invalid
        }
        if try reader.identity()?.device.description != receipt.device {
            match = .otherDevice
        } else {
            match = try reader.matches(receipt).map { $0 ? .same : .different } ?? .notKept
        }
    }

    /// Whether nothing speaks against it.
    var isValid: Bool { signature == .valid && match != .different }
}
