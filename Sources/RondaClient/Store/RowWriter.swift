internal import GRDB
internal import RondaModel
internal import RondaSQLite
internal import RondaWire

/// Writes the device's typed rows and the shadows of edited fields.
///
/// A field with an unacknowledged edit shows the edit; its shadow keeps what the hub last said, so
/// that a refusal can be undone and a three-way view shown.
struct RowWriter {
    let database: Database

    static let creation = """
        CREATE TABLE shadow(
            record BLOB NOT NULL, number INTEGER NOT NULL, value BLOB NOT NULL,
            base INTEGER NOT NULL, PRIMARY KEY (record, number)) WITHOUT ROWID;
        CREATE TABLE sibling(
            record BLOB NOT NULL, number INTEGER NOT NULL, position INTEGER NOT NULL,
            entity INTEGER NOT NULL, value BLOB NOT NULL, stamp INTEGER NOT NULL,
            device BLOB NOT NULL, author BLOB NOT NULL,
            PRIMARY KEY (record, number, position)) WITHOUT ROWID;
        """

    /// Returns false when the record is already there; then nothing was written.
    @discardableResult
    func insert(
        _ entity: EntitySchema, _ id: RecordID, version: UInt64, flags: RowFlags,
        creator: RecordID?, values: FieldValues
    ) throws -> Bool {
        let table = try LocalReader.table(entity.id)
        let statement = try database.prepared(table.insertSQL)
        table.bindInsert(
            statement, id: id, version: version, flags: flags, creator: creator, values: values)
        try statement.run()
        return database.changesCount == 1
    }

    /// Applies an own edit to a row: the first edit of a field leaves the hub's value in a shadow.
    func edit(_ change: Change, entity: EntitySchema, before: FieldValues?) throws {
        guard let before else { return }
        if change.deletes {
            try setFlags(entity, change.record) { $0.union(.deleted) }
            return
        }
        var values: [(Int, FieldContent)] = []
        for number in change.touchedFields {
            guard let position = entity.position(ofNumber: number) else { continue }
            try addShadow(change.record, number, before[position], base: change.base)
            let field = entity.fields[position]
            values.append((position, before[position].applying(change, field)))
        }
        try set(values, entity: entity, id: change.record)
    }

    /// Sets these fields of a row, and its search text when they are part of it.
    func set(
        _ values: [(position: Int, content: FieldContent)], entity: EntitySchema, id: RecordID
    ) throws {
        if values.isEmpty { return }
        let table = try LocalReader.table(entity.id)
        let names = values.map { "\"\(entity.fields[$0.position].name)\" = ?" }
        let statement = try database.prepared(
            "UPDATE \(table.name) SET \(names.joined(separator: ", ")) WHERE id = ?")
        for (index, value) in values.enumerated() {
            DeviceTable.bind(value.content, to: statement, at: Int32(index + 1))
        }
        statement.bind(Int32(values.count + 1), id)
        try statement.run()
        guard values.contains(where: { entity.fields[$0.position].searched }),
            let row = try LocalReader(database).row(entity.id, id)
        else { return }
        let search = try database.prepared("UPDATE \(table.name) SET _search = ? WHERE id = ?")
        search.bind(1, table.searchText(row.values))
        search.bind(2, id)
        try search.run()
    }

    /// What a row has beside its fields; `nil` when there is none.
    func head(
        _ entity: EntityID, _ id: RecordID
    ) throws -> (version: UInt64, flags: RowFlags)? {
        let table = try LocalReader.table(entity)
        let statement = try database.prepared(
            "SELECT _version, _flags FROM \(table.name) WHERE id = ?")
        statement.bind(1, id)
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        return (statement.uint64(0), RowFlags(rawValue: Int(statement.int64(1))))
    }

    func setHead(
        _ entity: EntitySchema, _ id: RecordID, version: UInt64, flags: RowFlags, creator: RecordID?
    ) throws {
        let table = try LocalReader.table(entity.id)
        let statement = try database.prepared(
            """
            UPDATE \(table.name) SET _version = ?, _flags = ?, _creator = coalesce(?, _creator)
            WHERE id = ?
            """)
        statement.bind(1, version)
        statement.bind(2, Int64(flags.rawValue))
        if let creator { statement.bind(3, creator) }
        statement.bind(4, id)
        try statement.run()
    }

