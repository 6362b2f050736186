internal import Crypto
internal import Foundation
package import RondaModel
package import RondaProtobuf
internal import SwiftProtobuf

/// What a device could not send itself, so that anybody may carry it: only the hub can open it, and
/// it knows that the device wrote it (SPEC §9.6).
package enum BundleSeal {
    package enum Problem: Error, Sendable, Hashable {
        /// Altered on the way, or never sealed for this hub.
        case broken
        /// Larger than a request may grow.
        case tooLarge
    }

    /// Opened, and not yet believed: the device it names has to fit its mark.
    package struct Opened: Sendable {
        package let device: RecordID
        package let request: WireExchangeRequest
        fileprivate let content: WireBundleContent
        fileprivate let hub: RecordID

        /// Whether the device whose secret has this SHA-256 hash wrote it.
        package func isWritten(bySecretHash hash: [UInt8]) -> Bool {
            !hash.isEmpty
                && HMAC<SHA256>.isValidAuthenticationCode(
                    content.mac,
                    authenticating: message(hub, device, content.request), using: markKey(hash))
        }
    }

    /// The hub's key for bundles, from the seed of its signatures.
    private static func privateKey(
        seed: [UInt8]
    ) throws -> Curve25519.KeyAgreement.PrivateKey {
        let derived = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: seed), info: Data("ronda bundle key v1".utf8),
            outputByteCount: 32)
        return try derived.withUnsafeBytes {
            try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: Data($0))
        }
    }

    /// 32 bytes; empty when the seed is none.
    package static func publicKey(ofSeed seed: [UInt8]) -> [UInt8] {
        (try? privateKey(seed: seed).publicKey.rawRepresentation).map { Array($0) } ?? []
    }

    /// What the hub keeps of a device's secret.
    package static func secretHash(_ secret: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: secret))
    }

    private static func markKey(_ secretHash: [UInt8]) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secretHash),
            info: Data("ronda bundle mark v1".utf8),
            outputByteCount: 32)
    }

    private static func message(_ hub: RecordID, _ device: RecordID, _ request: Data) -> Data {
        context(hub) + device.bytes + request
    }

    private static func context(_ hub: RecordID) -> Data {
        Data("ronda bundle v1\0".utf8) + hub.bytes
    }

    private static let suite = HPKE.Ciphersuite.Curve25519_SHA256_ChachaPoly

    /// Seals a request of the device with this secret for the hub with this public key.
    package static func seal(
        _ request: WireExchangeRequest, of device: RecordID, secret: [UInt8], for hub: RecordID,
        key: [UInt8]
    ) throws -> WireBundle {
        var content = WireBundleContent()
        content.device = Data(device.bytes)
        content.request = try request.serializedData()
        content.mac = Data(
            HMAC<SHA256>.authenticationCode(
                for: message(hub, device, content.request), using: markKey(secretHash(secret))))
        var sender = try HPKE.Sender(
            recipientKey: Curve25519.KeyAgreement.PublicKey(rawRepresentation: key),
            ciphersuite: suite, info: context(hub))
        var bundle = WireBundle()
        bundle.hub = Data(hub.bytes)
        bundle.key = sender.encapsulatedKey
        // The ciphertext is part of a larger buffer: copied, it is counted from 0.
        bundle.sealed = Data(Array(try sender.seal(Gzip.compress(try content.serializedData()))))
        return bundle
    }

    /// Opens a bundle for the hub with this seed.
    package static func open(
        _ bundle: WireBundle, hub: RecordID, seed: [UInt8], mostBytes: Int
    ) throws(Problem) -> Opened {
        let content: WireBundleContent
        do {
            var recipient = try HPKE.Recipient(
                privateKey: privateKey(seed: seed), ciphersuite: suite, info: context(hub),
                encapsulatedKey: bundle.key)
            let plain = try Gzip.expand(try recipient.open(bundle.sealed), mostBytes: mostBytes)
            content = try WireBundleContent(serializedBytes: plain)
        } catch let error as WireError where error.code == .inflatesTooFar {
            throw .tooLarge
        } catch {
            throw .broken
        }
        guard let device = RecordID(bytes: content.device),
            let request = try? WireExchangeRequest(serializedBytes: content.request),
            request.device == content.device
        else { throw .broken }
        return Opened(device: device, request: request, content: content, hub: hub)
    }
}
