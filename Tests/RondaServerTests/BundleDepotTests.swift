import Foundation
import RondaHub
import RondaModel
import RondaProtobuf
import RondaStore
import RondaStoreSQLite
import RondaWire
import Testing

@testable import RondaServer

@Suite("Taking bundles from whoever brings them")
struct BundleDepotTests {
    private static let now = Instant(milliseconds: 1_700_000_000_000)

    private struct Scene {
        let hub: Hub
        let good: WireBundle

        init() async throws {
            let identity = HubIdentity(
                id: RecordID(high: 1, low: 1), epoch: 7, key: Array(repeating: 1, count: 32))
            let store = try SQLiteStore.inMemory(hub: identity)
            hub = Hub(
                store: store,
                surroundings: Surroundings(
                    now: { BundleDepotTests.now }, random: { .random(in: 0 ... .max) }))
            _ = try await hub.addAccount(
                login: "ana", name: "Ana", role: .office, territoryCodes: [])
            let secret = [UInt8](repeating: 9, count: 32)
            let device = try await hub.enrol(
                by: .code(hub.newCode(login: "ana").code), secret: secret, name: "phone"
            ).device
            let programme = Change(
                entity: .programme, record: RecordID(high: 2, low: 2),
                sets: [FieldWrite(1, .text("club")), FieldWrite(2, .text("Club"))])
            let commit = Commit(
                number: 1, stamp: Stamp.zero.next(now: BundleDepotTests.now),
                schema: Schema.current.version, previous: .start, changes: [programme])
            var request = WireExchangeRequest()
            request.protocol = 1
            request.device = Data(device.id.bytes)
            request.commits = [WireCommit(commit)]
            request.pushOnly = true
            good = try BundleSeal.seal(
                request, of: device.id, secret: secret, for: identity.id,
                key: BundleSeal.publicKey(ofSeed: identity.key))
        }

        var rubbish: WireBundle {
            var bundle = good
            bundle.sealed[20] ^= 1
            return bundle
        }
    }

    private func code(
        _ depot: BundleDepot, _ bundle: WireBundle, from network: String
    ) async -> HubError.Code? {
        do throws(HubError) {
            _ = try await depot.deliver(bundle, from: network)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("rubbish keeps nobody's bundle away, in whatever number it comes")
    func rubbish() async throws {
        let scene = try await Scene()
        var rates = Rates()
        rates.bundles = Rate(burst: 4, perMinute: 1)
        rates.badBundles = Rate(burst: 2, perMinute: 1)
        let depot = BundleDepot(hub: scene.hub, rates: rates)
        for network in ["a", "b", "c"] {
            let codes: [HubError.Code] = [.badBundle, .badBundle, .busy, .busy, .busy, .busy]
            for expected in codes {
                #expect(await code(depot, scene.rubbish, from: network) == expected)
            }
        }
        #expect(await code(depot, scene.good, from: "d") == nil)
    }

    @Test("what is good is bounded too: of everybody, and of one network")
    func bounded() async throws {
        let scene = try await Scene()
        var rates = Rates()
        rates.bundles = Rate(burst: 4, perMinute: 1)
        let depot = BundleDepot(hub: scene.hub, rates: rates)
        for network in ["a", "b", "c", "d"] {
            #expect(await code(depot, scene.good, from: network) == nil)
        }
        #expect(await code(depot, scene.good, from: "e") == .busy)
    }
}
