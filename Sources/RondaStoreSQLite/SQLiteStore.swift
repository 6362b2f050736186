internal import Foundation
package import GRDB
internal import RondaMerge
package import RondaModel
package import RondaSQLite
package import RondaStore

/// The central store in one SQLite file.
package final class SQLiteStore: CentralStore {
    package static let fileName = "hub.sqlite"
    /// The format this code reads and writes; kept in `PRAGMA user_version`.
    static let format = 7
    /// "Rnda", kept in `PRAGMA application_id`, so that a stranger's database is told apart.
    static let applicationID = 0x526e_6461

    private let pool: any DatabaseWriter
    private let schema: Schema
    /// Held as long as the store is open, so that nobody puts another in its place meanwhile.
    private let lock: FileLock?

    init(pool: any DatabaseWriter, schema: Schema, lock: FileLock? = nil) {
        self.pool = pool
        self.schema = schema
        self.lock = lock
    }

    /// Whoever has a store open holds this file's lock with others; who replaces the store, alone.
    package static func lock(
        directory: String, isShared: Bool
    ) throws(StoreError) -> FileLock {
        try FileLock(path: "\(directory)/hub.lock", isShared: isShared)
    }

    /// Makes a new store in `directory`, which must not hold one.
    package static func create(
        in directory: String, hub: HubIdentity, schema: Schema = .current
    ) throws(StoreError) -> SQLiteStore {
        let path = directory + "/" + fileName
        let exists = FileManager.default.fileExists(atPath: path)
        return try StoreError.mapping {
            do {
                try FileManager.default.createDirectory(
                    atPath: directory, withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
            } catch {
                throw StoreError(.readOnly, "cannot make \(directory)")
            }
            if exists {
                try StoreFile.check(
                    path: path, applicationID: applicationID, format: format, isNew: true)
            }
            let lock = try Self.lock(directory: directory, isShared: true)
            let pool = try DatabasePool.ronda(path: path, label: "hub")
            try pool.write { database in
                // A file without tables is left from a making that was cut short.
                let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master")
                guard tables == 0 else { throw StoreError(.alreadyThere, path) }
                try Self.fill(database, hub: hub, schema: schema)
            }
            return SQLiteStore(pool: pool, schema: schema, lock: lock)
        }
    }

    private static func fill(
        _ database: Database, hub: HubIdentity, schema: Schema
    ) throws {
        try database.execute(sql: tables)
        try database.execute(sql: securityTables)
        try database.execute(sql: erasureTables)
        try database.execute(sql: washing)
        try database.execute(sql: partTables)
        try database.execute(
            sql: "INSERT INTO hub(id, epoch, generation, key, part_rules) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                Data(hub.id.bytes), Int64(bitPattern: hub.epoch),
                Int64(bitPattern: hub.generation), Data(hub.key), schema.partRules,
            ])
        try database.execute(
            sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(format)")
    }

    /// A store that lives in memory, for the simulator and for tests.
    package static func inMemory(
        hub: HubIdentity, schema: Schema = .current
    ) throws(StoreError) -> SQLiteStore {
        try StoreError.mapping {
            let queue = try DatabaseQueue()
            try queue.write { try fill($0, hub: hub, schema: schema) }
            return SQLiteStore(pool: queue, schema: schema)
        }
    }

    /// The same content in memory, read by another schema if that is given.
    package func copy(schema: Schema? = nil) throws(StoreError) -> SQLiteStore {
        let schema = schema ?? self.schema
        return try StoreError.mapping {
            let queue = try DatabaseQueue()
            try pool.backup(to: queue)
            try queue.write { try Self.keepParts(in: $0, schema: schema) }
            return SQLiteStore(pool: queue, schema: schema)
        }
    }

    /// Runs `body` on the connection that writes. For fault injection.
    package func withWriter<Result>(_ body: (Database) throws -> Result) rethrows -> Result {
        try pool.unsafeReentrantWrite(body)
    }

    /// Throws when there is no store in `directory` that could be opened; touches nothing.
    package static func check(in directory: String) throws(StoreError) {
        let path = directory + "/" + fileName
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(.notFound, path)
        }
        try StoreFile.check(path: path, applicationID: applicationID, format: format)
    }

    /// Opens the store in `directory`.
    package static func open(
        in directory: String, schema: Schema = .current
    ) throws(StoreError) -> SQLiteStore {
        let path = directory + "/" + fileName
        return try StoreError.mapping {
            try check(in: directory)
            let lock = try Self.lock(directory: directory, isShared: true)
            let pool = try DatabasePool.ronda(path: path, label: "hub")
            let (owner, version) = try pool.read { database in
                (
                    try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0,
                    try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
                )
            }
            guard owner == applicationID else { throw StoreError(.damaged, "not a Ronda store") }
            guard version <= format else { throw StoreError(.newerFormat, "format \(version)") }
            if version < format {
                try pool.write { try Self.upgrade($0, schema: schema) }
            }
            // Another edition of the schema may say otherwise what is urgent.
            if try !pool.read({ try Self.partsAreCurrent($0, schema: schema) }) {
                try pool.write { try Self.keepParts(in: $0, schema: schema) }
            }
            return SQLiteStore(pool: pool, schema: schema, lock: lock)
        }
    }

    /// Brings a store of an earlier format to the present one, in one transaction.
    static func upgrade(_ database: Database, schema: Schema) throws {
        // Another process may have done it in between.
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard version < format else { return }
        if version < 2 { try renewTables(database) }
        if version < 3 { try addTerritories(to: database) }
        if version < 4 { try database.execute(sql: securityTables) }
        if version < 5 { try database.execute(sql: erasureTables) }
        if version < 6 { try database.execute(sql: washing) }
        try database.execute(sql: partTables)
        if version < 3 { try adopt(in: database, since: version, schema: schema) }
        if version == 3 { try keepStays(in: database, schema: schema) }
        try keepParts(in: database, schema: schema)
        try database.execute(sql: "PRAGMA user_version = \(format)")
    }

    /// What the third format added: who sees what, and where customers went.
    private static func addTerritories(to database: Database) throws {
        try database.execute(
            sql: tables.replacing("CREATE TABLE", with: "CREATE TABLE IF NOT EXISTS"))
        for (table, column, type) in [
            ("hub", "assignment", "INTEGER NOT NULL DEFAULT 0"),
            ("placement", "gone", "INTEGER"),
            ("account", "teams", "BLOB NOT NULL DEFAULT x''"),
            ("account", "stays", "BLOB NOT NULL DEFAULT x''"),
            ("device", "floor", "INTEGER NOT NULL DEFAULT 0"),
            ("journal", "floor", "INTEGER NOT NULL DEFAULT 0"),
        ] where try !database.columns(in: table).contains(where: { $0.name == column }) {
            try database.execute(sql: "ALTER TABLE \(table) ADD COLUMN \(column) \(type)")
        }
    }

    /// Derives what a store of an earlier format did not keep from what it did.
    private static func adopt(
        in database: Database, since version: Int, schema: Schema
    ) throws {
        let transaction = SQLiteTransaction(database: database, schema: schema)
        for entity in schema.entities {
            try transaction.records(of: entity.id) { record in
                if version < 2 { try transaction.adopt(record) }
                try transaction.adoptRoot(record)
            }
        }
        for var account in try transaction.accounts() {
            account.stays = (account.territories.sorted() + [account.id]).map { Stay(scope: $0) }
            try transaction.put(account)
        }
        try transaction.finish()
    }

    /// Of what may be under several customers the third format kept only that it had left a scope: it
    /// stood there until then, at most since it was made.
    private static func keepStays(in database: Database, schema: Schema) throws {
        let transaction = SQLiteTransaction(database: database, schema: schema)
        for entity in schema.entities where entity.keepsStays {
            var left: [StoredRecord] = []
            try transaction.records(of: entity.id) { record in
                if !record.departures.isEmpty { left.append(record) }
            }
            for before in left {
                var record = before
                record.stays += record.departures.compactMap { departure in
                    guard !before.stays.contains(where: { $0.scope == departure.scope }) else {
                        return nil
                    }
                    return Stay(
                        scope: departure.scope, from: before.born, until: departure.assignment)
                }
                if record != before { try transaction.put(record, replacing: before) }
            }
        }
        try transaction.finish()
    }

    /// The first format kept no key, no sums and nothing of restores.
    private static func renewTables(_ database: Database) throws {
        let old = ["hub", "scope", "record", "device"]
        for name in old {
            try database.execute(sql: "ALTER TABLE \(name) RENAME TO old_\(name)")
        }
        for index in ["record_entity", "record_conflicts", "device_secret"] {
            try database.execute(sql: "DROP INDEX \(index)")
        }
        try database.execute(
            sql: tables.replacing("CREATE TABLE", with: "CREATE TABLE IF NOT EXISTS"))
        var key = [UInt8](repeating: 0, count: 32)
        for index in key.indices { key[index] = .random(in: 0 ... .max) }
        try database.execute(
            sql: "INSERT INTO hub(id, epoch, generation, key) SELECT id, epoch, 0, ? FROM old_hub",
            arguments: [Data(key)])
        try database.execute(
            sql: """
                INSERT INTO scope(number, id, seq) SELECT number, id, seq FROM old_scope;
                INSERT INTO record(id, entity, creator, version, plain, conflicts, shown, meta)
                    SELECT id, entity, creator, version, plain, conflicts, shown, meta
                    FROM old_record;
                INSERT INTO device(id, account, name, secret_hash, last_number, chain, last_seen)
                    SELECT id, account, name, secret_hash, last_number, chain, last_seen
                    FROM old_device;
                """)
        for name in old { try database.execute(sql: "DROP TABLE old_\(name)") }
    }

    /// Writes a whole and consistent copy of the store to `path`, which must not exist, while
    /// others go on reading and writing.
    package func backUp(to path: String) async throws(StoreError) {
        do {
            guard !FileManager.default.fileExists(atPath: path) else {
                throw StoreError(.alreadyThere, path)
            }
            // https://sqlite.org/lang_vacuum.html#vacuuminto
            try await pool.writeWithoutTransaction {
                try $0.execute(sql: "VACUUM INTO ?", arguments: [path])
            }
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            try file.synchronize()
            try file.close()
        } catch {
            throw StoreError(error)
        }
    }

    /// What SQLite itself finds wrong with the file; empty when nothing is.
    package func integrityProblems() async throws(StoreError) -> [String] {
        do {
            return try await pool.reading { database in
                try String.fetchAll(database, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
            }
        } catch {
            throw StoreError(error)
        }
    }

    package func read<Result: Sendable>(
        _ body: @Sendable (any StoreReader) throws -> Result
    ) async throws -> Result {
        let schema = schema
        do {
            return try await withoutActuallyEscaping(body) { body in
                try await pool.reading { try body(SQLiteTransaction(database: $0, schema: schema)) }
            }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    package func write<Result: Sendable>(
        _ body: @Sendable (any StoreWriter) throws -> Result
    ) async throws -> Result {
        let schema = schema
        do {
            return try await withoutActuallyEscaping(body) { body in
                try await pool.write { database in
                    let transaction = SQLiteTransaction(database: database, schema: schema)
                    let result = try body(transaction)
                    try transaction.finish()
                    return result
                }
            }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    /// https://sqlite.org/pragma.html#pragma_data_version: on one connection, it changes with the
    /// commits of all others. Only one connection of this process writes, and it counts its own.
    package func writeMark() async throws -> WriteMark? {
        do {
            return try await pool.writeWithoutTransaction { database in
                WriteMark(
                    own: Int64(database.totalChangesCount),
                    foreign: try Int64.fetchOne(database, sql: "PRAGMA data_version") ?? 0)
            }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    /// Moves what the write-ahead log holds into the main file.
    package func checkpoint() async throws {
        try await pool.writeWithoutTransaction { try $0.cutLog() }
    }

    private static let tables = """
        CREATE TABLE hub(
            id BLOB NOT NULL, epoch INTEGER NOT NULL, generation INTEGER NOT NULL, key BLOB NOT NULL,
            renewed INTEGER NOT NULL DEFAULT 0, assignment INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE scope(
            number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, seq INTEGER NOT NULL,
            floor INTEGER NOT NULL DEFAULT 0, sum INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE record(
            id BLOB NOT NULL PRIMARY KEY, entity INTEGER NOT NULL, creator BLOB NOT NULL,
            version INTEGER NOT NULL, plain INTEGER NOT NULL, conflicts INTEGER NOT NULL,
            shown BLOB NOT NULL, meta BLOB NOT NULL, deleted INTEGER NOT NULL DEFAULT 0);
        CREATE INDEX IF NOT EXISTS record_entity ON record(entity, id);
        CREATE INDEX IF NOT EXISTS record_conflicts ON record(id) WHERE conflicts > 0;
        -- Where each record stands in each scope's stream, or where the stream says that it left
        -- (`gone`: by which change of who sees what). The record's own row holds the same in its meta
        -- column, so that a writer need not look it up.
        CREATE TABLE placement(
            scope INTEGER NOT NULL, seq INTEGER NOT NULL, record BLOB NOT NULL, gone INTEGER,
            PRIMARY KEY (scope, seq, record)) WITHOUT ROWID;
        -- The records that stand where a customer stands, because they are under it.
        CREATE TABLE root(
            customer BLOB NOT NULL, record BLOB NOT NULL,
            PRIMARY KEY (customer, record)) WITHOUT ROWID;
        CREATE TABLE journal(
            device BLOB NOT NULL, number INTEGER NOT NULL, author BLOB NOT NULL,
            received_at INTEGER NOT NULL, outcome INTEGER NOT NULL, bytes BLOB NOT NULL,
            verdict BLOB NOT NULL, floor INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (device, number)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS journal_refused ON journal(device, number) WHERE outcome = 5;
        CREATE TABLE waiting(
            device BLOB NOT NULL, number INTEGER NOT NULL, record BLOB NOT NULL,
            former BLOB NOT NULL, clock_offset INTEGER NOT NULL,
            PRIMARY KEY (device, number)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS waiting_record ON waiting(record);
        -- The records that a refused or waiting commit would have made.
        CREATE TABLE expected(
            record BLOB NOT NULL, device BLOB NOT NULL, number INTEGER NOT NULL,
            PRIMARY KEY (record, device, number)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS expected_commit ON expected(device, number);
        CREATE TABLE failure(
            device BLOB NOT NULL, number INTEGER NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (device, number)) WITHOUT ROWID;
        CREATE TABLE incident(
            n INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL,
            device BLOB NOT NULL, about INTEGER NOT NULL);
        CREATE TABLE account(
            id BLOB NOT NULL PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
            role TEXT NOT NULL, territories BLOB NOT NULL, teams BLOB NOT NULL DEFAULT x'',
            stays BLOB NOT NULL DEFAULT x'');
        CREATE TABLE team(
            id BLOB NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, territories BLOB NOT NULL,
            leaders BLOB NOT NULL);
        CREATE TABLE device(
            id BLOB NOT NULL PRIMARY KEY, account BLOB NOT NULL, name TEXT NOT NULL,
            secret_hash BLOB NOT NULL, last_number INTEGER NOT NULL, chain BLOB NOT NULL,
            last_seen INTEGER, epoch INTEGER NOT NULL DEFAULT 0, complete_to INTEGER,
            covered INTEGER NOT NULL DEFAULT 0, copies INTEGER NOT NULL DEFAULT 0,
            queued INTEGER NOT NULL DEFAULT 0, floor INTEGER NOT NULL DEFAULT 0);
        CREATE UNIQUE INDEX IF NOT EXISTS device_secret ON device(secret_hash) WHERE length(secret_hash) > 0;
        CREATE TABLE code(
            hash BLOB NOT NULL PRIMARY KEY, account BLOB NOT NULL, expires_at INTEGER NOT NULL,
            device BLOB);
        """
}
