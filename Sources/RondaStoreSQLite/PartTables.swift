internal import GRDB
internal import RondaMerge
internal import RondaModel
internal import RondaSQLite
internal import RondaStore

// A first reading goes by parts (SPEC §4.4). Where a record is told first the store keeps by its place,
// in an index of its own, so that a reading looks at nothing that it does not tell.

extension SQLiteStore {
    /// What format 7 adds.
    static let partTables = """
        -- The part in which the record is read first; missing for the last one and for what has left.
        -- A visit that is done with, of which there are most, costs nothing more.
        ALTER TABLE placement ADD COLUMN part INTEGER;
        CREATE INDEX IF NOT EXISTS placement_part ON placement(scope, part, seq)
            WHERE part IS NOT NULL;
        -- By which rules the parts were told.
        ALTER TABLE hub ADD COLUMN part_rules TEXT NOT NULL DEFAULT '';
        -- Whether nobody ever had the record: a commit that was refused would have made it.
        ALTER TABLE tombstone ADD COLUMN unmade INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX IF NOT EXISTS tombstone_erasure ON tombstone(erasure);
        """

    /// Whether the parts are told by the rules of this schema.
    static func partsAreCurrent(_ database: Database, schema: Schema) throws -> Bool {
        try String.fetchOne(database, sql: "SELECT part_rules FROM hub") == schema.partRules
    }

    /// Tells the part of every place anew.
    static func keepParts(in database: Database, schema: Schema) throws {
        if try partsAreCurrent(database, schema: schema) { return }
        try database.execute(sql: "UPDATE placement SET part = NULL WHERE part IS NOT NULL")
        let entities = schema.entities.filter { $0.parts != [.history] }
        let list = entities.map { String($0.id.rawValue) }.joined(separator: ", ")
        for scope in try Int64.fetchAll(database, sql: "SELECT number FROM scope") {
            var places: [(part: ReadingPart, seq: UInt64, record: RecordID)] = []
            let statement = try database.prepared(
                """
                SELECT r.entity, r.shown, p.seq, p.record
                FROM placement p JOIN record r ON r.id = p.record
                WHERE p.scope = ? AND p.gone IS NULL AND r.entity IN (\(list))
                """)
            defer { statement.reset() }
            statement.bind(1, scope)
            while try statement.step() {
                // What cannot be read is not told in any part.
                guard let entity = schema[EntityID(rawValue: UInt32(clamping: statement.int64(0)))],
                    let shown = try? RecordPacking.shownFields(statement.bytes(1))
                else { continue }
                let part = entity.part(showing: shown)
                if part.isKept { places.append((part, statement.uint64(2), statement.id(3))) }
            }
            for place in places {
                let update = try database.prepared(
                    "UPDATE placement SET part = ? WHERE scope = ? AND seq = ? AND record = ?")
                update.bind(1, Int64(place.part.rawValue))
                update.bind(2, scope)
                update.bind(3, place.seq)
                update.bind(4, place.record)
                try update.run()
            }
        }
        try database.execute(
            sql: "UPDATE hub SET part_rules = ?", arguments: [schema.partRules])
    }
}

extension ReadingPart {
    /// Whether places say it: all but the last.
    var isKept: Bool { self != .history }
}

extension StoredRecord {
    /// The part in which it is read first.
    func part(_ entity: EntitySchema) -> ReadingPart {
        // Mostly there is only one, and nothing to look at.
        if entity.parts.count == 1, let part = entity.parts.first { return part }
        return entity.part(
            showing: entity.fields.enumerated().compactMap { position, field in
                shown(position).value.map { (number: field.number, value: $0) }
            })
    }
}
