import Foundation
import RondaHub
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaStoreSQLite
import RondaWire
import SwiftProtobuf
import Testing

@Suite("A bundle that somebody else carries")
struct BundleTests {
    private struct Scene {
        let world: TestWorld
        var ana: TestDevice
        let hub: HubIdentity

        func seal(
            _ commits: [Commit], secret: [UInt8]? = nil,
            _ spoil: (inout WireExchangeRequest) -> Void = { _ in }
        ) throws -> WireBundle {
            var request = ana.request(commits)
            request.pushOnly = true
            request.cursors = []
            spoil(&request)
            return try BundleSeal.seal(
                request, of: ana.id, secret: secret ?? ana.secret, for: hub.id,
                key: BundleSeal.publicKey(ofSeed: hub.key))
        }

        func error(_ bundle: WireBundle) async -> HubError.Code? {
            do {
                _ = try await world.hub.deliver(bundle)
                return nil
            } catch {
                return error.code
            }
        }

        func audit(_ act: AuditAct) async throws -> [AuditEntry] {
            try await world.store.read { try $0.audit(since: nil, last: 1_000) }
                .filter { $0.act == act }
        }
    }

    /// Ana has synced once, and has captured two customers since.
    private func scene() async throws -> (Scene, [Commit]) {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        _ = try await world.customer(by: &ana, in: TestWorld.north)
        for name in ["Rosa", "Luz"] {
            ana.capture(creating: {
                $0.territory = TestWorld.north
                $0.name = name
            })
        }
        let hub = try await world.store.read { try $0.hub() }
        return (Scene(world: world, ana: ana, hub: hub), ana.outbox)
    }

    @Test("is applied once, whether it comes before or after the device's own sync, and again")
    func once() async throws {
        var (scene, commits) = try await scene()
        let bundle = try scene.seal(commits)
        let seen = try await scene.world.hub.devices().first?.device.lastSeen
        scene.world.surroundings.advance(milliseconds: 1_000)
        let first = try await scene.world.hub.deliver(bundle)
        #expect(first.commits == 2 && !first.known)
        #expect(first.receivedAtMs == scene.world.surroundings.now.milliseconds)
        let again = try await scene.world.hub.deliver(bundle)
        #expect(again.commits == 2 && again.known)
        // The device itself was not here.
        #expect(try await scene.world.hub.devices().first?.device.lastSeen == seen)
        let before = try await scene.world.store.read { try $0.counts() }
        try await scene.ana.sync(with: scene.world.hub)
        #expect(scene.ana.outbox.isEmpty)
        #expect(scene.ana.verdicts[3]?.outcome == .accepted)
        #expect(try await scene.world.hub.deliver(bundle).known)
        let after = try await scene.world.store.read { try $0.counts() }
        #expect(after.commits == before.commits && after.records == before.records)
        #expect(try await Verification.of(scene.world.store).problems == [])
        #expect(
            try await scene.audit(.bundle).map(\.detail) == [
                "commits 2 to 3", "known already; 1 since the last note",
                "known already; 1 since the last note",
            ])
        #expect(try await scene.audit(.bundle).map(\.actor) == ["ana", "-", "-"])
        // Who brings the same again and again fills no disk with it.
        for _ in 1...40 { #expect(try await scene.world.hub.deliver(bundle).known) }
        #expect(try await scene.audit(.bundle).count == 21)
    }

    @Test("altered anywhere, it is refused, and nothing of it is applied")
    func altered() async throws {
        let (scene, commits) = try await scene()
        let bundle = try scene.seal(commits)
        let before = try await scene.world.store.read { try $0.counts() }
        for place in stride(from: 0, to: bundle.sealed.count, by: 7) {
            var spoiled = bundle
            spoiled.sealed[place] ^= 1
            #expect(await scene.error(spoiled) == .badBundle)
        }
        for spoil in [
            { $0.sealed.removeLast() }, { $0.sealed = Data() }, { $0.key[3] ^= 1 },
            { $0.key = Data() },
        ] as [(inout WireBundle) -> Void] {
            var spoiled = bundle
            spoil(&spoiled)
            #expect(await scene.error(spoiled) == .badBundle)
        }
        #expect(try await scene.world.store.read { try $0.counts() } == before)
        // Noted, but not every one of them.
        let notes = try await scene.audit(.bundleRefuse)
        #expect(notes.count == 20 && notes[0].detail.hasPrefix("badBundle"))
        #expect(await scene.error(bundle) == nil)
    }

