internal import GRDB
public import RondaModel
internal import RondaSQLite

/// A record that somebody deleted while somebody else edited it, neither having seen the other: it
/// is kept until a person says which of them stands.
public struct ContestedRecord: Sendable, Hashable {
    public let entity: EntityID
    public let record: RecordID
}

extension LocalReader {
    /// The contested deletions that ask for a person, by kind and id.
    public func contested() throws -> [ContestedRecord] {
        var found: [ContestedRecord] = []
        for entity in Schema.current.entities {
            let statement = try database.prepared(
                """
                SELECT id FROM \(try Self.table(entity.id).name)
                WHERE \(DeviceTable.isContested) AND (_flags & \(RowFlags.deleted.rawValue)) = 0
                ORDER BY id
                """)
            defer { statement.reset() }
            while try statement.step() {
                found.append(ContestedRecord(entity: entity.id, record: statement.id(0)))
            }
        }
        if found.isEmpty { return [] }
        // An own unsent write that was made knowing all there is settles it once it is sent.
        let own = try Outbox(database: database).unsettled().flatMap(\.commit.changes)
        return try found.filter { contested in
            let version = try row(contested.entity, contested.record)?.version ?? 0
            return !own.contains { $0.record == contested.record && $0.base >= version }
        }
    }
}

extension Capture {
    /// Settles a contested deletion in favour of the record: writes one field again as it stands.
    /// - Throws: `ClientError` with code `refused` when there is no field this account may write.
    public mutating func keep<R: RondaRecord>(_ type: R.Type, _ id: RecordID) throws {
        let entity = try LocalReader.table(R.entity).entity
        guard let row = try reader.row(R.entity, id), let role = try reader.identity()?.role else {
            // Says that it is not here.
            return try update(type, id) { _ in }
        }
        let own: Writer = role.acting == .office ? .office : .rep
        let isAuthor = row.creator == nil || row.creator == author
        let writable = entity.fields.indices.filter { position in
            let field = entity.fields[position]
            return !field.isSet && field.rule != .first && !row.values[position].isEmpty
                && (field.writers.contains(own) || isAuthor && field.writers.contains(.author))
        }
        guard let position = writable.first else {
            throw ClientError.refused([Refusal(.notPermitted, entity: R.entity, record: id)])
        }
        try settle(
            type, id, field: entity.fields[position].number, as: row.values[position].value)
    }
}
