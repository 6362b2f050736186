internal import RondaClient
internal import RondaModel

/// A promise about to be captured.
struct PromiseDraft: Sendable {
    let words: String
    let dueAt: Instant
    var origin: PromiseOrigin?
    var serviceCase: RecordID?
}

/// A referral about to be captured, with all that must be known about it first.
struct ReferralDraft: Sendable {
    let name: String
    /// Normalised, see `ContactPoint`.
    let contactPoint: String
    let relation: String?
    let programme: RecordID

    /// The record that this contact point is in this programme.
    var id: RecordID? {
        guard let entity = Schema.current[.referral] else { return nil }
        var referral = Referral(id: .zero)
        referral.programme = programme
        referral.contactPoint = contactPoint
        return Schema.current.derivedID(of: entity) { referral.fields[$0].value }
    }
}

extension Capture {
    mutating func add(
        _ draft: PromiseDraft, customer: RecordID, visit: RecordID? = nil
    ) throws -> RecordID {
        var promise = new(Commitment.self)
        promise.customer = customer
        promise.visit = visit
        promise.words = draft.words
        promise.dueAt = draft.dueAt
        promise.owedBy = .staff
        promise.origin = draft.origin
        promise.serviceCase = draft.serviceCase
        return try create(promise)
    }

    /// The referral, and this rep's claim to it, once.
    mutating func add(
        _ draft: ReferralDraft, customer: RecordID, visit: RecordID? = nil, at now: Instant
    ) throws -> RecordID {
        var referral = new(Referral.self)
        referral.programme = draft.programme
        referral.contactPoint = draft.contactPoint
        referral.referrers = [customer]
        referral.name = draft.name
        referral.relation = draft.relation
        referral.state = .captured
        let id = try create(referral)
        let claims = try reader.records(ReferralClaim.self, of: customer)
        if claims.contains(where: { $0.referral == id && $0.rep == author }) { return id }
        var claim = new(ReferralClaim.self)
        claim.referral = id
        claim.customer = customer
        claim.visit = visit
        claim.rep = author
        claim.claimedAt = now
        try create(claim)
        return id
    }

    /// The enrolment, and the welcome points when it is new on this device. Both ids follow from
    /// the programme and the customer, so that two reps enrolling the same person pay once.
    mutating func enrol(
        _ customer: RecordID, in programme: Programme, card: String?, at now: Instant
    ) throws -> RecordID {
        var enrolment = new(Enrolment.self)
        enrolment.programme = programme.id
        enrolment.customer = customer
        enrolment.enrolledAt = now
        enrolment.cards = card.map { [$0] } ?? []
        enrolment.sources = [author]
        enrolment.state = .active
        let known = try reader.records(Enrolment.self, of: customer)
        let id = try create(enrolment)
        guard !known.contains(where: { $0.id == id }), let bonus = programme.welcomeBonus, bonus > 0
        else { return id }
        var points = new(PointsEntry.self)
        points.enrolment = id
        points.customer = customer
        points.kind = .earn
        points.points = bonus
        points.cause = "welcome"
        points.at = now
        try create(points)
        return id
    }
}
