internal import GRDB
internal import RondaMerge
internal import RondaModel
internal import RondaSQLite
internal import RondaStore

/// One transaction, for reading or for writing, on the connection that GRDB handed out.
final class SQLiteTransaction {
    let database: Database
    let schema: Schema
    /// The scopes this transaction has given positions in: read once, written once by `finish`.
    private var heads: [RecordID: Head] = [:]

    private struct Head {
        let number: Int64
        var seq: UInt64
        var sum: UInt64
    }

    init(database: Database, schema: Schema) {
        self.database = database
        self.schema = schema
    }

    /// Writes the positions that were given.
    func finish() throws {
        for (_, head) in heads {
            let statement = try database.prepared(
                "UPDATE scope SET seq = ?, sum = ? WHERE number = ?")
            statement.bind(1, head.seq)
            statement.bind(2, head.sum)
            statement.bind(3, head.number)
            try statement.run()
        }
    }

    private func head(of scope: RecordID) throws -> Head {
        if let head = heads[scope] { return head }
        let head = try first(
            "SELECT number, seq, sum FROM scope WHERE id = ?", bind: { $0.bind(1, scope) },
            row: { Head(number: $0.int64(0), seq: $0.uint64(1), sum: $0.uint64(2)) })
        guard let head else { throw StoreError(.unreadable, "a placement in an unknown scope") }
        return head
    }

    func entity(_ id: EntityID) throws -> EntitySchema {
        guard let entity = schema[id] else {
            throw StoreError(.newerFormat, "entity \(id.rawValue) is not in this schema")
        }
        return entity
    }

    /// Reads one row at most.
    func first<Result>(
        _ sql: String, bind: (Prepared) -> Void = { _ in }, row: (Prepared) throws -> Result
    ) throws -> Result? {
        let statement = try database.prepared(sql)
        bind(statement)
        defer { statement.reset() }
        return try statement.step() ? try row(statement) : nil
    }

    func each(
        _ sql: String, bind: (Prepared) -> Void = { _ in }, row: (Prepared) throws -> Void
    ) throws {
        let statement = try database.prepared(sql)
        bind(statement)
        defer { statement.reset() }
        while try statement.step() { try row(statement) }
    }
}

// MARK: - Reading

extension SQLiteTransaction: StoreReader {
    func hub() throws -> HubIdentity {
        guard
            let hub = try first(
                "SELECT id, epoch, generation, key, renewed, assignment FROM hub",
                row: {
                    var hub = HubIdentity(
                        id: $0.id(0), epoch: $0.uint64(1), generation: $0.uint64(2),
                        key: $0.bytes(3))
                    hub.isRenewed = $0.int64(4) != 0
                    hub.assignment = $0.uint64(5)
                    hub.renewedAt = hub.isRenewed ? Instant(milliseconds: $0.int64(4)) : nil
                    return hub
                })
        else { throw StoreError(.damaged, "no hub row") }
        return hub
    }

    private static let recordColumns = "id, entity, creator, version, shown, meta"

    private func record(in row: Prepared) throws -> StoredRecord {
        try RecordPacking.record(
            id: row.id(0), entity: try entity(EntityID(rawValue: UInt32(clamping: row.int64(1)))),
            creator: row.id(2), version: row.uint64(3), shown: row.bytes(4), meta: row.bytes(5))
    }

    func record(_ id: RecordID) throws -> StoredRecord? {
        try first(
            "SELECT \(Self.recordColumns) FROM record WHERE id = ?", bind: { $0.bind(1, id) },
            row: record(in:))
    }

    func records(of entity: EntityID, _ body: (StoredRecord) throws -> Void) throws {
        try each(
            "SELECT \(Self.recordColumns) FROM record WHERE entity = ? ORDER BY id",
            bind: { $0.bind(1, Int64(entity.rawValue)) }, row: { try body(try record(in: $0)) })
    }

