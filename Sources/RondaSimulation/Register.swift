internal import RondaModel
internal import Synchronization

/// The office's own register of whose access ends when, kept outside the hub: by it the checkers know
/// who may be told something.
final class Register: Sendable {
    private struct State {
        var ends: [RecordID: Instant] = [:]
        var wrongs: [String] = []
    }

    private let state = Mutex(State())
    private let clock: @Sendable () -> Instant

    /// - Parameter clock: what the hub's clock shows; looking at it takes no time.
    init(clock: @escaping @Sendable () -> Instant) { self.clock = clock }

    var isEmpty: Bool { state.withLock { $0.ends.isEmpty } }

    func isClosed(_ device: RecordID) -> Bool {
        let now = clock()
        return state.withLock { $0.ends[device].map { $0 <= now } ?? false }
    }

    func end(of device: RecordID) -> Instant {
        state.withLock { $0.ends[device] } ?? Instant(milliseconds: .max)
    }

    /// Whatever a clock says.
    func revoke(_ device: RecordID) { set(device, endingAt: Instant(milliseconds: .min)) }

    func set(_ device: RecordID, endingAt moment: Instant) {
        state.withLock { $0.ends[device] = moment }
    }

    func open(_ device: RecordID) { state.withLock { $0.ends[device] = nil } }

    var ends: [RecordID: Instant] { state.withLock { $0.ends } }

    /// What holds after a restore: what was decided last, but that nothing is opened which the backup
    /// has closed. Devices that were made since it are not there any more.
    func restore(to backup: [RecordID: Instant], knowing known: Set<RecordID>) {
        let now = clock()
        state.withLock { state in
            state.ends.merge(backup) { $1 <= now && $0 > now ? $1 : $0 }
            state.ends = state.ends.filter { known.contains($0.key) }
        }
    }

    func note(_ wrong: String) { state.withLock { $0.wrongs.append(wrong) } }

    func firstWrong() -> String? { state.withLock { $0.wrongs.first } }
}
