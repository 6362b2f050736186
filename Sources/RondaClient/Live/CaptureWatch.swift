internal import Dispatch
internal import GRDB
internal import RondaModel
internal import RondaSQLite
internal import Synchronization

/// Notices what is captured or decided on this device: at once when this process does it, and by
/// looking now and then when another one does.
struct CaptureWatch: Sendable {
    let store: LocalStore
    let signals: LiveSignals

    /// Grows with every capture, and with every decision that is still to be told.
    private struct Mark: Sendable, Hashable {
        var lastCapture: Int64
        var untold: Int64

        static func read(_ database: Database) throws -> Mark {
            let statement = try database.prepared(
                """
                SELECT (SELECT coalesce(max(n), 0) FROM outbox),
                    (SELECT count(*) FROM outbox WHERE state >= 3 AND told = 0)
                """)
            defer { statement.reset() }
            guard try statement.step() else { return Mark(lastCapture: 0, untold: 0) }
            return Mark(lastCapture: statement.int64(0), untold: statement.int64(1))
        }
    }

    /// What was seen last, by whichever of the two looked.
    private final class Memory: Sendable {
        let mark = Mutex<Mark?>(nil)

        /// - Returns: whether there is more than was known.
        func note(_ mark: Mark) -> Bool {
            self.mark.withLock { known in
                defer { known = mark }
                guard let known else { return false }
                return mark.lastCapture > known.lastCapture || mark.untold > known.untold
            }
        }
    }

    /// Returns when the task is cancelled. A store that cannot be read is left to the exchange to
    /// complain about.
    func run() async {
        let memory = Memory()
        let (stream, found) = AsyncStream<Mark>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let observation = ValueObservation.tracking(region: Table("outbox")) { try Mark.read($0) }
        let cancellable = observation.start(
            in: store.pool, scheduling: .async(onQueue: .global())
        ) { _ in
            found.finish()
        } onChange: {
            found.yield($0)
        }
        defer { cancellable.cancel() }
        await withTaskGroup { group in
            group.addTask {
                for await mark in stream where memory.note(mark) { signals.captured() }
            }
            group.addTask {
                while !Task.isCancelled {
                    // A store that cannot be read now is looked at again after the wait.
                    if let mark = try? await store.read({ try Mark.read($0.database) }),
                        memory.note(mark)
                    {
                        signals.captured()
                    }
                    let wait = store.limits.liveCapturePollMilliseconds
                    // The only error of a sleep is the cancellation that ends the loop.
                    do { try await store.surroundings.sleep(wait) } catch { return }
                }
            }
        }
    }
}
