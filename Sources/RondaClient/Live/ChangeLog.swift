internal import GRDB
public import RondaModel
internal import RondaSQLite

/// One record that a sync has changed on this device.
public struct RecordChange: Sendable, Hashable {
    public enum Kind: Int, Sendable, Hashable {
        case new = 1, changed = 2, gone = 3
    }

    public let entity: EntityID
    public let record: RecordID
    public let kind: Kind
    /// The numbers of the fields that differ, for `changed`.
    public let fields: [UInt32]
    /// Who made the record, where the device knows.
    public let creator: RecordID?
}

/// Which records a sync changes, kept by triggers that live in memory and on one connection only:
/// nothing of it is on the disk, and whoever does not ask pays nothing.
///
/// What the device captures itself is not in it, nor is what the server only confirms.
struct ChangeLog {
    let database: Database

    /// More than anybody reads one by one; what comes beyond is only counted by the report.
    private static let mostEntries = 1_000

    func start() throws {
        let isThere = try Int.fetchOne(
            database, sql: "SELECT count(*) FROM sqlite_temp_master WHERE name = 'live_change'")
        guard isThere == 0 else { return }
        try database.execute(
            sql: """
                CREATE TEMP TABLE live_change(
                    n INTEGER PRIMARY KEY, entity INTEGER NOT NULL, record BLOB NOT NULL,
                    kind INTEGER NOT NULL, fields INTEGER NOT NULL)
                """)
        for entity in Schema.current.entities {
            for sql in try Self.triggers(entity) { try database.execute(sql: sql) }
        }
    }

    private static func triggers(_ entity: EntitySchema) throws -> [String] {
        let table = try LocalReader.table(entity.id).name
        let deleted = RowFlags.deleted.rawValue
        let hidden = deleted | RowFlags.local.rawValue
        // One bit for each field, by its position; the schema allows 64.
        let differing = entity.fields.enumerated().map { position, field in
            "((OLD.\"\(field.name)\" IS NOT NEW.\"\(field.name)\") << \(position))"
        }.joined(separator: " | ")
        let room = "(SELECT coalesce(max(n), 0) FROM live_change) < \(mostEntries)"
        func note(_ row: String, _ kind: String, _ fields: String) -> String {
            """
            INSERT INTO live_change(entity, record, kind, fields)
            VALUES (\(entity.id.rawValue), \(row).id, \(kind), \(fields));
            """
        }
        return [
            """
            CREATE TEMP TRIGGER "live_new_\(entity.name)" AFTER INSERT ON main.\(table)
            WHEN (NEW._flags & \(hidden)) = 0 AND \(room)
            BEGIN \(note("NEW", "1", "0")) END
            """,
            """
            CREATE TEMP TRIGGER "live_changed_\(entity.name)" AFTER UPDATE ON main.\(table)
            WHEN ((\(differing)) <> 0 OR (OLD._flags & \(deleted)) <> (NEW._flags & \(deleted)))
                AND \(room)
            BEGIN
                \(note("NEW", "CASE NEW._flags & \(deleted) WHEN 0 THEN 2 ELSE 3 END", differing))
            END
            """,
            """
            CREATE TEMP TRIGGER "live_gone_\(entity.name)" AFTER DELETE ON main.\(table)
            WHEN (OLD._flags & \(hidden)) = 0 AND \(room)
            BEGIN \(note("OLD", "3", "0")) END
            """,
        ]
    }

    func clear() throws {
        try database.execute(sql: "DELETE FROM live_change")
    }

    /// Each record once, in the order in which it was first touched.
    func take() throws -> [RecordChange] {
        let statement = try database.prepared(
            "SELECT entity, record, kind, fields FROM live_change ORDER BY n")
        var order: [RecordID] = []
        var found: [RecordID: (entity: EntityID, kind: RecordChange.Kind, mask: UInt64)] = [:]
        do {
            defer { statement.reset() }
            while try statement.step() {
                let id = statement.id(1)
                let kind = RecordChange.Kind(rawValue: Int(statement.int64(2))) ?? .changed
                if let known = found[id] {
                    // New stays new whatever was written to it since, but for its end.
                    let isNew = known.kind == .new && kind == .changed
                    found[id]?.kind = isNew ? .new : kind
                    found[id]?.mask = known.mask | statement.uint64(3)
                } else {
                    order.append(id)
                    let entity = EntityID(rawValue: UInt32(clamping: statement.int64(0)))
                    found[id] = (entity, kind, statement.uint64(3))
                }
            }
        }
        try clear()
        let reader = LocalReader(database)
        return try order.compactMap { id in
            guard let (entity, kind, mask) = found[id], let schema = Schema.current[entity] else {
                return nil
            }
            let fields = schema.fields.indices.filter { mask & (1 << UInt64($0)) != 0 }
            return RecordChange(
                entity: entity, record: id, kind: kind,
                fields: kind == .changed ? fields.map { schema.fields[$0].number } : [],
                creator: try reader.row(entity, id)?.creator)
        }
    }
}
