package import RondaModel

/// When two referrals are one, and who of the customers who gave it is rewarded (domain §2.5).
package enum ReferralIdentity {
    /// The id of the referral of this contact point: the same on every device. Names play no part.
    package static func id(programme: RecordID, contactPoint: String) -> RecordID? {
        guard let entity = Schema.current[.referral] else { return nil }
        var referral = Referral(id: .zero)
        referral.programme = programme
        referral.contactPoint = contactPoint
        return Schema.current.derivedID(of: entity) { referral.fields[$0].value }
    }

    /// The ways to reach a customer, in their one spelling; what cannot be read is left out.
    package static func contactPoints(_ customer: Customer) -> Set<String> {
        Set(
            customer.phones.compactMap { try? ContactPoint.phone($0, country: customer.country) }
                + customer.emails.compactMap { try? ContactPoint.email($0) })
    }

    /// Whether a customer who gave it shares its contact: accepted, flagged, and worth nothing until
    /// somebody decides.
    package static func isSelfReferral(
        _ referral: Referral, by customers: some Sequence<Customer>
    ) -> Bool {
        guard let point = referral.contactPoint else { return false }
        return customers.contains {
            referral.referrers.contains($0.id) && contactPoints($0).contains(point)
        }
    }

    /// The customers rewarded for it. Every one of them stays named in the referral.
    /// - Parameters:
    ///   - rewarded: how many referrals each was rewarded for already.
    ///   - on: the day of the capture.
    package static func advocates(
        of referral: Referral, claims: some Sequence<ClaimSighting>, terms: ProgrammeTerms,
        isSelfReferral: Bool = false, rewarded: [RecordID: Int] = [:], on day: CivilDate
    ) -> [RecordID] {
        if isSelfReferral && referral.creditedTo == nil { return [] }
        if let last = terms.validUntil, day > last { return [] }
        let own = claims.filter { $0.claim.referral == referral.id }
            .sorted { ($0.capturedAt, $0.claim.id) < ($1.capturedAt, $1.claim.id) }
        var named: [RecordID] = []
        for customer in own.compactMap(\.claim.customer) + referral.referrers.sorted()
        where referral.referrers.contains(customer) && !named.contains(customer) {
            named.append(customer)
        }
        if let most = terms.usageLimit { named.removeAll { rewarded[$0, default: 0] >= most } }
        switch terms.advocates ?? .first {
        case .first: return Array(named.prefix(1))
        case .both: return named
        case .noneUntilConverted: return referral.state == .converted ? named : []
        }
    }
}

extension ProgrammeTerms {
    /// The edition in force at a moment: the latest that had begun.
    package static func inForce(
        _ editions: some Sequence<ProgrammeTerms>, of programme: RecordID, at moment: Instant
    ) -> ProgrammeTerms? {
        editions.filter { $0.programme == programme && ($0.from ?? moment) <= moment }
            .max {
                ($0.from ?? .distantPast, $0.edition ?? 0) < (
                    $1.from ?? .distantPast, $1.edition ?? 0
                )
            }
    }
}
