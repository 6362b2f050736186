internal import Foundation
internal import GRDB
internal import RondaModel
internal import RondaProtobuf
internal import RondaSQLite
internal import RondaWire
internal import SwiftProtobuf

/// The device's commits, from capture until a backup of the hub covers them.
///
/// `n` is the order of capture. A commit is packed (`Commit.packed`) until it is first offered to
/// the hub; then it gets its number in the chain of the device's present identity and its canonical
/// bytes, which never change under that identity.
struct Outbox {
    enum State: Int64 {
        /// Without verdict, or to be offered again to a hub that lost it.
        case pending = 0
        case accepted = 1
        case merged = 2
        /// In the tray: refused, with its reason, for the rep to decide.
        case refused = 3
        /// Kept at the hub until a record comes that it needs.
        case waiting = 4
    }

    struct Entry {
        let n: Int64
        let commit: Commit
        /// Canonical once sealed.
        let bytes: [UInt8]
        let state: State
        /// What a lost history of the hub had made of it, when it is offered again.
        let given: WireGiven?

        /// Whether it is offered again though it had been refused: its content is in the tray.
        var wasRefused: Bool { given.map { $0.code != .unspecified } ?? false }
        /// Whether the hub has told a verdict for it before.
        var hadVerdict: Bool {
            given.map { $0.code != .unspecified || !$0.versions.isEmpty } ?? false
        }
    }

    let database: Database

    static let creation = """
        CREATE TABLE outbox(
            n INTEGER PRIMARY KEY, state INTEGER NOT NULL, stamp INTEGER NOT NULL,
            bytes BLOB NOT NULL, number INTEGER, chain BLOB, verdict BLOB,
            identity INTEGER NOT NULL DEFAULT 0, given BLOB,
            disposition INTEGER NOT NULL DEFAULT 0, told INTEGER NOT NULL DEFAULT 1,
            settled_at INTEGER, redacted INTEGER NOT NULL DEFAULT 0);
        CREATE UNIQUE INDEX outbox_number ON outbox(identity, number) WHERE number IS NOT NULL;
        CREATE INDEX outbox_refused ON outbox(n) WHERE state >= 3;
        """

    static let entryColumns = "n, bytes, number, state, given, redacted"

    func entry(_ statement: Prepared) throws -> Entry {
        let bytes = statement.bytes(1)
        // What an erasure has left of a commit is packed again.
        let isRedacted = statement.int64(5) != 0
        var commit =
            statement.isNull(2) || isRedacted
            ? try Commit(packed: bytes)
            : try WireCommit(serializedBytes: bytes).model(schema: .current)
        if isRedacted { commit.number = statement.uint64(2) }
        return Entry(
            n: statement.int64(0), commit: commit, bytes: bytes,
            state: State(rawValue: statement.int64(3)) ?? .pending,
            given: statement.isNull(4) ? nil : try WireGiven(serializedBytes: statement.bytes(4)))
    }

    /// The stamp of the last capture: the clock must not run behind it.
    func lastStamp() throws -> Stamp {
        let statement = try database.prepared("SELECT stamp FROM outbox ORDER BY n DESC LIMIT 1")
        defer { statement.reset() }
        return try statement.step() ? Stamp(bits: statement.uint64(0)) : .zero
    }

    @discardableResult
    func append(_ commit: Commit, as identity: Int64, limits: Limits) throws -> Int64 {
        let bytes = commit.packed
        // The canonical bytes are longer, by some tags for each field; worth measuring only for a
        // commit that may come near the bound. 64: the number and the chain, which come later.
        if bytes.count * 8 > limits.commitBytes {
            let size = commit.canonicalBytes.count + 64
            guard size <= limits.commitBytes else {
                throw ClientError.refused([
                    Refusal(.tooLarge, detail: "\(size) bytes, at most \(limits.commitBytes)")
                ])
            }
        }
        let statement = try database.prepared(
            "INSERT INTO outbox(state, stamp, bytes, identity) VALUES (0, ?, ?, ?)")
        statement.bind(1, commit.stamp.bits)
        statement.bind(2, bytes)
        statement.bind(3, identity)
        try statement.run()
        return database.lastInsertedRowID
    }