    func conflicted(_ body: (StoredRecord) throws -> Void) throws {
        try each(
            "SELECT \(Self.recordColumns) FROM record WHERE conflicts > 0 ORDER BY id",
            row: { try body(try record(in: $0)) })
    }

    private static let streamColumns =
        "r.id, r.entity, r.creator, p.seq, r.version, r.plain, r.shown, r.meta, p.gone"

    private func streamRow(_ statement: Prepared, tracing: Bool) -> StreamRow {
        let isPlain = statement.int64(5) != 0
        return StreamRow(
            id: statement.id(0),
            entity: EntityID(rawValue: UInt32(clamping: statement.int64(1))),
            creator: statement.id(2), seq: statement.uint64(3), version: statement.uint64(4),
            isPlain: isPlain, left: statement.isNull(8) ? nil : statement.uint64(8),
            shown: statement.bytes(6), meta: tracing || !isPlain ? statement.bytes(7) : [])
    }

    func stream(
        of scope: RecordID, after seq: UInt64, tracing: Bool, limit: Int,
        _ body: (StreamRow) throws -> Bool
    ) throws {
        let statement = try database.prepared(
            """
            SELECT \(Self.streamColumns) FROM placement p JOIN record r ON r.id = p.record
            WHERE p.scope = (SELECT number FROM scope WHERE id = ?) AND p.seq > ?
            ORDER BY p.seq, p.record
            """)
        statement.bind(1, scope)
        statement.bind(2, seq)
        defer { statement.reset() }
        var count = 0
        var last = seq
        while try statement.step() {
            let position = statement.uint64(3)
            // What one commit changed is never cut in two.
            if count >= limit && position != last { return }
            let goOn = try body(streamRow(statement, tracing: tracing))
            count += 1
            last = position
            if !goOn { return }
        }
    }

    func records(
        in part: ReadingPart, of scope: RecordID, after seq: UInt64, through last: UInt64,
        _ body: (StreamRow) throws -> Bool
    ) throws {
        let statement = try database.prepared(
            """
            SELECT \(Self.streamColumns) FROM placement p \(part.isKept ? "INDEXED BY placement_part" : "")
                JOIN record r ON r.id = p.record
            WHERE p.scope = (SELECT number FROM scope WHERE id = ?) AND p.seq > ? AND p.seq <= ?
                AND p.part \(part.isKept ? "= \(part.rawValue)" : "IS NULL AND p.gone IS NULL")
            ORDER BY p.seq, p.record
            """)
        statement.bind(1, scope)
        statement.bind(2, seq)
        statement.bind(3, last)
        defer { statement.reset() }
        while try statement.step() {
            if try !body(streamRow(statement, tracing: false)) { return }
        }
    }

    func holdsMore(than count: Int, in scopes: [UInt32]) throws -> Bool {
        var left = Int64(count)
        for scope in scopes {
            left -=
                try first(
                    """
                    SELECT count(*) FROM (
                        SELECT 1 FROM placement WHERE scope = ? AND gone IS NULL LIMIT ?)
                    """,
                    bind: {
                        $0.bind(1, Int64(scope))
                        $0.bind(2, left + 1)
                    }, row: { $0.int64(0) }) ?? 0
            if left < 0 { return true }
        }
        return false
    }

    func size(of scope: UInt32) throws -> (records: Int, bytes: Int) {
        let records = try first(
            "SELECT count(*) FROM placement WHERE scope = ? AND gone IS NULL",
            bind: { $0.bind(1, Int64(scope)) }, row: { $0.int64(0) })
        let mean = try first(
            """
            SELECT avg(length(r.shown)) + 24 FROM (
                SELECT record FROM placement WHERE scope = ? AND gone IS NULL
                ORDER BY seq DESC LIMIT 200) p JOIN record r ON r.id = p.record
            """, bind: { $0.bind(1, Int64(scope)) }, row: { $0.isNull(0) ? 0 : $0.int64(0) })
        return (Int(records ?? 0), Int(records ?? 0) * Int(mean ?? 0))
    }

