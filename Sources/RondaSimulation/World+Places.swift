internal import RondaHub
internal import RondaMerge
internal import RondaModel
internal import RondaStore

/// Who sees what, worked out from the shown values alone.
struct Places {
    private var homes: [RecordID: RecordID] = [:]
    private var followers: [RecordID: Set<RecordID>] = [:]
    private let catalogue: RecordID

    init(_ records: [StoredRecord], schema: Schema) {
        catalogue = schema.catalogue
        for record in records where record.entity == .customer {
            let customer = Customer(id: record.id, fields: record.shownValues)
            homes[record.id] = customer.movedTo ?? customer.territory
        }
        for record in records where record.entity == .commitment && !record.isDeleted {
            let promise = Commitment(id: record.id, fields: record.shownValues)
            guard let customer = promise.customer, let owner = promise.owner,
                promise.keptAt == nil, promise.releasedAt == nil
            else { continue }
            followers[customer, default: []].insert(owner)
        }
    }

    /// The customers that a record is under, or is.
    private func customers(of record: StoredRecord) -> [RecordID] {
        let values = record.shownValues
        let customer: RecordID?
        switch record.entity {
        case .customer: customer = record.id
        case .referral: return Referral(id: record.id, fields: values).referrers
        case .visit: customer = Visit(id: record.id, fields: values).customer
        case .commitment: customer = Commitment(id: record.id, fields: values).customer
        case .purchase: customer = Purchase(id: record.id, fields: values).customer
        case .referralClaim: customer = ReferralClaim(id: record.id, fields: values).customer
        case .enrolment: customer = Enrolment(id: record.id, fields: values).customer
        case .pointsEntry: customer = PointsEntry(id: record.id, fields: values).customer
        case .suggestion: customer = Suggestion(id: record.id, fields: values).customer
        default: customer = nil
        }
        return [customer].compactMap(\.self)
    }

    /// Where a record belongs; `nil` when one of its customers is not there any more.
    func scopes(of record: StoredRecord) -> Set<RecordID>? {
        if [.territory, .programme, .staff].contains(record.entity) { return [catalogue] }
        var scopes: Set<RecordID> = []
        let customers = customers(of: record)
        // Its last referrer was erased: it stays where it was, and what is suggested about it there too.
        if [.referral, .suggestion].contains(record.entity), customers.isEmpty { return nil }
        for customer in customers {
            guard let home = homes[customer] else { return nil }
            scopes.formUnion((followers[customer] ?? []).union([home]))
        }
        return scopes
    }
}

extension World {
    /// Every record stands where its customers and those who follow them say.
    func checkPlaces(_ records: [StoredRecord]) throws {
        let places = Places(records, schema: hub.schema)
        for record in records {
            // Where its customers were, before they were purged.
            guard let belongs = places.scopes(of: record) else { continue }
            let stands = Set(record.placements.map(\.scope))
            if stands != belongs {
                throw Violation(
                    what: "\(record.entity.rawValue) \(record.id) stands in \(stands.count) "
                        + "scopes and belongs in \(belongs.count)")
            }
        }
    }

    /// Nobody is told that a record is not there which the device showed when it was captured.
    func checkGoodFaith(_ journal: Journal, _ records: [StoredRecord]) throws {
        guard restores == 0, copies == 0, !wasResubmitted, !wasPurged else { return }
        let there = Set(
            records.filter { !$0.isDeleted && $0.entity != .territory }.map(\.id))
        for row in journal.ofDevices {
            guard let refusal = row.verdict.refusal else { continue }
            let lacked = row.commit.lacked(by: refusal)
            guard !lacked.isEmpty, there.isSuperset(of: lacked) else { continue }
            throw Violation(
                what: "#\(row.commit.tag) was refused for \(lacked), which its author saw")
        }
    }
}

extension Commit {
    /// What the hub said is not there: the record itself, or those that its refused field names.
    fileprivate func lacked(by refusal: Refusal) -> Set<RecordID> {
        guard let record = refusal.record else { return [] }
        switch refusal.code {
        case .unknownRecord: return [record]
        case .unknownParent:
            // Who sees a shared referral sees ids of customers that it does not see, and may claim for them.
            let refused = changes.filter { $0.record == record && $0.entity != .referralClaim }
            let writes = refused.flatMap { change in
                change.sets.filter { $0.number == refusal.field }.compactMap(\.value)
                    + change.adds.filter { $0.number == refusal.field }.map(\.value)
            }
            return Set(writes.compactMap(\.reference))
        default: return []
        }
    }
}
