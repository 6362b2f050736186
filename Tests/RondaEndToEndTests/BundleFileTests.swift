import Foundation
import RondaClient
import RondaHub
import RondaModel
import RondaStore
import RondaStoreSQLite
import Testing

@Suite("Unsent work carried as a file")
struct BundleFileTests {
    @Test("it is delivered by anybody, in parts, and the device finds it done; nothing twice")
    func carried() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        #expect(try await ana.store.exportOutbox() == nil)
        for number in 1...450 { try await ana.promise(customer, "Promesa \(number)") }
        let bundle = try #require(try await ana.store.exportOutbox())
        #expect(bundle.commits == 450)
        #expect(try await ana.status.pending == 450)
        #expect(Data(bundle.bytes).range(of: Data("Promesa".utf8)) == nil)
        let carrier = HubTransport(world)
        let delivery = try await OutboxBundle.deliver(bundle.bytes, over: carrier)
        #expect(delivery.commits == 450 && !delivery.wasKnown)
        #expect(carrier.deliveredCount == 3)
        #expect(try await OutboxBundle.deliver(bundle.bytes, over: carrier).wasKnown)
        // Captured since, and sent by the device itself.
        try await ana.promise(customer, "Después")
        let report = try await ana.sync()
        #expect(report.accepted == 451 && report.isComplete)
        #expect(try await ana.status.pending == 0)
        let counts = try await world.hub.store.read { try $0.counts() }
        #expect(counts.records[.commitment] == 451)
        #expect(try await OutboxBundle.deliver(bundle.bytes, over: carrier).wasKnown)
        try await world.expectAgreement(of: ana)
    }

    @Test("cut off while it is delivered, it is delivered again")
    func cutOff() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        for number in 1...250 { try await ana.promise(customer, "Promesa \(number)") }
        let bundle = try #require(try await ana.store.exportOutbox())
        let carrier = HubTransport(world)
        carrier.loseOneAnswer(after: 1)
        await #expect(throws: ClientError.self) {
            try await OutboxBundle.deliver(bundle.bytes, over: carrier)
        }
        #expect(try await OutboxBundle.deliver(bundle.bytes, over: carrier).commits == 250)
        #expect(try await ana.sync().isComplete)
        try await world.expectAgreement(of: ana)
    }

    @Test("a device whose network is broken is taken in by its bundle, unless it was here since")
    func handedIn() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        for number in 1...450 { try await ana.promise(customer, "Promesa \(number)") }
        let old = try #require(try await ana.store.exportOutbox())
        ana.transport.loseOneAnswer(after: 1)
        _ = try? await ana.sync()
        try await ana.promise(customer, "Después")
        let id = try #require(try await ana.store.identity()).device
        func isRefused() async throws -> Bool {
            do {
                _ = try await world.hub.handIn(id)
                return false
            } catch Hub.DeviceProblem.unsentWork {
                return true
            }
        }
        let carrier = HubTransport(world)
        #expect(try await isRefused())
        _ = try await OutboxBundle.deliver(old.bytes, over: carrier)
        #expect(try await isRefused())
        let bundle = try #require(try await ana.store.exportOutbox())
        #expect(try await isRefused())
        _ = try await OutboxBundle.deliver(bundle.bytes, over: carrier)
        let state = try await world.hub.handIn(id)
        #expect(state.hasDelivered && state.waiting + state.refused == 0)
        let counts = try await world.hub.store.read { try $0.counts() }
        #expect(counts.records[.commitment] == 451)
    }

    @Test("a file that is none is refused before anything is sent")
    func noBundle() async throws {
        let world = try await World()
        let carrier = HubTransport(world)
        for bytes in [[], Array("hola".utf8), Array("ronda bundle 1\n".utf8)] as [[UInt8]] {
            let error = await #expect(throws: ClientError.self) {
                try await OutboxBundle.deliver(bytes, over: carrier)
            }
            #expect(error?.code == .badBundle)
        }
        #expect(carrier.deliveredCount == 0)
    }
}
