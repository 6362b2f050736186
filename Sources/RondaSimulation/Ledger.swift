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
    let commit: Commit

    static func all(
        in store: LocalStore, by reader: CommitReader, after n: Int64 = -1
    ) throws -> [OutboxRow] {
        try store.withWriter { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT n, state, bytes, number FROM outbox WHERE n > ? ORDER BY n",
                arguments: [n])
            return try rows.map { row in
                let bytes = [UInt8](row[2] as Data)
                let isSealed = row[3] as Int64? != nil
                let commit =
                    isSealed ? try reader.commit(bytes) : try Commit(packed: bytes)
                return OutboxRow(n: row[0], state: row[1], commit: commit)
            }
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
}

/// The hub's journal of the devices outside it, in order of device and number.
struct Journal {
    let rows: [JournalRow]

    static func read(
        _ store: any CentralStore, by reader: CommitReader
    ) async throws -> Journal {
        let entries = try await store.read { store in
            var entries: [JournalEntry] = []
            for device in try store.devices() {
                try store.journal(of: device.id) { entries.append($0) }
            }
            return entries
        }
        return Journal(
            rows: try entries.map { entry in
                JournalRow(
                    device: entry.device, number: entry.number, author: entry.author,
                    commit: try reader.commit(entry.commit), bytes: entry.commit,
                    receivedAt: entry.receivedAt, verdict: entry.verdict)
            })
    }

    /// Without those of the server's own device.
    var ofDevices: [JournalRow] { rows.filter { $0.commit.uptime.boot != 0 } }
}
