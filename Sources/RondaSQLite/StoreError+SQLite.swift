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
    /// checkpoint are what keeps inserts with scattered ids near those with ordered ones.
    package static let rondaPragmas = """
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; \
        PRAGMA wal_autocheckpoint=4000
        """

    fileprivate static func ronda(label: String) -> Configuration {
        var configuration = Configuration()
        configuration.label = label
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = false
        configuration.maximumReaderCount = 4
        // For the readers; the writer's pragmas are set in `DatabasePool.ronda`.
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size=-16384") }
        return configuration
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
