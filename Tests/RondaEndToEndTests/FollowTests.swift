import GRDB
import RondaClient
import RondaModel
import RondaProtobuf
import RondaWire
import SwiftProtobuf
import Synchronization
import Testing

@Suite("Following the records of a device", .timeLimit(.minutes(1)))
struct FollowTests {
    @Test("tells what is there, what is captured here and what is received")
    func observes() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        let beto = try await world.device("beto")
        var states: [String?] = []
        for try await customers in ana.store.observe(Customer.self) {
            let street = customers.first?.street
            // Several changes may come as one, and a first state twice.
            if states.last == street { continue }
            states.append(street)
            switch street {
            case nil: try await ana.sync()
            case "Calle Vieja 1": try await ana.setStreet(customer, "Calle de Ana")
            case "Calle de Ana":
                try await ana.sync()
                try await beto.sync()
                try await beto.setStreet(customer, "Calle de Beto")
                try await beto.sync()
                try await ana.sync()
            default: break
            }
            if street == "Calle de Beto" { break }
        }
        #expect(states == [nil, "Calle Vieja 1", "Calle de Ana", "Calle de Beto"])
    }

    @Test("tells of one kind of record only, and not twice the same")
    func onlyItsOwn() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        let store = ana.store
        let counts = Mutex<[Int]>([])
        let follower = Task {
            for try await records in store.observe(Commitment.self) {
                counts.withLock { $0.append(records.count) }
                if records.count == 2 { return }
            }
        }
        try await ana.setStreet(customer, "Otra")
        try await ana.promise(customer, "Una")
        try await ana.setStreet(customer, "Y otra")
        try await ana.promise(customer, "Otra")
        try await follower.value
        let told = counts.withLock { $0 }
        #expect(told == told.sorted())
        #expect(Set(told).count == told.count)
    }

    @Test("a record is unsent from its capture to its verdict")
    func unsent() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        let made = try await ana.newCustomer("Nuevo")
        func isUnsent(_ id: RecordID) async throws -> Bool {
            try await ana.store.read { try $0.isUnsent(Customer.self, id) }
        }
        #expect(try await isUnsent(made))
        #expect(try await !isUnsent(customer))
        #expect(try await !isUnsent(RecordID(high: 1, low: 2)))
        try await ana.sync()
        #expect(try await !isUnsent(made))
    }
}

@Suite("Staying in sync", .timeLimit(.minutes(1)))
struct KeepSyncingTests {
    private struct Ended: Error {}

    /// Answers as it is told; the last answer goes on for ever.
    private final class Script: Transport {
        enum Step: Sendable {
            case pass
            case silence
            case problem(status: Int, code: String, retryAfter: String?)
        }
        private let steps: Mutex<[Step]>
        private let real: HubTransport

        init(_ steps: [Step], to real: HubTransport) {
            self.steps = Mutex(steps)
            self.real = real
        }

        func send(
            _ request: TransportRequest
        ) async throws(TransportError) -> TransportResponse {
            switch steps.withLock({ $0.count > 1 ? $0.removeFirst() : $0[0] }) {
            case .pass: return try await real.send(request)
            case .silence: throw TransportError(.unreachable, detail: "no network")
            case .problem(let status, let code, let retryAfter):
                var problem = WireProblem()
                problem.code = code
                problem.en = "no"
                problem.es = "no"
                return TransportResponse(
                    status: status, headers: retryAfter.map { ["retry-after": $0] } ?? [:],
                    body: (try? problem.serializedBytes()) ?? [])
            }
        }
    }

