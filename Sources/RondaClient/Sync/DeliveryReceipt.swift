internal import Foundation
internal import RondaModel
internal import RondaProtobuf
internal import RondaSQLite
internal import RondaWire
internal import SwiftProtobuf

/// The server's signed word that it has everything this device delivered up to a commit.
public struct DeliveryReceipt: Sendable, Hashable, Codable {
    public let hub: String
    public let device: String
    /// The device's commits 1 to this one.
    public let number: UInt64
    /// The chain hash of the last of them, in hexadecimal: it covers them all.
    public let chain: String
    public let receivedAtMilliseconds: Int64
    /// Ed25519, in base64.
    public let signature: String

    /// What is signed: see SPEC §6.5. `nil` when the text is not a receipt.
    private var receipt: Receipt? {
        guard let hub = RecordID(hub), let device = RecordID(device),
            let chain = RecordID(chain), let signature = Data(base64Encoded: signature)
        else { return nil }
        return Receipt(
            hub: hub, device: device, number: number, chain: ChainHash(id: chain),
            receivedAt: Instant(milliseconds: receivedAtMilliseconds),
            signature: Array(signature))
    }

    init(_ receipt: Receipt) {
        hub = receipt.hub.description
        device = receipt.device.description
        number = receipt.number
        chain = receipt.chain.id.hex
        receivedAtMilliseconds = receipt.receivedAt.milliseconds
        signature = Data(receipt.signature).base64EncodedString()
    }

    /// Whether the server with this public key signed it.
    public func isSigned(by key: [UInt8]) -> Bool { receipt?.isSigned(by: key) ?? false }
}

extension LocalReader {
    /// The latest receipt of this device; `nil` before anything was delivered.
    public func receipt() throws -> DeliveryReceipt? {
        let facts = Facts(database: database)
        guard let identity = try facts.identity(), let bytes = try facts.bytes(.receipt) else {
            return nil
        }
        let wire = try WireReceipt(serializedBytes: bytes)
        return DeliveryReceipt(Receipt(wire, hub: identity.hub, device: identity.device))
    }

    /// The public key of the server's receipts, as given at login; empty when it is not known.
    public func receiptKey() throws -> [UInt8] {
        try Facts(database: database).bytes(.hubKey) ?? []
    }

    /// Whether a receipt of this device names the very commits that are kept here; `nil` when the
    /// commit it ends with is not kept any more.
    public func matches(_ receipt: DeliveryReceipt) throws -> Bool? {
        let facts = Facts(database: database)
        guard let identity = try facts.identity(), receipt.device == identity.device.description
        else { return false }
        return try Outbox(database: database)
            .chain(number: receipt.number, of: identity.ordinal)
            .map { $0.id.hex == receipt.chain }
    }
}
