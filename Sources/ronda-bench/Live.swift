import CRawSQLite
import Foundation
import RondaClient
import RondaModel
import RondaProtobuf

/// How long it takes until devices that wait have a change that somebody else made, and what it
/// costs the server to have them wait.
enum Live {
    private static let connections = 16

    static func run(_ bench: Workbench) async throws -> [Measurement] {
        let seeded = try await SeededHub.make(
            in: bench.path("hub"), customers: 100, purchases: 0)
        let server = try ServerProcess(directory: seeded.directory)
        defer { server.stop() }
        return [try await one(bench, seeded, server)] + (try await many(bench, seeded, server))
    }

    private static func one(
        _ bench: Workbench, _ seeded: SeededHub, _ server: ServerProcess
    ) async throws -> Measurement {
        var sender = try await BenchDevice(seeded, "sender", try server.transport())
        var waiter = try await BenchDevice(seeded, "waiter", try server.transport())
        _ = try await sender.catchUp()
        _ = try await waiter.catchUp()
        let (pokes, poked) = AsyncStream<Int>.makeStream()
        let sockets = try PokeSockets(url: server.url, secrets: [waiter.secret]) { poked.yield($0) }
        defer { sockets.close() }
        var next = pokes.makeAsyncIterator()
        _ = await next.next(isolation: #isolation)
        let rounds = 100 / bench.scale
        var pairs = Pairs()
        for pair in 0..<7 {
            let ours = try await Workbench.time {
                for round in 0..<rounds {
                    let customer = seeded.customers[round % seeded.customers.count]
                    _ = try await sender.exchange([sender.edit(customer, "Calle \(pair)-\(round)")])
                    repeat {
                        _ = await next.next(isolation: #isolation)
                    } while try await waiter.exchange().streams.isEmpty
                }
            }
            let empty = try await Workbench.time { for _ in 0..<rounds { try await sender.ping() } }
            let durable = try bench.raw(
                raw_durable_commits(bench.path("raw.sqlite"), bench.pragmas, rounds))
            pairs.add(
                ours: ours / Double(rounds) * 1_000,
                limit: (empty + durable) / Double(rounds) * 1_000, fsync: bench.fsync())
        }
        return pairs.measurement(
            "live.one", unit: "ms", reach: 10, direction: .atMost,
            note: "committed by one, poked, and fetched by another")
    }

    /// The devices one connection exchanges for.
    private final class Crew: @unchecked Sendable {
        // Used by one task at a time: the one that works for this connection.
        var devices: [Int: BenchDevice] = [:]
        let pokes: AsyncStream<Int>
        let poked: AsyncStream<Int>.Continuation

        init() { (pokes, poked) = AsyncStream.makeStream() }

        /// Fetches for each of its devices, as they are poked, until all have the change.
        func fetch() async throws {
            var missing = Set(devices.keys)
            for await index in pokes {
                guard missing.contains(index) else { continue }
                if try await devices[index]?.exchange().streams.isEmpty == false {
                    missing.remove(index)
                }
                if missing.isEmpty { return }
            }
        }
    }

    private static func many(
        _ bench: Workbench, _ seeded: SeededHub, _ server: ServerProcess
    ) async throws -> [Measurement] {
        let count = 1_000 / bench.scale
        let crews = (0..<connections).map { _ in Crew() }
        let transports = try crews.map { _ in try server.transport() }
        var secrets: [[UInt8]] = []
        for index in 0..<count {
            var device = try await BenchDevice(
                seeded, "live\(index)", transports[index % connections])
            _ = try await device.catchUp()
            secrets.append(device.secret)
            crews[index % connections].devices[index] = device
        }
        var sender = try await BenchDevice(seeded, "live", try server.transport())
        _ = try await sender.catchUp()
        // Every account is a staff record: the first devices have not heard of the last.
        for crew in crews {
            for index in crew.devices.keys { _ = try await crew.devices[index]?.catchUp() }
        }
        let before = try server.residentMegabytes().now
        let (firsts, first) = AsyncStream<Int>.makeStream()
        let sockets = try PokeSockets(url: server.url, secrets: secrets) { index in
            crews[index % connections].poked.yield(index)
            first.yield(index)
        }
        defer { sockets.close() }
        var silent = Set(0..<count)
        for await index in firsts {
            silent.remove(index)
            if silent.isEmpty { break }
        }
        let after = try server.residentMegabytes().now

        var pairs = Pairs()
        for pair in 0..<7 {
            let ours = try await Workbench.time {
                try await withThrowingTaskGroup { group in
                    for crew in crews { group.addTask { try await crew.fetch() } }
                    let customer = seeded.customers[pair % seeded.customers.count]
                    _ = try await sender.exchange([sender.edit(customer, "Calle \(pair)")])
                    try await group.waitForAll()
                }
            }
            let limit = try await Workbench.time {
                try await withThrowingTaskGroup { group in
                    for crew in crews {
                        group.addTask {
                            for device in crew.devices.values { try await device.ping() }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            pairs.add(ours: ours * 1_000, limit: limit * 1_000, fsync: bench.fsync())
        }
        return [
            pairs.measurement(
                "live.1000", unit: "ms", reach: 10, direction: .atMost,
                note: "\(count) devices over \(connections) connections"),
            Measurement(
                "memory.live", value: (after - before) * 1_024 / Double(count), unit: "KB",
                limit: 64, reach: 1, direction: .atMost,
                note: "resident memory of the server for each idle device"),
        ]
    }
}