    /// Ana's store, whose waits end at once and are written down; the last of `most` is interrupted.
    private func waits(
        _ steps: [Script.Step], most: Int, random: UInt64 = 0
    ) async throws -> (waits: [Int64], results: [String], error: ClientError?) {
        let world = try await World()
        let ana = try await world.device("ana")
        let waits = Mutex<[Int64]>([])
        let results = Mutex<[String]>([])
        let store = try ana.store.reopened(
            surroundings: DeviceSurroundings(
                now: world.now, random: { random }, uptime: { (1, 1) },
                sleep: { wait in
                    let count = waits.withLock {
                        $0.append(wait)
                        return $0.count
                    }
                    if count == most { throw Ended() }
                }))
        var error: ClientError?
        do throws(ClientError) {
            try await store.keepSyncing(
                over: Script(steps, to: ana.transport), intervalMilliseconds: 7_000
            ) { result in
                results.withLock {
                    switch result {
                    case .success: $0.append("ok")
                    case .failure(let error): $0.append(error.code.rawValue)
                    }
                }
            }
        } catch let thrown {
            error = thrown
        }
        return (waits.withLock { $0 }, results.withLock { $0 }, error)
    }

    @Test("waits the interval after an answer, twice as long after each one that stays away")
    func doubling() async throws {
        // The spread of 25 % is drawn: 0 is its lower end.
        let lower: [Int64] = [750, 1_500, 3_000, 6_000, 12_000]
        let (waits, results, error) = try await waits(
            Array(repeating: .silence, count: 5) + [.pass], most: 7)
        #expect(waits == lower + [7_000, 7_000])
        #expect(results == Array(repeating: "offline", count: 5) + ["ok", "ok"])
        #expect(error == nil)
    }

    @Test("begins again with the first wait after a success")
    func reset() async throws {
        let (waits, _, _) = try await waits(
            [.silence, .silence, .pass, .pass, .pass, .pass, .silence], most: 4)
        #expect(waits.prefix(3) == [750, 1_500, 7_000])
    }

    @Test("waits as long as the server asks for, and not less than it would itself")
    func advised() async throws {
        let busy = Script.Step.problem(status: 503, code: "busy", retryAfter: "120")
        #expect(try await waits([busy], most: 2).waits == [120_000, 120_000])
        let brief = Script.Step.problem(status: 503, code: "busy", retryAfter: "1")
        #expect(try await waits([brief], most: 3).waits == [1_000, 1_500, 3_000])
        let foolish = Script.Step.problem(status: 503, code: "busy", retryAfter: "soon")
        #expect(try await waits([foolish], most: 1).waits == [750])
    }

    @Test("ends when only a person can help")
    func person() async throws {
        let unknown = Script.Step.problem(status: 401, code: "badCredential", retryAfter: nil)
        let (waits, results, error) = try await waits([unknown], most: 9)
        #expect(waits == [])
        #expect(results == ["server"])
        #expect(error?.serverCode == "badCredential")
    }

    @Test("ends without an error when its task is cancelled while it waits")
    func cancelled() async throws {
        let world = try await World()
        let ana = try await world.device("ana")
        let (asleep, sign) = AsyncStream<Void>.makeStream()
        let store = try ana.store.reopened(
            surroundings: DeviceSurroundings(
                now: world.now, random: { 0 }, uptime: { (1, 1) },
                sleep: { _ in
                    sign.yield()
                    try await Task.sleep(for: .seconds(3_600))
                }))
        let transport = ana.transport
        let task = Task { try await store.keepSyncing(over: transport) { _ in } }
        for await _ in asleep { break }
        task.cancel()
        try await task.value
    }

    @Test(
        "never waits longer than five minutes, a quarter more or less",
        arguments: [
            (1, 750, 1_250), (2, 1_500, 2_500), (3, 3_000, 5_000), (9, 192_000, 320_000),
            (10, 225_000, 375_000), (30, 225_000, 375_000), (1_000_000, 225_000, 375_000),
        ] as [(Int, Int64, Int64)])
    func bounds(_ failures: Int, _ least: Int64, _ most: Int64) {
        let backOff = BackOff(limits: Limits())
        let spread = UInt64(most - least)
        #expect(backOff.wait(afterFailures: failures, random: 0) == least)
        #expect(backOff.wait(afterFailures: failures, random: spread) == most)
        #expect(backOff.wait(afterFailures: failures, random: spread + 1) == least)
        #expect(
            backOff.wait(afterFailures: failures, random: .max, advisedMilliseconds: 1 << 40)
                == 1 << 40)
    }
}
