import RondaHub
import RondaMerge
import RondaModel
import RondaStore
import RondaStoreSQLite
import Testing

@Suite("What administrators do is noted with it")
struct AuditTests {
    private func audit(_ world: TestWorld) async throws -> [AuditEntry] {
        try await world.store.read { try $0.audit(since: nil, last: 1_000) }
    }

    @Test("each act in its own transaction, with who, what and when")
    func acts() async throws {
        let world = try await TestWorld()
        #expect(try await audit(world).map(\.act) == [.accountAdd, .accountAdd, .accountAdd])
        world.surroundings.advance(milliseconds: 1_000)
        _ = try await world.hub.addAccount(
            login: "eva", name: "Eva", role: .rep, territoryCodes: ["north"], by: "marta")
        let code = try await world.hub.newCode(login: "eva", by: "marta").code
        _ = try await world.hub.purge(olderThan: 1_000, by: "marta")
        try await world.hub.noteBackup(world.store.copy(), by: "marta", to: "monday")
        try await world.hub.renewHistory(by: "marta", from: "monday")
        try await world.hub.closeRecovery(by: "marta")
        let entries = try await audit(world).filter { $0.actor == "marta" }
        #expect(
            entries.map(\.act) == [
                .accountAdd, .codeIssue, .purge, .backup, .restore, .recoveryClose,
            ])
        #expect(entries.map(\.n) == entries.map(\.n).sorted())
        #expect(entries.map(\.subject) == ["eva", "eva", "", "monday", "monday", ""])
        #expect(entries[0].detail == "rep north" && entries[0].at == world.surroundings.now)
        #expect(!entries.contains { "\($0)".contains(code) })
    }

    @Test("what fails is not noted, and what was noted is not taken back")
    func failures() async throws {
        let world = try await TestWorld()
        let before = try await audit(world)
        await #expect(throws: Hub.AccountProblem.loginTaken) {
            try await world.hub.addAccount(
                login: "ana", name: "Ana", role: .rep, territoryCodes: [])
        }
        await #expect(throws: Hub.AccountProblem.unknownLogin) {
            try await world.hub.newCode(login: "nobody")
        }
        let device = try await world.device(of: "ana")
        let count = try await audit(world).count
        #expect(try await world.hub.retry(device: device.id, number: 7) == nil)
        #expect(try await !world.hub.dispose(device: device.id, number: 7, .discarded))
        #expect(try await audit(world).count == count)
        #expect(try await Array(audit(world).prefix(before.count)) == before)
    }

    @Test("decisions about the tray, and submissions of the server, are noted once they stand")
    func tray() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        _ = ana.capture(creating: { $0.name = "Nobody's" })
        try await ana.sync(with: world.hub)
        _ = try await world.hub.retry(device: ana.id, number: 1, by: "marta")
        _ = try await world.hub.dispose(device: ana.id, number: 1, .discarded, by: "marta")
        let refused = Change(entity: .programme, record: world.surroundings.id(), sets: [])
        let note = AuditNote(.programmeAdd, by: "marta", subject: "x")
        #expect(try await world.hub.submitAsSystem([[refused]], note: note)[0].refusal != nil)
        let entries = try await audit(world).filter { $0.actor == "marta" }
        #expect(entries.map(\.act) == [.trayRetry, .trayDiscard])
        #expect(entries.map(\.subject) == [ana.id.description, ana.id.description])
        #expect(entries.map(\.detail) == ["commit 1: refused", "commit 1"])
    }

    @Test("what stands in for a refused capture is in with the decision about that, in one write")
    func resubmitted() async throws {
        let watch = Watch()
        let world = try await TestWorld { WatchedStore(base: $0, watch: watch) }
        var ana = try await world.device(of: "ana")
        _ = ana.capture(creating: { $0.name = "Nobody's" })
        try await ana.sync(with: world.hub)
        let settled = SettledCommit(
            device: ana.id, number: 1, disposition: .resubmitted, actor: "marta")
        func verdict() async throws -> Verdict? {
            try await world.store.read { [id = ana.id] in
                try $0.journal(device: id, number: 1)?.verdict
            }
        }
        let refused = Change(entity: .programme, record: world.surroundings.id(), sets: [])
        _ = try await world.hub.submitAsSystem([[refused]], settling: settled)
        #expect(try await verdict()?.disposition == .open)
        var customer = Customer(id: world.surroundings.id())
        customer.name = "Rosa"
        customer.territory = TestWorld.north
        _ = try await world.hub.systemDevice()
        let writes = watch.writes
        let taken = try await world.hub.submitAsSystem(
            [[Change(creating: customer)]], settling: settled)
        #expect(taken.map(\.outcome) == [.accepted])
        #expect(try await verdict()?.disposition == .resubmitted)
        // One to look the server's own device up, and one for all of it.
        #expect(watch.writes == writes + 2)
        let entries = try await audit(world).filter { $0.actor == "marta" }
        #expect(entries.map(\.act) == [.trayResubmit] && entries[0].detail == "commit 1")
    }

    @Test("assignments, teams and moves of customers are noted in the transactions that make them")
    func territories() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let first = try await world.customer(by: &ana, in: TestWorld.north)
        let second = try await world.customer(by: &ana, in: TestWorld.north)
        let team = Team(
            id: RecordID(high: 0, low: 9), name: "Norte", territories: [TestWorld.north],
            leaders: [ana.account])
        try await world.hub.put(team, by: "marta")
        try await world.hub.assign(
            [ana.account: NewAssignment(role: .supervisor, territories: [], teams: [team.id])],
            by: "marta")
        let before = try await world.hub.systemDevice().lastNumber
        let moved = try await world.hub.move(
            [first, second], to: TestWorld.south, by: "marta")
        #expect(moved == 2)
        // They are there already.
        #expect(try await world.hub.move([first], to: TestWorld.south, by: "marta") == 0)
        let entries = try await audit(world).filter { $0.actor == "marta" }
        #expect(entries.map(\.act) == [.teamChange, .accountTerritories, .customerMove])
        #expect(entries.map(\.subject) == ["Norte", "ana", "south"])
        #expect(
            entries.map(\.detail) == [
                "territories north, leaders ana", "role supervisor, territories -, teams Norte",
                "2 of the commits \(before + 1) to \(before + 2)",
            ])
    }

    @Test("since a moment, the latest of them, in order; and a line is a line")
    func reading() async throws {
        let world = try await TestWorld()
        let start = world.surroundings.now
        try await world.store.write { store in
            for number in 1...5 as ClosedRange<Int64> {
                try store.append(
                    AuditEntry(
                        at: start.adding(milliseconds: number), actor: "a\nb", act: .purge,
                        detail: String(repeating: "x", count: Int(number) * 100)))
            }
        }
        let since = start.adding(milliseconds: 3)
        let entries = try await world.store.read { try $0.audit(since: since, last: 10) }
        #expect(entries.map(\.at.milliseconds) == (3...5).map { start.milliseconds + $0 })
        #expect(entries.allSatisfy { $0.actor == "a b" && $0.detail.count == 200 })
        #expect(try await world.store.read { try $0.audit(since: since, last: 1) } == [entries[2]])
    }
}