    // MARK: Pending

    /// Nothing up to here is pending.
    private func settled() throws -> Int64 { try Facts(database: database).number(.settled) ?? 0 }

    private func setSettled(_ n: Int64) throws {
        try Facts(database: database).set(.settled, number: n)
    }

    /// Moves the mark on over what has its verdict now.
    func advance() throws {
        let statement = try database.prepared(
            """
            SELECT coalesce((SELECT min(n) FROM outbox WHERE n > ?1 AND state = 0) - 1, max(n), 0)
            FROM outbox
            """)
        statement.bind(1, try settled())
        defer { statement.reset() }
        if try statement.step() { try setSettled(statement.int64(0)) }
    }

    func identity() throws -> Int64 { try Facts(database: database).number(.identity) ?? 0 }

    func pendingCount() throws -> Int {
        let statement = try database.prepared(
            "SELECT count(*) FROM outbox WHERE n > ? AND state = 0")
        statement.bind(1, try settled())
        defer { statement.reset() }
        return try statement.step() ? Int(statement.int64(0)) : 0
    }

    func pendingCount(of identity: Int64) throws -> Int {
        let statement = try database.prepared(
            "SELECT count(*) FROM outbox WHERE n > ? AND state = 0 AND identity = ?")
        statement.bind(1, try settled())
        statement.bind(2, identity)
        defer { statement.reset() }
        return try statement.step() ? Int(statement.int64(0)) : 0
    }

    /// The own work that the hub's records do not hold yet and that is shown, in order of capture.
    func unsettled() throws -> [Entry] {
        let statement = try database.prepared(
            """
            SELECT \(Self.entryColumns) FROM outbox WHERE n > ? AND state = 0
            UNION ALL SELECT \(Self.entryColumns) FROM outbox WHERE state = 4 ORDER BY n
            """)
        statement.bind(1, try settled())
        defer { statement.reset() }
        var entries: [Entry] = []
        while try statement.step() {
            let entry = try entry(statement)
            if !entry.wasRefused { entries.append(entry) }
        }
        return entries
    }

    /// The commits of one identity without verdict, at most `limit` and `bytes`: those that have
    /// their numbers first, then the others in order of capture. One that came from another
    /// identity may be older than those with numbers.
    private func pending(
        of identity: Int64, limit: Int, bytes mostBytes: Int
    ) throws -> [Entry] {
        let statement = try database.prepared(
            """
            SELECT \(Self.entryColumns) FROM outbox WHERE n > ? AND state = 0 AND identity = ?
            ORDER BY number IS NULL, number, n
            """)
        statement.bind(1, try settled())
        statement.bind(2, identity)
        defer { statement.reset() }
        var entries: [Entry] = []
        var total = 0
        while entries.count < limit, try statement.step() {
            let entry = try entry(statement)
            total += entry.bytes.count
            if total > mostBytes && !entries.isEmpty { break }
            entries.append(entry)
        }
        return entries
    }

    /// Numbers, chains and freezes the commits that were never offered before, and returns the
    /// next batch to offer. What has a number up to `told` the hub had before it was offered: its
    /// effects are told like those of others' work.
    func seal(
        of identity: Int64, limit: Int, bytes: Int, told: UInt64, withGaps: Bool = false
    ) throws -> [Entry] {
        try sealed(of: identity, limit: limit, bytes: bytes, withGaps: withGaps).map { entry in
            guard entry.commit.number <= told, entry.given == nil else { return entry }
            var given = WireGiven()
            given.number = entry.commit.number
            let statement = try database.prepared("UPDATE outbox SET given = ? WHERE n = ?")
            statement.bind(1, try given.serializedBytes() as [UInt8])
            statement.bind(2, entry.n)
            try statement.run()
            return Entry(
                n: entry.n, commit: entry.commit, bytes: entry.bytes, state: entry.state,
                given: given)
        }
    }

