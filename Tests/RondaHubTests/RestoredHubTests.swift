import Foundation
import RondaHub
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaStoreSQLite
import RondaWire
import Testing

@Suite("A restored hub")
struct RestoredHubTests {
    private func hub(_ store: SQLiteStore, _ world: TestWorld) -> Hub {
        Hub(store: store, surroundings: world.surroundings.real)
    }

    @Test("renews its history for a receipt of that history, and never for one from before it")
    func oldReceipt() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let id = try await world.customer(by: &ana, in: TestWorld.north)
        let backup = try world.store.copy()
        ana.capture(ana.edit(id, 8, "Sol 1"))
        let offered = ana.request(ana.outbox)
        let old = try await ana.exchange(with: world.hub).receipt
        #expect(old.number == 2)
        world.surroundings.advance(milliseconds: 60_000)
        let restored = hub(backup, world)
        try await restored.renewHistory()
        var request = ana.request([])
        request.epoch = Data(try await backup.read { try $0.hub() }.epochBytes)
        request.proof = old
        for _ in 1...3 {
            let answer = try await restored.exchange(request, secret: ana.secret)
            #expect(answer.epoch == request.epoch)
            #expect(answer.lastCommit == 1)
        }
        #expect(try await backup.read { try $0.incidents() } == [])
        // Set back once more, unnoticed: what it signed in its present history shows that.
        let again = try backup.copy()
        var offer = offered
        offer.epoch = request.epoch
        request.proof = try await restored.exchange(offer, secret: ana.secret).receipt
        let answer = try await hub(again, world).exchange(request, secret: ana.secret)
        #expect(answer.epoch != request.epoch)
        #expect(try await again.read { try $0.incidents() }.map(\.kind) == [.historyLost])
    }

    @Test("has a generation above that of the history it takes the place of")
    func generation() async throws {
        let world = try await TestWorld()
        try await world.hub.renewHistory(above: 1 << 30)
        #expect(try await world.store.read { try $0.hub() }.generation == 1 << 30 + 1)
        try await world.hub.renewHistory()
        #expect(try await world.store.read { try $0.hub() }.generation == 1 << 30 + 2)
        // Whatever stands in a damaged file, versions stay countable.
        try await world.hub.renewHistory(above: .max)
        #expect(try await world.store.read { try $0.hub() }.generation < 1 << 31)
    }

    @Test("refuses, when recovery is over, a commit that waits for a record of its own")
    func waitsForItself() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        try await ana.sync(with: world.hub)
        try await world.hub.renewHistory()
        var promise = Commitment(id: world.surroundings.id())
        var customer = Customer(id: world.surroundings.id())
        customer.territory = TestWorld.north
        customer.name = "Rosa"
        promise.customer = customer.id
        promise.words = "Llamar"
        promise.dueAt = world.surroundings.now
        // The child before its parent, as no client of ours writes it.
        ana.capture(Change(creating: promise), Change(creating: customer))
        ana.epoch = Data()
        var request = ana.request(ana.outbox)
        request.queued = 1
        let first = try await world.hub.exchange(request, secret: ana.secret)
        #expect(first.verdicts.map(\.outcome) == [.waiting])
        try ana.absorb(first)
        try await ana.sync(with: world.hub)
        let device = ana.id
        let now = world.surroundings.now
        let (entry, isRecovering) = try await world.store.read { store in
            (try store.journal(device: device, number: 1), try store.isRecovering(at: now))
        }
        #expect(!isRecovering)
        #expect(entry?.verdict.outcome == .refused)
        #expect(entry?.verdict.refusal?.code == .unknownParent)
        // Nor does it when the office has it judged again.
        let again = try await world.hub.retry(device: ana.id, number: 1)
        #expect(again?.outcome == .refused)
    }

    @Test("is not held back by a device that only asks for a past id")
    func pastID() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let past = try await world.device(of: "ana")
        world.surroundings.advance(milliseconds: 31 * 24 * 3_600_000)
        try await ana.sync(with: world.hub)
        var request = ana.request([])
        request.completeToMs = UInt64(world.surroundings.now.milliseconds)
        // More than five minutes later, so that it is written down.
        world.surroundings.advance(milliseconds: 600_000)
        _ = try await world.hub.exchange(request, secret: ana.secret)
        var asked = past.request([])
        asked.pushOnly = true
        asked.open = [1]
        _ = try await world.hub.exchange(asked, secret: past.secret)
        let watermark = try await world.hub.watermark(of: TestWorld.north)
        #expect(watermark == Instant(milliseconds: Int64(request.completeToMs)))
    }
}
