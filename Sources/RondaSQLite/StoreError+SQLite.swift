package import GRDB
package import RondaModel

extension StoreError {
    /// What an error from the database means for the store as a whole.
    package init(_ error: any Error) {
        if let error = error as? StoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.failed, "\(type(of: error))")
            return
        }
        // The message is SQLite's own and carries no bound values.
        let detail = "SQLite \(error.extendedResultCode.rawValue): \(error.message ?? "")"
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: self.init(.inUse, detail)
        case .SQLITE_FULL: self.init(.full, detail)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self.init(.damaged, detail)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN, .SQLITE_AUTH:
            self.init(.readOnly, detail)
        default: self.init(.failed, detail)
        }
    }

    /// Runs `body` and throws only `StoreError`s.
    package static func mapping<Result>(_ body: () throws -> Result) throws(StoreError) -> Result {
        do {
            return try body()
        } catch {
            throw StoreError(error)
        }
    }
}

extension Configuration {
    /// The pragmas of every Ronda store. `synchronous=FULL`: in WAL mode each commit is on the disk
    /// before it is reported (https://sqlite.org/pragma.html#pragma_synchronous), because nothing
    /// captured and nothing acknowledged may be lost with the power. The large cache and the late
    /// checkpoint are what keeps inserts with scattered ids near those with ordered ones. What is
    /// deleted or replaced is overwritten at once (https://sqlite.org/pragma.html#pragma_secure_delete),
    /// on every connection and not only where SQLite was built so: nobody knows beforehand what of it
    /// was about a person who will ask to be erased.
    package static let rondaPragmas = """
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; \
        PRAGMA wal_autocheckpoint=4000; PRAGMA secure_delete=ON
        """

    fileprivate static let busyMilliseconds = 5_000
    fileprivate static let logMilliseconds = 300

    fileprivate static func ronda(label: String) -> Configuration {
        var configuration = Configuration()
        configuration.label = label
        configuration.busyMode = .timeout(Double(busyMilliseconds) / 1_000)
        configuration.foreignKeysEnabled = false
        configuration.maximumReaderCount = 4
        // For the readers; the writer's pragmas are set in `DatabasePool.ronda`.
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size=-16384") }
        return configuration
    }
}

extension Database {
    /// Cuts off the write-ahead log. Whoever writes waits for as long as a reader is in the way, so
    /// this gives up soon.
    /// - Throws: `StoreError` with code `inUse` when somebody reads what the log has.
    package func cutLog() throws(StoreError) {
        try StoreError.mapping {
            try execute(sql: "PRAGMA busy_timeout = \(Configuration.logMilliseconds)")
            defer {
                // A number that SQLite takes cannot fail.
                try? execute(sql: "PRAGMA busy_timeout = \(Configuration.busyMilliseconds)")
            }
            // https://sqlite.org/c3ref/wal_checkpoint_v2.html
            try checkpoint(.truncate)
        }
    }
}

extension DatabaseWriter {
    /// Reads what one moment shows.
    package func reading<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        // A queue has one connection, which only one uses at a time. `read` would make it read-only
        // meanwhile, by a pragma with which SQLite prepares every statement anew.
        if let queue = self as? DatabaseQueue { return try await queue.unsafeRead(body) }
        return try await read(body)
    }

    /// The same, where nobody may wait otherwise.
    package func readingNow<Result>(_ body: (Database) throws -> Result) throws -> Result {
        if let queue = self as? DatabaseQueue { return try queue.unsafeRead(body) }
        return try read(body)
    }
}

extension DatabasePool {
    /// Opens a pool that keeps `Configuration.rondaPragmas`. They are set here, on the writer, and
    /// not in `prepareDatabase`: GRDB turns on WAL after that, and with it `synchronous=NORMAL`,
    /// under which a commit may be lost with the power.
    package static func ronda(path: String, label: String) throws -> DatabasePool {
        let pool = try DatabasePool(path: path, configuration: .ronda(label: label))
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: Configuration.rondaPragmas)
        }
        return pool
    }
}
