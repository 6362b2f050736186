internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// All that one page about a customer shows.
struct CustomerPage: Sendable {
    struct Purchases: Sendable {
        let count: Int
        let units: Int
        /// In hundredths.
        let amount: Int64
        let last: CivilDate?
    }

    let customer: Customer
    let name: CustomerName
    /// What the customer's references are called, by the record they are to.
    let titles: [RecordID: String]
    /// The customers that the office found to be this one: what was captured about them is here too.
    let aliases: [CustomerName]
    let promises: [PromiseRow]
    let visits: [VisitRow]
    /// Cases that are not over.
    let cases: [CaseRow]
    let enrolments: [EnrolmentRow]
    let points: Int
    let purchases: Purchases
    let referrals: [ReferralRow]
    let conflicts: [ConflictItem]
    let unsent: [UnsentChange]
    /// What the person allows.
    let consent: Phrase
    /// What is done with of this customer and not on this device.
    let absent: [AbsentRecords]

    static let visitsShown = 5

    static func load(
        _ asked: String, now: LocalMoment, from reader: LocalReader
    ) throws -> CustomerPage {
        let names = try Names(reader)
        let customer = try Finder(reader: reader).customer(asked)
        let aliases = try reader.aliases(of: customer.id)
        let ids = [customer.id] + aliases.map(\.id)
        func all<R: RondaRecord>(_ type: R.Type) throws -> [R] {
            try ids.flatMap { try reader.records(type, of: $0) }
        }
        let promises = try names.promises(of: ids)
        let visits = try all(Visit.self)
        let entries = try all(PointsEntry.self)
        let claims = try all(ReferralClaim.self)
        // One referral may name both.
        let referrals = try all(Referral.self).reduce(into: [Referral]()) { known, referral in
            if !known.contains(where: { $0.id == referral.id }) { known.append(referral) }
        }
        let enrolments = try all(Enrolment.self)
        let own = Set(
            ids + promises.map(\.promise.id) + visits.map(\.id) + entries.map(\.id)
                + claims.map(\.id)
                + referrals.map(\.id) + enrolments.map(\.id))
        let titles = try (Schema.current[.customer]?.fields ?? []).enumerated()
            .reduce(into: [RecordID: String]()) { titles, field in
                guard case .ref(let id) = customer.fields[field.offset].value else { return }
                titles[id] =
                    field.element.target == .customer
                    ? try names.customer(id).handle : names.ref(id, target: field.element.target)
            }
        return CustomerPage(
            customer: customer, name: try names.customer(customer),
            titles: titles, aliases: try aliases.map { try names.customer($0) },
            promises: PromiseRow.ordered(try promises.map { try names.row($0, at: now) })
                .filter(\.state.isUnsettled),
            visits: try VisitList.latest(visits, most: visitsShown).map { try names.row($0) },
            cases: CaseRow.ordered(
                try names.cases(of: ids).filter { !$0.state.isOver }.map { try names.row($0) }),
            enrolments: try enrolments.map { try names.row($0, entries: entries) },
            points: entries.compactMap(\.points).reduce(0, +),
            purchases: Purchases(try all(Purchase.self)),
            referrals: try referrals.map { referral in
                try names.row(referral, claims: claims.filter { $0.referral == referral.id })
            },
            conflicts: try names.conflictItems().filter { own.contains($0.record) },
            unsent: try reader.unsent().filter { own.contains($0.record) },
            consent: try ConsentPage.load(
                customer, aliases: aliases.map(\.id), at: now, from: reader
            ).summary,
            absent: try reader.absentHistory(of: ids))
    }
}

extension CustomerPage.Purchases {
    init(_ purchases: [Purchase]) {
        self.init(
            count: purchases.count, units: purchases.compactMap(\.units).reduce(0, +),
            amount: purchases.compactMap(\.amount).reduce(0) { $0 + Int64($1) },
            last: purchases.compactMap(\.date).max())
    }
}

enum VisitList {
    /// The latest visits first, at most so many.
    static func latest(_ visits: [Visit], most: Int) -> [Visit] {
        Array(
            visits.sorted { left, right in
                let (a, b) = (left.at?.milliseconds ?? 0, right.at?.milliseconds ?? 0)
                return a == b ? left.id > right.id : a > b
            }.prefix(most))
    }
}
