internal import RondaModel
internal import RondaSQLite
internal import RondaStore

extension SQLiteTransaction {
    func audit(since: Instant?, last: Int) throws -> [AuditEntry] {
        var entries: [AuditEntry] = []
        try each(
            """
            SELECT n, at, actor, act, subject, detail FROM audit WHERE at >= ?
            ORDER BY n DESC LIMIT ?
            """,
            bind: {
                $0.bind(1, since?.milliseconds ?? .min)
                $0.bind(2, Int64(last))
            }
        ) {
            entries.append(
                AuditEntry(
                    n: $0.int64(0), at: Instant(milliseconds: $0.int64(1)), actor: $0.text(2),
                    act: AuditAct(rawValue: $0.text(3)), subject: $0.text(4), detail: $0.text(5)))
        }
        return entries.reversed()
    }

    func append(_ entry: AuditEntry) throws {
        let statement = try database.prepared(
            "INSERT INTO audit(at, actor, act, subject, detail) VALUES (?, ?, ?, ?, ?)")
        statement.bind(1, entry.at.milliseconds)
        statement.bind(2, entry.actor)
        statement.bind(3, entry.act.rawValue)
        statement.bind(4, entry.subject)
        statement.bind(5, entry.detail)
        try statement.run()
    }
}
