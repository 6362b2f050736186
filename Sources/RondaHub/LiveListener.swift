internal import Synchronization

/// Why the hub ends a live stream; the `code` of its last event.
package enum LiveEnd: String, Sendable, Hashable, CaseIterable {
    /// The device does not exist any more, or its secret is no longer good.
    case badCredential
    /// The device's access has ended.
    case revoked
    /// The hub has a new history: positions of the old one mean nothing.
    case renewed
    /// The same device has opened as many streams since as it may have.
    case replaced
    /// The server stops, or nobody has read the stream for a long time.
    case closing
}

/// What one connected device is still to be told.
package struct LiveMail: Sendable, Hashable {
    /// The newest position of each scope that has moved.
    package var pokes: [UInt32: UInt64] = [:]
    /// The set of scopes that the account sees has changed.
    package var hasOtherScopes = false
    /// With `hasOtherScopes`: the numbers of those that it sees now; `nil` for all.
    package var seen: Set<UInt32>?
    package var isHeartbeat = false
    package var end: LiveEnd?

    package init() {}

    package var isEmpty: Bool { self == LiveMail() }

    /// What lies there unread was true when it was said. Of a scope that the account has lost since
    /// nothing is said any more (SPEC §4.15), and of none once the stream ends.
    mutating func add(_ later: LiveMail) {
        if let seen = later.seen { pokes = pokes.filter { seen.contains($0.key) } }
        if later.end != nil { pokes = [:] }
        pokes.merge(later.pokes) { max($0, $1) }
        hasOtherScopes = hasOtherScopes || later.hasOtherScopes
        isHeartbeat = isHeartbeat || later.isHeartbeat
        end = end ?? later.end
    }
}

/// One connected device's end of the live feed.
///
/// Mail that nobody has taken yet is merged, so that a device which reads slowly costs no more than
/// one number for each scope it sees.
package final class LiveListener: Sendable {
    private struct State {
        var mail = LiveMail()
        var waiting: CheckedContinuation<Void, Never>?
        /// Nothing is delivered any more.
        var isOver = false
    }

    private let state = Mutex(State())

    /// Waits for mail and takes it; `nil` when there will be none: after the last one, and when the
    /// task is cancelled.
    package func next() async -> LiveMail? {
        while true {
            let (mail, isOver) = state.withLock { state in
                defer { state.mail = LiveMail() }
                return (state.mail, state.isOver)
            }
            if !mail.isEmpty { return mail }
            if isOver { return nil }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isReady = state.withLock { state in
                        if state.isOver || !state.mail.isEmpty { return true }
                        state.waiting = continuation
                        return false
                    }
                    if isReady { continuation.resume() }
                }
            } onCancel: {
                leave()
            }
        }
    }

    /// Ends the stream from the reader's side.
    package func leave() {
        let waiting = state.withLock { state in
            state.isOver = true
            return state.waiting.take()
        }
        waiting?.resume()
    }

    package var isOver: Bool { state.withLock { $0.isOver } }

    /// Whether something was delivered that nobody has taken yet.
    package var hasMail: Bool { state.withLock { !$0.mail.isEmpty } }

    func deliver(_ mail: LiveMail) {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.isOver else { return nil }
            state.mail.add(mail)
            state.isOver = mail.end != nil
            return state.waiting.take()
        }
        // Never resumed under the lock: what runs then may come back for it.
        waiting?.resume()
    }
}
