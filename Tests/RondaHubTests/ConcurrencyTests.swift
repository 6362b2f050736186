import RondaHub
import RondaMerge
import RondaModel
import RondaStore
import RondaStoreSQLite
import Synchronization
import Testing

@Suite("Many devices at once")
struct ConcurrencyTests {
    @Test("sixteen devices pushing together lose nothing and share no position")
    func sixteen() async throws {
        var limits = Limits()
        limits.commitsPerGroup = 20
        let world = try await TestWorld(limits: limits)
        var olga = try await world.device(of: "olga")
        let shared = try await world.customer(by: &olga, in: TestWorld.north)
        var devices: [TestDevice] = []
        for number in 0..<16 {
            var device = try await world.device(of: ["ana", "luis", "olga"][number % 3])
            try await device.sync(with: world.hub)
            devices.append(device)
        }
        let finished = try await withThrowingTaskGroup(of: TestDevice.self) { group in
            for (number, device) in devices.enumerated() {
                group.addTask {
                    var device = device
                    let territory = number % 3 == 1 ? TestWorld.south : TestWorld.north
                    for round in 0..<5 {
                        let id = device.capture {
                            $0.territory = territory
                            $0.name = "\(number).\(round)"
                        }
                        device.capture(device.edit(id, 8, "Street \(round)"))
                        if number % 3 != 1 {
                            device.capture(device.edit(shared, 5, "Contact \(number).\(round)"))
                        }
                        try await device.exchange(with: world.hub)
                    }
                    return device
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for var device in finished {
            #expect(device.outbox.isEmpty)
            #expect(device.verdicts.values.allSatisfy { $0.outcome != .refused })
            try await device.sync(with: world.hub)
            try await world.expectAgreement(of: device)
        }
        try await expectSoundStreams(world)
        let counts = try await world.store.read { try $0.counts() }
        #expect(counts.records[.customer] == 81)
        #expect(counts.refused == 0)
        // One version for the creation and one for each of the eleven reps' five edits.
        let edits = (0..<16).count { $0 % 3 != 1 } * 5
        #expect(try await world.record(shared).version == UInt64(edits + 1))
    }

    /// Positions rise, belong to the records that stand there, and none is given to two commits.
    private func expectSoundStreams(_ world: TestWorld) async throws {
        try await world.store.read { store in
            for head in try store.scopes() {
                var last: UInt64 = 0
                try store.stream(of: head.id, after: 0, tracing: true, limit: .max) { row in
                    #expect(row.seq >= last)
                    last = row.seq
                    let record = try #require(try store.record(row.id))
                    let place = record.placements.firstIndex { $0.scope == head.id }
                    #expect(place.map { record.placements[$0].seq } == row.seq)
                    #expect(place.flatMap { record.marks.last?.seqs[$0] } == row.seq)
                    return true
                }
                #expect(last == head.seq)
            }
        }
    }

    @Test("only what concerns one record leaves the transaction to the others")
    func faults() {
        let ofTheStore: [StoreError.Code] = [.damaged, .full, .inUse, .readOnly, .failed]
        for code in ofTheStore { #expect(StoreError(code, "").endsTransaction, "\(code)") }
        let ofOneRecord: [StoreError.Code] = [.unreadable, .newerFormat]
        for code in ofOneRecord { #expect(!StoreError(code, "").endsTransaction, "\(code)") }
    }

    @Test("a push that was given up does not take others in its group with it")
    func cancellation() async throws {
        let gate = Gate()
        let world = try await TestWorld { GatedStore(base: $0, gate: gate) }
        var devices: [TestDevice] = []
        for _ in 0..<9 { devices.append(try await world.device(of: "ana")) }
        for index in devices.indices {
            devices[index].capture {
                $0.territory = TestWorld.north
                $0.name = "\(index)"
            }
        }
        await gate.close()
        let tasks = devices.map { device in
            Task { try await world.hub.submit(device.outbox, as: device.id) }
        }
        // The first to arrive holds the store; the others wait behind it.
        await gate.waitUntilReached()
        for _ in 0..<2_000 { await Task.yield() }
        for task in tasks.prefix(8) { task.cancel() }
        await gate.open()
        let last = try await tasks[8].value
        #expect(last.map(\.outcome) == [.accepted])
        for task in tasks.prefix(8) { _ = await task.result }
    }
}

/// Holds writes back until it is opened.
private actor Gate {
    private var isOpen = true
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var watchers: [CheckedContinuation<Void, Never>] = []

    func close() { isOpen = false }

    func open() {
        isOpen = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    func pass() async {
        if isOpen { return }
        for watcher in watchers { watcher.resume() }
        watchers = []
        await withCheckedContinuation { waiting.append($0) }
    }

    func waitUntilReached() async {
        if !waiting.isEmpty { return }
        await withCheckedContinuation { watchers.append($0) }
    }
}

private struct GatedStore: CentralStore {
    let base: SQLiteStore
    let gate: Gate

    func read<Result: Sendable>(
        _ body: @Sendable (any StoreReader) throws -> Result
    ) async throws -> Result {
        try await base.read(body)
    }

    func write<Result: Sendable>(
        _ body: @Sendable (any StoreWriter) throws -> Result
    ) async throws -> Result {
        await gate.pass()
        return try await base.write(body)
    }
}
