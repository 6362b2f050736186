/// What a firm may set otherwise. Every number has its unit in its name.
package struct MethodPolicy: Sendable, Hashable {
    /// How much later than due a promise may be kept before it counts as late or broken.
    package var promiseGraceMilliseconds: Int64 = 0
    /// How long to wait for devices that have not synced before a promise is presumed broken
    /// (domain §2.4).
    package var promiseMaxWaitDays = 7
    /// Within how many days of the delivery the customer is contacted (domain §1.3).
    package var firstContactDays = 3
    /// How long after the action of a case its two check-backs are due (domain §1.5: at once, and
    /// later).
    package var firstCheckHours = 4
    package var secondCheckDays = 3
    /// Two complaints of one customer about one thing within so many days are asked about.
    package var sameComplaintDays = 7
    /// The gap between purchases that is expected of a customer with too few to tell.
    package var expectedPurchaseGapDays = 90
    /// How many questions a survey has at most (domain §1.5, few aspects).
    package var surveyQuestions = 5
    /// How many days before the after-sale window ends the customer is called.
    package var afterSaleNoticeDays = 15

    package init() {}
}
