internal import Foundation
internal import GRDB
package import RondaModel
internal import RondaSQLite
package import RondaStore

/// The central store in one SQLite file.
package final class SQLiteStore: CentralStore {
    package static let fileName = "hub.sqlite"
    /// The format this code reads and writes; kept in `PRAGMA user_version`.
    private static let format = 1
    /// "Rnda", kept in `PRAGMA application_id`, so that a stranger's database is told apart.
    private static let applicationID = 0x526e_6461

    private let pool: DatabasePool
    private let schema: Schema

    private init(pool: DatabasePool, schema: Schema) {
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
                try database.execute(sql: Self.tables)
                try database.execute(
                    sql: "INSERT INTO hub(id, epoch) VALUES (?, ?)",
                    arguments: [Data(hub.id.bytes), Int64(bitPattern: hub.epoch)])
                try database.execute(
                    sql: """
                        PRAGMA application_id = \(applicationID); PRAGMA user_version = \(format)
                        """)
            }
            return SQLiteStore(pool: pool, schema: schema)
        }
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
            return SQLiteStore(pool: pool, schema: schema)
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

    /// Moves what the write-ahead log holds into the main file. For tests and measurements.
    package func checkpoint() async throws {
        _ = try await pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    }

    private static let tables = """
        CREATE TABLE hub(id BLOB NOT NULL, epoch INTEGER NOT NULL);
        CREATE TABLE scope(
            number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, seq INTEGER NOT NULL);
        CREATE TABLE record(
            id BLOB NOT NULL PRIMARY KEY, entity INTEGER NOT NULL, creator BLOB NOT NULL,
            version INTEGER NOT NULL, plain INTEGER NOT NULL, conflicts INTEGER NOT NULL,
            shown BLOB NOT NULL, meta BLOB NOT NULL);
        CREATE INDEX record_entity ON record(entity, id);
        CREATE INDEX record_conflicts ON record(id) WHERE conflicts > 0;
        -- Where each record stands in each scope's stream. The record's own row holds the same in
        -- its meta column, so that a writer need not look it up.
        CREATE TABLE placement(
            scope INTEGER NOT NULL, seq INTEGER NOT NULL, record BLOB NOT NULL,
            PRIMARY KEY (scope, seq, record)) WITHOUT ROWID;
        CREATE TABLE journal(
            device BLOB NOT NULL, number INTEGER NOT NULL, author BLOB NOT NULL,
            received_at INTEGER NOT NULL, outcome INTEGER NOT NULL, bytes BLOB NOT NULL,
            verdict BLOB NOT NULL, PRIMARY KEY (device, number)) WITHOUT ROWID;
        CREATE TABLE account(
            id BLOB NOT NULL PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
            role TEXT NOT NULL, territories BLOB NOT NULL);
        CREATE TABLE device(
            id BLOB NOT NULL PRIMARY KEY, account BLOB NOT NULL, name TEXT NOT NULL,
            secret_hash BLOB NOT NULL, last_number INTEGER NOT NULL, chain BLOB NOT NULL,
            last_seen INTEGER);
        CREATE UNIQUE INDEX device_secret ON device(secret_hash) WHERE length(secret_hash) > 0;
        CREATE TABLE code(
            hash BLOB NOT NULL PRIMARY KEY, account BLOB NOT NULL, expires_at INTEGER NOT NULL,
            device BLOB);
        """
}
