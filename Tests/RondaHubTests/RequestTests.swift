import Foundation
import RondaHub
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaStoreSQLite
import RondaWire
import Testing

@Suite("A request the hub does not take")
struct RequestTests {
    private func error(
        _ world: TestWorld, _ request: WireExchangeRequest, _ secret: [UInt8]
    ) async -> HubError.Code? {
        await #expect(throws: HubError.self) {
            try await world.hub.exchange(request, secret: secret)
        }?.code
    }

    @Test("with numbers already used for other work is a fork, and nothing is applied")
    func otherContent() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let id = try await world.customer(by: &ana, in: TestWorld.north)
        var copy = ana
        ana.capture(ana.edit(id, 8, "Sol 1"))
        try await ana.sync(with: world.hub)
        copy.capture(copy.edit(id, 8, "Luna 2"))
        copy.capture(copy.edit(id, 9, "Caracas"))
        let answer = try await world.hub.exchange(copy.request(copy.outbox), secret: copy.secret)
        #expect(answer.forkedAt == 2)
        #expect(answer.verdicts.isEmpty)
        let record = try await world.record(id)
        #expect(record.version == 2)
        #expect(record.shown(7) == .one(.text("Sol 1")))
        let device = ana.id
        #expect(try await world.store.read { try $0.device(device) }?.lastNumber == 2)
    }

    @Test("whose next commit follows other work is a fork, and nothing is applied")
    func otherChain() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let id = try await world.customer(by: &ana, in: TestWorld.north)
        var copy = ana
        ana.capture(ana.edit(id, 8, "Sol 1"))
        try await ana.sync(with: world.hub)
        copy.capture(copy.edit(id, 8, "Luna 2"))
        copy.capture(copy.edit(id, 9, "Caracas"))
        let answer = try await world.hub.exchange(
            copy.request(copy.outbox.suffix(1)), secret: copy.secret)
        #expect(answer.forkedAt == 3)
        #expect(try await world.record(id).version == 2)
        // The hub goes on with the branch it knows.
        ana.capture(ana.edit(id, 9, "Valencia"))
        try await ana.sync(with: world.hub)
        #expect(try await world.record(id).version == 3)
    }

    @Test("without a credential, with another's, or with another protocol is refused")
    func identity() async throws {
        let world = try await TestWorld()
        let ana = try await world.device(of: "ana")
        let luis = try await world.device(of: "luis")
        #expect(await error(world, ana.request([]), []) == .badCredential)
        #expect(await error(world, ana.request([]), luis.secret) == .badCredential)
        var request = ana.request([])
        request.protocol = 2
        #expect(await error(world, request, ana.secret) == .unsupported)
    }

    @Test("over a limit is refused whole")
    func limits() async throws {
        var limits = Limits()
        limits.commitsPerExchange = 2
        limits.cursorsPerExchange = 1
        let world = try await TestWorld(limits: limits)
        var ana = try await world.device(of: "ana")
        for name in ["a", "b", "c"] {
            ana.capture {
                $0.territory = TestWorld.north
                $0.name = name
            }
        }
        #expect(await error(world, ana.request(ana.outbox), ana.secret) == .tooLarge)
        ana.cursors = [1: WireCursor(), 2: WireCursor()]
        #expect(await error(world, ana.request([]), ana.secret) == .tooLarge)
        #expect(try await world.store.read { try $0.counts() }.records[.customer] == nil)
    }

    @Test("with numbers that do not rise by one from 1 on is not well formed")
    func numbers() async throws {
        let world = try await TestWorld()
        let ana = try await world.device(of: "ana")
        let change = ana.edit(RecordID(high: 1, low: 1), 8, "a")
        for numbers in [[0], [1, 1], [1, 3], [2, 1], [.max, 1]] as [[UInt64]] {
            let commits = numbers.map {
                Commit(number: $0, stamp: .zero, schema: 1, changes: [change])
            }
            #expect(await error(world, ana.request(commits), ana.secret) == .badRequest)
        }
    }

    @Test("holds nothing up with a commit that cannot be read: that one is refused")
    func unreadable() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let id = try await world.customer(by: &ana, in: TestWorld.north)
        ana.capture(ana.edit(id, 8, "Sol 1"))
        var request = ana.request(ana.outbox)
        request.commits[0].ids = [Data()]
        let answer = try await world.hub.exchange(request, secret: ana.secret)
        #expect(answer.verdicts.map(\.refusal.code) == [.malformed])
        #expect(answer.lastCommit == 2)
        let again = try await world.hub.exchange(request, secret: ana.secret)
        #expect(again.verdicts == answer.verdicts)
        request.commits[0].number = 3
        request.commits[0].previous = Data([1, 2])
        #expect(try await world.hub.exchange(request, secret: ana.secret).forkedAt == 3)
        #expect(try await world.record(id).version == 1)
    }
}
