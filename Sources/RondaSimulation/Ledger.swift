internal import Foundation
internal import GRDB
internal import RondaClient
internal import RondaModel
internal import RondaProtobuf
internal import RondaStore
internal import RondaStoreSQLite
internal import RondaWire
internal import SwiftProtobuf

/// A capture's number in its world; the device keeps it as its uptime, where it means nothing to
/// anybody but the checkers.
typealias Tag = UInt64

extension Commit {
    var tag: Tag { uptime.milliseconds }

    func sealed(as number: UInt64, after previous: ChainHash) -> Commit {
        var commit = self
        commit.number = number
        commit.previous = previous
        return commit
    }

    /// Everything that must never change on the way, whichever number the commit travels under.
    func isSameWork(as other: Commit) -> Bool {
        stamp == other.stamp && schema == other.schema && uptime == other.uptime
            && changes == other.changes
    }
}

/// What was captured in the world, as it was at that moment.
struct Captured {
    let commit: Commit
    let author: RecordID
}

/// Reads canonical bytes, each only once: the checkers see the same commits again and again.
final class CommitReader {
    private var known: [[UInt8]: Commit] = [:]

    func commit(_ bytes: [UInt8]) throws -> Commit {
        if let commit = known[bytes] { return commit }
        let commit = try WireCommit(serializedBytes: bytes).model(schema: .current)
        known[bytes] = commit
        return commit
    }
}

/// A row of a device's outbox, read without the client's own code.
struct OutboxRow {
    let n: Int64
    /// 0 pending, 1 accepted, 2 merged, 3 refused, 4 waiting.
    let state: Int64
    /// Of a redacted one what is left.
    let commit: Commit
    let isRedacted: Bool

    static func all(
        in store: LocalStore, by reader: CommitReader, after n: Int64 = -1
    ) throws -> [OutboxRow] {
        try store.withWriter { database in
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT n, state, bytes, number, redacted FROM outbox WHERE n > ? ORDER BY n",
                arguments: [n])
            return try rows.map { row in
                let bytes = [UInt8](row[2] as Data)
                let isRedacted = row[4] as Int64 != 0
                let isSealed = row[3] as Int64? != nil
                let commit =
                    isSealed && !isRedacted ? try reader.commit(bytes) : try Commit(packed: bytes)
                return OutboxRow(
                    n: row[0], state: row[1], commit: commit, isRedacted: isRedacted)
            }
        }
    }
}

extension Machine {
    /// The records that the device knows to be erased, read without the client's own code.
    func erasedRecords() throws -> Set<RecordID> {
        try store.withWriter { database in
            Set(
                try Data.fetchAll(database, sql: "SELECT record FROM erased")
                    .compactMap { RecordID(bytes: $0) })
        }
    }
}

/// A commit in the hub's journal.
struct JournalRow {
    let device: RecordID
    let number: UInt64
    let author: RecordID
    let commit: Commit
    let bytes: [UInt8]
    let receivedAt: Instant
    let verdict: Verdict
    let isRedacted: Bool
}

/// The hub's journal of the devices outside it, in order of device and number.
struct Journal {
    let rows: [JournalRow]

    /// `captured` are the commits among which those are looked for of which the hub has only the chain
    /// hash left: by that, and by nothing else, they are known.
    static func read(
        _ store: any CentralStore, by reader: CommitReader, captured: [Tag: Captured] = [:]
    ) async throws -> Journal {
        let entries = try await store.read { store in
            var entries: [JournalEntry] = []
            for device in try store.devices() {
                try store.journal(of: device.id) { entries.append($0) }
            }
            return entries
        }
        var rows: [JournalRow] = []
        var before = ChainHash.start
        for entry in entries {
            let previous = entry.number == 1 ? .start : before
            before = entry.chain
            let commit: Commit
            if entry.isRedacted {
                let known = captured.values.lazy.filter { $0.author == entry.author }
                    .map { $0.commit.sealed(as: entry.number, after: previous) }
                    .first { $0.chainHash == entry.chain }
                // What the server itself wrote nobody captured.
                guard let known else { continue }
                commit = known
            } else {
                commit = try reader.commit(entry.commit)
            }
            rows.append(
                JournalRow(
                    device: entry.device, number: entry.number, author: entry.author,
                    commit: commit, bytes: entry.commit, receivedAt: entry.receivedAt,
                    verdict: entry.verdict, isRedacted: entry.isRedacted))
        }
        return Journal(rows: rows)
    }

    /// Without those of the server's own device.
    var ofDevices: [JournalRow] { rows.filter { $0.commit.uptime.boot != 0 } }
}
