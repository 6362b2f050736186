internal import Foundation
internal import GRDB
internal import RondaModel
internal import RondaSQLite
internal import RondaWire

/// People who asked to be erased: what the store does so that nothing of them is left on it, and how
/// the hub is told (SPEC §4.14).
struct Erased {
    let database: Database

    static let creation = """
        -- The records that are known to be erased.
        CREATE TABLE erased(record BLOB NOT NULL PRIMARY KEY) WITHOUT ROWID;
        -- Those of which the hub asked, as each identity, whether nothing is left.
        CREATE TABLE erased_asked(
            identity INTEGER NOT NULL, record BLOB NOT NULL,
            PRIMARY KEY (identity, record)) WITHOUT ROWID;

        """

    private func ids(_ sql: String, _ identity: Int64? = nil) throws -> [RecordID] {
        let statement = try database.prepared(sql)
        if let identity { statement.bind(1, identity) }
        defer { statement.reset() }
        var ids: [RecordID] = []
        while try statement.step() { ids.append(statement.id(0)) }
        return ids
    }

    func all() throws -> Set<RecordID> { Set(try ids("SELECT record FROM erased")) }

    /// - Returns: those that were not known.
    func learn(_ records: [RecordID]) throws -> [RecordID] {
        try records.filter { record in
            let insert = try database.prepared("INSERT OR IGNORE INTO erased(record) VALUES (?)")
            insert.bind(1, record)
            try insert.run()
            return database.changesCount == 1
        }
    }

    /// What the hub asks of one identity from now on.
    /// - Returns: whether it asks about anything that it did not before.
    func setAsked(_ records: [RecordID], of identity: Int64) throws -> Bool {
        let before = try asked(of: identity)
        if records == before { return false }
        let delete = try database.prepared("DELETE FROM erased_asked WHERE identity = ?")
        delete.bind(1, identity)
        try delete.run()
        try ask(records, of: identity)
        return !Set(records).isSubset(of: before)
    }

    /// The hub may ask one identity of these, too.
    func ask(_ records: [RecordID], of identity: Int64) throws {
        for record in records {
            let insert = try database.prepared(
                "INSERT OR IGNORE INTO erased_asked(identity, record) VALUES (?, ?)")
            insert.bind(1, identity)
            insert.bind(2, record)
            try insert.run()
        }
    }

    private func asked(of identity: Int64) throws -> [RecordID] {
        try ids("SELECT record FROM erased_asked WHERE identity = ? ORDER BY record", identity)
    }

    /// The records that the hub asks of and of which neither a row nor content of a commit is left.
    func gone(askedOf identity: Int64) throws -> [RecordID] {
        let asked = try asked(of: identity)
        if try asked.isEmpty || isUnwashed() { return [] }
        let held = try Outbox(database: database).named()
        let outline = Outline(database: database)
        return try asked.filter {
            try !held.contains($0) && tables(holding: $0).isEmpty && outline.entry($0) == nil
        }
    }

    private func tables(holding record: RecordID) throws -> [EntitySchema] {
        try Schema.current.entities.filter { entity in
            let table = try LocalReader.table(entity.id)
            let statement = try database.prepared("SELECT 1 FROM \(table.name) WHERE id = ?")
            statement.bind(1, record)
            defer { statement.reset() }
            return try statement.step()
        }
    }

    /// Removes the rows of these records, with all that was kept beside them.
    /// - Returns: the kinds of what there was.
    func removeRows(_ records: [RecordID]) throws -> [EntityID] {
        var touched: [EntityID] = []
        let writer = RowWriter(database: database)
        let outline = Outline(database: database)
        for record in records {
            if let entry = try outline.entry(record) {
                try outline.remove(record)
                touched.append(entry.entity)
            }
            for entity in try tables(holding: record) {
                try writer.remove(entity, record)
                touched.append(entity.id)
            }
        }
        return touched
    }

    /// Whether the write-ahead log may hold what the tables do not any more.
    func isUnwashed() throws -> Bool {
        try Facts(database: database).number(.unwashed) != nil
    }

    func noteUnwashed() throws { try Facts(database: database).set(.unwashed, number: 1) }
}

// MARK: - The write-ahead log

