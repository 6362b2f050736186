internal import RondaModel

/// The typed records by entity, for what is done to any of them: all of the schema but suggestions,
/// which the hub makes.
enum RecordKinds {
    static let all: [any RondaRecord.Type] = [
        Territory.self, Customer.self, Purchase.self, Visit.self, Commitment.self, Referral.self,
        ReferralClaim.self, Programme.self, Enrolment.self, PointsEntry.self, Staff.self,
        Contact.self, HabitProfile.self, Need.self, Product.self, Renegotiation.self,
        ServiceCase.self, CaseStep.self, CaseEvent.self, Moment.self, SpecialRequest.self,
        SurveyTemplate.self, SurveyQuestion.self, SurveyResponse.self, SurveyAnswer.self,
        Desertion.self, CounterArgument.self, ConsentEvent.self, ContactLog.self,
        DataRequest.self, LegalTerm.self, Holiday.self, ProgrammeTerms.self,
        ProgrammeBenefit.self, RedemptionAllowance.self, FollowUp.self,
    ]

    static func type(of entity: EntityID) -> (any RondaRecord.Type)? {
        all.first { $0.entity == entity }
    }
}
