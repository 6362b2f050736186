import Foundation
import RondaModel
import RondaProtobuf
import RondaWire
import SwiftProtobuf
import Testing

@Suite("Sealing a bundle")
struct BundleSealTests {
    private let hub = RecordID(high: 1, low: 2)
    private let device = RecordID(high: 3, low: 4)
    private let seed = [UInt8](0..<32)
    private let secret = [UInt8](repeating: 7, count: 32)

    private func seal(_ epoch: Data = Data(count: 8)) throws -> WireBundle {
        var request = WireExchangeRequest()
        request.device = Data(device.bytes)
        request.epoch = epoch
        return try BundleSeal.seal(
            request, of: device, secret: secret, for: hub, key: BundleSeal.publicKey(ofSeed: seed))
    }

    @Test("the key of the hub follows from its seed, as in SPEC §9.6")
    func key() {
        #expect(
            BundleSeal.publicKey(ofSeed: seed).map { String(format: "%02x", $0) }.joined()
                == "ebf8367737ead1e4beb6300a2268edcbfd6ab631ccd1b9db42dc8dc3cb8a0045")
    }

    @Test("only the hub opens it, and knows who wrote it")
    func opens() throws {
        let bundle = try seal()
        #expect(bundle.hub == Data(hub.bytes) && bundle.key.count == 32)
        let opened = try BundleSeal.open(bundle, hub: hub, seed: seed, mostBytes: 1_000)
        #expect(opened.device == device && opened.request.epoch == Data(count: 8))
        #expect(opened.isWritten(bySecretHash: sha256(secret)))
        #expect(!opened.isWritten(bySecretHash: sha256([1])))
        #expect(!opened.isWritten(bySecretHash: []))
        #expect(throws: BundleSeal.Problem.broken) {
            try BundleSeal.open(
                bundle, hub: hub, seed: [UInt8](repeating: 9, count: 32), mostBytes: 1_000)
        }
        // The context holds the hub: what is sealed for one says nothing to another with its key.
        #expect(throws: BundleSeal.Problem.broken) {
            try BundleSeal.open(bundle, hub: device, seed: seed, mostBytes: 1_000)
        }
        // The same again is sealed otherwise.
        #expect(try seal().sealed != bundle.sealed)
    }

    @Test("one that opens too far is told apart")
    func large() throws {
        #expect(throws: BundleSeal.Problem.tooLarge) {
            try BundleSeal.open(
                seal(Data(count: 100_000)), hub: hub, seed: seed, mostBytes: 1_000)
        }
    }

    private func sha256(_ bytes: [UInt8]) -> [UInt8] { BundleSeal.secretHash(bytes) }
}
