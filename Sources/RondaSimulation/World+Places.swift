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

    func scopes(of record: StoredRecord) -> Set<RecordID> {
        let values = record.shownValues
        func under(_ customers: [RecordID]) -> Set<RecordID> {
            Set(
                customers.flatMap { customer in
                    (followers[customer] ?? []).union([homes[customer]].compactMap(\.self))
                })
        }
        return switch record.entity {
        case .customer: under([record.id])
        case .territory, .programme, .staff: [catalogue]
        case .visit: under([Visit(id: record.id, fields: values).customer].compactMap(\.self))
        case .commitment:
            under([Commitment(id: record.id, fields: values).customer].compactMap(\.self))
        case .purchase: under([Purchase(id: record.id, fields: values).customer].compactMap(\.self))
        case .referral: under(Referral(id: record.id, fields: values).referrers)
        case .referralClaim:
            under([ReferralClaim(id: record.id, fields: values).customer].compactMap(\.self))
        case .enrolment:
            under([Enrolment(id: record.id, fields: values).customer].compactMap(\.self))
        case .pointsEntry:
            under([PointsEntry(id: record.id, fields: values).customer].compactMap(\.self))
        case .suggestion:
            under([Suggestion(id: record.id, fields: values).customer].compactMap(\.self))
        default: []
        }
    }
}

extension World {
    /// Every record stands where its customers and those who follow them say.
    func checkPlaces(_ records: [StoredRecord]) throws {
        let places = Places(records, schema: hub.schema)
        for record in records {
            let (stands, belongs) = (
                Set(record.placements.map(\.scope)), places.scopes(of: record)
            )
            // Where its customers were, before they were purged.
            if belongs.isEmpty && wasPurged { continue }
            if stands != belongs {
                throw Violation(
                    what: "\(record.entity.rawValue) \(record.id) stands in \(stands.count) "
                        + "scopes and belongs in \(belongs.count)")
            }
        }
    }

    /// Nobody is told that a record is not there which the device showed when it was captured.
    func checkGoodFaith(_ journal: Journal, _ records: [StoredRecord]) throws {
        guard restores == 0, copies == 0, !wasResubmitted else { return }
        let there = Set(
            records.filter { !$0.isDeleted && $0.entity != .territory }.map(\.id))
        for row in journal.ofDevices {
            guard let refusal = row.verdict.refusal, let record = refusal.record,
                refusal.code == .unknownRecord || refusal.code == .unknownParent,
                there.contains(record)
            else { continue }
            throw Violation(
                what: "#\(row.commit.tag) was refused for \(record), which its author saw")
        }
    }
}