    func scopes() throws -> [ScopeHead] {
        var heads: [ScopeHead] = []
        try each("SELECT number, id, seq, floor, sum FROM scope ORDER BY number") {
            heads.append(
                ScopeHead(
                    number: UInt32(clamping: $0.int64(0)), id: $0.id(1), seq: $0.uint64(2),
                    floor: $0.uint64(3), sum: $0.uint64(4)))
        }
        return heads
    }

    func dependents(of customer: RecordID) throws -> [RecordID] {
        var records: [RecordID] = []
        try each(
            "SELECT record FROM root WHERE customer = ? ORDER BY record",
            bind: { $0.bind(1, customer) }, row: { records.append($0.id(0)) })
        return records
    }

    func counts() throws -> StoreCounts {
        var counts = StoreCounts()
        try each("SELECT entity, count(*) FROM record GROUP BY entity") {
            counts.records[EntityID(rawValue: UInt32(clamping: $0.int64(0)))] = Int($0.int64(1))
        }
        func count(_ sql: String) throws -> Int { try first(sql) { Int($0.int64(0)) } ?? 0 }
        counts.conflicts = try count(
            "SELECT coalesce(sum(conflicts), 0) FROM record WHERE conflicts > 0")
        counts.accounts = try count("SELECT count(*) FROM account")
        counts.devices = try count("SELECT count(*) FROM device WHERE length(secret_hash) > 0")
        counts.commits = try count("SELECT count(*) FROM journal")
        counts.refused = try count(
            "SELECT count(*) FROM journal WHERE outcome = \(Outcome.refused.rawValue)")
        counts.waiting = try count("SELECT count(*) FROM waiting")
        counts.incidents = try count("SELECT count(*) FROM incident")
        return counts
    }

    private static let journalColumns =
        "device, number, author, received_at, bytes, verdict, floor, redacted"

    private func entry(in row: Prepared) throws -> JournalEntry {
        JournalEntry(
            device: row.id(0), number: row.uint64(1), author: row.id(2),
            receivedAt: Instant(milliseconds: row.int64(3)), commit: row.bytes(4),
            verdict: try RecordPacking.verdict(row.bytes(5)), floor: row.uint64(6),
            isRedacted: row.int64(7) != 0)
    }

    func journal(device: RecordID, number: UInt64) throws -> JournalEntry? {
        try first(
            "SELECT \(Self.journalColumns) FROM journal WHERE device = ? AND number = ?",
            bind: {
                $0.bind(1, device)
                $0.bind(2, number)
            }, row: entry(in:))
    }

    func journal(of device: RecordID, _ body: (JournalEntry) throws -> Void) throws {
        try each(
            "SELECT \(Self.journalColumns) FROM journal WHERE device = ? ORDER BY number",
            bind: { $0.bind(1, device) }, row: { try body(try entry(in: $0)) })
    }

    func tray() throws -> [JournalEntry] {
        var entries: [JournalEntry] = []
        try each(
            """
            SELECT \(Self.journalColumns) FROM journal WHERE outcome = 5 ORDER BY device, number
            """
        ) {
            let entry = try entry(in: $0)
            if entry.verdict.disposition == .open || entry.verdict.disposition == .office {
                entries.append(entry)
            }
        }
        return entries
    }

    func standing(
        in scope: RecordID, from first: RecordID, to last: RecordID,
        _ body: (RecordID, UInt64) throws -> Void
    ) throws {
        try each(
            """
            SELECT r.id, r.version FROM placement p JOIN record r ON r.id = p.record
            WHERE p.scope = (SELECT number FROM scope WHERE id = ?) AND p.gone IS NULL
                AND r.id BETWEEN ? AND ? AND r.deleted = 0 ORDER BY r.id
            """,
            bind: {
                $0.bind(1, scope)
                $0.bind(2, first)
                $0.bind(3, last)
            }, row: { try body($0.id(0), $0.uint64(1)) })
    }
}

