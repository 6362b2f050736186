import Foundation
import GRDB
import RondaClient
import RondaHub
import RondaMerge
import RondaModel
import RondaStore
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
        try await world.expectAgreement(of: ana)
        #expect(try await ana.store.read { try $0.tray() }.count == 1)
        #expect(try await Verification.of(world.hub.store).problems == [])
    }
}
