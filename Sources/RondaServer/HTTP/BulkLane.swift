internal import RondaHub
internal import Synchronization

/// Lets a few large answers be made at a time, in the order in which they were asked for, so that
/// devices which read everything leave room for those with a small thing to say. A device that pulls
/// takes its turn again for each page.
///
/// Whoever has waited too long gets no turn any more: most likely nobody is there to read the answer.
///
/// `state` guards everything; a turn is handed over after the lock is released.
final class BulkLane: Sendable {
    private typealias Waiting = (
        since: ContinuousClock.Instant, turn: CheckedContinuation<Bool, Never>
    )

    private struct State {
        var running = 0
        var waiting: [Waiting] = []
    }

    private let state = Mutex(State())
    private let width: Int
    private let mostWaiting: Int
    private let patience: Duration
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - width: how many run at a time.
    ///   - patience: after which a turn comes too late. Half of the time after which our clients hang
    ///     up leaves the other half for the page and its way.
    init(
        width: Int, mostWaiting: Int, patience: Duration,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.width = width
        self.mostWaiting = mostWaiting
        self.patience = patience
        self.now = now
    }

    /// - Throws: `busy` when too many wait already, or the turn came too late.
    func enter() async throws(HubError) {
        let hasTurn = await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Bool? in
                if state.running < width {
                    state.running += 1
                    return true
                }
                guard state.waiting.count < mostWaiting else { return false }
                state.waiting.append((now(), continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
        if !hasTurn { throw HubError(.busy, "as many devices read from the start as can wait") }
    }

    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Ends the turn that `enter` gave; whoever waits longest, and not too long, has it now.
    func leave() {
        let latest = now() - patience
        let (late, next) = state.withLock { state -> (ArraySlice<Waiting>, Waiting?) in
            let late = state.waiting.prefix { $0.since < latest }
            state.waiting.removeFirst(late.count)
            if state.waiting.isEmpty {
                state.running -= 1
                return (late, nil)
            }
            return (late, state.waiting.removeFirst())
        }
        for waiting in late { waiting.turn.resume(returning: false) }
        next?.turn.resume(returning: true)
    }
}
