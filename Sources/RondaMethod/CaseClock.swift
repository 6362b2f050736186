package import RondaModel

/// How long a case took (domain §2.4). The clock starts when the customer spoke, whenever that was
/// synced; it stands still while the customer is waited for, and goes on when the case is reopened.
package struct CaseClock: Sendable, Hashable {
    /// From the customer's words to the end, or to now.
    package let handling: Int64
    /// Since it was last opened again; `nil` where it never was.
    package let recovery: Int64?

    /// - Parameter working: how many milliseconds of work lie between two moments, by the firm's
    ///   calendar; by default all of them.
    package init(
        _ history: CaseHistory, at now: Instant,
        working: (Instant, Instant) -> Int64 = { $1.milliseconds - $0.milliseconds }
    ) {
        let end = history.closedAt ?? now
        func running(from start: Instant) -> Int64 {
            guard start < end else { return 0 }
            let waited = history.waits.reduce(Int64(0)) { sum, wait in
                let (from, until) = (max(wait.from, start), min(wait.until ?? end, end))
                return from < until ? sum + working(from, until) : sum
            }
            return working(start, end) - waited
        }
        handling = running(from: history.record.openedAt ?? end)
        recovery = history.reopenings.last.map(running)
    }
}
