import Foundation
import GRDB
import RondaClient
import RondaHub
import RondaMerge
import RondaModel
import RondaStore
import Synchronization
import Testing

@Suite("A device that differs from the hub without reason is mended record by record")
struct DivergenceTests {
    @Test("a row that is old and one that is lost are found by the next change and put right")
    func mended() async throws {
        let world = try await World()
        var customers: [RecordID] = []
        for number in 1...300 { customers.append(try await world.customer("C\(number)")) }
        let ana = try await world.device("ana")
        try await ana.sync()
        try await ana.promise(customers[0], "Mía, sin enviar")
        let (changed, lost) = (customers[10], customers[20])
        try ana.store.withWriter { database in
            try database.execute(
                sql: "UPDATE standing SET version = 9 WHERE record = ?",
                arguments: [Data(changed.bytes)])
            try database.execute(
                sql: "UPDATE cursor SET sum = sum + 1 WHERE scope > 1")
            for table in ["customer", "standing"] {
                let key = table == "customer" ? "id" : "record"
                try database.execute(
                    sql: "DELETE FROM \(table) WHERE \(key) = ?", arguments: [Data(lost.bytes)])
            }
        }
        let report = try await ana.sync()
        #expect(report.repaired >= 2)
        try await world.expectAgreement(of: ana)
        let again = try await ana.sync()
        #expect(again.repaired == 0)
        let incidents = try await world.hub.store.read { try $0.incidents() }
        #expect(incidents.map(\.kind) == [.divergence])
    }

    @Test("a record that the hub does not have leaves once the own work on it has its verdict")
    func goneUnderOwnWork() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        let ghost = RecordID.derived(namespace: .zero, name: "ghost")
        try ana.store.withWriter { database in
            for (table, key) in [("customer", "id"), ("standing", "record")] {
                let columns = try database.columns(in: table).map { "\"\($0.name)\"" }
                let chosen = columns.map { $0 == "\"\(key)\"" ? "?" : $0 }
                try database.execute(
                    sql: """
                        INSERT INTO \(table)(\(columns.joined(separator: ", ")))
                        SELECT \(chosen.joined(separator: ", ")) FROM \(table) WHERE \(key) = ?
                        """, arguments: [Data(ghost.bytes), Data(customer.bytes)])
            }
            try database.execute(sql: "UPDATE cursor SET sum = sum + 1 WHERE scope > 1")
        }
        // Beto's change brings the scope's stream, and with it the sum.
        let beto = try await world.device("beto")
        try await beto.sync()
        try await beto.setStreet(customer, "Calle Nueva 2")
        try await beto.sync()
        // Ana's own is captured while the difference is being mended.
        let transport = Meanwhile(ana.transport) { try await ana.setStreet(ghost, "Calle 9") }
        let report = try await ana.store.sync(over: transport)
        #expect(report.repaired >= 1)
        #expect(try await ana.store.read { try $0.record(Customer.self, ghost) } != nil)
        let second = try await ana.sync()
        #expect(second.refused == 1)
        let refused = try #require(try await ana.store.read { try $0.tray() }.first)
        try await ana.store.discard(tray: refused.n)
        try await ana.sync()
        #expect(try await ana.store.read { try $0.record(Customer.self, ghost) } == nil)
        try await world.expectAgreement(of: ana)
    }

    @Test("what was deleted beyond the horizon leaves a device that had been away, its work judged")
    func tooOld() async throws {
        let world = try await World()
        var customers: [RecordID] = []
        for number in 1...30 { customers.append(try await world.customer("C\(number)")) }
        let ana = try await world.device("ana")
        try await ana.sync()
        for number in 1...12 {
            try await ana.promise(customers[number], "Promesa \(number)")
        }
        let gone = customers[5]
        let record = try #require(try await world.hub.store.read { try $0.record(gone) })
        _ = try await world.hub.submitAsSystem([
            [Change(entity: .customer, record: record.id, base: record.version, deletes: true)]
        ])
        #expect(try await world.hub.purge(olderThan: -1_000) == 1)
        let report = try await ana.sync()
        #expect(report.accepted == 11)
        #expect(report.refused == 1)
        #expect(report.isComplete)
        // What a refused promise is about stays in sight until somebody has decided about it.
        let tray = try await ana.store.read { try $0.tray() }
        #expect(tray.count == 1)
        #expect(try await ana.store.read { try $0.record(Customer.self, gone) } != nil)
        try await ana.store.discard(tray: try #require(tray.first).n)
        try await ana.sync()
        try await world.expectAgreement(of: ana)
        #expect(try await Verification.of(world.hub.store).problems == [])
    }
}

/// Does something once, before the first comparison is asked for.
private final class Meanwhile: Transport {
    private let inner: HubTransport
    private let act: @Sendable () async throws -> Void
    private let isDone = Mutex(false)

    init(_ inner: HubTransport, _ act: @escaping @Sendable () async throws -> Void) {
        self.inner = inner
        self.act = act
    }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        let isFirst =
            request.path == "/v1/compare"
            && isDone.withLock { done in
                defer { done = true }
                return !done
            }
        if isFirst {
            do {
                try await act()
            } catch {
                Issue.record(error)
            }
        }
        return try await inner.send(request)
    }
}