extension LocalStore {
    /// Cuts off the write-ahead log where it may hold something of a person who was erased. While
    /// somebody reads what the log has, that fails: nothing is confirmed then, and it is tried again
    /// with the next request.
    func wash() async throws(ClientError) {
        do {
            guard try await pool.reading({ try Erased(database: $0).isUnwashed() }) else { return }
            try await pool.writeWithoutTransaction { database in
                do throws(StoreError) {
                    try database.cutLog()
                } catch  where error.code == .inUse {
                    return
                }
                try Facts(database: database).remove(.unwashed)
            }
        } catch {
            throw .store(error, path: path)
        }
    }
}

// MARK: - Commits

extension Outbox {
    /// Every record that content of a commit changes or names.
    func named() throws -> Set<RecordID> {
        var named: Set<RecordID> = []
        let statement = try database.prepared("SELECT \(Self.entryColumns) FROM outbox")
        defer { statement.reset() }
        while try statement.step() {
            for change in try entry(statement).commit.changes { named.formUnion(change.named) }
        }
        return named
    }

    /// Takes the content from every commit that has its verdict and changes or names one of these.
    /// - Returns: how many there were.
    func redactSettled(naming erased: Set<RecordID>) throws -> Int {
        let statement = try database.prepared(
            "SELECT \(Self.entryColumns) FROM outbox WHERE state IN (1, 2, 3)")
        var found: [Entry] = []
        while try statement.step() {
            let entry = try entry(statement)
            let isMeant = entry.commit.changes.contains { !$0.named.isDisjoint(with: erased) }
            if isMeant { found.append(entry) }
        }
        statement.reset()
        for entry in found { try redact(entry, erased) }
        return found.count
    }

    /// What is left is when it was captured, its number, its chain hash and its verdict, and what
    /// concerns others: of a refused one it may be captured again, of any other the hub may lose it.
    func redact(_ entry: Entry, _ erased: Set<RecordID>) throws {
        var commit = entry.commit
        let left = commit.changes.enumerated().compactMap { index, change in
            change.without(erased).map { (index, $0) }
        }
        commit.changes = left.map(\.1)
        let statement = try database.prepared(
            "UPDATE outbox SET bytes = ?, redacted = 1 WHERE n = ?")
        statement.bind(1, commit.packed)
        statement.bind(2, entry.n)
        try statement.run()
        try keepVersions(of: left.map(\.0), in: entry.n)
    }

    /// What was lost with the hub's history and what has lost part of its content cannot be offered
    /// as it was: its number is nobody's, and the chain is cut there. What is left of it is to be
    /// offered as a commit of its own.
    func offerRest(after number: UInt64, of identity: Int64) throws -> [Rewound] {
        let statement = try database.prepared(
            """
            SELECT \(Self.entryColumns), verdict FROM outbox
            WHERE identity = ? AND number > ? AND redacted = 1 AND state IN (1, 2) ORDER BY n
            """)
        statement.bind(1, identity)
        statement.bind(2, Int64(clamping: number))
        var rest: [Rewound] = []
        while try statement.step() {
            let entry = try entry(statement)
            guard !entry.commit.changes.isEmpty,
                let verdict = try Self.unpack(statement.bytes(6))
            else { continue }
            rest.append(Rewound(entry: entry, verdict: verdict))
        }
        statement.reset()
        try forgetNumbers(after: number, of: identity)
        for one in rest {
            let update = try database.prepared(
                "UPDATE outbox SET state = 0, redacted = 0, given = ?, identity = ? WHERE n = ?")
            update.bind(1, try one.packedGiven())
            update.bind(2, try self.identity())
            update.bind(3, one.entry.n)
            try update.run()
        }
        try goBack(to: rest.first?.entry.n)
        return rest
    }

    /// What has no content any more cannot be offered again: its number is nobody's.
    func forgetNumbers(after number: UInt64, of identity: Int64) throws {
        let statement = try database.prepared(
            """
            UPDATE outbox SET number = NULL, chain = NULL
            WHERE identity = ? AND number > ? AND redacted = 1
            """)
        statement.bind(1, identity)
        statement.bind(2, Int64(clamping: number))
        try statement.run()
    }
}

extension Commit {
    /// What a refusal as erased says: the records that are, or never came to be because of it.
    func erased(by refusal: Refusal) -> [RecordID] {
        guard refusal.code == .erased, let record = refusal.record,
            let change = changes.first(where: { $0.record == record })
        else { return [] }
        if refusal.field == 0 { return [record] }
        let set = change.sets.first { $0.number == refusal.field }?.value
        guard case .ref(let id)? = set else { return [] }
        return change.base == 0 ? [id, record] : [id]
    }
}
