internal import Foundation
package import GRDB
public import RondaModel
internal import RondaSQLite

/// A rep's records on this device: capture and read with no network, sync when there is one.
///
/// **Guarantees.** What `capture` returned for is on the disk, rows and outgoing commit together.
/// Nothing that was captured is deleted by any call of this library. Several processes may use one
/// store; one of them syncs at a time.
public final class LocalStore: Sendable {
    public static let fileName = "ronda.sqlite"
    private static let format = 6
    /// "RndD", kept in `PRAGMA application_id`.
    private static let applicationID = 0x526e_6444

    /// The directory that holds the store.
    public let directory: String
    let pool: any DatabaseWriter
    let surroundings: DeviceSurroundings
    let limits: Limits

    private init(
        directory: String, pool: any DatabaseWriter, surroundings: DeviceSurroundings,
        limits: Limits
    ) {
        self.directory = directory
        self.pool = pool
        self.surroundings = surroundings
        self.limits = limits
    }

    /// Opens the store in `directory`; makes it, and the directory, when `create` says so.
    /// - Throws: `ClientError` with code `notLoggedIn` when there is none, `store` when it cannot
    ///   be used; the file is then as it was.
    public static func open(
        at directory: String, create: Bool = false, surroundings: DeviceSurroundings = .system
    ) throws(ClientError) -> LocalStore {
        try open(at: directory, create: create, surroundings: surroundings, limits: Limits())
    }

    package static func open(
        at directory: String, create: Bool, surroundings: DeviceSurroundings, limits: Limits
    ) throws(ClientError) -> LocalStore {
        let path = directory + "/" + fileName
        do {
            if !FileManager.default.fileExists(atPath: path) {
                guard create else { throw StoreError(.notFound, path) }
                try makeDirectory(directory)
            } else {
                try StoreFile.check(
                    path: path, applicationID: applicationID, format: format, isNew: true)
            }
            let pool = try DatabasePool.ronda(path: path, label: "device")
            let store = LocalStore(
                directory: directory, pool: pool, surroundings: surroundings, limits: limits)
            try store.prepare()
            return store
        } catch {
            throw .store(error, path: path)
        }
    }

    /// A store that lives in memory, for the simulator and for tests; `content` is copied into it.
    package static func inMemory(
        surroundings: DeviceSurroundings, limits: Limits = Limits(), content: LocalStore? = nil
    ) throws(ClientError) -> LocalStore {
        do {
            let queue = try DatabaseQueue()
            try content?.pool.backup(to: queue)
            let store = LocalStore(
                directory: "", pool: queue, surroundings: surroundings, limits: limits)
            try store.prepare()
            return store
        } catch {
            throw .store(error, path: "memory")
        }
    }

    /// The same store, opened again: what a process finds that follows one that died.
    package func reopened(surroundings: DeviceSurroundings) throws(ClientError) -> LocalStore {
        let store = LocalStore(
            directory: directory, pool: pool, surroundings: surroundings, limits: limits)
        do {
            try store.prepare()
        } catch {
            throw .store(error, path: path)
        }
        return store
    }

    /// Runs `body` on the connection that writes. For fault injection.
    package func withWriter<Result>(_ body: (Database) throws -> Result) rethrows -> Result {
        try pool.unsafeReentrantWrite(body)
    }

    var path: String { directory + "/" + Self.fileName }

