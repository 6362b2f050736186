internal import GRDB
internal import RondaModel
internal import RondaSQLite
internal import RondaStore

// What the store remembers of erasures.

extension SQLiteTransaction {
    func contents(
        of device: RecordID, after number: UInt64, limit: Int,
        _ body: (_ number: UInt64, _ commit: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try each(
            """
            SELECT number, CASE WHEN redacted THEN substr(bytes, \(JournalEntry.chainBytes + 1)) ELSE bytes END
            FROM journal WHERE device = ? AND number > ?
                AND (redacted = 0 OR length(bytes) > \(JournalEntry.chainBytes))
            ORDER BY number LIMIT ?
            """,
            bind: {
                $0.bind(1, device)
                $0.bind(2, number)
                $0.bind(3, Int64(limit))
            }
        ) { row in try row.withBytes(1) { try body(row.uint64(0), $0) } }
    }

    func erasures() throws -> [ErasureNote] {
        var notes: [ErasureNote] = []
        try each(
            """
            SELECT n, at, actor, customer, washed,
                (SELECT count(*) FROM tombstone WHERE erasure = n AND unmade = 0),
                (SELECT count(DISTINCT device) FROM due JOIN tombstone USING (record)
                 WHERE erasure = n)
            FROM erasure ORDER BY n
            """
        ) {
            var note = ErasureNote(
                n: $0.int64(0), at: Instant(milliseconds: $0.int64(1)), actor: $0.text(2),
                customer: $0.id(3))
            note.isWashed = $0.int64(4) != 0
            note.records = Int($0.int64(5))
            note.devices = Int($0.int64(6))
            notes.append(note)
        }
        for index in notes.indices {
            try each(
                """
                SELECT DISTINCT device FROM due JOIN tombstone USING (record)
                WHERE erasure = ? AND confirmed = 0 ORDER BY device
                """, bind: { $0.bind(1, notes[index].n) }
            ) { notes[index].missing.append($0.id(0)) }
        }
        return notes
    }

    private func holds(_ table: String) throws -> Bool {
        try first("SELECT 1 FROM \(table) LIMIT 1") { _ in true } ?? false
    }

    func hasTombstones() throws -> Bool { try holds("tombstone") }

    func isTombstone(_ record: RecordID) throws -> Bool {
        try first(
            "SELECT 1 FROM tombstone WHERE record = ?", bind: { $0.bind(1, record) },
            row: { _ in true }) ?? false
    }

    func erasure(of record: RecordID) throws -> ErasureNote? {
        try first(
            """
            SELECT n, at, actor, customer FROM tombstone JOIN erasure ON n = erasure
            WHERE record = ?
            """, bind: { $0.bind(1, record) }
        ) {
            ErasureNote(
                n: $0.int64(0), at: Instant(milliseconds: $0.int64(1)), actor: $0.text(2),
                customer: $0.id(3))
        }
    }

    func tombstones() throws -> [RecordID] {
        var records: [RecordID] = []
        try each("SELECT record FROM tombstone ORDER BY record") { records.append($0.id(0)) }
        return records
    }

    func due(of device: RecordID, limit: Int) throws -> [RecordID] {
        var records: [RecordID] = []
        try each(
            "SELECT record FROM due WHERE device = ? AND confirmed = 0 ORDER BY record LIMIT ?",
            bind: {
                $0.bind(1, device)
                $0.bind(2, Int64(limit))
            }, row: { records.append($0.id(0)) })
        return records
    }

    func asked(of device: RecordID) throws -> [RecordID] {
        try ids("SELECT record FROM due WHERE device = ? ORDER BY record") { $0.bind(1, device) }
    }

    func asked(about record: RecordID) throws -> [RecordID] {
        try ids("SELECT device FROM due WHERE record = ? ORDER BY device") { $0.bind(1, record) }
    }

    func unmade(of erasure: Int64) throws -> [RecordID] {
        try ids("SELECT record FROM tombstone WHERE erasure = ? AND unmade = 1 ORDER BY record") {
            $0.bind(1, erasure)
        }
    }

    func tombstones(of erasure: Int64) throws -> [RecordID] {
        try ids("SELECT record FROM tombstone WHERE erasure = ? ORDER BY record") {
            $0.bind(1, erasure)
        }
    }

    private func ids(_ sql: String, bind: (Prepared) -> Void) throws -> [RecordID] {
        var ids: [RecordID] = []
        try each(sql, bind: bind) { ids.append($0.id(0)) }
        return ids
    }

    func suppressed() throws -> [[UInt8]] {
        var hashes: [[UInt8]] = []
        try each("SELECT hash FROM suppressed ORDER BY hash") { hashes.append($0.bytes(0)) }
        return hashes
    }

    func hasSuppressed() throws -> Bool { try holds("suppressed") }

    func isSuppressed(_ hash: [UInt8]) throws -> Bool {
        try first(
            "SELECT 1 FROM suppressed WHERE hash = ?", bind: { $0.bind(1, hash) },
            row: { _ in true }) ?? false
    }
}

extension SQLiteTransaction {
    func redact(device: RecordID, number: UInt64, chain: ChainHash, rest: [UInt8]) throws {
        let statement = try database.prepared(
            "UPDATE journal SET bytes = ?, redacted = 1 WHERE device = ? AND number = ?")
        statement.bind(1, JournalEntry.redacted(chain, rest: rest))
        statement.bind(2, device)
        statement.bind(3, number)
        try statement.run()
    }

