import CRawSQLite
import Foundation
import RondaClient
import RondaModel

/// The first sync of an empty device, and catching up later, in small and large stores.
enum FirstSync {
    static func run(_ bench: Workbench) async throws -> [Measurement] {
        var results: [Measurement] = []
        let hundredThousand = try await SeededHub.make(
            in: bench.path("hub"), customers: 20_000 / bench.scale,
            purchases: 80_000 / bench.scale)
        results += try await firstSync(bench, hundredThousand)

        let small = try await SeededHub.make(
            in: bench.path("hub"), customers: 2_000, purchases: 8_000)
        let large = try await SeededHub.make(
            in: bench.path("hub"), customers: 20_000 / bench.scale,
            purchases: 980_000 / bench.scale)
        results.append(try await memory(bench, "memory.firstSync.1M", large))
        results.append(try await catchUp(bench, small, large))
        return results
    }

    private static func firstSync(
        _ bench: Workbench, _ seeded: SeededHub
    ) async throws -> [Measurement] {
        var pairs = Pairs()
        var peak = 0.0
        for round in 0..<3 {
            let server = try ServerProcess(directory: seeded.directory)
            defer { server.stop() }
            let (identity, secret) = try await seeded.device("first\(round)")
            let store = try LocalStore.open(at: bench.path("device"), create: true)
            // Everything whole, as when a figure was first taken.
            try await store.setHistoryBudget(.all)
            try await store.adopt(identity, secret: secret)
            let transport = try server.transport()
            var received = 0
            let ours = try await Workbench.time {
                received = try await store.sync(over: transport).received
            }
            peak = max(peak, try server.residentMegabytes().peak)
            let limit = try plainInserts(bench, of: store)
            pairs.add(
                ours: Double(received) / ours, limit: Double(received) / limit,
                fsync: bench.fsync())
        }
        return [
            pairs.measurement(
                "firstSync.100k", unit: "records/s", reach: 0.2, direction: .atLeast),
            Measurement(
                "memory.firstSync", value: peak, unit: "MB", limit: 200, reach: 1,
                direction: .atMost, note: "peak resident memory of the server"),
        ]
    }

    /// The very same rows, read back from the device and inserted into the same tables.
    private static func plainInserts(_ bench: Workbench, of store: LocalStore) throws -> Double {
        var seconds = 0.0
        for entity in [EntityID.customer, .purchase] {
            let (create, insert) = try LocalStore.tableSQL(entity)
            let columns = insert.prefix { $0 != ")" }.drop { $0 != "(" }.dropFirst()
            let table = entity == .customer ? "customer" : "purchase"
            seconds += try bench.raw(
                raw_copy_rows(
                    store.directory + "/" + LocalStore.fileName,
                    "SELECT \(columns) FROM \(table) ORDER BY rowid", bench.path("raw.sqlite"),
                    bench.pragmas, create, insert, 2_000))
        }
        return seconds
    }

    /// The server's memory while a device reads a store ten times as large: flat, or not.
    private static func memory(
        _ bench: Workbench, _ id: String, _ seeded: SeededHub
    ) async throws -> Measurement {
        let server = try ServerProcess(directory: seeded.directory)
        defer { server.stop() }
        var device = try await BenchDevice(seeded, "memory", try server.transport())
        let records = try await device.catchUp()
        return Measurement(
            id, value: try server.residentMegabytes().peak, unit: "MB", limit: 200, reach: 1,
            direction: .atMost, note: "\(records) records read")
    }

    private static func catchUp(
        _ bench: Workbench, _ small: SeededHub, _ large: SeededHub
    ) async throws -> Measurement {
        let servers = [
            try ServerProcess(directory: small.directory),
            try ServerProcess(directory: large.directory),
        ]
        defer { for server in servers { server.stop() } }
        var readers: [BenchDevice] = []
        var writers: [BenchDevice] = []
        for (index, seeded) in [small, large].enumerated() {
            readers.append(try await BenchDevice(seeded, "reader", try servers[index].transport()))
            writers.append(try await BenchDevice(seeded, "writer", try servers[index].transport()))
            _ = try await readers[index].catchUp()
        }
        var pairs = Pairs()
        for round in 0..<15 {
            var seconds = [0.0, 0.0]
            for (index, seeded) in [small, large].enumerated() {
                // A hundred customers spread over the store.
                let step = seeded.customers.count / 100
                var commits: [Commit] = []
                for number in 0..<100 {
                    let customer = seeded.customers[number * step + round % step]
                    commits.append(writers[index].edit(customer, "Calle \(round)-\(number)"))
                }
                _ = try await writers[index].exchange(commits)
                seconds[index] = try await Workbench.time {
                    let records = try await readers[index].catchUp()
                    guard records == 100 else { throw BenchFailure("\(records) records, not 100") }
                }
            }
            pairs.add(ours: seconds[1] * 1_000, limit: seconds[0] * 1_000, fsync: 0)
        }
        return pairs.measurement(
            "catchUp.100of1M", unit: "ms", reach: 1.3, direction: .atMost,
            note: "the limit is the same in a store of 10,000 records")
    }
}
