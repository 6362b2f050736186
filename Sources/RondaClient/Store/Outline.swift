internal import GRDB
package import RondaModel
internal import RondaSQLite

/// A record that is here in outline only.
package struct RecordOutline: Sendable, Hashable {
    package let record: RecordID
    package let entity: EntityID
    package var version: UInt64
    package var customers: [RecordID]
    package var day: Int32?
    package var isDeleted = false
    /// It must come whole whatever room there is: it was changed since, or something of it is shown.
    package var isDue = false

    var recency: Recency { Recency(day: day, version: version, record: record) }
}

/// What the device knows of records that it does not have whole: that they are there, whose they are and
/// how recent (SPEC §4.4). Where they stand, and with which version they count, says `Standing`, as of
/// any record.
struct Outline {
    let database: Database

    // A record that shows no day sorts after all days: it is of no time, like a referral.
    static let creation = """
        CREATE TABLE outline(
            record BLOB NOT NULL PRIMARY KEY, entity INTEGER NOT NULL, version INTEGER NOT NULL,
            customers BLOB NOT NULL, day INTEGER NOT NULL, deleted INTEGER NOT NULL,
            due INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX outline_recent ON outline(day, version, record) WHERE deleted = 0;
        CREATE INDEX outline_customers ON outline(customers);
        CREATE INDEX outline_shared ON outline(record) WHERE length(customers) > 16;
        CREATE INDEX outline_due ON outline(record) WHERE due = 1;

        """

    private static let columns = "record, entity, version, customers, day, deleted, due"
    private static let noDay = Int64(Int32.max) + 1

    private func entries(
        _ condition: String, _ bind: (Prepared) -> Void = { _ in }
    ) throws -> [RecordOutline] {
        let statement = try database.prepared("SELECT \(Self.columns) FROM outline \(condition)")
        bind(statement)
        defer { statement.reset() }
        var entries: [RecordOutline] = []
        while try statement.step() {
            let day = statement.int64(4)
            entries.append(
                RecordOutline(
                    record: statement.id(0),
                    entity: EntityID(rawValue: UInt32(clamping: statement.int64(1))),
                    version: statement.uint64(2), customers: Self.ids(statement.bytes(3)),
                    day: day == Self.noDay ? nil : Int32(clamping: day),
                    isDeleted: statement.int64(5) != 0, isDue: statement.int64(6) != 0))
        }
        return entries
    }

    private static func ids(_ bytes: [UInt8]) -> [RecordID] {
        stride(from: 0, to: bytes.count - 15, by: 16)
            .compactMap { RecordID(bytes: bytes[$0..<$0 + 16]) }
    }

    var isEmpty: Bool {
        get throws {
            let statement = try database.prepared("SELECT 1 FROM outline LIMIT 1")
            defer { statement.reset() }
            return try !statement.step()
        }
    }

    func entry(_ record: RecordID) throws -> RecordOutline? {
        try entries("WHERE record = ?") { $0.bind(1, record) }.first
    }

    func put(_ entry: RecordOutline) throws {
        let statement = try database.prepared(
            "INSERT OR REPLACE INTO outline(\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?)")
        statement.bind(1, entry.record)
        statement.bind(2, Int64(entry.entity.rawValue))
        statement.bind(3, entry.version)
        statement.bind(4, entry.customers.flatMap(\.bytes))
        statement.bind(5, entry.day.map(Int64.init) ?? Self.noDay)
        statement.bind(6, Int64(entry.isDeleted ? 1 : 0))
        statement.bind(7, Int64(entry.isDue ? 1 : 0))
        try statement.run()
    }

    /// - Returns: whether it was there.
    @discardableResult
    func remove(_ record: RecordID) throws -> Bool {
        let statement = try database.prepared("DELETE FROM outline WHERE record = ?")
        statement.bind(1, record)
        try statement.run()
        return database.changesCount == 1
    }

    /// Somebody needs this record whole, if it is here in outline.
    func need(_ record: RecordID) throws {
        let statement = try database.prepared("UPDATE outline SET due = 1 WHERE record = ?")
        statement.bind(1, record)
        try statement.run()
    }

    func all() throws -> [RecordOutline] { try entries("ORDER BY record") }

    // MARK: What is asked for

    /// Those that must come whole, in order of id.
    func due() throws -> [RecordOutline] { try entries("WHERE due = 1 ORDER BY record") }

    /// The live ones, the most recent first, at most so many.
    func recent(limit: Int) throws -> [RecordOutline] {
        try entries(
            "WHERE deleted = 0 ORDER BY day DESC, version DESC, record DESC LIMIT ?"
        ) { $0.bind(1, Int64(limit)) }
    }

    /// The live ones under any of these customers, the most recent first.
    func of(_ customers: [RecordID]) throws -> [RecordOutline] {
        let own = try customers.flatMap { customer in
            try entries("WHERE customers = ? AND deleted = 0") { $0.bind(1, customer.bytes) }
        }
        let shared = try entries("WHERE length(customers) > 16 AND deleted = 0")
            .filter { !Set($0.customers).isDisjoint(with: customers) }
        return (own + shared).sorted { $0.recency > $1.recency }
    }

    /// How many live records of each kind are here in outline only.
    func counts() throws -> [EntityID: Int] {
        let statement = try database.prepared(
            "SELECT entity, count(*) FROM outline WHERE deleted = 0 GROUP BY entity")
        defer { statement.reset() }
        var counts: [EntityID: Int] = [:]
        while try statement.step() {
            let entity = EntityID(rawValue: UInt32(clamping: statement.int64(0)))
            counts[entity] = Int(statement.int64(1))
        }
        // Of some there is a row, though not the present one.
        for entry in try due() where !entry.isDeleted {
            if try RowWriter(database: database).head(entry.entity, entry.record) != nil {
                counts[entry.entity, default: 0] -= 1
            }
        }
        return counts.filter { $0.value > 0 }
    }
}

extension LocalReader {
    /// What is here in outline, in order of id.
    package func outlines() throws -> [RecordOutline] { try Outline(database: database).all() }
}
