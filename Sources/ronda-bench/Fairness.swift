import Foundation
import RondaClient
import RondaModel
import Synchronization

/// What a small exchange takes while other devices pull everything there is.
enum Fairness {
    static func run(_ bench: Workbench) async throws -> [Measurement] {
        let seeded = try await SeededHub.make(
            in: bench.path("hub"), customers: 20_000 / bench.scale,
            purchases: 180_000 / bench.scale)
        let server = try ServerProcess(directory: seeded.directory)
        defer { server.stop() }
        var device = try await BenchDevice(seeded, "small", try server.transport())
        _ = try await device.catchUp()
        var pulls: [Pull] = []
        for index in 0..<4 {
            pulls.append(try await Pull(seeded, "puller\(index)", try server.transport()))
        }
        return [
            try await measure(bench, "fairness", seeded, &device, Array(pulls.prefix(1))),
            try await measure(bench, "fairness.4", seeded, &device, pulls),
        ]
    }

    private static func measure(
        _ bench: Workbench, _ id: String, _ seeded: SeededHub, _ device: inout BenchDevice,
        _ pulls: [Pull]
    ) async throws -> Measurement {
        let rounds = 100 / bench.scale
        var pairs = Pairs()
        for pair in 0..<7 {
            let quiet = try await exchanges(&device, seeded, rounds, "quiet \(id) \(pair)")
            let pulling = Task {
                try await withThrowingTaskGroup { group in
                    for pull in pulls { group.addTask { try await pull.repeatEndlessly() } }
                    try await group.waitForAll()
                }
            }
            let busy = try await exchanges(&device, seeded, rounds, "busy \(id) \(pair)")
            pulling.cancel()
            _ = await pulling.result
            pairs.add(
                ours: busy / Double(rounds) * 1_000, limit: quiet / Double(rounds) * 1_000,
                fsync: bench.fsync())
        }
        return pairs.measurement(
            id, unit: "ms", reach: 3, direction: .atMost,
            note: "a small exchange while \(pulls.count) pull, beside the same in quiet")
    }

    private static func exchanges(
        _ device: inout BenchDevice, _ seeded: SeededHub, _ rounds: Int, _ name: String
    ) async throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        for round in 0..<rounds {
            let customer = seeded.customers[round % seeded.customers.count]
            _ = try await device.exchange([device.edit(customer, "\(name) \(round)")])
        }
        return (clock.now - start) / .seconds(1)
    }
}

/// The requests of one device that pulls everything, to be sent again and again without reading the
/// answers: what is measured is the server, and not the machine of a device beside it.
private final class Pull: Transport {
    private let transport: any Transport
    private let requests = Mutex<[TransportRequest]>([])

    init(_ seeded: SeededHub, _ name: String, _ transport: any Transport) async throws {
        self.transport = transport
        var device = try await BenchDevice(seeded, name, self)
        _ = try await device.catchUp()
    }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        requests.withLock { $0.append(request) }
        return try await transport.send(request)
    }

    func repeatEndlessly() async throws {
        let requests = requests.withLock { $0 }
        while true {
            for request in requests {
                let answer = try await transport.send(request)
                guard answer.status == 200 else { throw BenchFailure("HTTP \(answer.status)") }
            }
        }
    }
}
