import Dispatch
import Foundation
import Synchronization

/// The wish to stop, by SIGINT or SIGTERM, told to whoever listens; where nobody does, it ends the
/// program.
///
/// The sources are made once and never cancelled: one that is made anew while another of the same
/// signal is being cancelled may never fire.
final class Interrupts: Sendable {
    private struct State {
        var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
        var lastKey = 0
        var isInstalled = false
    }

    private let state = Mutex(State())

    /// Until somebody listens for the first time, signals do what they always do.
    func listen() -> AsyncStream<Void> {
        AsyncStream { continuation in
            let (key, isFirst) = state.withLock { state in
                state.lastKey += 1
                state.listeners[state.lastKey] = continuation
                defer { state.isInstalled = true }
                return (state.lastKey, !state.isInstalled)
            }
            continuation.onTermination = { _ in
                self.state.withLock { _ = $0.listeners.removeValue(forKey: key) }
            }
            if isFirst { install() }
        }
    }

    private func install() {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                // Keeps the source for as long as the program runs.
                withExtendedLifetime(source) { self.tell(number) }
            }
            source.resume()
        }
    }

    private func tell(_ number: Int32) {
        let listeners = state.withLock { Array($0.listeners.values) }
        // As a shell says that a signal ended a program.
        if listeners.isEmpty { exit(128 + number) }
        for listener in listeners { listener.yield() }
    }
}
