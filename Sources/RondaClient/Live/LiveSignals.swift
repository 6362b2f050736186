internal import Synchronization

/// What has happened since the loop last looked.
struct LiveHeard: Sendable, Hashable {
    /// The newest poked position of each scope.
    var heads: [UInt32: UInt64] = [:]
    /// Something that only an exchange can tell more about.
    var mustExchange = false
    /// Something was captured or decided on this device.
    var hasCaptured = false
}

/// Joins what the live stream, the store and the loop tell each other. Merges what nobody has taken
/// yet, so that it stays small whatever the server sends.
final class LiveSignals: Sendable {
    /// The live stream, as far as it is known.
    enum Line: Sendable {
        case connecting, up, down
    }

    fileprivate struct State {
        var heard = LiveHeard()
        var line = Line.connecting
        /// News of any kind that `wait` has not told yet.
        var hasNews = false
        var waiting: CheckedContinuation<Void, Never>?
        /// Whoever waits, waits for captures alone.
        var isForCaptures = false
    }

    private let state = Mutex(State())
    /// The most scopes whose positions are kept.
    private let mostScopes: Int

    init(mostScopes: Int) {
        self.mostScopes = mostScopes
    }

    func poke(_ scope: UInt32, _ seq: UInt64) {
        note { [mostScopes] heard in
            if heard.heads.count >= mostScopes && heard.heads[scope] == nil {
                heard.mustExchange = true
            } else {
                heard.heads[scope] = max(heard.heads[scope] ?? 0, seq)
            }
        }
    }

    func mustExchange() { note { $0.mustExchange = true } }
    func captured() { note { $0.hasCaptured = true } }

    func set(_ line: Line) {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.line != line else { return nil }
            state.line = line
            return state.wake()
        }
        waiting?.resume()
    }

    private func note(_ change: (inout LiveHeard) -> Void) {
        let waiting = state.withLock { state in
            change(&state.heard)
            return state.wake()
        }
        waiting?.resume()
    }

    var line: Line { state.withLock { $0.line } }

    /// What was heard, which is then forgotten.
    func take() -> LiveHeard {
        state.withLock { state in
            defer {
                state.heard = LiveHeard()
                state.hasNews = false
            }
            return state.heard
        }
    }

    /// Returns when something happened since the last `take`, and when the task is cancelled.
    /// - Parameter onlyCaptures: whether anything else is left lying for later.
    func wait(onlyCaptures: Bool = false) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    state.isForCaptures = onlyCaptures
                    if state.isReady || Task.isCancelled { return true }
                    state.waiting = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.take() }?.resume()
        }
    }
}

extension LiveSignals.State {
    fileprivate var isReady: Bool { isForCaptures ? heard.hasCaptured : hasNews }

    fileprivate mutating func wake() -> CheckedContinuation<Void, Never>? {
        hasNews = true
        return isReady ? waiting.take() : nil
    }
}