    func dropExpected(_ record: RecordID) throws {
        let statement = try database.prepared("DELETE FROM expected WHERE record = ?")
        statement.bind(1, record)
        try statement.run()
    }

    func append(_ erasure: ErasureNote) throws -> Int64 {
        let statement = try database.prepared(
            "INSERT INTO erasure(at, actor, customer) VALUES (?, ?, ?)")
        statement.bind(1, erasure.at.milliseconds)
        statement.bind(2, erasure.actor)
        statement.bind(3, erasure.customer)
        try statement.run()
        return database.lastInsertedRowID
    }

    func wash(upTo erasure: Int64) throws {
        let statement = try database.prepared("UPDATE erasure SET washed = 1 WHERE n <= ?")
        statement.bind(1, erasure)
        try statement.run()
    }

    func bury(_ record: RecordID, by erasure: Int64) throws {
        let statement = try database.prepared(
            "INSERT OR IGNORE INTO tombstone(record, erasure) VALUES (?, ?)")
        statement.bind(1, record)
        statement.bind(2, erasure)
        try statement.run()
    }

    func bury(_ record: RecordID, under erased: RecordID) throws {
        let statement = try database.prepared(
            """
            INSERT OR IGNORE INTO tombstone(record, erasure, unmade)
            VALUES (?, (SELECT erasure FROM tombstone WHERE record = ?), 1)
            """)
        statement.bind(1, record)
        statement.bind(2, erased)
        try statement.run()
    }

    func ask(_ device: RecordID, about records: [RecordID]) throws {
        for record in records {
            let statement = try database.prepared(
                "INSERT OR REPLACE INTO due(device, record, confirmed) VALUES (?, ?, 0)")
            statement.bind(1, device)
            statement.bind(2, record)
            try statement.run()
        }
    }

    func confirm(_ device: RecordID, _ records: [RecordID]) throws {
        for record in records {
            let statement = try database.prepared(
                "UPDATE due SET confirmed = 1 WHERE device = ? AND record = ?")
            statement.bind(1, device)
            statement.bind(2, record)
            try statement.run()
        }
    }

    func suppress(_ hash: [UInt8]) throws {
        let statement = try database.prepared("INSERT OR IGNORE INTO suppressed(hash) VALUES (?)")
        statement.bind(1, hash)
        try statement.run()
    }
}
