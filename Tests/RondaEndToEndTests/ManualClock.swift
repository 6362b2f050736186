import Foundation
import RondaClient
import RondaModel
import Synchronization

/// Time that passes when the test says so.
final class ManualClock: Sendable {
    private struct Sleeper {
        let key: Int
        let until: Int64
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now: Int64 = 0
        var lastKey = 0
        var sleepers: [Sleeper] = []
        var cancelled: Set<Int> = []
        var watchers: [CheckedContinuation<Void, Never>] = []

        func sleepers(for milliseconds: Int64) -> Int {
            sleepers.count { $0.until - now == milliseconds }
        }
    }

    private let state = Mutex(State())

    var now: Int64 { state.withLock { $0.now } }

    func sleep(_ milliseconds: Int64) async throws {
        try Task.checkCancellation()
        if milliseconds <= 0 { return }
        let key = state.withLock { state in
            state.lastKey += 1
            return state.lastKey
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let watchers = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
                    if state.cancelled.remove(key) != nil { return nil }
                    state.sleepers.append(
                        Sleeper(
                            key: key, until: state.now + milliseconds, continuation: continuation))
                    defer { state.watchers = [] }
                    return state.watchers
                }
                if watchers == nil { continuation.resume(throwing: CancellationError()) }
                watchers?.forEach { $0.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                guard let index = state.sleepers.firstIndex(where: { $0.key == key }) else {
                    state.cancelled.insert(key)
                    return nil
                }
                return state.sleepers.remove(at: index)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Returns once so many sleep who are to wake after exactly so long from now.
    func sleepers(_ count: Int = 1, for milliseconds: Int64) async {
        while true {
            let isThere = state.withLock { $0.sleepers(for: milliseconds) >= count }
            if isThere { return }
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.sleepers(for: milliseconds) >= count { return true }
                    state.watchers.append(continuation)
                    return false
                }
                if isThere { continuation.resume() }
            }
        }
    }

    func advance(_ milliseconds: Int64) {
        let woken = state.withLock { state in
            state.now += milliseconds
            let woken = state.sleepers.filter { $0.until <= state.now }
            state.sleepers.removeAll { $0.until <= state.now }
            return woken
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    /// A device's surroundings in which chance always gives the shortest wait.
    func surroundings(_ world: World) -> DeviceSurroundings {
        DeviceSurroundings(
            now: { [weak world] in world?.now() ?? Instant(milliseconds: 0) },
            random: Chance().next, uptime: { (1, UInt64(self.now)) },
            sleep: { try await self.sleep($0) })
    }

    /// Distinct words whose remainder by the spread of any wait is 0.
    private final class Chance: Sendable {
        private let count = Mutex(UInt64(0))
        // Waits spread over 2 · 25 % + 1 of 1,000 · 2^n up to 300,000 milliseconds.
        private static let spreads: [UInt64] = [501, 1_001, 2_001, 4_001]

        @Sendable func next() -> UInt64 {
            let product = Self.spreads.reduce(1, *)
            return count.withLock {
                $0 += 1
                return $0 * product
            }
        }
    }
}