// MARK: - Waiting, recovery

extension SQLiteTransaction {
    func waiting(for record: RecordID?) throws -> [WaitingCommit] {
        var found: [WaitingCommit] = []
        try each(
            """
            SELECT device, number, record, former, clock_offset FROM waiting
            \(record == nil ? "" : "WHERE record = ?") ORDER BY device, number
            """, bind: { if let record { $0.bind(1, record) } }
        ) {
            let former = $0.bytes(3)
            found.append(
                WaitingCommit(
                    device: $0.id(0), number: $0.uint64(1), record: $0.id(2),
                    former: stride(from: 0, to: former.count, by: 8).map { start in
                        former[start..<min(start + 8, former.count)].reduce(0) {
                            $0 << 8 | UInt64($1)
                        }
                    }, clockOffsetMilliseconds: $0.int64(4)))
        }
        return found
    }

    func isExpected(
        _ record: RecordID, from device: RecordID, besides number: UInt64
    ) throws -> Bool {
        try first(
            "SELECT 1 FROM expected WHERE record = ? AND device = ? AND number <> ? LIMIT 1",
            bind: {
                $0.bind(1, record)
                $0.bind(2, device)
                $0.bind(3, number)
            }, row: { _ in true }) ?? false
    }

    func isRecovering(at now: Instant) throws -> Bool {
        let hub = try hub()
        guard hub.isRenewed else { return false }
        return try first(
            """
            SELECT 1 FROM device
            WHERE epoch <> ? AND last_seen IS NOT NULL AND length(secret_hash) > 0
                AND revoked = 0 AND (access_ends IS NULL OR access_ends > ?) LIMIT 1
            """,
            bind: {
                $0.bind(1, hub.epoch)
                $0.bind(2, now.milliseconds)
            }, row: { _ in true }) ?? false
    }

    func incidents() throws -> [Incident] {
        var found: [Incident] = []
        try each("SELECT at, kind, device, about FROM incident ORDER BY n") {
            guard let kind = Incident.Kind(rawValue: UInt32(clamping: $0.int64(1))) else { return }
            found.append(
                Incident(
                    at: Instant(milliseconds: $0.int64(0)), kind: kind, device: $0.id(2),
                    about: $0.uint64(3)))
        }
        return found
    }
}

// MARK: - Accounts and devices

extension SQLiteTransaction {
    private static let accountColumns = "id, login, name, role, territories, teams, stays"

    private func account(in row: Prepared) throws -> Account {
        guard let role = Role(rawValue: row.text(3)) else {
            throw StoreError(.newerFormat, "an account has a role this version does not know")
        }
        var account = Account(
            id: row.id(0), login: row.text(1), name: row.text(2), role: role,
            territories: AccountPacking.ids(row.bytes(4)))
        account.teams = AccountPacking.ids(row.bytes(5))
        account.stays = AccountPacking.stays(row.bytes(6))
        return account
    }

    func teams() throws -> [Team] {
        var all: [Team] = []
        try each("SELECT id, name, territories, leaders FROM team ORDER BY name") {
            all.append(
                Team(
                    id: $0.id(0), name: $0.text(1), territories: AccountPacking.ids($0.bytes(2)),
                    leaders: AccountPacking.ids($0.bytes(3))))
        }
        return all
    }

    func account(_ id: RecordID) throws -> Account? {
        try first(
            "SELECT \(Self.accountColumns) FROM account WHERE id = ?", bind: { $0.bind(1, id) },
            row: account(in:))
    }

    func account(login: String) throws -> Account? {
        try first(
            "SELECT \(Self.accountColumns) FROM account WHERE login = ?",
            bind: { $0.bind(1, login) }, row: account(in:))
    }

