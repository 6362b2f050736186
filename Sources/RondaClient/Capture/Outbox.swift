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
/// the hub; then it gets its number in the chain and its canonical bytes, which never change.
/// Nothing here is ever deleted in this edition.
struct Outbox {
    enum State: Int64 {
        case captured = 0
        case accepted = 1
        case merged = 2
        /// In the tray: refused, with its reason, for the rep to decide.
        case refused = 3
    }

    struct Entry {
        let n: Int64
        let commit: Commit
        /// Canonical once sealed.
        let bytes: [UInt8]
    }

    let database: Database

    static let creation = """
        CREATE TABLE outbox(
            n INTEGER PRIMARY KEY, state INTEGER NOT NULL, stamp INTEGER NOT NULL,
            bytes BLOB NOT NULL, number INTEGER, chain BLOB, verdict BLOB);
        CREATE UNIQUE INDEX outbox_number ON outbox(number) WHERE number IS NOT NULL;
        CREATE INDEX outbox_refused ON outbox(n) WHERE state = 3;
        """

    /// The stamp of the last capture: the clock must not run behind it.
    func lastStamp() throws -> Stamp {
        let statement = try database.prepared("SELECT stamp FROM outbox ORDER BY n DESC LIMIT 1")
        defer { statement.reset() }
        return try statement.step() ? Stamp(bits: statement.uint64(0)) : .zero
    }

    @discardableResult
    func append(_ commit: Commit, limits: Limits) throws -> Int64 {
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
            "INSERT INTO outbox(state, stamp, bytes) VALUES (0, ?, ?)")
        statement.bind(1, commit.stamp.bits)
        statement.bind(2, bytes)
        try statement.run()
        return database.lastInsertedRowID
    }

    func settled() throws -> Int64 { try Facts(database: database).number(.settled) ?? 0 }

    func pendingCount() throws -> Int {
        let statement = try database.prepared("SELECT count(*) FROM outbox WHERE n > ?")
        statement.bind(1, try settled())
        defer { statement.reset() }
        return try statement.step() ? Int(statement.int64(0)) : 0
    }

    /// The commits without verdict, in order of capture, at most `limit` and `bytes`.
    func pending(limit: Int = .max, bytes mostBytes: Int = .max) throws -> [Entry] {
        let statement = try database.prepared(
            "SELECT n, bytes, number FROM outbox WHERE n > ? ORDER BY n")
        statement.bind(1, try settled())
        defer { statement.reset() }
        var entries: [Entry] = []
        var total = 0
        while entries.count < limit, try statement.step() {
            let bytes = statement.bytes(1)
            total += bytes.count
            if total > mostBytes && !entries.isEmpty { break }
            let commit =
                statement.isNull(2)
                ? try Commit(packed: bytes)
                : try WireCommit(serializedBytes: bytes).model(schema: .current)
            entries.append(Entry(n: statement.int64(0), commit: commit, bytes: bytes))
        }
        return entries
    }

    /// Numbers, chains and freezes the commits that were never offered before, and returns the
    /// next batch to offer.
    func seal(limit: Int, bytes: Int) throws -> [Entry] {
        let entries = try pending(limit: limit, bytes: bytes)
        guard let first = entries.first else { return [] }
        var (number, chain) = try link(before: first.n)
        return try entries.map { entry in
            defer { number += 1 }
            if entry.commit.number != 0 {
                chain = .of(Data(entry.bytes))
                return entry
            }
            var commit = entry.commit
            commit.number = number + 1
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
            return Entry(n: entry.n, commit: commit, bytes: Array(sealed))
        }
    }

    /// The number and the chain hash of the last sealed commit before `n`.
    private func link(before n: Int64) throws -> (UInt64, ChainHash) {
        let statement = try database.prepared(
            """
            SELECT number, chain FROM outbox WHERE n < ? AND number IS NOT NULL
            ORDER BY n DESC LIMIT 1
            """)
        statement.bind(1, n)
        defer { statement.reset() }
        guard try statement.step() else { return (0, .start) }
        return (statement.uint64(0), ChainHash(id: statement.id(1)))
    }

    func settle(_ entry: Entry, state: State, verdict: [UInt8]) throws {
        let statement = try database.prepared(
            "UPDATE outbox SET state = ?, verdict = ? WHERE n = ?")
        statement.bind(1, state.rawValue)
        statement.bind(2, verdict)
        statement.bind(3, entry.n)
        try statement.run()
    }

    /// The commits in one state with their verdicts, in order of capture.
    func entries(in state: State) throws -> [(entry: Entry, verdict: Verdict)] {
        let statement = try database.prepared(
            "SELECT n, bytes, verdict FROM outbox WHERE state = ? ORDER BY n")
        statement.bind(1, state.rawValue)
        defer { statement.reset() }
        var found: [(Entry, Verdict)] = []
        while try statement.step() {
            let bytes = statement.bytes(1)
            let commit = try WireCommit(serializedBytes: bytes).model(schema: .current)
            let stored = try WireExchangeResponse(serializedBytes: statement.bytes(2))
            guard let verdict = try stored.verdicts.first?.model(IDList(stored.ids)) else {
                continue
            }
            found.append((Entry(n: statement.int64(0), commit: commit, bytes: bytes), verdict))
        }
        return found
    }

    func count(in state: State) throws -> Int {
        let statement = try database.prepared("SELECT count(*) FROM outbox WHERE state = ?")
        statement.bind(1, state.rawValue)
        defer { statement.reset() }
        return try statement.step() ? Int(statement.int64(0)) : 0
    }
}
