package import RondaModel

/// A claim as it was captured and as it arrived.
package struct ClaimSighting: Sendable, Hashable {
    package let claim: ReferralClaim
    /// By the stamp of its capture, bounded by the hub: a wrong clock wins nothing.
    package let capturedAt: Instant
    /// `nil` for one that is not at the hub yet.
    package let receivedAt: Instant?

    package init(_ claim: ReferralClaim, capturedAt: Instant, receivedAt: Instant?) {
        self.claim = claim
        self.capturedAt = capturedAt
        self.receivedAt = receivedAt
    }

    /// A visit or a contact stands behind it.
    package var hasEvidence: Bool { claim.visit != nil || claim.contactMade != nil }
}

/// Who is credited with a referral, and why (domain §2.5). No claim is ever lost: what is not
/// credited is still there, and whoever decides sees it.
package struct ReferralCredit: Sendable, Hashable {
    package struct Share: Sendable, Hashable {
        package let rep: RecordID
        /// Of a hundred.
        package let percent: Int

        package init(rep: RecordID, percent: Int) {
            self.rep = rep
            self.percent = percent
        }
    }

    package enum Reason: String, Sendable, CaseIterable {
        case earliestEvidenced, firstContact, territoryOwner, splitFiftyFifty
        case decided, noEvidence, selfReferral, noClaim
    }

    package let shares: [Share]
    package let reason: Reason
    /// Another claim may still come first.
    package let isProvisional: Bool
    /// Claims that came after the window: only a decision moves the credit to them.
    package let late: [RecordID]

    /// - Parameters:
    ///   - rule: that of the programme's terms in force at the capture.
    ///   - territoryOwner: who has the territory of the referring customer.
    ///   - isSelfReferral: see `isSelfReferral(_:by:)`.
    package init(
        of referral: Referral, claims: some Sequence<ClaimSighting>, rule: CreditRule,
        window: ClaimWindow, territoryOwner: RecordID? = nil, isSelfReferral: Bool = false,
        at now: Instant
    ) {
        let own = claims.filter { $0.claim.referral == referral.id && $0.claim.rep != nil }
            .sorted { ($0.capturedAt, $0.claim.id) < ($1.capturedAt, $1.claim.id) }
        let isLate = { (sighting: ClaimSighting) in
            guard let end = window.end, let received = sighting.receivedAt else { return false }
            return received > end
        }
        late = own.filter(isLate).map(\.claim.id)
        let timely = own.filter { !isLate($0) }
        let isOpen = window.isOpen(at: now)
        func one(_ rep: RecordID?) -> [Share] { rep.map { [Share(rep: $0, percent: 100)] } ?? [] }

        if let decided = referral.creditedTo {
            (shares, reason, isProvisional) = (one(decided), .decided, false)
        } else if own.isEmpty {
            (shares, reason, isProvisional) = ([], .noClaim, isOpen)
        } else if isSelfReferral {
            (shares, reason, isProvisional) = ([], .selfReferral, true)
        } else if rule == .territoryOwner, let owner = territoryOwner {
            (shares, reason, isProvisional) = (one(owner), .territoryOwner, isOpen)
        } else {
            let chosen = Self.chosen(timely, rule: rule)
            (shares, reason, isProvisional) = (chosen.shares, chosen.reason, isOpen)
        }
    }

    private static func chosen(
        _ claims: [ClaimSighting], rule: CreditRule
    ) -> (shares: [Share], reason: Reason) {
        func all(_ rep: RecordID?) -> [Share] { rep.map { [Share(rep: $0, percent: 100)] } ?? [] }
        let evidenced = claims.filter(\.hasEvidence)
        if rule == .firstContact {
            let contacted = evidenced.compactMap { sighting in
                sighting.claim.contactedAt.map { (at: $0, claim: sighting.claim) }
            }
            if let first = contacted.min(by: { ($0.at, $0.claim.id) < ($1.at, $1.claim.id) }) {
                return (all(first.claim.rep), .firstContact)
            }
        }
        guard let first = evidenced.first?.claim.rep else { return ([], .noEvidence) }
        if rule == .splitFiftyFifty,
            let second = evidenced.compactMap(\.claim.rep).first(where: { $0 != first })
        {
            return ([first, second].map { Share(rep: $0, percent: 50) }, .splitFiftyFifty)
        }
        return (all(first), .earliestEvidenced)
    }
}

extension ReferralCredit.Reason {
    /// Why, for the rep who asks.
    package var phrase: Phrase {
        switch self {
        case .earliestEvidenced:
            Phrase(
                en: "the earliest claim with a visit or a contact behind it",
                es: "el primer registro que tiene una visita o un contacto")
        case .firstContact:
            Phrase(
                en: "who first reached the person", es: "quien habló primero con la persona")
        case .territoryOwner:
            Phrase(
                en: "who has the customer's territory", es: "quien tiene el territorio del cliente")
        case .splitFiftyFifty:
            Phrase(en: "half each, by the programme", es: "por mitades, según el programa")
        case .decided: Phrase(en: "decided by the office", es: "por decisión de la oficina")
        case .noEvidence:
            Phrase(
                en: "no claim has a visit or a contact behind it; add one",
                es: "ningún registro tiene una visita o un contacto; agréguelo")
        case .selfReferral:
            Phrase(
                en: "the person referred shares a contact with who refers; the office decides",
                es: "el referido comparte un contacto con quien lo refiere; decide la oficina")
        case .noClaim: Phrase(en: "nobody has claimed it yet", es: "nadie lo ha reclamado aún")
        }
    }
}