    func accounts() throws -> [Account] {
        var all: [Account] = []
        try each("SELECT \(Self.accountColumns) FROM account ORDER BY login") {
            all.append(try account(in: $0))
        }
        return all
    }

    private static let deviceColumns = """
        id, account, name, secret_hash, last_number, chain, last_seen, epoch, complete_to, covered,
        copies, queued, floor, app, schema, clock_offset, access_ends, revoked
        """

    private func device(in row: Prepared) -> Device {
        var device = Device(
            id: row.id(0), account: row.id(1), name: row.text(2), secretHash: row.bytes(3),
            lastNumber: row.uint64(4), chain: ChainHash(id: row.id(5)),
            lastSeen: row.isNull(6) ? nil : Instant(milliseconds: row.int64(6)))
        device.epoch = row.uint64(7)
        device.completeTo = row.isNull(8) ? nil : Instant(milliseconds: row.int64(8))
        device.covered = row.uint64(9)
        device.copies = UInt32(clamping: row.int64(10))
        device.queued = UInt32(clamping: row.int64(11))
        device.floor = row.uint64(12)
        device.app = row.text(13)
        device.schema = UInt32(clamping: row.int64(14))
        device.clockOffsetMilliseconds = row.isNull(15) ? nil : row.int64(15)
        device.accessEndsAt = row.isNull(16) ? nil : Instant(milliseconds: row.int64(16))
        device.isRevoked = row.int64(17) != 0
        return device
    }

    func device(_ id: RecordID) throws -> Device? {
        try first(
            "SELECT \(Self.deviceColumns) FROM device WHERE id = ?", bind: { $0.bind(1, id) },
            row: device(in:))
    }

    func device(secretHash: [UInt8]) throws -> Device? {
        guard !secretHash.isEmpty else { return nil }
        return try first(
            """
            SELECT \(Self.deviceColumns) FROM device
            WHERE secret_hash = ? AND length(secret_hash) > 0
            """,
            bind: { $0.bind(1, secretHash) }, row: device(in:))
    }

    func devices() throws -> [Device] {
        var all: [Device] = []
        try each("SELECT \(Self.deviceColumns) FROM device ORDER BY id") {
            all.append(device(in: $0))
        }
        return all
    }
}

// MARK: - Writing

extension SQLiteTransaction: StoreWriter {
    func savepoint<Result>(_ body: () throws -> Result) throws -> Result {
        try database.prepared("SAVEPOINT one_commit").run()
        let headsBefore = heads
        do {
            let result = try body()
            try database.prepared("RELEASE one_commit").run()
            return result
        } catch {
            heads = headsBefore
            // A full disk may have undone the whole transaction already, and the savepoint with it:
            // the first error is the one to report (https://sqlite.org/lang_transaction.html §3.1).
            try? database.prepared("ROLLBACK TO one_commit").run()
            try? database.prepared("RELEASE one_commit").run()
            throw error
        }
    }

    func nextSeq(of scope: RecordID) throws -> UInt64 {
        if let head = heads[scope] {
            heads[scope]?.seq = head.seq + 1
            return head.seq + 1
        }
        let head = try first(
            """
            INSERT INTO scope(id, seq) VALUES (?, 0)
            ON CONFLICT(id) DO UPDATE SET seq = seq RETURNING number, seq, sum
            """,
            bind: { $0.bind(1, scope) },
            row: { Head(number: $0.int64(0), seq: $0.uint64(1), sum: $0.uint64(2)) })
        guard var head else { throw StoreError(.failed, "no position given") }
        head.seq += 1
        heads[scope] = head
        return head.seq
    }

    /// Takes a record out of the sums of the scopes where it stands, or adds it to them.
    private func count(_ record: StoredRecord, adding: Bool) throws {
        if record.isDeleted { return }
        let part = Checksum.of(record.id, version: record.version)
        for placement in record.placements {
            var head = try head(of: placement.scope)
            head.sum = adding ? head.sum &+ part : head.sum &- part
            heads[placement.scope] = head
        }
    }

