internal import Foundation
package import GRDB
package import RondaModel
internal import RondaSQLite
package import RondaStore

/// The central store in one SQLite file.
package final class SQLiteStore: CentralStore {
    package static let fileName = "hub.sqlite"
    /// The format this code reads and writes; kept in `PRAGMA user_version`.
    static let format = 3
    /// "Rnda", kept in `PRAGMA application_id`, so that a stranger's database is told apart.
    static let applicationID = 0x526e_6461

    private let pool: any DatabaseWriter
    private let schema: Schema

    init(pool: any DatabaseWriter, schema: Schema) {
        self.pool = pool
        self.schema = schema
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
            let pool = try DatabasePool.ronda(path: path, label: "hub")
            try pool.write { database in
                // A file without tables is left from a making that was cut short.
                let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master")
                guard tables == 0 else { throw StoreError(.alreadyThere, path) }
                try Self.fill(database, hub: hub)
            }
            return SQLiteStore(pool: pool, schema: schema)
        }
    }

    private static func fill(_ database: Database, hub: HubIdentity) throws {
        try database.execute(sql: tables)
        try database.execute(sql: securityTables)
        try database.execute(
            sql: "INSERT INTO hub(id, epoch, generation, key) VALUES (?, ?, ?, ?)",
            arguments: [
                Data(hub.id.bytes), Int64(bitPattern: hub.epoch),
                Int64(bitPattern: hub.generation), Data(hub.key),
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
            try queue.write { try fill($0, hub: hub) }
            return SQLiteStore(pool: queue, schema: schema)
        }
    }

    /// The same content in memory, read by another schema if that is given.
    package func copy(schema: Schema? = nil) throws(StoreError) -> SQLiteStore {
        let schema = schema ?? self.schema
        return try StoreError.mapping {
            let queue = try DatabaseQueue()
            try pool.backup(to: queue)
            return SQLiteStore(pool: queue, schema: schema)
        }
    }

    /// Runs `body` on the connection that writes. For fault injection.
    package func withWriter<Result>(_ body: (Database) throws -> Result) rethrows -> Result {
        try pool.unsafeReentrantWrite(body)
    }

    /// Opens the store in `directory`.
    package static func open(
        in directory: String, schema: Schema = .current
    ) throws(StoreError) -> SQLiteStore {
        let path = directory + "/" + fileName
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(.notFound, path)
        }
        return try StoreError.mapping {
            try StoreFile.check(path: path, applicationID: applicationID, format: format)
            let pool = try DatabasePool.ronda(path: path, label: "hub")
            let (owner, version) = try pool.read { database in
                (
                    try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0,
                    try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
                )
            }
            guard owner == applicationID else { throw StoreError(.damaged, "not a Ronda store") }
            guard version <= format else { throw StoreError(.newerFormat, "format \(version)") }
            if version < format { try Self.upgrade(pool, from: version, schema: schema) }
            return SQLiteStore(pool: pool, schema: schema)
        }
    }

    /// Brings a store of an earlier format to the present one, in one transaction.
    static func upgrade(
        _ pool: some DatabaseWriter, from version: Int, schema: Schema
    ) throws {
        try pool.write { database in
            if version < 2 { try upgradeFirst(database, schema: schema) }
            try database.execute(sql: securityTables)
            try database.execute(sql: "PRAGMA user_version = \(format)")
        }
    }

    /// Brings a store of the first format to the second.
    private static func upgradeFirst(_ database: Database, schema: Schema) throws {
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
            sql: "INSERT INTO hub SELECT id, epoch, 0, ?, 0 FROM old_hub",
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
        let transaction = SQLiteTransaction(database: database, schema: schema)
        for entity in schema.entities {
            try transaction.records(of: entity.id) { try transaction.adopt($0) }
        }
        try transaction.finish()
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
            return try await pool.read { database in
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
                try await pool.read { try body(SQLiteTransaction(database: $0, schema: schema)) }
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

    /// Moves what the write-ahead log holds into the main file.
    package func checkpoint() async throws {
        _ = try await pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    }

    private static let tables = """
        CREATE TABLE hub(
            id BLOB NOT NULL, epoch INTEGER NOT NULL, generation INTEGER NOT NULL, key BLOB NOT NULL,
            renewed INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE scope(
            number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, seq INTEGER NOT NULL,
            floor INTEGER NOT NULL DEFAULT 0, sum INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE record(
            id BLOB NOT NULL PRIMARY KEY, entity INTEGER NOT NULL, creator BLOB NOT NULL,
            version INTEGER NOT NULL, plain INTEGER NOT NULL, conflicts INTEGER NOT NULL,
            shown BLOB NOT NULL, meta BLOB NOT NULL, deleted INTEGER NOT NULL DEFAULT 0);
        CREATE INDEX IF NOT EXISTS record_entity ON record(entity, id);
        CREATE INDEX IF NOT EXISTS record_conflicts ON record(id) WHERE conflicts > 0;
        -- Where each record stands in each scope's stream. The record's own row holds the same in
        -- its meta column, so that a writer need not look it up.
        CREATE TABLE placement(
            scope INTEGER NOT NULL, seq INTEGER NOT NULL, record BLOB NOT NULL,
            PRIMARY KEY (scope, seq, record)) WITHOUT ROWID;
        CREATE TABLE journal(
            device BLOB NOT NULL, number INTEGER NOT NULL, author BLOB NOT NULL,
            received_at INTEGER NOT NULL, outcome INTEGER NOT NULL, bytes BLOB NOT NULL,
            verdict BLOB NOT NULL, PRIMARY KEY (device, number)) WITHOUT ROWID;
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
            role TEXT NOT NULL, territories BLOB NOT NULL);
        CREATE TABLE device(
            id BLOB NOT NULL PRIMARY KEY, account BLOB NOT NULL, name TEXT NOT NULL,
            secret_hash BLOB NOT NULL, last_number INTEGER NOT NULL, chain BLOB NOT NULL,
            last_seen INTEGER, epoch INTEGER NOT NULL DEFAULT 0, complete_to INTEGER,
            covered INTEGER NOT NULL DEFAULT 0, copies INTEGER NOT NULL DEFAULT 0,
            queued INTEGER NOT NULL DEFAULT 0);
        CREATE UNIQUE INDEX IF NOT EXISTS device_secret ON device(secret_hash) WHERE length(secret_hash) > 0;
        CREATE TABLE code(
            hash BLOB NOT NULL PRIMARY KEY, account BLOB NOT NULL, expires_at INTEGER NOT NULL,
            device BLOB);
        """
}
