import RondaStore
import Synchronization

/// A ledger of erasures that is lost with the test.
final class TestLedger: ErasureLedger {
    private let written = Mutex<[LedgerEntry]>([])

    func append(_ entry: LedgerEntry) { written.withLock { $0.append(entry) } }
    func entries() -> [LedgerEntry] { written.withLock { $0 } }
}
