internal import Foundation
internal import GRDB
internal import RondaModel
internal import RondaSQLite

/// Which records the hub has told of in each scope, at which version: what a comparison with the hub
/// is made over, and what shows that a record is gone when a scope is read anew.
struct Standing {
    let database: Database

    // Version 0 is a deleted record, which no sum counts. A negative scope is one that is being read
    // anew: what is still there when the reading is over, the hub does not have.
    static let creation = """
        CREATE TABLE standing(
            scope INTEGER NOT NULL, record BLOB NOT NULL, entity INTEGER NOT NULL,
            version INTEGER NOT NULL, PRIMARY KEY (scope, record)) WITHOUT ROWID;

        """

    /// Notes what a delta told.
    /// - Returns: by how much the sum of the scope grows.
    func note(
        _ record: RecordID, entity: EntityID, version: UInt64, isLive: Bool, in scope: UInt32
    ) throws -> UInt64 {
        let standing = isLive ? version : 0
        let gain = standing == 0 ? 0 : Checksum.of(record, version: standing)
        let insert = try database.prepared(
            "INSERT OR IGNORE INTO standing(scope, record, entity, version) VALUES (?, ?, ?, ?)")
        insert.bind(1, Int64(scope))
        insert.bind(2, record)
        insert.bind(3, Int64(entity.rawValue))
        insert.bind(4, standing)
        try insert.run()
        if database.changesCount == 1 { return gain }
        let before = try self.version(of: record, in: scope)
        let update = try database.prepared(
            "UPDATE standing SET version = ? WHERE scope = ? AND record = ?")
        update.bind(1, standing)
        update.bind(2, Int64(scope))
        update.bind(3, record)
        try update.run()
        return before == 0 ? gain : gain &- Checksum.of(record, version: before)
    }

    private func version(of record: RecordID, in scope: UInt32) throws -> UInt64 {
        let statement = try database.prepared(
            "SELECT version FROM standing WHERE scope = ? AND record = ?")
        statement.bind(1, Int64(scope))
        statement.bind(2, record)
        defer { statement.reset() }
        return try statement.step() ? statement.uint64(0) : 0
    }

    func entity(of record: RecordID, in scope: UInt32) throws -> EntityID? {
        let statement = try database.prepared(
            "SELECT entity FROM standing WHERE scope = ? AND record = ?")
        statement.bind(1, Int64(scope))
        statement.bind(2, record)
        defer { statement.reset() }
        return try statement.step() ? EntityID(rawValue: UInt32(clamping: statement.int64(0))) : nil
    }

    /// Takes a record out of a scope.
    /// - Returns: by how much the sum of the scope grows.
    func leave(_ record: RecordID, _ scope: UInt32) throws -> UInt64 {
        let version = try version(of: record, in: scope)
        _ = try remove(record, from: scope)
        return version == 0 ? 0 : 0 &- Checksum.of(record, version: version)
    }

    // The table is in order of scope, and there are few: looking into each takes a few steps, where asking
    // for the record alone would read the whole table.
    private static let eachScope = """
        WITH RECURSIVE each(scope) AS (
            SELECT min(scope) FROM standing WHERE scope > ?2 UNION ALL
            SELECT (SELECT min(scope) FROM standing WHERE scope > each.scope) FROM each
            WHERE each.scope IS NOT NULL)
        SELECT each.scope, version FROM each
        CROSS JOIN standing ON standing.scope = each.scope AND standing.record = ?1
        """

    /// What the lowest scope above this one that satisfies a condition has of the record.
    private func first(
        _ record: RecordID, above scope: Int64 = 0, where condition: String = "1",
        order: String = ""
    ) throws -> Int64? {
        let statement = try database.prepared(
            "\(Self.eachScope) WHERE \(condition) \(order) LIMIT 1")
        statement.bind(1, record)
        statement.bind(2, scope)
        defer { statement.reset() }
        return try statement.step() ? statement.int64(0) : nil
    }

    /// Whether the hub has told last, in some scope, that the record exists.
    func isLive(_ record: RecordID) throws -> Bool {
        try first(record, where: "version > 0") != nil
    }

    func isNowhere(_ record: RecordID) throws -> Bool { try first(record) == nil }

    /// A scope in which the hub has told of the record, and tells of it again when asked.
    func scope(of record: RecordID) throws -> UInt32? {
        try first(record).map { UInt32(clamping: $0) }
    }

    /// As what and at which version the hub has told of a live record, in some scope.
    func place(of record: RecordID) throws -> (entity: EntityID, version: UInt64)? {
        guard let scope = try scope(of: record), let entity = try entity(of: record, in: scope)
        else { return nil }
        let version = try version(of: record, in: scope)
        return version == 0 ? nil : (entity, version)
    }

