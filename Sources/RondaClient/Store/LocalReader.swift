internal import GRDB
public import RondaModel
internal import RondaSQLite

/// The device's records on one snapshot: the hub's state with the device's own work on top.
public struct LocalReader {
    let database: Database

    init(_ database: Database) {
        self.database = database
    }

    static func table(_ entity: EntityID) throws -> DeviceTable {
        guard let table = DeviceTable.of(entity) else {
            throw StoreError(.newerFormat, "entity \(entity.rawValue)")
        }
        return table
    }

    /// What one field of a record shows; `nil` when the record is not on this device.
    package func content(
        of entity: EntityID, _ id: RecordID, at position: Int
    ) throws -> FieldContent? {
        try row(entity, id)?.values[position]
    }

    func row(_ entity: EntityID, _ id: RecordID) throws -> DeviceRow? {
        let table = try Self.table(entity)
        let statement = try database.prepared(
            "SELECT \(table.columnList) FROM \(table.name) WHERE id = ?")
        statement.bind(1, id)
        defer { statement.reset() }
        return try statement.step() ? table.row(statement) : nil
    }

    private func rows<R: RondaRecord>(
        _ type: R.Type, where condition: String, bind: (Prepared) -> Void = { _ in },
        order: String = "id"
    ) throws -> [R] {
        let table = try Self.table(R.entity)
        let statement = try database.prepared(
            """
            SELECT \(table.columnList) FROM \(table.name)
            WHERE (_flags & \(RowFlags.deleted.rawValue)) = 0 AND \(condition) ORDER BY \(order)
            """)
        bind(statement)
        defer { statement.reset() }
        var records: [R] = []
        while try statement.step() {
            let row = table.row(statement)
            records.append(R(id: row.id, fields: row.values))
        }
        return records
    }

    /// The record with this id, `nil` when it is not on the device or was deleted.
    public func record<R: RondaRecord>(_ type: R.Type, _ id: RecordID) throws -> R? {
        guard let row = try row(R.entity, id), !row.flags.contains(.deleted) else { return nil }
        return R(id: id, fields: row.values)
    }

    /// Every record of a kind, in order of id: for minted ids, the order in which they were made.
    public func records<R: RondaRecord>(_ type: R.Type) throws -> [R] {
        try rows(type, where: "1")
    }

    /// The records that belong to one customer, in order of id. Uses an index.
    public func records<R: RondaRecord>(_ type: R.Type, of customer: RecordID) throws -> [R] {
        let entity = try Self.table(R.entity).entity
        guard case .customer(let position) = entity.scope else { return [] }
        let field = entity.fields[position]
        if field.isSet {
            return try records(type).filter {
                $0.fields[position].elements.contains(.ref(customer))
            }
        }
        return try rows(type, where: "\"\(field.name)\" = ?", bind: { $0.bind(1, customer) })
    }

    /// The customers that the office found to be this one (SPEC §5.7), in order of id. Reads the
    /// customers' table once.
    public func aliases(of customer: RecordID) throws -> [Customer] {
        try rows(
            Customer.self, where: "\"mergedInto\" = ?", bind: { $0.bind(1, customer) })
    }

    /// The records whose instant `field` lies before `end`, earliest first.
    func records<R: RondaRecord>(
        _ type: R.Type, instant field: String, from start: Instant, to end: Instant
    ) throws -> [R] {
        try rows(
            type, where: "\"\(field)\" >= ? AND \"\(field)\" < ?",
            bind: {
                $0.bind(1, start.milliseconds)
                $0.bind(2, end.milliseconds)
            }, order: "\"\(field)\", id")
    }

    /// The records that hold every word of `text` in one of the fields people search by, whatever
    /// the case and the accents, at most `limit` of them, in order of their searched text.
    public func search<R: RondaRecord>(_ type: R.Type, _ text: String, limit: Int) throws -> [R] {
        let words = Folding.fold(text).split(separator: " ").map { "%\(Self.escaped($0))%" }
        let condition = words.map { _ in "_search LIKE ? ESCAPE '\\'" }.joined(separator: " AND ")
        let found = try rows(
            type, where: words.isEmpty ? "1" : condition,
            bind: { statement in
                for (index, word) in words.enumerated() { statement.bind(Int32(index + 1), word) }
            }, order: "_search, id LIMIT \(max(0, limit))")
        return found
    }

    /// The records whose searched text holds all the words of one of `groups`, folded as it is: what
    /// may be somebody who is about to be recorded again. Reads the index of searched texts once.
    package func candidates<R: RondaRecord>(
        _ type: R.Type, anyOf groups: [[String]], limit: Int
    ) throws -> [R] {
        let groups = groups.map { $0.map(Folding.fold).filter { !$0.isEmpty } }
            .filter { !$0.isEmpty }
        if groups.isEmpty { return [] }
        let condition = groups.map { words in
            "(" + words.map { _ in "instr(_search, ?) > 0" }.joined(separator: " AND ") + ")"
        }.joined(separator: " OR ")
        return try rows(
            type, where: "(\(condition))",
            bind: { statement in
                for (index, word) in groups.joined().enumerated() {
                    statement.bind(Int32(index + 1), word)
                }
            }, order: "_search, id LIMIT \(max(0, limit))")
    }

    private static func escaped(_ word: Substring) -> String {
        String(word.flatMap { "%_\\".contains($0) ? ["\\", $0] : [$0] })
    }

    /// The ids of this kind that begin with these hexadecimal digits, at most two: enough to tell
    /// none, one and several apart.
    public func ids<R: RondaRecord>(_ type: R.Type, prefix: String) throws -> [RecordID] {
        let digits = prefix.lowercased().filter { $0 != "-" }
        guard (1...32).contains(digits.count), digits.allSatisfy(\.isHexDigit),
            let low = RecordID(digits + String(repeating: "0", count: 32 - digits.count)),
            let high = RecordID(digits + String(repeating: "f", count: 32 - digits.count))
        else { return [] }
        let table = try Self.table(R.entity)
        let statement = try database.prepared(
            """
            SELECT id FROM \(table.name) WHERE id BETWEEN ? AND ?
            AND (_flags & \(RowFlags.deleted.rawValue)) = 0 LIMIT 2
            """)
        statement.bind(1, low)
        statement.bind(2, high)
        defer { statement.reset() }
        var ids: [RecordID] = []
        while try statement.step() { ids.append(statement.id(0)) }
        return ids
    }

    /// How many records of each kind are on the device.
    public func counts() throws -> [(entity: EntityID, name: String, count: Int)] {
        try Schema.current.entities.map { entity in
            let table = try Self.table(entity.id)
            let count = try Int.fetchOne(
                database,
                sql: """
                    SELECT count(*) FROM \(table.name)
                    WHERE (_flags & \(RowFlags.deleted.rawValue)) = 0
                    """)
            return (entity.id, entity.name, count ?? 0)
        }
    }
}
