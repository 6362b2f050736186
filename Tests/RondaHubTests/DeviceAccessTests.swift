import Foundation
import RondaHub
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaStoreSQLite
import SwiftProtobuf
import Testing

@Suite("What the office does with devices")
struct DeviceAccessTests {
    private func error(
        _ body: () async throws -> Void
    ) async -> HubError.Code? {
        await #expect(throws: HubError.self) { try await body() }?.code
    }

    private func state(_ world: TestWorld, _ device: TestDevice) async throws -> DeviceState {
        try #require(try await world.hub.devices().first { $0.device.id == device.id })
    }

    private func isRecovering(_ world: TestWorld) async throws -> Bool {
        let now = world.surroundings.now
        return try await world.store.read { try $0.isRecovering(at: now) }
    }

    /// Everything the device has, in one request that only brings.
    private func surrender(
        _ world: TestWorld, _ device: TestDevice, _ commits: some Sequence<Commit>
    ) async throws -> WireExchangeResponse {
        var request = device.request(commits)
        request.pushOnly = true
        request.cursors = []
        return try await world.hub.exchange(request, secret: device.secret)
    }

    @Test("a revoked device is told so at its next request, on every call")
    func revoked() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        try await ana.sync(with: world.hub)
        try await world.hub.revokeDevice(ana.id, by: "marta")
        let device = ana
        #expect(
            await error {
                _ = try await world.hub.exchange(device.request([]), secret: device.secret)
            }
                == .revoked)
        #expect(
            await error {
                _ = try await world.hub.compare(WireCompareRequest(), secret: device.secret)
            } == .revoked)
        let secret = world.surroundings.secret()
        #expect(
            await error {
                _ = try await world.hub.enrol(
                    by: .device(secret: device.secret), secret: secret, name: "copy")
            } == .revoked)
        let code = try await world.hub.newCode(login: "ana").code
        #expect(
            await error {
                _ = try await world.hub.enrol(
                    by: .code(code), secret: device.secret, name: "back", known: device.id)
            } == .revoked)
        #expect(try await !state(world, ana).hasAccess)
        try await world.hub.restoreAccess(ana.id, by: "marta")
        try await ana.sync(with: world.hub)
        #expect(try await state(world, ana).hasAccess)
        let acts = try await world.store.read { try $0.audit(since: nil, last: 100) }
        #expect(
            acts.filter { $0.actor == "marta" }.map(\.act) == [.deviceRevoke, .deviceRestore])
    }

    @Test("access ends at the moment that was set, to the millisecond")
    func expires() async throws {
        let world = try await TestWorld()
        let ana = try await world.device(of: "ana")
        let end = world.surroundings.now.adding(milliseconds: 1_000)
        try await world.hub.expireDevice(ana.id, at: end)
        world.surroundings.advance(milliseconds: 999)
        _ = try await world.hub.exchange(ana.request([]), secret: ana.secret)
        world.surroundings.advance(milliseconds: 1)
        #expect(
            await error { _ = try await world.hub.exchange(ana.request([]), secret: ana.secret) }
                == .revoked)
        #expect(try await !state(world, ana).device.isRevoked)
    }

    @Test("a revoked device is given its access back by that act alone, not by a later end")
    func expireRevoked() async throws {
        let world = try await TestWorld()
        let ana = try await world.device(of: "ana")
        try await world.hub.revokeDevice(ana.id)
        let later = world.surroundings.now.adding(milliseconds: 1_000)
        await #expect(throws: Hub.DeviceProblem.isRevoked) {
            try await world.hub.expireDevice(ana.id, at: later)
        }
        #expect(try await !state(world, ana).hasAccess)
        try await world.hub.restoreAccess(ana.id)
        try await world.hub.expireDevice(ana.id, at: later)
        #expect(try await state(world, ana).hasAccess)
    }

    @Test("a revocation holds when the hub's clock is set back, and an end comes again")
    func clockSetBack() async throws {
        let world = try await TestWorld()
        let (ana, luis) = (try await world.device(of: "ana"), try await world.device(of: "luis"))
        try await world.hub.expireDevice(luis.id, at: world.surroundings.now)
        try await world.hub.revokeDevice(ana.id)
        world.surroundings.advance(milliseconds: -3_600_000)
        #expect(
            await error { _ = try await world.hub.exchange(ana.request([]), secret: ana.secret) }
                == .revoked)
        #expect(try await !state(world, ana).hasAccess)
        // That one is a moment of the clock.
        #expect(try await state(world, luis).hasAccess)
    }

    @Test("what a revoked device surrenders is kept whole, applied by nobody but the office")
    func surrendered() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let known = try await world.customer(by: &ana, in: TestWorld.north)
        ana.capture(ana.edit(known, 4, "Rosa Núñez"))
        let new = ana.capture(creating: {
            $0.territory = TestWorld.north
            $0.name = "Unsent"
        })
        try await world.hub.revokeDevice(ana.id)
        let before = try await world.record(known)
        let commits = ana.outbox
        #expect(commits.count == 2)
        let answer = try await surrender(world, ana, commits)
        #expect(answer.verdicts.map(\.outcome) == [.refused, .refused])
        #expect(answer.verdicts.map(\.refusal.code) == [.revoked, .revoked])
        #expect(answer.verdicts.map(\.disposition) == [.office, .office])
        #expect(answer.streams.isEmpty && answer.receipt.number == answer.lastCommit)
        #expect(try await world.record(known) == before)
        #expect(try await world.store.read { try $0.record(new) } == nil)
        // The same again changes nothing.
        #expect(try await surrender(world, ana, commits).verdicts == answer.verdicts)
        let tray = try await world.store.read { try $0.tray() }
        #expect(tray.map(\.number) == [2, 3])
        for entry in tray {
            let verdict = try await world.hub.retry(device: ana.id, number: entry.number)
            #expect(verdict?.outcome == .accepted)
        }
        #expect(try await world.record(known).version == before.version + 1)
        #expect(try await world.record(new).entity == .customer)
        #expect(try await Verification.of(world.store).problems == [])
        let acts = try await world.store.read { try $0.audit(since: nil, last: 100) }
        #expect(
            acts.filter { $0.act == .deviceSurrender }.map(\.detail) == ["commits 2 to 3"])
    }

    @Test("whoever holds a revoked device cannot throw its refused work away")
    func decisions() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        ana.capture(creating: { $0.name = "No territory" })
        try await ana.sync(with: world.hub)
        try await world.hub.revokeDevice(ana.id)
        var request = ana.request([])
        request.pushOnly = true
        request.tray = [
            .with {
                $0.number = 1
                $0.disposition = .discarded
            }
        ]
        let answer = try await world.hub.exchange(request, secret: ana.secret)
        #expect(answer.verdicts.map(\.disposition) == [.unspecified])
        #expect(try await world.store.read { try $0.tray() }.count == 1)
    }

    @Test("a revoked device is not waited for after a restore, nor by the watermark")
    func notWaitedFor() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        var olga = try await world.device(of: "olga")
        try await ana.sync(with: world.hub)
        try await olga.sync(with: world.hub)
        try await world.hub.renewHistory()
        #expect(try await isRecovering(world))
        olga.epoch = try await world.store.read { try Data($0.hub().epochBytes) }
        _ = try await world.hub.exchange(olga.request([]), secret: olga.secret)
        #expect(try await isRecovering(world))
        try await world.hub.revokeDevice(ana.id)
        #expect(try await !isRecovering(world))
    }

    @Test("one whose access has expired is not waited for either: what waited is judged again")
    func expiredNotWaitedFor() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        var luis = try await world.device(of: "luis")
        try await ana.sync(with: world.hub)
        try await luis.sync(with: world.hub)
        try await world.hub.renewHistory()
        luis.epoch = try await world.store.read { try Data($0.hub().epochBytes) }
        let end = world.surroundings.now.adding(milliseconds: 1_000)
        try await world.hub.expireDevice(ana.id, at: end)
        // Its customer may be on Ana's device.
        luis.capture(luis.edit(world.surroundings.id(), 4, "Rosa"))
        let first = try await world.hub.exchange(luis.request(luis.outbox), secret: luis.secret)
        #expect(first.verdicts.map(\.outcome) == [.waiting] && first.advice.recovering)
        world.surroundings.advance(milliseconds: 999)
        #expect(try await isRecovering(world))
        world.surroundings.advance(milliseconds: 1)
        #expect(try await !isRecovering(world))
        let second = try await world.hub.exchange(luis.request([]), secret: luis.secret)
        #expect(!second.advice.recovering)
        let device = luis.id
        let entry = try await world.store.read { try $0.journal(device: device, number: 1) }
        #expect(entry?.verdict.outcome == .refused)
    }

    @Test("a backup does not open again what was closed after it")
    func restored() async throws {
        let world = try await TestWorld()
        let (ana, luis) = (try await world.device(of: "ana"), try await world.device(of: "luis"))
        let backup = try world.store.copy()
        try await world.hub.revokeDevice(ana.id)
        _ = try await world.device(of: "olga")
        let hub = Hub(store: backup, surroundings: world.surroundings.real)
        #expect(try await hub.endAccess(asIn: world.store) == 1)
        let states = try await hub.devices()
        #expect(states.first { $0.device.id == ana.id }?.device.isRevoked == true)
        #expect(states.first { $0.device.id == luis.id }?.hasAccess == true)
        #expect(try await hub.endAccess(asIn: world.store) == 0)
    }

    @Test("one that had ended by itself in the backup, and was revoked since, is revoked again")
    func restoredAfterTheEnd() async throws {
        let world = try await TestWorld()
        let ana = try await world.device(of: "ana")
        try await world.hub.expireDevice(ana.id, at: world.surroundings.now)
        let backup = try world.store.copy()
        try await world.hub.revokeDevice(ana.id)
        let hub = Hub(store: backup, surroundings: world.surroundings.real)
        #expect(try await hub.endAccess(asIn: world.store) == 0)
        #expect(try await backup.read { try $0.device(ana.id)?.isRevoked } == true)
    }

    @Test("nor does a backup forget an end that was set after it for later")
    func restoredBeforeTheEnd() async throws {
        let world = try await TestWorld()
        let (ana, luis) = (try await world.device(of: "ana"), try await world.device(of: "luis"))
        let now = world.surroundings.now
        let (soon, later) = (now.adding(milliseconds: 1_000), now.adding(milliseconds: 9_000))
        try await world.hub.expireDevice(luis.id, at: soon)
        let backup = try world.store.copy()
        try await world.hub.expireDevice(ana.id, at: soon)
        // What was decided last holds.
        try await world.hub.expireDevice(luis.id, at: later)
        let hub = Hub(store: backup, surroundings: world.surroundings.real)
        #expect(try await hub.endAccess(asIn: world.store) == 0)
        #expect(try await backup.read { try $0.device(ana.id)?.accessEndsAt } == soon)
        #expect(try await backup.read { try $0.device(luis.id)?.accessEndsAt } == later)
        world.surroundings.advance(milliseconds: 1_000)
        #expect(
            await error { _ = try await hub.exchange(ana.request([]), secret: ana.secret) }
                == .revoked)
    }

    @Test("a device is taken in only when it has delivered what it reported")
    func handIn() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let device = ana
        func refused() async -> DeviceState? {
            do {
                _ = try await world.hub.handIn(device.id, by: "marta")
            } catch Hub.DeviceProblem.unsentWork(let state) {
                return state
            } catch {
                Issue.record("\(error)")
            }
            return nil
        }
        // It has never said that it has sent everything.
        #expect(await refused()?.device.queued == 0)
        ana.capture(creating: { $0.territory = TestWorld.north })
        var request = ana.request([])
        request.queued = 1
        _ = try await world.hub.exchange(request, secret: ana.secret)
        #expect(await refused()?.device.queued == 1)
        #expect(try await state(world, ana).hasAccess)
        let taken = try await world.hub.handIn(ana.id, evenWithUnsent: true, by: "marta")
        #expect(!taken.hasDelivered)
        #expect(try await state(world, ana).device.isRevoked)
        var luis = try await world.device(of: "luis")
        luis.capture(creating: {
            $0.territory = TestWorld.south
            $0.name = "Sent"
        })
        request = luis.request(luis.outbox)
        request.completeToMs = UInt64(world.surroundings.now.milliseconds)
        _ = try await world.hub.exchange(request, secret: luis.secret)
        #expect(try await world.hub.handIn(luis.id, by: "marta").hasDelivered)
        let acts = try await world.store.read { try $0.audit(since: nil, last: 100) }
        #expect(
            acts.filter { $0.act == .deviceHandIn }.map(\.detail) == ["1 unsent", "delivered"])
    }

    @Test("what is noted of a device that is taken in is what was judged")
    func handInAfterSync() async throws {
        let watch = Watch()
        let world = try await TestWorld { WatchedStore(base: $0, watch: watch) }
        let ana = try await world.device(of: "ana")
        var request = ana.request([])
        request.queued = 3
        _ = try await world.hub.exchange(request, secret: ana.secret)
        // It syncs while the office is about it.
        watch.beforeNextWrite {
            try await world.store.write { store in
                guard var device = try store.device(ana.id) else { return }
                device.queued = 0
                device.completeTo = device.lastSeen
                try store.put(device)
            }
        }
        let taken = try await world.hub.handIn(ana.id, evenWithUnsent: true)
        #expect(taken.hasDelivered && taken.device.queued == 0)
        let acts = try await world.store.read { try $0.audit(since: nil, last: 100) }
        #expect(acts.last?.detail == "delivered")
    }

    @Test("what a client says of itself is known to the office, cut to its bounds")
    func reports() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        ana.capture(creating: { $0.territory = TestWorld.north })
        var request = ana.request(ana.outbox)
        request.app = "ñ\n" + String(repeating: "x", count: 100)
        request.schema = 1
        request.deviceTimeMs = world.surroundings.now.milliseconds + 7_000
        _ = try await world.hub.exchange(request, secret: ana.secret)
        let device = try await state(world, ana).device
        #expect(device.app.utf8.count == 64 && device.app.hasPrefix("ñ xx"))
        #expect(device.schema == 1 && device.clockOffsetMilliseconds == 7_000)
        // Also of a device that only reads, and was seen a moment ago.
        var later = ana.request([])
        later.app = "ronda 2"
        later.schema = 3
        _ = try await world.hub.exchange(later, secret: ana.secret)
        #expect(try await state(world, ana).device.app == "ronda 2")
        #expect(try await state(world, ana).device.schema == 3)
        let first = WireCompareRequest.with {
            $0.ranges = [.with { $0.id = Data(count: 16) }]
        }
        _ = try await world.hub.compare(first, secret: ana.secret)
        #expect(try await state(world, ana).lastDivergence == world.surroundings.now)
    }

    @Test("a name that cannot be shown is refused, and so is a device that is not there")
    func names() async throws {
        let world = try await TestWorld()
        let ana = try await world.device(of: "ana")
        for name in ["", "a\nb", String(repeating: "x", count: 101)] {
            await #expect(throws: Hub.DeviceProblem.badName) {
                try await world.hub.renameDevice(ana.id, to: name)
            }
        }
        try await world.hub.renameDevice(ana.id, to: "Portátil de Ana", by: "marta")
        #expect(try await state(world, ana).device.name == "Portátil de Ana")
        await #expect(throws: Hub.DeviceProblem.unknownDevice) {
            try await world.hub.revokeDevice(world.surroundings.id())
        }
        await #expect(throws: Hub.DeviceProblem.unknownDevice) {
            try await world.hub.revokeDevice(world.hub.systemDevice().id)
        }
    }

    @Test("the office sees that a device without access is tried, and that tokens are guessed")
    func noted() async throws {
        let world = try await TestWorld()
        let (ana, luis) = (try await world.device(of: "ana"), try await world.device(of: "luis"))
        func notes() async throws -> [AuditEntry] {
            try await world.store.read { try $0.audit(since: nil, last: 1_000) }
                .filter { $0.act == .deviceRefuse }
        }
        try await world.hub.revokeDevice(ana.id)
        for _ in 1...3 {
            #expect(await error { _ = try await world.hub.listen(secret: ana.secret) } == .revoked)
            #expect(
                await error {
                    _ = try await world.hub.exchange(ana.request([]), secret: ana.secret)
                } == .revoked)
        }
        #expect(try await notes().map(\.subject) == [ana.id.description])
        #expect(try await notes().map(\.detail) == ["revoked; 1 since the last note"])
        // What it has is still taken, and is no refusal.
        _ = try await surrender(world, ana, [])
        world.surroundings.advance(milliseconds: 3_600_000)
        #expect(
            await error {
                _ = try await world.hub.compare(WireCompareRequest(), secret: ana.secret)
            } == .revoked)
        #expect(try await notes().last?.detail == "revoked; 6 since the last note")
        // The id of one device with the secret of another.
        #expect(
            await error {
                _ = try await world.hub.exchange(ana.request([]), secret: luis.secret)
            } == .badCredential)
        #expect(try await notes().last?.subject == luis.id.description)
        for _ in 1...50 {
            let secret = world.surroundings.secret()
            #expect(await error { try await world.hub.admit(secret: secret) } == .badCredential)
            #expect(
                await error {
                    _ = try await world.hub.enrol(
                        by: .device(secret: secret), secret: world.surroundings.secret(),
                        name: "copy")
                } == .badCredential)
        }
        let nobodys = try await notes().filter { $0.subject.isEmpty }
        #expect(nobodys.count == 20 && nobodys[0].actor == AuditEntry.nobody)
    }
}
