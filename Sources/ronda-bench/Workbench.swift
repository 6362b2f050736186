import CRawSQLite
import Foundation
import GRDB
import RondaClient
import RondaHub
import RondaModel
import RondaSQLite
import RondaServer
import RondaStore
import RondaStoreSQLite

/// A directory for one run, and the plain things every measurement needs.
final class Workbench: Sendable {
    let directory: String
    let scale: Int
    let pragmas = Configuration.rondaPragmas
    private let fresh = Counter()

    private final class Counter: @unchecked Sendable {
        // Guarded by `lock`.
        private var value = 0
        private let lock = NSLock()
        func next() -> Int {
            lock.withLock {
                value += 1; return value
            }
        }
    }

    /// - Parameter scale: divides the sizes; 1 is the real thing.
    init(scale: Int) throws {
        self.scale = scale
        directory =
            FileManager.default.temporaryDirectory.path
            + "/ronda-bench-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
    }

    func clean() { try? FileManager.default.removeItem(atPath: directory) }

    func path(_ name: String) -> String { directory + "/\(fresh.next())-\(name)" }

    func fsync() -> Double { raw_fsync(path("fsync"), 100) }

    /// Fails loudly when the C side does.
    func raw(_ seconds: Double) throws -> Double {
        guard seconds >= 0 else {
            throw BenchFailure("raw SQLite: " + String(cString: raw_last_error()))
        }
        return seconds
    }

    static func time(_ body: () async throws -> Void) async rethrows -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        try await body()
        let parts = (clock.now - start).components
        return Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    }
}

struct BenchFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A central store with a territory, a rep and made-up records, filled through the hub itself.
struct SeededHub: Sendable {
    let directory: String
    let hub: Hub
    let customers: [RecordID]

    static func make(in directory: String, customers: Int, purchases: Int) async throws -> SeededHub
    {
        let store = try SQLiteStore.create(in: directory, hub: Hub.identity(.system))
        let hub = Hub(store: store, surroundings: .system)
        var territory = Territory(id: Importer.territoryID("B"))
        territory.code = "B"
        territory.country = "MX"
        _ = try await hub.submitAsSystem([[Change(creating: territory)]])
        var ids: [RecordID] = []
        for start in stride(from: 0, to: customers, by: 1_000) {
            let group = (start..<min(start + 1_000, customers)).map { index in
                Change(creating: made(customer: index, territory: territory.id, hub: hub))
            }
            ids += group.map(\.record)
            try await submit(group, to: hub)
        }
        for start in stride(from: 0, to: purchases, by: 1_000) {
            try await submit(
                (start..<min(start + 1_000, purchases)).map { index in
                    var purchase = Purchase(id: hub.surroundings.mint())
                    purchase.customer = ids[index % ids.count]
                    purchase.date = CivilDate(days: Int32(20_000 + index % 400))
                    purchase.units = index % 17
                    purchase.amount = index % 100_000
                    return Change(creating: purchase)
                }, to: hub)
        }
        try await store.checkpoint()
        return SeededHub(directory: directory, hub: hub, customers: ids)
    }

    private static func submit(_ changes: [Change], to hub: Hub) async throws {
        for verdict in try await hub.submitAsSystem([changes]) where verdict.refusal != nil {
            throw BenchFailure("seeding was refused: \(String(describing: verdict.refusal))")
        }
    }

    private static func made(customer index: Int, territory: RecordID, hub: Hub) -> Customer {
        var customer = Customer(id: hub.surroundings.mint())
        customer.territory = territory
        customer.code = "B\(index)"
        customer.kind = .person
        customer.name = "María Fernanda \(index) Núñez de la Cruz"
        customer.phones = ["+52155\(10_000_000 + index)"]
        customer.emails = ["cliente\(index)@example.com"]
        customer.street = "Av. Insurgentes Sur \(index), Col. Del Valle"
        customer.city = "Guadalajara"
        customer.latitude = 20 + Double(index % 1_000) / 1_000
        customer.longitude = -103 - Double(index % 997) / 1_000
        customer.country = "MX"
        customer.since = CivilDate(days: Int32(19_000 + index % 1_000))
        return customer
    }

    /// A device of a new rep of the territory: its identity and its secret.
    func device(_ name: String) async throws -> (DeviceIdentity, [UInt8]) {
        _ = try await hub.addAccount(login: name, name: name, role: .rep, territoryCodes: ["B"])
        let (code, _) = try await hub.newCode(login: name)
        let secret = (0..<4).flatMap { _ in
            withUnsafeBytes(of: hub.surroundings.random(), Array.init)
        }
        let enrolment = try await hub.enrol(by: .code(code), secret: secret, name: name)
        return (
            DeviceIdentity(
                device: enrolment.device.id, account: enrolment.account.id, accountName: name,
                role: .rep, hub: enrolment.hub.id, server: "bench"), secret
        )
    }
}
