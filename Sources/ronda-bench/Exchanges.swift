import CRawSQLite
import Foundation
import RondaClient
import RondaModel

/// Single exchanges through HTTP on loopback against the server in its own process.
enum Exchanges {
    static func run(_ bench: Workbench) async throws -> [Measurement] {
        let seeded = try await SeededHub.make(
            in: bench.path("hub"), customers: 2_000 / bench.scale, purchases: 0)
        let server = try ServerProcess(directory: seeded.directory)
        defer { server.stop() }
        return [
            try await single(bench, seeded, server), try await group(bench, seeded, server),
            try await idle(bench, seeded, server),
        ]
    }

    private static func single(
        _ bench: Workbench, _ seeded: SeededHub, _ server: ServerProcess
    ) async throws -> Measurement {
        var device = try await BenchDevice(seeded, "single", try server.transport())
        _ = try await device.catchUp()
        let rounds = 100 / bench.scale
        var pairs = Pairs()
        for pair in 0..<7 {
            let ours = try await Workbench.time {
                for round in 0..<rounds {
                    let customer = seeded.customers[
                        (pair * rounds + round) % seeded.customers.count]
                    _ = try await device.exchange([device.edit(customer, "Calle \(round)")])
                }
            }
            let empty = try await Workbench.time { for _ in 0..<rounds { try await device.ping() } }
            let durable = try bench.raw(
                raw_durable_commits(bench.path("raw.sqlite"), bench.pragmas, rounds))
            pairs.add(
                ours: ours / Double(rounds) * 1_000,
                limit: (empty + durable) / Double(rounds) * 1_000, fsync: bench.fsync())
        }
        return pairs.measurement("exchange.single", unit: "ms", reach: 4, direction: .atMost)
    }

    private static func group(
        _ bench: Workbench, _ seeded: SeededHub, _ server: ServerProcess
    ) async throws -> Measurement {
        let connections = 16
        var devices: [BenchDevice] = []
        for index in 0..<connections {
            var device = try await BenchDevice(seeded, "group\(index)", try server.transport())
            _ = try await device.catchUp()
            devices.append(device)
        }
        let rounds = max(4, 40 / bench.scale)
        var pairs = Pairs()
        for _ in 0..<5 {
            let before = devices
            var after: [Int: BenchDevice] = [:]
            let ours = try await Workbench.time {
                try await withThrowingTaskGroup(of: (Int, BenchDevice).self) { group in
                    for (index, device) in before.enumerated() {
                        group.addTask {
                            var device = device
                            for round in 0..<rounds {
                                let customer = seeded.customers[
                                    (index * rounds + round) % seeded.customers.count]
                                _ = try await device.exchange([
                                    device.edit(customer, "Calle \(index)-\(round)")
                                ])
                            }
                            return (index, device)
                        }
                    }
                    for try await (index, device) in group { after[index] = device }
                }
            }
            devices = before.indices.compactMap { after[$0] }
            let count = connections * rounds
            let durable = try bench.raw(
                raw_durable_commits(bench.path("raw.sqlite"), bench.pragmas, count))
            pairs.add(
                ours: Double(count) / ours, limit: Double(count) / durable, fsync: bench.fsync())
        }
        return pairs.measurement(
            "exchange.group", unit: "exchanges/s", reach: 0.5, direction: .atLeast,
            note: "every exchange also returns the other devices' changes")
    }

    private static func idle(
        _ bench: Workbench, _ seeded: SeededHub, _ server: ServerProcess
    ) async throws -> Measurement {
        var device = try await BenchDevice(seeded, "idle", try server.transport())
        _ = try await device.catchUp()
        let rounds = 500 / bench.scale
        var pairs = Pairs()
        for _ in 0..<7 {
            let ours = try await Workbench.time {
                for _ in 0..<rounds { _ = try await device.exchange() }
            }
            let empty = try await Workbench.time { for _ in 0..<rounds { try await device.ping() } }
            pairs.add(
                ours: ours / Double(rounds) * 1_000, limit: empty / Double(rounds) * 1_000,
                fsync: 0)
        }
        let traffic = device.lastTraffic
        return pairs.measurement(
            "exchange.idle", unit: "ms", reach: 2, direction: .atMost,
            note: "\(traffic.sentBytes) bytes sent, \(traffic.receivedBytes) received (at most 300)"
        )
    }
}
