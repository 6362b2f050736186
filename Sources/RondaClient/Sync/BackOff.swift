package import RondaModel

/// How long to wait before trying again: doubling from a first wait to a last one, with a random
/// part so that devices cut off together do not come back together.
package struct BackOff {
    package let limits: Limits

    package init(limits: Limits) { self.limits = limits }

    /// The wait before attempt `attempt + 1`, in milliseconds, for `attempt` failures so far.
    package func wait(
        afterFailures attempt: Int, random: UInt64, advisedMilliseconds: Int64 = 0
    ) -> Int64 {
        let doublings = min(max(attempt - 1, 0), 20)
        let plain = min(
            limits.backOffFirstMilliseconds << Int64(doublings), limits.backOffLastMilliseconds)
        let spread = plain * limits.backOffJitterPercent / 100
        let jitter = spread == 0 ? 0 : Int64(random % UInt64(2 * spread + 1)) - spread
        return max(plain + jitter, advisedMilliseconds)
    }
}
