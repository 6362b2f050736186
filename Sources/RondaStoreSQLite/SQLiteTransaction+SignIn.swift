internal import RondaModel
internal import RondaSQLite
internal import RondaStore

// MARK: - Codes

extension SQLiteTransaction {
    private static let codeColumns =
        "hash, account, expires_at, device, selector, issued_at, failures"

    private func code(in row: Prepared) -> EnrolmentCode {
        var code = EnrolmentCode(
            codeHash: row.bytes(0), account: row.id(1),
            expiresAt: Instant(milliseconds: row.int64(2)),
            device: row.isNull(3) ? nil : row.id(3), selector: row.text(4),
            issuedAt: Instant(milliseconds: row.int64(5)))
        code.failures = Int(row.int64(6))
        return code
    }

    func code(hash: [UInt8]) throws -> EnrolmentCode? {
        try first(
            "SELECT \(Self.codeColumns) FROM code WHERE hash = ?", bind: { $0.bind(1, hash) },
            row: code(in:))
    }

    func code(selector: String) throws -> EnrolmentCode? {
        if selector.isEmpty { return nil }
        return try first(
            "SELECT \(Self.codeColumns) FROM code WHERE selector = ?",
            bind: { $0.bind(1, selector) }, row: code(in:))
    }

    func codes() throws -> [EnrolmentCode] {
        var all: [EnrolmentCode] = []
        try each("SELECT \(Self.codeColumns) FROM code ORDER BY issued_at, hash") {
            all.append(code(in: $0))
        }
        return all
    }

    func put(_ code: EnrolmentCode) throws {
        let statement = try database.prepared(
            """
            INSERT INTO code(\(Self.codeColumns)) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT(hash) DO UPDATE SET device = excluded.device, failures = excluded.failures
            """)
        statement.bind(1, code.codeHash)
        statement.bind(2, code.account)
        statement.bind(3, code.expiresAt.milliseconds)
        if let device = code.device { statement.bind(4, device) }
        statement.bind(5, code.selector)
        statement.bind(6, code.issuedAt.milliseconds)
        statement.bind(7, Int64(code.failures))
        try statement.run()
    }

    func remove(_ code: EnrolmentCode) throws {
        let statement = try database.prepared("DELETE FROM code WHERE hash = ?")
        statement.bind(1, code.codeHash)
        try statement.run()
    }
}

// MARK: - Passwords

extension SQLiteTransaction {
    func passwordHash(of account: RecordID) throws -> String? {
        try first(
            "SELECT hash FROM password WHERE account = ?", bind: { $0.bind(1, account) },
            row: { $0.text(0) })
    }

    func put(passwordHash: String, of account: RecordID, at now: Instant) throws {
        let statement = try database.prepared(
            """
            INSERT INTO password(account, hash, changed_at) VALUES (?, ?, ?)
            ON CONFLICT(account) DO UPDATE SET hash = excluded.hash,
                changed_at = excluded.changed_at
            """)
        statement.bind(1, account)
        statement.bind(2, passwordHash)
        statement.bind(3, now.milliseconds)
        try statement.run()
    }
}
