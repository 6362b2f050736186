import Foundation
import GRDB
import RondaClient
import RondaHub
import RondaModel
import RondaStore
import RondaStoreSQLite
import Testing

@Suite("Stores of the first format are brought to the present one, once")
struct UpgradeTests {
    /// Makes a device's store what the first edition would have left.
    private func ageDevice(_ path: String) throws {
        let database = try DatabaseQueue(path: path)
        try database.write { database in
            try database.execute(
                sql: """
                    DROP INDEX outbox_number; DROP INDEX outbox_refused;
                    DROP TABLE past; DROP TABLE standing; DROP TABLE erased; DROP TABLE erased_asked;
                    DROP TABLE outline;
                    ALTER TABLE cursor DROP COLUMN sum; ALTER TABLE cursor DROP COLUMN hub_sum;
                    """)
            for column in ["identity", "given", "disposition", "told", "settled_at", "redacted"] {
                try database.execute(sql: "ALTER TABLE outbox DROP COLUMN \(column)")
            }
            try database.execute(
                sql: """
                    CREATE UNIQUE INDEX outbox_number ON outbox(number);
                    CREATE INDEX outbox_refused ON outbox(n) WHERE state = 3;
                    PRAGMA user_version = 1;
                    """)
        }
        try database.close()
    }

    /// A store that one test has finished with, in a directory of its own.
    private func aged(_ world: World, _ device: TestDevice) throws -> String {
        let directory = world.directory + "/aged"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        let path = directory + "/" + LocalStore.fileName
        try device.store.withWriter { database in
            try database.execute(sql: "VACUUM INTO '\(path)'")
        }
        try ageDevice(path)
        return directory
    }

    @Test("a row that the hub does not have leaves the device with its first sync")
    func doubtful() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        let backup = try world.backup()
        let lost = try await world.customer("C2")
        try await ana.sync()
        try await ana.promise(customer, "Sin enviar")
        let directory = try aged(world, ana)
        // The hub was set back in the days of the first edition, when nobody told.
        try await world.restore(backup, isNoticed: true)
        try await world.hub.closeRecovery()
        let store = try LocalStore.open(
            at: directory, create: false, surroundings: world.surroundings)
        let old = TestDevice(store: store, transport: HubTransport(world))
        #expect(try await store.read { try $0.record(Customer.self, lost) } != nil)
        let report = try await old.sync()
        #expect(report.isComplete && report.accepted == 1)
        #expect(try await store.read { try $0.record(Customer.self, lost) } == nil)
        try await world.expectAgreement(of: old)
    }

    @Test("by whichever of two processes comes first; the other takes it as it is")
    func together() async throws {
        let world = try await World()
        for number in 1...20 { _ = try await world.customer("C\(number)") }
        let ana = try await world.device("ana")
        try await ana.sync()
        let directory = try aged(world, ana)
        let surroundings = world.surroundings
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...6 {
                group.addTask {
                    _ = try LocalStore.open(
                        at: directory, create: true, surroundings: surroundings)
                }
            }
            try await group.waitForAll()
        }
        let fresh = world.directory + "/fresh"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...6 {
                group.addTask {
                    _ = try LocalStore.open(at: fresh, create: true, surroundings: surroundings)
                }
            }
            try await group.waitForAll()
        }
        let store = try LocalStore.open(
            at: directory, create: false, surroundings: world.surroundings)
        let report = try await store.sync(over: HubTransport(world))
        #expect(report.isComplete)
    }
}
