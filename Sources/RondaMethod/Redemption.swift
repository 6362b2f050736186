package import RondaModel

/// Giving a reward while there is no network (domain §2.5). The hub sets points aside for one person
/// beforehand, so that two devices together never give more than there is.
package struct Redemption: Sendable {
    package let ledger: PointsLedger
    package let terms: ProgrammeTerms
    /// Those of any enrolment and holder; of others none is looked at.
    package let allowances: [RedemptionAllowance]

    package init(
        _ ledger: PointsLedger, terms: ProgrammeTerms, allowances: [RedemptionAllowance]
    ) {
        self.ledger = ledger
        self.terms = terms
        self.allowances = allowances
    }

    /// What is left of an allowance.
    package func left(of allowance: RedemptionAllowance) -> Int {
        let spent = ledger.entries.filter {
            $0.kind == .redeem && $0.allowance == allowance.id && !ledger.isReversed($0.id)
        }.compactMap(\.points).reduce(0, +)
        return (allowance.points ?? 0) + spent
    }

    /// The one allowance from which so many points are given, or why none is.
    package func allowance(
        for points: Int, of enrolment: RecordID, holder: RecordID, at now: Instant
    ) throws(PointsRefusal) -> RedemptionAllowance {
        if points <= 0 { throw .notPositive }
        guard terms.offlineRedemption == true else { throw .offlineNotOffered }
        let own = allowances.filter {
            $0.enrolment == enrolment && $0.holder == holder && ($0.until ?? now) > now
                && ($0.grantedAt ?? now) <= now
        }.sorted { ($0.until ?? now, $0.id) < ($1.until ?? now, $1.id) }
        guard let chosen = own.first(where: { left(of: $0) >= points }) else {
            throw .allowanceSpent
        }
        return chosen
    }

    /// Why the office does not give so many points: nothing set aside for a device is given twice.
    /// An overdraft is the programme's choice, and shows as a balance below zero.
    package func problem(redeeming points: Int, at now: Instant) -> PointsRefusal? {
        if points <= 0 { return .notPositive }
        if terms.overdraft == true { return nil }
        let aside = allowances.filter { ($0.until ?? now) > now }
            .reduce(0) { $0 + max(0, left(of: $1)) }
        return ledger.available(at: now) - aside >= points ? nil : .notEnough
    }
}
