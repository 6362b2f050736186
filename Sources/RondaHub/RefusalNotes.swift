internal import RondaModel
internal import Synchronization

/// Refusals of people who have not shown who they are: noted in the audit, but not each of them, or
/// anybody could fill the disk.
final class RefusalNotes: Sendable {
    private let throttle: Throttle<String>
    private let unsaid = Mutex<[String: Int]>([:])

    /// - Parameter rate: of the notes of one kind.
    init(_ rate: Rate = Rate(burst: 20, perMinute: 1)) {
        throttle = Throttle(rate)
    }

    /// Counts one. `kind` is one of a few names of our own, or a device's id.
    /// - Returns: how many there were since the last note, when it is time for one.
    func count(_ kind: String, at now: Instant) -> Int? {
        let isTime = throttle.take(kind, at: now) == nil
        return unsaid.withLock { unsaid in
            let count = unsaid[kind, default: 0] + 1
            unsaid[kind] = isTime ? 0 : count
            return isTime ? count : nil
        }
    }
}
