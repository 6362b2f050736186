internal import RondaHub
internal import Synchronization

/// Lets a few large answers be made at a time, in the order in which they were asked for, so that
/// devices which read everything leave room for those with a small thing to say. A device that pulls
/// takes its turn again for each page.
///
/// `state` guards everything; a turn is handed over after the lock is released.
final class BulkLane: Sendable {
    private struct State {
        var running = 0
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    private let state = Mutex(State())
    private let width: Int
    private let mostWaiting: Int

    /// - Parameter width: how many run at a time.
    init(width: Int, mostWaiting: Int) {
        self.width = width
        self.mostWaiting = mostWaiting
    }

    /// - Throws: `busy` when too many wait already.
    func enter() async throws(HubError) {
        let hasTurn = await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Bool? in
                if state.running < width {
                    state.running += 1
                    return true
                }
                guard state.waiting.count < mostWaiting else { return false }
                state.waiting.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
        if !hasTurn { throw HubError(.busy, "as many devices read from the start as can wait") }
    }

    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Ends the turn that `enter` gave; whoever waits longest has it now.
    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            if state.waiting.isEmpty {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume(returning: true)
    }
}
