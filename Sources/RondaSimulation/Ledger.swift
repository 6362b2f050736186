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

    /// It, and what may have been offered in its place.
    func everOffered(after erased: [Set<RecordID>]) -> [Commit] {
        let concerned = erased.filter { !$0.isDisjoint(with: named) }
        let rests = Set(concerned.map(left)).filter { !$0.isEmpty && $0 != changes }
        return [self]
            + rests.map { rest in
                var commit = self
                commit.changes = rest
                return commit
            }
    }

    /// What has to be left of it when nothing of these records may be: all that concerns others.
    func left(after erased: Set<RecordID>) -> [Change] {
        func isErased(_ value: Value?) -> Bool {
            if case .ref(let id)? = value { erased.contains(id) } else { false }
        }
        return changes.compactMap { change in
            if erased.contains(change.record) { return nil }
            if change.sets.contains(where: { isErased($0.value) }) { return nil }
            var rest = change
            rest.adds = change.adds.filter { !isErased($0.value) }
            rest.removes = change.removes.filter { !isErased($0.value) }
            let says = !(rest.sets.isEmpty && rest.adds.isEmpty && rest.removes.isEmpty)
            return says || rest.deletes || rest == change ? rest : nil
        }
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
    /// hash left: by that, and by nothing else, they are known. They may have been offered when part of
    /// them was `erased` already.
    static func read(
        _ store: any CentralStore, by reader: CommitReader, captured: [Captured],
        erased: [Set<RecordID>]
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
        let offered = Dictionary(grouping: captured, by: \.author)
            .mapValues { $0.flatMap { $0.commit.everOffered(after: erased) } }
        for entry in entries {
            let previous = entry.number == 1 ? .start : before
            before = entry.chain
            let commit: Commit
            if entry.isRedacted {
                let known = (offered[entry.author] ?? []).lazy
                    .map { $0.sealed(as: entry.number, after: previous) }
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
