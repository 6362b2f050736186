package import RondaModel

/// What rules ask people to do (domain §2.5). A follow-up has the id of its rule, its subject and
/// its period, so two devices that apply the rule make one record, and never a second one.
package struct FollowUps: Sendable {
    package let policy: MethodPolicy
    /// Where the customers are.
    package let offsetMinutes: Int

    package init(policy: MethodPolicy = MethodPolicy(), offsetMinutes: Int = 0) {
        self.policy = policy
        self.offsetMinutes = offsetMinutes
    }

    /// A call or a visit in the days after the delivery.
    package func firstContact(after purchase: Purchase) -> FollowUp? {
        guard let customer = purchase.customer,
            let due = AfterSale.firstContactDue(
                after: purchase, offsetMinutes: offsetMinutes, policy: policy)
        else { return nil }
        return make(
            .firstContact, about: purchase.id, of: customer, period: "1", due: end(of: due),
            owner: purchase.closedBy)
    }

    /// Before nothing can be asked any more.
    package func afterSaleEnds(
        _ purchase: Purchase, products: some Sequence<Product>
    ) -> FollowUp? {
        guard let customer = purchase.customer,
            let end = AfterSale.window(
                of: purchase, products: products, offsetMinutes: offsetMinutes)
        else { return nil }
        let notice = end.adding(days: -policy.afterSaleNoticeDays)
        return make(
            .afterSaleEnds, about: purchase.id, of: customer, period: "\(end)",
            due: self.end(of: notice), owner: purchase.closedBy)
    }

    /// The two check-backs of a case, at once and later; two more each time it is opened again.
    package func checkBacks(_ history: CaseHistory) -> [FollowUp] {
        guard let customer = history.record.customer, !history.state.isOver else { return [] }
        let round = history.reopenings.count
        let since = history.reopenings.last ?? Instant(milliseconds: 0)
        let acted = (history.taken[.act] ?? []).compactMap(\.at).first { $0 >= since }
        guard let acted else { return [] }
        let due = [
            acted.adding(hours: policy.firstCheckHours), acted.adding(days: policy.secondCheckDays),
        ]
        return due.enumerated().map { index, due in
            make(
                .checkBack, about: history.record.id, of: customer,
                period: "\(round).\(index + 1)", due: due, owner: history.record.owner)
        }
    }

    /// A greeting, only for who allows it (domain §1.2). One each year, on the day, and for who was
    /// born on 29 February on the 28th where there is no other.
    package func birthday(
        of person: RecordID, customer: RecordID, born: CivilDate, in year: Int,
        permission: ContactAnswer, owner: RecordID? = nil
    ) -> FollowUp? {
        guard permission.isAllowed else { return nil }
        let (_, month, day) = born.yearMonthDay
        let date =
            CivilDate(year: year, month: month, day: day)
            ?? CivilDate(year: year, month: month, day: 28)
        return date.map {
            make(
                .birthday, about: person, of: customer, period: "\(year)", due: end(of: $0),
                owner: owner)
        }
    }

    /// Whoever recorded a grant that came to nothing asks the person again (domain §2.6, rule 7).
    package func askAgain(_ history: ConsentHistory, at now: Instant) -> [FollowUp] {
        history.toAskAgain.compactMap { grant in
            grant.customer.map {
                make(
                    .askConsentAgain, about: grant.id, of: $0, period: "1", due: grant.at ?? now,
                    owner: grant.capturedBy)
            }
        }
    }

    /// A follow-up with the id of its key.
    package func make(
        _ rule: FollowUpRule, about subject: RecordID, of customer: RecordID, period: String,
        due: Instant, owner: RecordID?
    ) -> FollowUp {
        var followUp = FollowUp(id: .zero)
        followUp.rule = rule
        followUp.subject = subject
        followUp.period = period
        followUp.customer = customer
        followUp.dueAt = due
        followUp.owner = owner
        guard let entity = Schema.current[.followUp],
            let id = Schema.current.derivedID(of: entity, values: { followUp.fields[$0].value })
        else { return followUp }
        return FollowUp(id: id, fields: followUp.fields)
    }

    /// Where the customer is, a day ends at midnight.
    private func end(of day: CivilDate) -> Instant {
        let minutes = (Int64(day.days) + 1) * 1_440 - Int64(offsetMinutes)
        return Instant(milliseconds: minutes * 60_000 - 1)
    }
}
