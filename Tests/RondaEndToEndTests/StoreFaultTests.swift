import Foundation
import GRDB
import RondaClient
import RondaHub
import RondaModel
import RondaStore
import RondaStoreSQLite
import Synchronization
import Testing

@Suite("A record of the hub that cannot be read stops nobody for ever")
struct StoreFaultTests {
    private func sql(
        _ world: World, _ sql: String, _ arguments: StatementArguments
    ) throws {
        let store = try #require(world.hub.store as? SQLiteStore)
        try store.withWriter { try $0.execute(sql: sql, arguments: arguments) }
    }

    @Test(
        "a commit that makes such a record is set aside at the fifth failure, and the rest goes in")
    func quarantine() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        let made = try await ana.newCustomer("Nuevo")
        try await ana.promise(customer, "Detrás")
        try sql(
            world,
            """
            INSERT INTO record(id, entity, creator, version, plain, conflicts, shown, meta)
            VALUES (?, ?, ?, 1, 1, 0, ?, ?)
            """,
            [
                Data(made.bytes), EntityID.customer.rawValue, Data(made.bytes), Data([255]),
                Data([255]),
            ])
        for _ in 1...4 {
            let error = await #expect(throws: ClientError.self) { try await ana.sync() }
            #expect(error?.serverCode == "fault")
        }
        let report = try await ana.sync()
        #expect(report.refused == 1)
        #expect(report.accepted == 1)
        #expect(report.isComplete)
        #expect(try await ana.store.read { try $0.tray() }.map(\.code) == [.internalFault])
        let incidents = try await world.hub.store.read { try $0.incidents() }
        #expect(incidents.map(\.kind) == [.quarantine])
    }

    @Test("a file that is damaged as a whole is nobody's fault: nothing is set aside for it")
    func corrupt() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        try await ana.promise(customer, "Buena")
        // The root page of the records is garbage.
        let store = try #require(world.hub.store as? SQLiteStore)
        let root = try store.withWriter { database in
            try Int.fetchOne(
                database, sql: "SELECT rootpage FROM sqlite_master WHERE name = 'record'")
        }
        let page = try #require(root)
        try await store.checkpoint()
        let file = world.directory + "/hub/" + SQLiteStore.fileName
        let whole = try Data(contentsOf: URL(filePath: file))
        let size = Int(whole[16]) << 8 | Int(whole[17])
        let start = (page - 1) * size
        var spoiled = whole
        spoiled.replaceSubrange(start..<start + size, with: Data(repeating: 0xA5, count: size))
        let damaged = try World.hub(at: world.directory + "/spoiled", bytes: spoiled)
        let transport = HubTransport(damaged)
        for _ in 1...7 {
            let error = await #expect(throws: ClientError.self) {
                try await ana.store.sync(over: transport)
            }
            #expect(error?.serverCode == "fault")
        }
        #expect(try await ana.status.pending == 1)
        let counts = try await damaged.store.read { try $0.tray() }
        #expect(counts == [])
        // The office puts a whole one in its place.
        try await ana.sync()
        #expect(try await ana.status.pending == 0)
    }

    @Test("a store with two scopes of one name is looked at to the end")
    func twoScopes() async throws {
        let world = try await World()
        try sql(
            world,
            """
            INSERT INTO scope(id, seq) VALUES (x'00', 1);
            INSERT INTO scope(id, seq) VALUES (x'01', 1);
            """, [])
        let problems = try await Verification.of(world.hub.store).problems
        #expect(problems.contains { $0.contains("two scopes") })
    }

    @Test("decisions on many refused commits have what waits judged again once, not for each")
    func manyDecisions() async throws {
        let world = try await World()
        _ = try await world.customer("C1")
        let ana = try await world.device("ana", territories: ["MX-14", "AR-05"])
        try await ana.sync()
        let territory = World.territoryID("AR-05")
        for number in 1...20 {
            let made = try await ana.store.capture { capture in
                var customer = capture.new(Customer.self)
                customer.territory = territory
                customer.name = "Nuevo \(number)"
                try capture.create(customer)
            }
            let id = try #require(made?.records.first)
            try await ana.promise(id, "Promesa \(number)")
        }
        try await world.hub.store.write { store in
            let account = try #require(try store.account(login: "ana"))
            try store.put(
                Account(
                    id: account.id, login: "ana", name: "ana", role: .rep,
                    territories: [World.territoryID("MX-14")]))
        }
        let first = try await ana.sync()
        #expect(first.refused == 20 && first.waiting == 20)
        for entry in try await ana.store.read({ try $0.tray() }) {
            try await ana.store.discard(tray: entry.n)
        }
        let store = try #require(world.hub.store as? SQLiteStore)
        let looks = Mutex(0)
        store.withWriter { database in
            database.trace { event in
                if "\(event)".contains("clock_offset FROM waiting") { looks.withLock { $0 += 1 } }
            }
        }
        try await ana.sync()
        store.withWriter { $0.trace() }
        #expect(looks.withLock { $0 } <= 2)
        #expect(try await world.hub.store.read { try $0.counts() }.waiting == 0)
    }
}
