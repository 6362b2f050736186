internal import RondaMerge
internal import RondaModel
internal import RondaProtobuf
internal import RondaStore
internal import RondaWire

/// Tells that records have left a scope, and to which territory they went then (SPEC §4.5). Where
/// they went later is nobody's business who does not see them.
final class Departures {
    private let schema: Schema
    private let store: any StoreReader
    private let scope: RecordID
    /// What leaves together is mostly under the same customers.
    private var moves: [RecordID: Move] = [:]

    private struct Move {
        /// The change by which the customer last left the scope; 0 for none.
        var at: UInt64 = 0
        var to: RecordID?
    }

    init(schema: Schema, store: any StoreReader, scope: RecordID) {
        self.schema = schema
        self.store = store
        self.scope = scope
    }

    func delta(_ row: StreamRow, _ table: inout IDTable) throws -> WireDelta {
        var delta = WireDelta()
        delta.entity = row.entity.rawValue
        delta.record = table.index(of: row.id)
        delta.left = true
        var last = Move()
        let record = try store.record(row.id)
        delta.erased = record?.isErased ?? false
        for customer in customers(of: record) {
            let move = try move(of: customer)
            if move.at > last.at { last = move }
        }
        if let to = last.to { delta.movedTo = table.index(of: to) + 1 }
        return delta
    }

    private func customers(of record: StoredRecord?) -> [RecordID] {
        guard let record, let entity = schema[record.entity] else { return [] }
        return record.entity == .customer ? [record.id] : record.customers(entity)
    }

    private func move(of customer: RecordID) throws -> Move {
        if let known = moves[customer] { return known }
        var move = Move()
        if let record = try store.record(customer) {
            move.at = record.stays.filter { $0.scope == scope }.map(\.until).max() ?? 0
            move.to = try record.allStays.first {
                try move.at > 0 && $0.from == move.at
                    && store.record($0.scope)?.entity == .territory
            }?.scope
        }
        moves[customer] = move
        return move
    }
}
