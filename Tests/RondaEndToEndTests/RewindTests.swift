import GRDB
import RondaClient
import RondaHub
import RondaMerge
import RondaModel
import RondaStore
import RondaStoreSQLite
import Testing

@Suite("Between a restore and the verdicts that follow it, a device hides and repeats nothing")
struct RewindTests {
    private struct Scene {
        let world: World
        let ana: TestDevice
        let customer: RecordID
    }

    /// Ana's first commit was refused, her second accepted.
    private func scene() async throws -> Scene {
        let world = try await World()
        let customer = try await world.customer("C1")
        let theirs = try await world.customer("C2", territory: "AR-05")
        let ana = try await world.device("ana")
        try await ana.sync()
        try await ana.promise(theirs, "De nadie")
        try await ana.promise(customer, "Dos")
        let report = try await ana.sync()
        try #require(report.refused == 1 && report.accepted == 1)
        return Scene(world: world, ana: ana, customer: customer)
    }

    /// The device hears that the hub was restored, and nothing after that.
    private func hearOfRestore(_ ana: TestDevice) async throws {
        ana.transport.loseOneAnswer(after: 1)
        await #expect(throws: ClientError.self) { try await ana.sync() }
    }

    /// What a device does with commits that are older than any backup that may be restored.
    private func forget(_ numbers: ClosedRange<Int>, on ana: TestDevice) async throws {
        try ana.store.withWriter { database in
            try database.execute(
                sql: "DELETE FROM outbox WHERE number BETWEEN ? AND ? AND state = 1",
                arguments: [numbers.lowerBound, numbers.upperBound])
            #expect(database.changesCount == numbers.count)
        }
    }

    /// How many commits the hub has of each of Ana's ids.
    private func journals(_ world: World) async throws -> [[Outcome]] {
        try await world.hub.store.read { store in
            try store.devices().filter { !$0.secretHash.isEmpty }.map { device in
                var outcomes: [Outcome] = []
                try store.journal(of: device.id) { outcomes.append($0.verdict.outcome) }
                return outcomes
            }
            .sorted { $0.count > $1.count }
        }
    }

    @Test("a bundle made then has all that is not known to be in, gaps or not")
    func bundle() async throws {
        let scene = try await scene()
        let (world, ana) = (scene.world, scene.ana)
        for word in ["Tres", "Cuatro"] { try await ana.promise(scene.customer, word) }
        try await ana.sync()
        let backup = try world.backup()
        try await forget(2...3, on: ana)
        try await world.restore(backup)
        try await hearOfRestore(ana)
        try await ana.promise(scene.customer, "Cinco")
        let bundle = try #require(try await ana.store.exportOutbox())
        #expect(bundle.commits == 3)
        #expect(try await ana.status.pending == 3)
        let delivery = try await OutboxBundle.deliver(bundle.bytes, over: HubTransport(world))
        #expect(!delivery.wasKnown)
        #expect(
            try await journals(world) == [[.refused, .accepted, .accepted, .accepted, .accepted]])
        #expect(try await ana.sync().isComplete)
        try await world.expectAgreement(of: ana)
    }

    @Test("what was refused lies in the tray, and can be decided about")
    func tray() async throws {
        let scene = try await scene()
        let (world, ana) = (scene.world, scene.ana)
        let backup = try world.backup()
        let before = try await ana.store.read { try $0.tray() }
        try #require(before.count == 1)
        try await world.restore(backup)
        try await hearOfRestore(ana)
        #expect(try await ana.store.read { try $0.tray() } == before)
        try await ana.store.discard(tray: before[0].n)
        #expect(try await ana.store.read { try $0.tray() } == [])
        #expect(try await ana.sync().isComplete)
        try await ana.sync()
        #expect(try await ana.store.read { try $0.tray() } == [])
        let id = try #require(try await ana.store.identity()).device
        let entry = try await world.hub.store.read { try $0.journal(device: id, number: 1) }
        #expect(entry?.verdict.disposition == .discarded)
    }

    @Test("where the chain is cut, only what comes after the cut goes on under another id")
    func cut() async throws {
        let scene = try await scene()
        let (world, ana) = (scene.world, scene.ana)
        let backup = try world.backup()
        for word in ["Tres", "Cuatro", "Cinco"] { try await ana.promise(scene.customer, word) }
        try await ana.sync()
        try await forget(3...4, on: ana)
        try await world.restore(backup)
        for _ in 1...3 { try await ana.sync() }
        #expect(try await journals(world) == [[.refused, .accepted], [.accepted]])
        let words = try await ana.store.read { try $0.records(Commitment.self).map(\.words) }
        #expect(words.sorted { $0 ?? "" < $1 ?? "" } == ["Cinco", "Dos"])
        #expect(try await ana.status.pending == 0)
        try await world.expectAgreement(of: ana)
        #expect(try await ana.store.read { try $0.tray() }.count == 1)
    }

    @Test("the hub hears, under the id that was left, that what came before the cut was all")
    func cutTold() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.promise(customer, "Uno")
        try await ana.sync()
        let backup = try world.backup()
        for word in ["Dos", "Tres", "Cuatro"] { try await ana.promise(customer, word) }
        try await ana.sync()
        try await forget(3...3, on: ana)
        try await world.restore(backup)
        for _ in 1...3 { try await ana.sync() }
        #expect(try await journals(world) == [[.accepted, .accepted], [.accepted]])
        #expect(try await world.isRecovering() == false)
        try await world.expectAgreement(of: ana)
    }
}