    /// A scope, or all of them, is read anew from the start.
    func doubt(scope: UInt32? = nil) throws {
        let statement = try database.prepared(
            """
            UPDATE OR REPLACE standing SET scope = -scope
            WHERE scope \(scope == nil ? "> 0" : "= ?")
            """)
        if let scope { statement.bind(1, Int64(scope)) }
        try statement.run()
    }

    /// For doubts about one record that are not about a scope.
    private static let noScope: Int64 = -1 << 33
    /// For what no stream told to the end of a sync, and own work keeps.
    private static let keptScope: Int64 = -1 << 34

    /// Whether the record stood in a scope that is being read anew, and was told in none since: what a
    /// delta says of it is all there is.
    func isForgotten(_ record: RecordID) throws -> Bool {
        let last = try first(
            record, above: .min, where: "each.scope <> \(Self.noScope)",
            order: "ORDER BY each.scope DESC")
        return last.map { $0 < 0 } ?? false
    }

    /// The hub does not have this record.
    func doubt(_ record: RecordID, entity: EntityID) throws {
        try doubt(record, entity: entity, as: Self.noScope)
    }

    private func doubt(_ record: RecordID, entity: EntityID, as scope: Int64) throws {
        let statement = try database.prepared(
            """
            INSERT OR REPLACE INTO standing(scope, record, entity, version) VALUES (?, ?, ?, 0)
            """)
        statement.bind(1, scope)
        statement.bind(2, record)
        statement.bind(3, Int64(entity.rawValue))
        try statement.run()
    }

    /// The records that were not told again, anywhere.
    func doubtful() throws -> [(record: RecordID, entity: EntityID)] {
        let statement = try database.prepared(
            """
            SELECT record, entity FROM standing WHERE scope < 0 GROUP BY record
            """)
        defer { statement.reset() }
        var records: [(RecordID, EntityID)] = []
        while try statement.step() {
            records.append(
                (statement.id(0), EntityID(rawValue: UInt32(clamping: statement.int64(1)))))
        }
        return try records.filter { try isNowhere($0.0) }
    }

    /// Forgets the doubts about everything but these records.
    func settleDoubts(except kept: Set<RecordID>) throws {
        let entities = try doubtful().filter { kept.contains($0.record) }
        try database.execute(sql: "DELETE FROM standing WHERE scope < 0")
        for (record, entity) in entities {
            try doubt(record, entity: entity, as: Self.keptScope)
        }
    }

    var hasDoubts: Bool {
        get throws {
            let statement = try database.prepared("SELECT 1 FROM standing WHERE scope < 0 LIMIT 1")
            defer { statement.reset() }
            return try statement.step()
        }
    }

    /// The live records of a scope whose id lies within the bounds, in order of id.
    func records(
        in scope: UInt32, _ range: ClosedRange<RecordID>
    ) throws -> [(record: RecordID, version: UInt64)] {
        let statement = try database.prepared(
            """
            SELECT record, version FROM standing
            WHERE scope = ? AND record BETWEEN ? AND ? AND version > 0 ORDER BY record
            """)
        statement.bind(1, Int64(scope))
        statement.bind(2, range.lowerBound)
        statement.bind(3, range.upperBound)
        defer { statement.reset() }
        var records: [(RecordID, UInt64)] = []
        while try statement.step() { records.append((statement.id(0), statement.uint64(1))) }
        return records
    }

    /// Takes a record out of a scope.
    /// - Returns: whether it stands in no other.
    func remove(_ record: RecordID, from scope: UInt32) throws -> Bool {
        let statement = try database.prepared(
            "DELETE FROM standing WHERE scope = ? AND record = ?")
        statement.bind(1, Int64(scope))
        statement.bind(2, record)
        try statement.run()
        return try isNowhere(record)
    }

    // MARK: Sums

    func sum(of scope: UInt32) throws -> UInt64 {
        let statement = try database.prepared("SELECT sum FROM cursor WHERE scope = ?")
        statement.bind(1, Int64(scope))
        defer { statement.reset() }
        return try statement.step() ? statement.uint64(0) : 0
    }

    func grow(_ scope: UInt32, by gained: UInt64) throws {
        if gained != 0 { try set(sum: try sum(of: scope) &+ gained, of: scope) }
    }

    private func set(sum: UInt64, of scope: UInt32) throws {
        let statement = try database.prepared("UPDATE cursor SET sum = ? WHERE scope = ?")
        statement.bind(1, sum)
        statement.bind(2, Int64(scope))
        try statement.run()
    }

    /// Adds up a scope anew, as it stands.
    func recount(_ scope: UInt32) throws {
        let all = try records(in: scope, RecordID.zero.range(bits: 0))
        try set(
            sum: all.reduce(0) { $0 &+ Checksum.of($1.record, version: $1.version) }, of: scope)
    }
}