    private static func makeDirectory(_ directory: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw StoreError(.readOnly, "cannot make \(directory)")
        }
    }

    private func prepare() throws {
        func look(_ database: Database) throws -> (owner: Int, version: Int, isCurrent: Bool) {
            let owner = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
            let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            let schema =
                owner == Self.applicationID ? try Facts(database: database).number(.schema) : nil
            if version > Self.format { throw StoreError(.newerFormat, "format \(version)") }
            let isCurrent =
                owner == Self.applicationID && version == Self.format
                && schema == Int64(Schema.current.version)
            return (owner, version, isCurrent)
        }
        if try pool.readingNow(look).isCurrent { return }
        try pool.write { database in
            // Another process may have made it, or brought it up to date, in between.
            let (owner, version, isCurrent) = try look(database)
            if isCurrent { return }
            let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
            if owner != Self.applicationID {
                guard tables == 0 else { throw StoreError(.damaged, "not a Ronda store") }
                try database.execute(
                    sql: Self.tables + PastIdentity.creation + Standing.creation + Outbox.creation
                        + RowWriter.creation + Erased.creation + Outline.creation)
                try database.execute(
                    sql: """
                        PRAGMA application_id = \(Self.applicationID);
                        PRAGMA user_version = \(Self.format)
                        """)
            }
            if owner == Self.applicationID {
                try Self.upgrade(database, from: version)
                try Facts(database: database).set(.areRowsDoubtful, number: 1)
            }
            try Self.fitTables(database)
            // Fields this device did not know before come again from the start.
            try Standing(database: database).doubt()
            try database.execute(sql: "DELETE FROM cursor")
            try Facts(database: database).set(.schema, number: Int64(Schema.current.version))
        }
    }

    private static let tables = """
        CREATE TABLE fact(name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE cursor(
            scope INTEGER NOT NULL PRIMARY KEY, seq INTEGER NOT NULL, behind INTEGER NOT NULL,
            id BLOB NOT NULL, sum INTEGER NOT NULL DEFAULT 0, hub_sum INTEGER,
            start INTEGER NOT NULL DEFAULT 0, part INTEGER NOT NULL DEFAULT 0);

        """

    /// Brings a store of an earlier format to the present one.
    private static func upgrade(_ database: Database, from version: Int) throws {
        if version < 2 { try upgradeFirst(database) }
        if version < 5, try !database.columns(in: "past").contains(where: { $0.name == "shared" }) {
            // Nobody wrote down why they were left: mostly another store goes on with them.
            try database.execute(
                sql: "ALTER TABLE past ADD COLUMN shared INTEGER NOT NULL DEFAULT 1")
        }
        let columns = Set(try database.columns(in: "cursor").map(\.name))
        for column in ["start", "part"] where !columns.contains(column) {
            try database.execute(
                sql: "ALTER TABLE cursor ADD COLUMN \(column) INTEGER NOT NULL DEFAULT 0")
        }
        if version < 4 {
            try database.execute(
                sql: "ALTER TABLE outbox ADD COLUMN redacted INTEGER NOT NULL DEFAULT 0")
            try database.execute(sql: Erased.creation)
        }
        if version < 6 { try database.execute(sql: Outline.creation) }
        try database.execute(sql: "PRAGMA user_version = \(format)")
    }

    private static func upgradeFirst(_ database: Database) throws {
        try database.execute(
            sql: """
                ALTER TABLE cursor ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE cursor ADD COLUMN hub_sum INTEGER;
                ALTER TABLE outbox ADD COLUMN identity INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE outbox ADD COLUMN given BLOB;
                ALTER TABLE outbox ADD COLUMN disposition INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE outbox ADD COLUMN told INTEGER NOT NULL DEFAULT 1;
                ALTER TABLE outbox ADD COLUMN settled_at INTEGER;
                DROP INDEX outbox_number; DROP INDEX outbox_refused;
                CREATE UNIQUE INDEX outbox_number ON outbox(identity, number)
                    WHERE number IS NOT NULL;
                CREATE INDEX outbox_refused ON outbox(n) WHERE state >= 3;
                """)
        try database.execute(sql: PastIdentity.creation + Standing.creation)
        // Which scopes told of which records was not kept: what the next reading does not tell of,
        // the hub does not have.
        for entity in Schema.current.entities where try database.tableExists(entity.name) {
            try database.execute(
                sql: """
                    INSERT INTO standing(scope, record, entity, version)
                    SELECT -1, id, \(entity.id.rawValue), 0 FROM "\(entity.name)"
                    WHERE (_flags & \(RowFlags.local.rawValue)) = 0
                    """)
        }
    }

    /// Makes the tables the schema asks for, and adds the columns it has gained.
    private static func fitTables(_ database: Database) throws {
        for entity in Schema.current.entities {
            let table = try LocalReader.table(entity.id)
            if try !database.tableExists(entity.name) {
                for sql in table.creation { try database.execute(sql: sql) }
                continue
            }
            let present = Set(try database.columns(in: entity.name).map(\.name))
            for field in entity.fields where !present.contains(field.name) {
                try database.execute(
                    sql: "ALTER TABLE \(table.name) ADD COLUMN \"\(field.name)\"")
            }
            if let index = table.searchIndex { try database.execute(sql: index) }
        }
    }

    /// Reads every scope from the start at the next sync; nothing is deleted.
    package func forgetCursors() async throws {
        try await pool.write {
            try Standing(database: $0).doubt()
            try $0.execute(sql: "DELETE FROM cursor")
        }
    }

    /// `PRAGMA synchronous` of the connection that writes: 2 is FULL.
    package func synchronousPragma() async throws -> Int {
        try await pool.writeWithoutTransaction {
            try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1
        }
    }

    /// The SQL of one entity's table, for measuring it against plain SQLite.
    package static func tableSQL(_ entity: EntityID) throws -> (create: String, insert: String) {
        let table = try LocalReader.table(entity)
        return (table.creation.joined(separator: ";"), table.insertSQL)
    }
}