    private func sealed(
        of identity: Int64, limit: Int, bytes: Int, withGaps: Bool
    ) throws -> [Entry] {
        let entries = try pending(of: identity, limit: limit, bytes: bytes)
        var (number, chain) = try lastLink(of: identity)
        var batch: [Entry] = []
        for entry in entries {
            // A request has no gaps; after a restore there may be some among what was kept.
            let next = entry.commit.number == 0 ? number + 1 : entry.commit.number
            if let last = batch.last, next != last.commit.number + 1, !withGaps { break }
            if entry.commit.number != 0 {
                batch.append(entry)
                continue
            }
            number += 1
            var commit = entry.commit
            commit.number = number
            commit.previous = chain
            let sealed = commit.canonicalBytes
            chain = .of(sealed)
            let statement = try database.prepared(
                "UPDATE outbox SET bytes = ?, number = ?, chain = ? WHERE n = ?")
            statement.bind(1, Array(sealed))
            statement.bind(2, commit.number)
            statement.bind(3, chain.id)
            statement.bind(4, entry.n)
            try statement.run()
            batch.append(
                Entry(
                    n: entry.n, commit: commit, bytes: Array(sealed), state: .pending,
                    given: entry.given))
        }
        return batch
    }

    /// The number and the chain hash of the last sealed commit.
    private func lastLink(of identity: Int64) throws -> (UInt64, ChainHash) {
        let statement = try database.prepared(
            """
            SELECT number, chain FROM outbox WHERE identity = ? AND number IS NOT NULL
            ORDER BY number DESC LIMIT 1
            """)
        statement.bind(1, identity)
        defer { statement.reset() }
        guard try statement.step() else { return (0, .start) }
        return (statement.uint64(0), ChainHash(id: statement.id(1)))
    }

    /// The least capture stamp of the pending commits beside `sent`; the clock may have been set back
    /// between them.
    func leastStamp(beside sent: [Entry]) throws -> Stamp? {
        let sent = Set(sent.map(\.n))
        let statement = try database.prepared(
            "SELECT n, stamp FROM outbox WHERE n > ? AND state = 0")
        statement.bind(1, try settled())
        defer { statement.reset() }
        var least: Stamp?
        while try statement.step() {
            if sent.contains(statement.int64(0)) { continue }
            let stamp = Stamp(bits: statement.uint64(1))
            least = min(least ?? stamp, stamp)
        }
        return least
    }

    // MARK: Numbers

    private func number(_ sql: String, _ identity: Int64) throws -> UInt64 {
        let statement = try database.prepared(sql)
        statement.bind(1, identity)
        defer { statement.reset() }
        return try statement.step() ? statement.uint64(0) : 0
    }

    /// The last number under which the device, as this identity, has a verdict.
    func settledNumber(of identity: Int64) throws -> UInt64 {
        try number(
            """
            SELECT number FROM outbox WHERE identity = ? AND number IS NOT NULL AND state <> 0
            ORDER BY number DESC LIMIT 1
            """, identity)
    }

    /// The last number that was given to a commit.
    func sealedNumber(of identity: Int64) throws -> UInt64 {
        try number(
            """
            SELECT number FROM outbox WHERE identity = ? AND number IS NOT NULL
            ORDER BY number DESC LIMIT 1
            """, identity)
    }

    func entry(number: UInt64, of identity: Int64) throws -> Entry? {
        let statement = try database.prepared(
            "SELECT \(Self.entryColumns) FROM outbox WHERE identity = ? AND number = ?")
        statement.bind(1, identity)
        statement.bind(2, number)
        defer { statement.reset() }
        return try statement.step() ? try entry(statement) : nil
    }

    func entry(n: Int64) throws -> Entry? {
        let statement = try database.prepared(
            "SELECT \(Self.entryColumns) FROM outbox WHERE n = ?")
        statement.bind(1, n)
        defer { statement.reset() }
        return try statement.step() ? try entry(statement) : nil
    }

