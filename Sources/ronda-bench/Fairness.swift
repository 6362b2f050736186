import Foundation
import RondaClient
import RondaModel

/// What a small exchange takes while another device pulls everything there is.
enum Fairness {
    static func run(_ bench: Workbench) async throws -> [Measurement] {
        let seeded = try await SeededHub.make(
            in: bench.path("hub"), customers: 20_000 / bench.scale,
            purchases: 180_000 / bench.scale)
        let server = try ServerProcess(directory: seeded.directory)
        defer { server.stop() }
        var device = try await BenchDevice(seeded, "small", try server.transport())
        _ = try await device.catchUp()
        let puller = try await BenchDevice(seeded, "puller", try server.transport())
        let rounds = 100 / bench.scale
        var pairs = Pairs()
        func exchanges(_ name: String) async throws -> Double {
            try await Workbench.time {
                for round in 0..<rounds {
                    let customer = seeded.customers[round % seeded.customers.count]
                    _ = try await device.exchange([device.edit(customer, "\(name) \(round)")])
                }
            }
        }
        for pair in 0..<5 {
            let quiet = try await exchanges("quiet \(pair)")
            let pulling = Task {
                while !Task.isCancelled {
                    var fresh = puller
                    _ = try await fresh.catchUp()
                }
            }
            let busy = try await exchanges("busy \(pair)")
            pulling.cancel()
            _ = await pulling.result
            pairs.add(
                ours: busy / Double(rounds) * 1_000, limit: quiet / Double(rounds) * 1_000,
                fsync: bench.fsync())
        }
        return [
            pairs.measurement(
                "fairness", unit: "ms", reach: 3, direction: .atMost,
                note: "a small exchange while another device pulls, beside the same in quiet")
        ]
    }
}