    /// Notes what a store of an earlier format did not: under which customers the record is.
    func adoptRoot(_ record: StoredRecord) throws {
        try root(record, replacing: nil, entity: try entity(record.entity))
    }

    /// Counts a record of a store that kept no sums.
    func adopt(_ record: StoredRecord) throws {
        try count(record, adding: true)
        guard record.isDeleted else { return }
        let statement = try database.prepared("UPDATE record SET deleted = 1 WHERE id = ?")
        statement.bind(1, record.id)
        try statement.run()
    }

    func put(_ record: StoredRecord, replacing before: StoredRecord?) throws {
        let entity = try entity(record.entity)
        let isPlain =
            !record.isDeleted && !record.isContested
            && entity.fields.indices.allSatisfy { record.differing($0).isEmpty }
        let statement = try database.prepared(
            before == nil
                ? """
                INSERT INTO record
                    (version, plain, conflicts, shown, meta, deleted, id, entity, creator)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
                : """
                UPDATE record SET version = ?, plain = ?, conflicts = ?, shown = ?, meta = ?,
                    deleted = ? WHERE id = ?
                """)
        statement.bind(1, record.version)
        statement.bind(2, Int64(isPlain ? 1 : 0))
        statement.bind(3, Int64(record.openConflicts(in: entity)))
        statement.bind(4, RecordPacking.shown(of: record, entity: entity))
        statement.bind(5, RecordPacking.meta(of: record, entity: entity))
        statement.bind(6, Int64(record.isDeleted ? 1 : 0))
        statement.bind(7, record.id)
        if before == nil {
            statement.bind(8, Int64(record.entity.rawValue))
            statement.bind(9, record.creator)
        }
        try statement.run()
        if let before {
            try count(before, adding: false)
            try removePlacements(of: before)
        }
        try count(record, adding: true)
        let part = record.part(entity)
        for placement in record.placements {
            try place(record.id, in: placement.scope, at: placement.seq, part: part)
        }
        for departure in record.departures {
            try place(
                record.id, in: departure.scope, at: departure.seq, gone: departure.assignment)
        }
        try root(record, replacing: before, entity: entity)
    }

    private func place(
        _ record: RecordID, in scope: RecordID, at seq: UInt64, part: ReadingPart? = nil,
        gone assignment: UInt64? = nil
    ) throws {
        let insert = try database.prepared(
            "INSERT INTO placement(scope, seq, record, gone, part) VALUES (?, ?, ?, ?, ?)")
        insert.bind(1, try head(of: scope).number)
        insert.bind(2, seq)
        insert.bind(3, record)
        if let assignment { insert.bind(4, assignment) }
        if let part, part.isKept { insert.bind(5, Int64(part.rawValue)) }
        try insert.run()
    }

    /// Notes under which customers a record is.
    private func root(
        _ record: StoredRecord, replacing before: StoredRecord?, entity: EntitySchema
    ) throws {
        let now = record.customers(entity)
        let old = before?.customers(entity) ?? []
        if now == old { return }
        for (customers, sql) in [
            (Set(old).subtracting(now), "DELETE FROM root WHERE customer = ? AND record = ?"),
            (Set(now).subtracting(old), "INSERT INTO root(customer, record) VALUES (?, ?)"),
        ] {
            for customer in customers.sorted() {
                let statement = try database.prepared(sql)
                statement.bind(1, customer)
                statement.bind(2, record.id)
                try statement.run()
            }
        }
    }

    private func removePlacements(of record: StoredRecord) throws {
        let places =
            record.placements.map { ($0.scope, $0.seq) }
            + record.departures.map { ($0.scope, $0.seq) }
        for (scope, seq) in places {
            let delete = try database.prepared(
                "DELETE FROM placement WHERE scope = ? AND seq = ? AND record = ?")
            delete.bind(1, try head(of: scope).number)
            delete.bind(2, seq)
            delete.bind(3, record.id)
            try delete.run()
        }
    }

    func purge(_ record: StoredRecord) throws {
        try count(record, adding: false)
        try removePlacements(of: record)
        let unrooted = try database.prepared("DELETE FROM root WHERE customer = ?1 OR record = ?1")
        unrooted.bind(1, record.id)
        try unrooted.run()
        let delete = try database.prepared("DELETE FROM record WHERE id = ?")
        delete.bind(1, record.id)
        try delete.run()
        let places =
            record.placements.map { ($0.scope, $0.seq) }
            + record.departures.map { ($0.scope, $0.seq) }
        for (scope, seq) in places {
            let floor = try database.prepared(
                "UPDATE scope SET floor = max(floor, ?) WHERE id = ?")
            floor.bind(1, seq)
            floor.bind(2, scope)
            try floor.run()
        }
    }

    func append(_ entry: JournalEntry) throws {
        let statement = try database.prepared(
            """
            INSERT INTO journal(
                device, number, author, received_at, outcome, bytes, verdict, floor, redacted)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        statement.bind(1, entry.device)
        statement.bind(2, entry.number)
        statement.bind(3, entry.author)
        statement.bind(4, entry.receivedAt.milliseconds)
        statement.bind(5, Int64(entry.verdict.outcome.rawValue))
        statement.bind(6, entry.commit)
        statement.bind(7, try RecordPacking.verdict(entry.verdict))
        statement.bind(8, entry.floor)
        statement.bind(9, Int64(entry.isRedacted ? 1 : 0))
        try statement.run()
    }

    func put(_ account: Account) throws {
        let statement = try database.prepared(
            """
            INSERT INTO account(id, login, name, role, territories, teams, stays)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT(id) DO UPDATE SET login = excluded.login, name = excluded.name,
                role = excluded.role, territories = excluded.territories,
                teams = excluded.teams, stays = excluded.stays
            """)
        statement.bind(1, account.id)
        statement.bind(2, account.login)
        statement.bind(3, account.name)
        statement.bind(4, account.role.rawValue)
        statement.bind(5, AccountPacking.bytes(account.territories))
        statement.bind(6, AccountPacking.bytes(account.teams))
        statement.bind(7, AccountPacking.bytes(account.stays))
        try statement.run()
    }

    func put(_ team: Team) throws {
        let statement = try database.prepared(
            """
            INSERT INTO team(id, name, territories, leaders) VALUES (?, ?, ?, ?)
            ON CONFLICT(id) DO UPDATE SET name = excluded.name,
                territories = excluded.territories, leaders = excluded.leaders
            """)
        statement.bind(1, team.id)
        statement.bind(2, team.name)
        statement.bind(3, AccountPacking.bytes(team.territories))
        statement.bind(4, AccountPacking.bytes(team.leaders))
        try statement.run()
    }

    func put(_ device: Device) throws {
        let statement = try database.prepared(
            """
            INSERT INTO device(\(Self.deviceColumns))
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT(id) DO UPDATE SET last_number = excluded.last_number,
                chain = excluded.chain, last_seen = excluded.last_seen, name = excluded.name,
                epoch = excluded.epoch, complete_to = excluded.complete_to,
                covered = excluded.covered, copies = excluded.copies, queued = excluded.queued,
                floor = excluded.floor, app = excluded.app, schema = excluded.schema,
                clock_offset = excluded.clock_offset, access_ends = excluded.access_ends,
                revoked = excluded.revoked
            """)
        statement.bind(1, device.id)
        statement.bind(2, device.account)
        statement.bind(3, device.name)
        statement.bind(4, device.secretHash)
        statement.bind(5, device.lastNumber)
        statement.bind(6, device.chain.id)
        if let seen = device.lastSeen { statement.bind(7, seen.milliseconds) }
        statement.bind(8, device.epoch)
        if let complete = device.completeTo { statement.bind(9, complete.milliseconds) }
        statement.bind(10, device.covered)
        statement.bind(11, Int64(device.copies))
        statement.bind(12, Int64(device.queued))
        statement.bind(13, device.floor)
        statement.bind(14, device.app)
        statement.bind(15, Int64(device.schema))
        if let offset = device.clockOffsetMilliseconds { statement.bind(16, offset) }
        if let end = device.accessEndsAt { statement.bind(17, end.milliseconds) }
        statement.bind(18, Int64(device.isRevoked ? 1 : 0))
        try statement.run()
    }

    func put(_ hub: HubIdentity) throws {
        let statement = try database.prepared(
            "UPDATE hub SET epoch = ?, generation = ?, renewed = ?, assignment = ?")
        statement.bind(1, hub.epoch)
        statement.bind(2, hub.generation)
        // The moment, of which 0 is never: so it was kept from the first format with this column on.
        let renewed = hub.renewedAt.map { max($0.milliseconds, 1) } ?? 1
        statement.bind(3, hub.isRenewed ? renewed : 0)
        statement.bind(4, hub.assignment)
        try statement.run()
    }

    func replace(_ verdict: Verdict, of device: RecordID) throws {
        let statement = try database.prepared(
            "UPDATE journal SET outcome = ?, verdict = ? WHERE device = ? AND number = ?")
        statement.bind(1, Int64(verdict.outcome.rawValue))
        statement.bind(2, try RecordPacking.verdict(verdict))
        statement.bind(3, device)
        statement.bind(4, verdict.number)
        try statement.run()
    }

    func put(_ waiting: WaitingCommit) throws {
        let statement = try database.prepared(
            """
            INSERT OR REPLACE INTO waiting(device, number, record, former, clock_offset)
            VALUES (?, ?, ?, ?, ?)
            """)
        statement.bind(1, waiting.device)
        statement.bind(2, waiting.number)
        statement.bind(3, waiting.record)
        statement.bind(
            4, waiting.former.flatMap { withUnsafeBytes(of: $0.bigEndian, Array.init) })
        statement.bind(5, waiting.clockOffsetMilliseconds)
        try statement.run()
    }

    private func remove(from table: String, device: RecordID, number: UInt64) throws {
        let statement = try database.prepared(
            "DELETE FROM \(table) WHERE device = ? AND number = ?")
        statement.bind(1, device)
        statement.bind(2, number)
        try statement.run()
    }

    func removeWaiting(device: RecordID, number: UInt64) throws {
        try remove(from: "waiting", device: device, number: number)
    }

    func expect(_ records: [RecordID], from device: RecordID, number: UInt64) throws {
        for record in records {
            let statement = try database.prepared(
                "INSERT OR IGNORE INTO expected(record, device, number) VALUES (?, ?, ?)")
            statement.bind(1, record)
            statement.bind(2, device)
            statement.bind(3, number)
            try statement.run()
        }
    }

    func dropExpected(from device: RecordID, number: UInt64) throws {
        try remove(from: "expected", device: device, number: number)
    }

    func countFailure(device: RecordID, number: UInt64) throws -> Int {
        let count = try first(
            """
            INSERT INTO failure(device, number, count) VALUES (?, ?, 1)
            ON CONFLICT(device, number) DO UPDATE SET count = count + 1 RETURNING count
            """,
            bind: {
                $0.bind(1, device)
                $0.bind(2, number)
            }, row: { Int($0.int64(0)) })
        return count ?? 0
    }

    func append(_ incident: Incident) throws {
        let statement = try database.prepared(
            "INSERT INTO incident(at, kind, device, about) VALUES (?, ?, ?, ?)")
        statement.bind(1, incident.at.milliseconds)
        statement.bind(2, Int64(incident.kind.rawValue))
        statement.bind(3, incident.device)
        statement.bind(4, incident.about)
        try statement.run()
    }
}