    /// The chain hash of the commit with this number.
    func chain(number: UInt64, of identity: Int64) throws -> ChainHash? {
        let statement = try database.prepared(
            "SELECT chain FROM outbox WHERE identity = ? AND number = ?")
        statement.bind(1, identity)
        statement.bind(2, number)
        defer { statement.reset() }
        return try statement.step() ? ChainHash(id: statement.id(0)) : nil
    }

    // MARK: Verdicts

    func settle(_ n: Int64, state: State, verdict: Verdict, at now: Instant) throws {
        let statement = try database.prepared(
            """
            UPDATE outbox SET state = ?1, verdict = ?2, given = NULL, settled_at = ?3,
                disposition = CASE WHEN told THEN ?4 ELSE disposition END WHERE n = ?5
            """)
        statement.bind(1, state.rawValue)
        statement.bind(2, try Self.pack(verdict))
        statement.bind(3, now.milliseconds)
        statement.bind(4, Int64(verdict.disposition.rawValue))
        statement.bind(5, n)
        try statement.run()
        try advance()
    }

    private static func pack(_ verdict: Verdict) throws -> [UInt8] {
        var stored = WireExchangeResponse()
        var table = IDTable()
        stored.verdicts = [WireVerdict(verdict, &table)]
        stored.ids = table.encoded
        return try stored.serializedBytes()
    }

    static func unpack(_ bytes: [UInt8]) throws -> Verdict? {
        let stored = try WireExchangeResponse(serializedBytes: bytes)
        return try stored.verdicts.first?.model(IDList(stored.ids))
    }

    /// Of its changes a commit has only these left.
    func keepVersions(of changes: [Int], in n: Int64) throws {
        let statement = try database.prepared("SELECT verdict FROM outbox WHERE n = ?")
        statement.bind(1, n)
        let packed = try statement.step() && !statement.isNull(0) ? statement.bytes(0) : nil
        statement.reset()
        guard let packed, var verdict = try Self.unpack(packed), !verdict.versions.isEmpty else {
            return
        }
        let versions = verdict.versions
        verdict.versions = changes.map { versions.indices.contains($0) ? versions[$0] : 0 }
        let update = try database.prepared("UPDATE outbox SET verdict = ? WHERE n = ?")
        update.bind(1, try Self.pack(verdict))
        update.bind(2, n)
        try update.run()
    }

    /// The commits in one state with their verdicts, in order of capture.
    func entries(in state: State) throws -> [(entry: Entry, verdict: Verdict)] {
        let statement = try database.prepared(
            "SELECT \(Self.entryColumns), verdict FROM outbox WHERE state = ? ORDER BY n")
        statement.bind(1, state.rawValue)
        defer { statement.reset() }
        var found: [(Entry, Verdict)] = []
        while try statement.step() {
            guard !statement.isNull(6), let verdict = try Self.unpack(statement.bytes(6)) else {
                continue
            }
            found.append((try entry(statement), verdict))
        }
        return found
    }

    /// The refused commits, also those that are being offered again, with their verdicts.
    func refused() throws -> [(entry: Entry, verdict: Verdict)] {
        let again = try entries(in: .pending).filter(\.entry.wasRefused)
        if again.isEmpty { return try entries(in: .refused) }
        return (try entries(in: .refused) + again).sorted { $0.entry.n < $1.entry.n }
    }

    func count(in state: State) throws -> Int {
        let statement = try database.prepared("SELECT count(*) FROM outbox WHERE state = ?")
        statement.bind(1, state.rawValue)
        defer { statement.reset() }
        return try statement.step() ? Int(statement.int64(0)) : 0
    }
}

// MARK: - The tray

extension Outbox {
    func disposition(of n: Int64) throws -> Disposition {
        let statement = try database.prepared("SELECT disposition FROM outbox WHERE n = ?")
        statement.bind(1, n)
        defer { statement.reset() }
        guard try statement.step() else { return .open }
        return Disposition(rawValue: UInt32(clamping: statement.int64(0))) ?? .open
    }

