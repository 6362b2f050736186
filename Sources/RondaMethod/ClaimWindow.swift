package import RondaModel

/// How long the credit for a referral is provisional (domain §2.5): a rep in the mountains is not
/// robbed by a signal.
package struct ClaimWindow: Sendable, Hashable {
    /// When the first claim reached the hub; `nil` on a device, where the window never ends.
    package let firstReceivedAt: Instant?
    /// When every device of the territories involved had synced past the earliest claim. Revoked
    /// devices do not count.
    package let allHeardAt: Instant?
    package let hours: Int
    package let mostDays: Int

    package init(
        firstReceivedAt: Instant?, allHeardAt: Instant?, terms: ProgrammeTerms? = nil
    ) {
        self.firstReceivedAt = firstReceivedAt
        self.allHeardAt = allHeardAt
        hours = terms?.claimHours ?? 72
        mostDays = terms?.claimMaxDays ?? 14
    }

    /// The later of so many hours after the first receipt and the moment when all had been heard, at
    /// most so many days after the receipt; `nil` where nothing was received.
    package var end: Instant? {
        guard let first = firstReceivedAt else { return nil }
        let latest = first.adding(days: mostDays)
        return min(max(first.adding(hours: hours), allHeardAt ?? latest), latest)
    }

    package func isOpen(at now: Instant) -> Bool { end.map { now < $0 } ?? true }
}