    @Test("whatever time it claims, whatever its device's clock says, it ends nothing")
    func wildClaims() async throws {
        let (scene, commits) = try await scene()
        for (number, clock) in [1, Int64.min, Int64.max].enumerated() {
            var request = scene.ana.request([])
            (request.deviceTimeMs, request.queued) = (clock, 7)
            _ = try await scene.world.hub.exchange(request, secret: scene.ana.secret)
            for claimed in [UInt64.max, UInt64(Int64.max), 1] {
                let bundle = try scene.seal(Array(commits.prefix(1 + number % 2))) {
                    $0.completeToMs = claimed
                }
                _ = try await scene.world.hub.deliver(bundle)
            }
        }
        let device = try await scene.world.hub.devices().first { $0.device.id == scene.ana.id }
        #expect(device?.device.queued == 7)
    }

    @Test("nobody can send as somebody else, nor anything but commits")
    func forged() async throws {
        let (scene, commits) = try await scene()
        let luis = try await scene.world.device(of: "luis")
        #expect(await scene.error(try scene.seal(commits, secret: luis.secret)) == .badBundle)
        for spoil in [
            { $0.pushOnly = false }, { $0.commits = [] }, { $0.open = [1] },
            { $0.tray = [WireTrayAction()] }, { $0.cursors = [WireCursor()] },
            { $0.proof = WireReceipt() }, { $0.device = Data(luis.id.bytes) },
            { $0.device = Data() },
        ] as [(inout WireExchangeRequest) -> Void] {
            #expect(await scene.error(try scene.seal(commits, spoil)) == .badBundle)
        }
        #expect(await scene.error(try scene.seal(commits) { $0.protocol = 2 }) == .unsupported)
        var stranger = scene
        stranger.ana = TestDevice(
            id: scene.world.surroundings.id(), account: scene.ana.account,
            secret: scene.ana.secret, surroundings: scene.world.surroundings)
        // As of a wrong mark: nobody finds out in this way which ids are a device's.
        #expect(await scene.error(try stranger.seal(commits)) == .badBundle)
        // The server's own device has no secret, and nobody can make its mark.
        stranger.ana = TestDevice(
            id: try await scene.world.hub.systemDevice().id, account: scene.ana.account,
            secret: [], surroundings: scene.world.surroundings)
        #expect(await scene.error(try stranger.seal(commits)) == .badBundle)
    }

    @Test("for another server it is left alone, and so is one of another history")
    func elsewhere() async throws {
        let (scene, commits) = try await scene()
        let bundle = try scene.seal(commits)
        var other = bundle
        other.hub = Data(RecordID(high: 9, low: 9).bytes)
        #expect(await scene.error(other) == .wrongHub)
        try await scene.world.hub.renewHistory()
        #expect(await scene.error(bundle) == .notNext)
        #expect(
            try await scene.audit(.bundleRefuse).map { $0.detail.prefix(8) } == [
                "wrongHub", "notNext;",
            ])
    }

    @Test("in the wrong order it is not applied, and applies once the first is there")
    func order() async throws {
        let (scene, commits) = try await scene()
        let (first, second) = (try scene.seal([commits[0]]), try scene.seal([commits[1]]))
        #expect(await scene.error(second) == .notNext)
        #expect(await scene.error(first) == nil)
        #expect(await scene.error(second) == nil)
        // Another store with this device's id went on differently.
        var twin = scene.ana
        twin.outbox = []
        #expect(try await scene.world.hub.devices().first?.device.lastNumber == 3)
        let forked = Commit(
            number: 3, stamp: commits[1].stamp, schema: commits[1].schema,
            previous: commits[1].previous, changes: commits[0].changes)
        #expect(await scene.error(try scene.seal([forked])) == .notNext)
    }

    @Test("of a device whose access has ended it is surrendered to the office")
    func revoked() async throws {
        let (scene, commits) = try await scene()
        try await scene.world.hub.revokeDevice(scene.ana.id)
        let bundle = try scene.seal(commits)
        #expect(try await scene.world.hub.deliver(bundle).commits == 2)
        let tray = try await scene.world.store.read { try $0.tray() }
        #expect(tray.map(\.verdict.refusal?.code) == [.revoked, .revoked])
    }

    @Test("one that opens into more than a request may hold is refused")
    func large() async throws {
        let (scene, commits) = try await scene()
        let bundle = try scene.seal(commits) { $0.epoch = Data(count: 9 << 20) }
        #expect(await scene.error(bundle) == .tooLarge)
    }
}