    /// What the rep decided about a refused commit; the hub is told with the next exchange.
    func dispose(_ n: Int64, _ disposition: Disposition) throws {
        let statement = try database.prepared(
            "UPDATE outbox SET disposition = ?, told = 0 WHERE n = ? AND state IN (0, 3)")
        statement.bind(1, Int64(disposition.rawValue))
        statement.bind(2, n)
        try statement.run()
    }

    /// The decisions the hub has not confirmed. That a commit was captured again is told only with
    /// the last of what is pending, so that the hub has the other one by then.
    func untold(of identity: Int64, isLast: Bool, limit: Int) throws -> [WireTrayAction] {
        let statement = try database.prepared(
            """
            SELECT number, disposition FROM outbox
            WHERE state >= 3 AND told = 0 AND identity = ? AND number IS NOT NULL
                AND (disposition <> 3 OR ?) ORDER BY n LIMIT ?
            """)
        statement.bind(1, identity)
        statement.bind(2, Int64(isLast ? 1 : 0))
        statement.bind(3, Int64(limit))
        defer { statement.reset() }
        var actions: [WireTrayAction] = []
        while try statement.step() {
            var action = WireTrayAction()
            action.number = statement.uint64(0)
            action.disposition = WireDisposition(
                Disposition(rawValue: UInt32(clamping: statement.int64(1))) ?? .open)
            actions.append(action)
        }
        return actions
    }

    /// The hub has answered these decisions. One that was changed meanwhile is still to be told.
    func markTold(_ actions: [WireTrayAction], of identity: Int64) throws {
        for action in actions {
            let statement = try database.prepared(
                """
                UPDATE outbox SET told = 1
                WHERE identity = ? AND number = ? AND disposition = ? AND state >= 3
                """)
            statement.bind(1, identity)
            statement.bind(2, action.number)
            statement.bind(3, Int64(action.disposition.rawValue))
            try statement.run()
        }
    }

    /// The commits whose last word is still to come: those that wait, and those in the tray.
    func open(of identity: Int64, limit: Int) throws -> [UInt64] {
        let statement = try database.prepared(
            """
            SELECT number FROM outbox
            WHERE state >= 3 AND (state = 4 OR disposition < 2) AND identity = ?
                AND number IS NOT NULL ORDER BY n LIMIT ?
            """)
        statement.bind(1, identity)
        statement.bind(2, Int64(limit))
        defer { statement.reset() }
        var numbers: [UInt64] = []
        while try statement.step() { numbers.append(statement.uint64(0)) }
        return numbers
    }
}

// MARK: - Restores, copies, backups

extension Outbox {
    /// A commit that had its verdict and is to be offered again.
    struct Rewound {
        let entry: Entry
        let verdict: Verdict
        var disposition: WireDisposition = .unspecified

        /// What the hub is told of it. What it did is told like the work of others: of what waits, or
        /// was handed over, nothing need be here.
        func packedGiven() throws -> [UInt8] {
            var given = WireGiven()
            given.number = entry.commit.number
            if entry.state != .waiting {
                given.versions = verdict.versions
                if let refusal = verdict.refusal {
                    given.code = WireCode(rawValue: Int(refusal.code.rawValue)) ?? .internalFault
                    given.disposition = disposition
                }
            }
            return try given.serializedBytes()
        }
    }

