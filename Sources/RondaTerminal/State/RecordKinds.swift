internal import RondaModel

/// The typed records by entity, for what is done to any of them.
enum RecordKinds {
    static let all: [any RondaRecord.Type] = [
        Territory.self, Customer.self, Purchase.self, Visit.self, Commitment.self, Referral.self,
        ReferralClaim.self, Programme.self, Enrolment.self, PointsEntry.self, Staff.self,
    ]

    static func type(of entity: EntityID) -> (any RondaRecord.Type)? {
        all.first { $0.entity == entity }
    }
}
