internal import Crypto
internal import Foundation
package import RondaModel
package import RondaProtobuf

/// The hub's signed word that it has all commits of a device up to one (SPEC §6.5).
package struct Receipt: Sendable, Hashable {
    package let hub: RecordID
    package let device: RecordID
    package let number: UInt64
    /// The chain hash of that commit, which covers those before it.
    package let chain: ChainHash
    package let receivedAt: Instant
    package var signature: [UInt8]

    package init(
        hub: RecordID, device: RecordID, number: UInt64, chain: ChainHash, receivedAt: Instant,
        signature: [UInt8] = []
    ) {
        self.hub = hub
        self.device = device
        self.number = number
        self.chain = chain
        self.receivedAt = receivedAt
        self.signature = signature
    }

    package init(_ wire: WireReceipt, hub: RecordID, device: RecordID) {
        self.init(
            hub: hub, device: device, number: wire.number,
            chain: ChainHash(id: RecordID(data: wire.chain)),
            receivedAt: Instant(milliseconds: wire.receivedAtMs),
            signature: Array(wire.signature))
    }

    package var wire: WireReceipt {
        var wire = WireReceipt()
        wire.number = number
        wire.chain = Data(chain.id.bytes)
        wire.receivedAtMs = receivedAt.milliseconds
        wire.signature = Data(signature)
        return wire
    }

    /// What is signed.
    package var message: [UInt8] {
        func bytes(_ number: UInt64) -> [UInt8] {
            withUnsafeBytes(of: number.bigEndian, Array.init)
        }
        return Array("ronda receipt v1\0".utf8) + hub.bytes + device.bytes + bytes(number)
            + chain.id.bytes + bytes(UInt64(bitPattern: receivedAt.milliseconds))
    }

    /// Signs with the key of this seed of 32 bytes.
    package func signed(seed: [UInt8]) throws -> Receipt {
        let key = try Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        var receipt = self
        receipt.signature = Array(try key.signature(for: message))
        return receipt
    }

    /// The public key of this seed; empty when it is none.
    package static func publicKey(of seed: [UInt8]) -> [UInt8] {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            return []
        }
        return Array(key.publicKey.rawRepresentation)
    }

    package func isSigned(by publicKey: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else {
            return false
        }
        return key.isValidSignature(signature, for: message)
    }
}
