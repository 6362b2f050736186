internal import Foundation
package import RondaModel

/// A lock on a file beside a store: held by one process at a time, or by several that share it; let
/// go by the system when that process ends, however it ends.
package final class FileLock: Sendable {
    private let descriptor: Int32

    /// Throws `inUse` when another process, or another holder in this one, has it and not both share
    /// it.
    package init(path: String, isShared: Bool = false) throws(StoreError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreError(.readOnly, "cannot open \(path)") }
        guard flock(descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
            close(descriptor)
            throw StoreError(.inUse, path)
        }
        self.descriptor = descriptor
    }

    deinit {
        // Closing alone would leave the lock with a child process that was just being started.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
