package import RondaHub

/// How much is asked of the server at most. None of it is by address alone: a right code, and a
/// device that keeps to its own rate, are heard wherever they come from.
package struct Rates: Sendable, Hashable {
    /// Requests of one device; `nil` for no bound.
    package var device: Rate?
    /// Requests of all devices of one account.
    package var account: Rate
    /// Wrong codes from one network, before they are answered with a wait.
    package var wrongCodes = Rate(burst: 100, perMinute: 2)
    /// Bundles of one network, each of which costs a decryption before anything is known of who wrote
    /// it; and those of everybody that turned out to be a device's.
    package var bundles = Rate(burst: 600, perMinute: 600)
    /// Bundles from one network that turned out to be none.
    package var badBundles = Rate(burst: 100, perMinute: 2)

    /// - Parameter requestsPerSecond: of one device, in the long run; 0 for no bound. Twice as many
    ///   for an account. A burst of fifty seconds' worth is free: a first sync comes in one piece.
    package init(requestsPerSecond: Int = 20) {
        let rate = Double(requestsPerSecond)
        device = rate > 0 ? Rate(burst: rate * 50, perMinute: rate * 60) : nil
        account = Rate(burst: rate * 100, perMinute: rate * 120)
    }
}