    /// Makes every commit pending again, for a hub that may have lost it, have another store's in its
    /// place, or have judged it otherwise since.
    /// - Returns: those that had been accepted.
    func rewind(of identity: Int64) throws -> [Rewound] {
        let statement = try database.prepared(
            """
            SELECT \(Self.entryColumns), verdict, disposition FROM outbox
            WHERE identity = ? AND number > 0 AND state <> 0 AND redacted = 0 ORDER BY n
            """)
        statement.bind(1, identity)
        var rewound: [Rewound] = []
        while try statement.step() {
            let entry = try entry(statement)
            guard let verdict = try Self.unpack(statement.bytes(6)) else { continue }
            rewound.append(
                Rewound(
                    entry: entry, verdict: verdict,
                    disposition: WireDisposition(rawValue: Int(statement.int64(7)))
                        ?? .unspecified))
        }
        statement.reset()
        for one in rewound {
            let update = try database.prepared(
                "UPDATE outbox SET state = 0, given = ? WHERE n = ?")
            update.bind(1, try one.packedGiven())
            update.bind(2, one.entry.n)
            try update.run()
        }
        try goBack(to: rewound.first?.entry.n)
        // The hub may have gone back behind a decision.
        let untold = try database.prepared(
            "UPDATE outbox SET told = 0 WHERE identity = ? AND disposition <> 0")
        untold.bind(1, identity)
        try untold.run()
        return rewound.filter { $0.entry.state == .accepted || $0.entry.state == .merged }
    }

    /// This one is pending again.
    func goBack(to n: Int64?) throws {
        if let n { try setSettled(min(try settled(), n - 1)) }
    }

    /// Whether commits between what the hub has and what is kept here are gone: the chain cannot be
    /// continued.
    func isCut(after number: UInt64, of identity: Int64) throws -> Bool {
        // What the hub has, or takes next, is offered first and has its verdict under this identity.
        let offered = try database.prepared(
            """
            SELECT 1 FROM outbox WHERE identity = ? AND state = 0 AND number <= ? LIMIT 1
            """)
        offered.bind(1, identity)
        offered.bind(2, Int64(clamping: number == .max ? number : number + 1))
        defer { offered.reset() }
        if try offered.step() { return false }
        let statement = try database.prepared(
            "SELECT min(number) FROM outbox WHERE identity = ? AND number > ?")
        statement.bind(1, identity)
        statement.bind(2, Int64(clamping: number))
        defer { statement.reset() }
        guard try statement.step(), !statement.isNull(0) else { return false }
        return statement.uint64(0) - 1 > number
    }

    /// Takes the numbers from all pending commits and gives them to another identity: they will be
    /// sealed anew.
    /// - Returns: whether there was any.
    @discardableResult
    func move(from old: Int64, to new: Int64, above number: UInt64) throws -> Bool {
        // What the hub has under the old identity is settled under that one.
        let moved = try pending(of: old, limit: .max, bytes: .max)
            .filter { $0.commit.number == 0 || $0.commit.number > number }
        for entry in moved {
            let statement = try database.prepared(
                """
                UPDATE outbox SET identity = ?, number = NULL, chain = NULL, bytes = ?
                WHERE n = ?
                """)
            statement.bind(1, new)
            statement.bind(2, entry.commit.packed)
            statement.bind(3, entry.n)
            try statement.run()
        }
        return !moved.isEmpty
    }

    /// What was settled counts as settled now: the backups of a new history begin anew.
    func restartAges(of identity: Int64, at now: Instant) throws {
        let statement = try database.prepared(
            "UPDATE outbox SET settled_at = ? WHERE identity = ? AND settled_at IS NOT NULL")
        statement.bind(1, now.milliseconds)
        statement.bind(2, identity)
        try statement.run()
    }

    /// Forgets what a verified backup of the hub holds and what is old enough. The last commit
    /// stays: the chain goes on from it.
    func forget(upTo number: UInt64, before moment: Instant, of identity: Int64) throws {
        let statement = try database.prepared(
            """
            DELETE FROM outbox WHERE identity = ?1 AND number <= ?2 AND state IN (1, 2)
                AND settled_at < ?3 AND number < (SELECT max(number) FROM outbox WHERE identity = ?1)
                AND n < (SELECT max(n) FROM outbox)
            """)
        statement.bind(1, identity)
        statement.bind(2, number)
        statement.bind(3, moment.milliseconds)
        try statement.run()
    }
}
