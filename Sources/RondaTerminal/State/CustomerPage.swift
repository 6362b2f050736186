internal import RondaClient
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
    let territory: String
    let promises: [PromiseRow]
    let visits: [VisitRow]
    let enrolments: [EnrolmentRow]
    let points: Int
    let purchases: Purchases
    let referrals: [ReferralRow]
    let conflicts: [ConflictItem]
    let unsent: [UnsentChange]

    static let visitsShown = 5

    static func load(_ asked: String, now: Instant, from reader: LocalReader) throws -> CustomerPage
    {
        let names = try Names(reader)
        let customer = try Finder(reader: reader).customer(asked)
        let id = customer.id
        let promises = try reader.records(Commitment.self, of: id)
        let visits = try reader.records(Visit.self, of: id)
        let entries = try reader.records(PointsEntry.self, of: id)
        let claims = try reader.records(ReferralClaim.self, of: id)
        let referrals = try reader.records(Referral.self, of: id)
        let enrolments = try reader.records(Enrolment.self, of: id)
        let own = Set(
            [id] + promises.map(\.id) + visits.map(\.id) + entries.map(\.id) + claims.map(\.id)
                + referrals.map(\.id) + enrolments.map(\.id))
        return CustomerPage(
            customer: customer, name: try names.customer(customer),
            territory: customer.territory.map { names.ref($0, target: .territory) } ?? "",
            promises: PromiseRow.ordered(try promises.map { try names.row($0, now: now) })
                .filter(\.state.isOpen),
            visits: try VisitList.latest(visits, most: visitsShown).map { try names.row($0) },
            enrolments: try enrolments.map { try names.row($0, entries: entries) },
            points: entries.compactMap(\.points).reduce(0, +),
            purchases: Purchases(try reader.records(Purchase.self, of: id)),
            referrals: try referrals.map { referral in
                try names.row(referral, claims: claims.filter { $0.referral == referral.id })
            },
            conflicts: try names.conflictItems().filter { own.contains($0.record) },
            unsent: try reader.unsent().filter { own.contains($0.record) })
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
