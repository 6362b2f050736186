package import RondaModel

/// A customer's part in a programme, worked out from its enrolments (domain §2.5).
///
/// Who enrols a customer twice in one programme makes the same record twice. Several enrolments
/// there are only where the customer was registered twice: then they are one membership as long as
/// the two customers are one, and two again when that is undone. Nothing is moved.
package struct Membership: Sendable {
    package let enrolments: [Enrolment]
    package let ledger: PointsLedger

    /// - Parameters:
    ///   - enrolments: in one programme, of one customer and of its aliases.
    ///   - entries: of any enrolment; of others none is looked at.
    package init(_ enrolments: [Enrolment], entries: some Sequence<PointsEntry>) {
        self.enrolments = enrolments.sorted {
            ($0.enrolledAt ?? .distantPast, $0.id) < ($1.enrolledAt ?? .distantPast, $1.id)
        }
        let ids = Set(enrolments.map(\.id))
        ledger = PointsLedger(entries.filter { $0.enrolment.map(ids.contains) ?? false })
    }

    package var enrolledAt: Instant? { enrolments.compactMap(\.enrolledAt).min() }

    /// The card of the earliest enrolment. The others are aliases that still work.
    package var primaryCard: String? {
        enrolments.lazy.compactMap { $0.primaryCard ?? $0.cards.first }.first
    }

    package var aliases: [String] {
        let cards = enrolments.flatMap { $0.cards + [$0.primaryCard].compactMap { $0 } }
        return Set(cards).subtracting([primaryCard].compactMap { $0 }).sorted()
    }

    /// The newest terms that were accepted.
    package var termsAccepted: Int? { enrolments.compactMap(\.termsAccepted).max() }

    /// Who enrolled the customer: credit goes as for referrals.
    package var sources: Set<RecordID> { Set(enrolments.flatMap(\.sources)) }
}
