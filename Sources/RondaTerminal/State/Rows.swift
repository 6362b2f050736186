internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// One line of a list of promises.
struct PromiseRow: Sendable {
    let history: PromiseHistory
    let handle: String
    let customer: CustomerName
    let state: PromiseState
    /// When it is due by now, as last renegotiated.
    let dueAt: Instant

    var promise: Commitment { history.promise }

    init(
        _ history: PromiseHistory, handle: String, customer: CustomerName, at now: LocalMoment
    ) {
        self.history = history
        self.handle = handle
        self.customer = customer
        state = history.state(at: now, heardUntil: nil)
        dueAt = history.term(at: now.instant).dueAt
    }

    /// Those to settle first, the longest overdue at the top; settled ones after, the latest first.
    static func ordered(_ rows: [PromiseRow]) -> [PromiseRow] {
        rows.sorted { left, right in
            if left.state.isUnsettled != right.state.isUnsettled { return left.state.isUnsettled }
            let (a, b) = (left.dueAt, right.dueAt)
            if a != b { return left.state.isUnsettled ? a < b : a > b }
            return left.promise.id < right.promise.id
        }
    }
}

/// One line of a list of visits.
struct VisitRow: Sendable {
    let visit: Visit
    let handle: String
    let customer: CustomerName
    let madeBy: String
    let missing: [PostSaleAspect]

    /// A visit that is only planned lacks nothing yet.
    var isOver: Bool { visit.state == .completed || visit.state == nil }
}

/// What a rule asks somebody to do.
struct FollowUpRow: Sendable {
    let followUp: FollowUp
    let handle: String
    let customer: CustomerName
    /// What to type to mean what it is about; empty where that is the customer.
    let subject: String

    func isBefore(_ other: FollowUpRow) -> Bool {
        (followUp.dueAt, followUp.id) < (other.followUp.dueAt, other.followUp.id)
    }
}

struct ReferralRow: Sendable {
    struct Claim: Sendable {
        let claim: ReferralClaim
        let repName: String
        let customer: CustomerName
    }
    let referral: Referral
    let handle: String
    let referrers: [CustomerName]
    let claims: [Claim]
}

struct EnrolmentRow: Sendable {
    let enrolment: Enrolment
    let programmeCode: String
    let programmeName: String
    let points: Int
}

struct ConflictRow: Sendable {
    /// Its place in the list, counted from 1.
    let number: Int
    let conflict: Conflict
    let title: String
    /// What to type before the dot to mean the record.
    let handle: String
    let authors: [RecordID: String]
    /// What the values that name records are called.
    let refs: [RecordID: String]

    var field: FieldSchema? {
        guard let entity = Schema.current[conflict.entity] else { return nil }
        return entity.position(ofNumber: conflict.field).map { entity.fields[$0] }
    }
}

// MARK: - Reading them

extension Names {
    func row(_ history: PromiseHistory, at now: LocalMoment) throws -> PromiseRow {
        PromiseRow(
            history, handle: try reader.shortID(Commitment.self, history.promise.id),
            customer: try customer(history.promise.customer), at: now)
    }

    /// Every promise, or those of some customers, with what became of their due times.
    func promises(of customers: [RecordID]? = nil) throws -> [PromiseHistory] {
        let promises =
            try customers?.flatMap { try reader.records(Commitment.self, of: $0) }
            ?? reader.records(Commitment.self)
        let renegotiations = Dictionary(
            grouping: try customers?.flatMap { try reader.records(Renegotiation.self, of: $0) }
                ?? reader.records(Renegotiation.self), by: \.commitment)
        return promises.map { PromiseHistory($0, renegotiations: renegotiations[$0.id] ?? []) }
    }

    /// One promise, by the beginning of its id.
    func promise(_ text: String) throws -> PromiseHistory {
        try history(of: try Finder(reader: reader).record(Commitment.self, text))
    }

    func history(of promise: Commitment) throws -> PromiseHistory {
        PromiseHistory(
            promise,
            renegotiations: try promise.customer.map {
                try reader.records(Renegotiation.self, of: $0)
            } ?? [])
    }

    func row(_ visit: Visit) throws -> VisitRow {
        VisitRow(
            visit: visit, handle: try reader.shortID(Visit.self, visit.id),
            customer: try customer(visit.customer), madeBy: visit.madeBy.map(person) ?? "",
            missing: PostSaleAspect.missing(in: visit))
    }

    func row(_ followUp: FollowUp) throws -> FollowUpRow {
        let subject = followUp.subject ?? .zero
        let isCase = try reader.record(ServiceCase.self, subject) != nil
        return FollowUpRow(
            followUp: followUp, handle: try reader.shortID(FollowUp.self, followUp.id),
            customer: try customer(followUp.customer),
            subject: isCase ? try reader.shortID(ServiceCase.self, subject) : "")
    }

    func row(_ referral: Referral, claims: [ReferralClaim]) throws -> ReferralRow {
        ReferralRow(
            referral: referral, handle: try reader.shortID(Referral.self, referral.id),
            referrers: try referral.referrers.map { try customer($0) },
            claims: try claims.sorted { ($0.claimedAt, $0.id) < ($1.claimedAt, $1.id) }.map {
                ReferralRow.Claim(
                    claim: $0, repName: $0.rep.map(person) ?? "",
                    customer: try customer($0.customer))
            })
    }

    func row(_ enrolment: Enrolment, entries: [PointsEntry]) throws -> EnrolmentRow {
        let programme = try enrolment.programme.flatMap { try reader.record(Programme.self, $0) }
        return EnrolmentRow(
            enrolment: enrolment, programmeCode: programme?.code ?? "",
            programmeName: programme?.name ?? "",
            points: entries.filter { $0.enrolment == enrolment.id }.compactMap(\.points)
                .reduce(0, +))
    }

    func conflicts() throws -> [ConflictRow] {
        try reader.conflicts().enumerated().map { index, conflict in
            let values = conflict.values
            let refs = values.compactMap { if case .ref(let id) = $0.value { id } else { nil } }
            let authors = Set(values.map(\.author)).map { ($0, person($0)) }
            return ConflictRow(
                number: index + 1, conflict: conflict,
                title: try title(conflict.entity, conflict.record),
                handle: try handle(conflict.entity, conflict.record),
                authors: Dictionary(uniqueKeysWithValues: authors),
                refs: Dictionary(
                    Set(refs).map { ($0, ref($0, target: nil)) }, uniquingKeysWith: { $1 }))
        }
    }
}

/// Nothing comes before something.
private func < (left: (Instant?, RecordID), right: (Instant?, RecordID)) -> Bool {
    let (a, b) = (left.0?.milliseconds ?? .min, right.0?.milliseconds ?? .min)
    return a == b ? left.1 < right.1 : a < b
}