    func setFlags(
        _ entity: EntitySchema, _ id: RecordID, _ change: (RowFlags) -> RowFlags
    ) throws {
        guard let row = try LocalReader(database).row(entity.id, id) else { return }
        try setHead(entity, id, version: row.version, flags: change(row.flags), creator: nil)
    }

    func remove(_ entity: EntitySchema, _ id: RecordID) throws {
        let table = try LocalReader.table(entity.id)
        for sql in [
            "DELETE FROM \(table.name) WHERE id = ?", "DELETE FROM shadow WHERE record = ?",
            "DELETE FROM sibling WHERE record = ?",
        ] {
            let statement = try database.prepared(sql)
            statement.bind(1, id)
            try statement.run()
        }
    }

    func dropSiblings(_ record: RecordID, _ number: UInt32) throws {
        let statement = try database.prepared(
            "DELETE FROM sibling WHERE record = ? AND number = ?")
        statement.bind(1, record)
        statement.bind(2, Int64(number))
        try statement.run()
    }

    // MARK: Shadows

    func shadow(_ record: RecordID, _ number: UInt32) throws -> FieldContent? {
        let statement = try database.prepared(
            "SELECT value FROM shadow WHERE record = ? AND number = ?")
        statement.bind(1, record)
        statement.bind(2, Int64(number))
        defer { statement.reset() }
        return try statement.step() ? try Self.unpack(statement.bytes(0)) : nil
    }

    /// Remembers what the hub said of a field, and the base of the first own write on top of it.
    func addShadow(
        _ record: RecordID, _ number: UInt32, _ content: FieldContent, base: UInt64
    ) throws {
        let statement = try database.prepared(
            """
            INSERT INTO shadow(record, number, value, base) VALUES (?, ?, ?, ?)
            ON CONFLICT DO NOTHING
            """)
        statement.bind(1, record)
        statement.bind(2, Int64(number))
        statement.bind(3, Self.pack(content))
        statement.bind(4, base)
        try statement.run()
    }

    /// `content` `nil` drops the shadow.
    func setShadow(
        _ record: RecordID, _ number: UInt32, _ content: FieldContent?, base: UInt64 = 0
    ) throws {
        let statement = try database.prepared(
            content == nil
                ? "DELETE FROM shadow WHERE record = ? AND number = ?"
                : "UPDATE shadow SET value = ?3, base = ?4 WHERE record = ?1 AND number = ?2")
        statement.bind(1, record)
        statement.bind(2, Int64(number))
        if let content {
            statement.bind(3, Self.pack(content))
            statement.bind(4, base)
        }
        try statement.run()
    }

    /// The base of the oldest own write on each shadowed field of a record. What the hub has said
    /// since lies hidden under it: nobody at this device has seen it.
    func shadowBases(_ record: RecordID) throws -> [UInt32: UInt64] {
        let statement = try database.prepared("SELECT number, base FROM shadow WHERE record = ?")
        statement.bind(1, record)
        defer { statement.reset() }
        var bases: [UInt32: UInt64] = [:]
        while try statement.step() {
            bases[UInt32(clamping: statement.int64(0))] = statement.uint64(1)
        }
        return bases
    }

    func shadowedRecords() throws -> Set<RecordID> {
        let statement = try database.prepared("SELECT DISTINCT record FROM shadow")
        defer { statement.reset() }
        var records = Set<RecordID>()
        while try statement.step() { records.insert(statement.id(0)) }
        return records
    }

    /// Nothing is packed as no bytes, one value as itself, a set with a leading missing value.
    static func pack(_ content: FieldContent) -> [UInt8] {
        var writer = PackedWriter(capacity: 32)
        switch content {
        case .none: break
        case .one(let value): writer.write(value)
        case .many(let values):
            writer.write(nil)
            for value in values { writer.write(value) }
        }
        return writer.bytes
    }

    static func unpack(_ bytes: [UInt8]) throws -> FieldContent {
        var reader = PackedReader(bytes)
        if reader.isAtEnd { return .none }
        if let value = try reader.value() { return .one(value) }
        var elements: [Value] = []
        while !reader.isAtEnd {
            if let value = try reader.value() { elements.append(value) }
        }
        return .set(elements)
    }
}
