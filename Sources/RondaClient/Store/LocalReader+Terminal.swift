internal import GRDB
public import RondaModel
internal import RondaSQLite

/// A record with work of this device that the server has not judged yet.
public struct UnsentChange: Sendable, Hashable {
    public let entity: EntityID
    public let record: RecordID
    /// The stable names of the fields it writes, in order of the schema.
    public let fieldNames: [String]
    public let capturedAt: Instant
}

/// What a screen asks beside the records themselves.
extension LocalReader {
    /// The beginning of the id that no other record of the kind on this device shares: at least
    /// `least` hexadecimal digits. Two look-ups in the primary key.
    public func shortID<R: RondaRecord>(
        _ type: R.Type, _ id: RecordID, least: Int = 8
    ) throws -> String {
        let table = try Self.table(R.entity)
        let digits = Array(id.hex)
        var shared = 0
        for (comparison, order) in [("<", "DESC"), (">", "ASC")] {
            let statement = try database.prepared(
                """
                SELECT id FROM \(table.name) WHERE id \(comparison) ?
                AND (_flags & \(RowFlags.deleted.rawValue)) = 0 ORDER BY id \(order) LIMIT 1
                """)
            statement.bind(1, id)
            defer { statement.reset() }
            guard try statement.step() else { continue }
            let neighbour = statement.id(0).hex
            shared = max(shared, zip(digits, neighbour).prefix { $0 == $1 }.count)
        }
        return String(digits.prefix(max(least, shared + 1)))
    }

    /// The customers with this code, whatever its case: at most two, enough to tell none, one and
    /// several apart.
    public func customers(code: String) throws -> [Customer] {
        let table = try Self.table(.customer)
        let statement = try database.prepared(
            """
            SELECT \(table.columnList) FROM \(table.name) WHERE "code" = ? COLLATE NOCASE
            AND (_flags & \(RowFlags.deleted.rawValue)) = 0 ORDER BY id LIMIT 2
            """)
        statement.bind(1, code)
        defer { statement.reset() }
        var customers: [Customer] = []
        while try statement.step() {
            let row = table.row(statement)
            customers.append(Customer(id: row.id, fields: row.values))
        }
        return customers
    }

    /// The changes without verdict, in order of capture.
    public func unsent() throws -> [UnsentChange] {
        try Outbox(database: database).unsettled().flatMap { entry in
            try entry.commit.changes.map { change in
                let entity = try Self.table(change.entity).entity
                let touched = Set(change.touchedFields)
                return UnsentChange(
                    entity: change.entity, record: change.record,
                    fieldNames: entity.fields.filter { touched.contains($0.number) }.map(\.name),
                    capturedAt: entry.commit.stamp.instant)
            }
        }
    }

    /// What a refused commit would have changed; empty when there is no such commit in the tray.
    package func changes(ofRefused n: Int64) throws -> [Change] {
        try Outbox(database: database).refused().first { $0.entry.n == n }?
            .entry.commit.changes ?? []
    }

    /// Every concurrent value the hub told of, whether or not a person must settle it, by record
    /// and field number: what two devices must agree on.
    package func siblings() throws -> [RecordID: [UInt32: [ConflictValue]]] {
        let statement = try database.prepared(
            "SELECT record, number, value, stamp, author, device FROM sibling")
        defer { statement.reset() }
        var siblings: [RecordID: [UInt32: [ConflictValue]]] = [:]
        while try statement.step() {
            let value = ConflictValue(
                value: try RowWriter.unpack(statement.bytes(2)).value,
                at: Stamp(bits: statement.uint64(3)).instant, author: statement.id(4),
                device: statement.id(5))
            siblings[statement.id(0), default: [:]][
                UInt32(clamping: statement.int64(1)), default: []
            ]
            .append(value)
        }
        return siblings
    }
}