// MARK: - Reading and capturing

extension LocalStore {
    /// Reads on one snapshot.
    public func read<Result: Sendable>(
        _ body: @Sendable (LocalReader) throws -> Result
    ) async throws(ClientError) -> Result {
        do {
            return try await withoutActuallyEscaping(body) { body in
                try await pool.reading { try body(LocalReader($0)) }
            }
        } catch {
            throw .store(error, path: path)
        }
    }

    /// Whose device this is; `nil` before login.
    public func identity() async throws(ClientError) -> DeviceIdentity? {
        try await read { try Facts(database: $0.database).identity() }
    }

    /// Captures everything `body` does as one commit: kept together, accepted together.
    ///
    /// When it returns, the capture is on the disk. When it throws, nothing of it is.
    /// - Returns: what was captured, `nil` when nothing differs from what is there.
    @discardableResult
    public func capture(
        _ body: @Sendable (inout Capture) throws -> Void
    ) async throws(ClientError) -> CaptureReceipt? {
        try await capture(each: [()]) { _, capture in try body(&capture) }.first ?? nil
    }

    /// Captures one commit for each item, all of them in one durable transaction: the quick way to
    /// bring in many.
    @discardableResult
    public func capture<Item: Sendable>(
        each items: [Item], _ body: @Sendable (Item, inout Capture) throws -> Void
    ) async throws(ClientError) -> [CaptureReceipt?] {
        let (surroundings, limits) = (surroundings, limits)
        do {
            return try await withoutActuallyEscaping(body) { body in
                try await pool.write { database in
                    let facts = Facts(database: database)
                    guard let identity = try facts.identity() else { throw Self.notLoggedIn }
                    let outbox = Outbox(database: database)
                    var stamp = try outbox.lastStamp()
                    let (boot, milliseconds) = surroundings.uptime()
                    let uptime = Uptime(boot: boot, milliseconds: milliseconds)
                    let assignment = UInt64(clamping: try facts.number(.assignment) ?? 0)
                    let receipts = try items.map { item in
                        var capture = Capture(
                            reader: LocalReader(database), identity: identity,
                            mint: surroundings.mint)
                        try body(item, &capture)
                        stamp = stamp.next(now: surroundings.now())
                        return try capture.finish(
                            stamp: stamp, uptime: uptime, assignment: assignment, limits: limits)
                    }
                    if receipts.contains(where: { $0 != nil }) {
                        try database.notifyChanges(in: .fullDatabase)
                    }
                    return receipts
                }
            }
        } catch {
            throw .store(error, path: path)
        }
    }

    static var notLoggedIn: ClientError {
        ClientError(
            .notLoggedIn,
            Phrase(
                en: "this device is not logged in; use: ronda login --server URL",
                es: "este equipo no ha iniciado sesión; use: ronda login --server URL"
            ))
    }

    /// The records of a kind, now and after each change, whether captured here or received.
    ///
    /// Several changes may come as one. The sequence ends when its consumer stops, and throws
    /// `ClientError` when the store fails.
    public func observe<R: RondaRecord>(_ type: R.Type) -> AsyncThrowingStream<[R], any Error> {
        let table = Table(DeviceTable.of(R.entity)?.entity.name ?? "")
        let observation = ValueObservation.tracking(region: table) {
            try LocalReader($0).records(type)
        }.removeDuplicates()
        let (pool, path) = (pool, path)
        return AsyncThrowingStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let cancellable = observation.start(in: pool, scheduling: .async(onQueue: .global())) {
                continuation.finish(throwing: ClientError.store($0, path: path))
            } onChange: {
                continuation.yield($0)
            }
            continuation.onTermination = { _ in cancellable.cancel() }
        }
    }
}
