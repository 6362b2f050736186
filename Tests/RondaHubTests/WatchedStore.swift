import RondaStore
import RondaStoreSQLite
import Synchronization

/// What happens at a store before and between writes.
final class Watch: Sendable {
    private struct State {
        var writes = 0
        var before: (@Sendable () async throws -> Void)?
    }

    private let state = Mutex(State())

    /// How many transactions that write there were.
    var writes: Int { state.withLock { $0.writes } }

    /// Runs `body` before the next write, once.
    func beforeNextWrite(_ body: @escaping @Sendable () async throws -> Void) {
        state.withLock { $0.before = body }
    }

    fileprivate func arrive() async throws {
        let before = state.withLock { state in
            state.writes += 1
            return state.before.take()
        }
        try await before?()
    }
}

struct WatchedStore: CentralStore {
    let base: SQLiteStore
    let watch: Watch

    func read<Result: Sendable>(
        _ body: @Sendable (any StoreReader) throws -> Result
    ) async throws -> Result {
        try await base.read(body)
    }

    func write<Result: Sendable>(
        _ body: @Sendable (any StoreWriter) throws -> Result
    ) async throws -> Result {
        try await watch.arrive()
        return try await base.write(body)
    }
}

/// Lets writes through one after another in the order in which they came, and holds the first of
/// them back until so many are there.
actor WriteQueue {
    private var held = 0
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private(set) var arrived = 0

    func hold(until count: Int) {
        held = count
        arrived = 0
    }

    fileprivate func enter() async {
        await withCheckedContinuation {
            arrived += 1
            waiting.append($0)
            letThrough()
        }
    }

    fileprivate func leave() {
        isBusy = false
        letThrough()
    }

    private func letThrough() {
        guard arrived >= held, !isBusy, !waiting.isEmpty else { return }
        isBusy = true
        waiting.removeFirst().resume()
    }
}

struct QueuedStore: CentralStore {
    let base: SQLiteStore
    let queue: WriteQueue

    func read<Result: Sendable>(
        _ body: @Sendable (any StoreReader) throws -> Result
    ) async throws -> Result {
        try await base.read(body)
    }

    func write<Result: Sendable>(
        _ body: @Sendable (any StoreWriter) throws -> Result
    ) async throws -> Result {
        await queue.enter()
        do {
            let result = try await base.write(body)
            await queue.leave()
            return result
        } catch {
            await queue.leave()
            throw error
        }
    }
}
