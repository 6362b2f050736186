import RondaMerge
import RondaModel

/// What SPEC §4.1 and §4.11 to §4.13 say, worked out from scratch by the names of the real schema.
extension Roaming {
    private func references(_ record: StoredRecord, _ name: String) -> [RecordID] {
        guard let position = schema[record.entity]?.position(named: name) else { return [] }
        let shown = record.shown(position)
        return (shown.value.map { [$0] } ?? shown.elements)
            .compactMap { if case .ref(let id) = $0 { id } else { nil } }
    }

    func customers(of record: StoredRecord) -> [RecordID] {
        switch record.entity {
        case .referral: references(record, "referrers")
        case .territory, .customer: []
        default: references(record, "customer")
        }
    }

    private func holds(_ record: StoredRecord, _ name: String) -> Bool {
        schema[record.entity]?.position(named: name).map { !record.shown($0).isEmpty } ?? false
    }

    /// The record that a suggestion is about.
    func subject(of suggestion: StoredRecord) -> StoredRecord? {
        references(suggestion, "about").first.flatMap { records[$0] }
    }

    /// Who follows which customer, and because of what.
    func followers(of customer: RecordID) -> Set<Follower> {
        var all: Set<Follower> = []
        for record in records.values where record.entity == .commitment {
            if record.isDeleted || holds(record, "keptAt") || holds(record, "releasedAt") {
                continue
            }
            for person in references(record, "owner")
            where customers(of: record).contains(customer) {
                all.insert(Follower(person: person, cause: record.id))
            }
        }
        return all
    }

    /// Where a record belongs; nowhere where nothing says so.
    func belongs(_ record: StoredRecord) -> Set<RecordID> {
        switch record.entity {
        case .territory: return [schema.catalogue]
        case .customer:
            let homes = references(record, "movedTo") + references(record, "territory")
            return Set(homes.prefix(1)).union(followers(of: record.id).map(\.person))
        default:
            let above = customers(of: record).compactMap { records[$0] }
            return above.reduce(into: []) { $0.formUnion(belongs($1)) }
        }
    }

    /// Whether the account saw the record at some moment since `known`, and since it was born.
    func saw(_ account: Account, _ record: StoredRecord, known: UInt64) -> Bool {
        if record.creator == account.id && record.born >= known { return true }
        let isHand = record.marks.contains { $0.author == account.id }
        let first = max(known, isHand ? 0 : record.born)
        var asked = customers(of: record)
        if [.customer, .referral].contains(record.entity) { asked.append(record.id) }
        return (first...max(first, assignment)).contains { version in
            guard version <= assignment else { return false }
            let seen = sights[Int(version)][account.id] ?? []
            return asked.contains {
                !seen.isDisjoint(with: standings[Int(version)][$0] ?? [])
            }
        }
    }
}
