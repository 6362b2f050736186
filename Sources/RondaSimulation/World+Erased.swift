internal import Foundation
internal import GRDB
internal import RondaClient
internal import RondaHub
internal import RondaMerge
internal import RondaModel
internal import RondaStore
internal import RondaStoreSQLite
internal import Synchronization

/// The ledger of erasures, beside whatever store the hub has.
final class Erasures: ErasureLedger {
    private let written = Mutex<[LedgerEntry]>([])

    func append(_ entry: LedgerEntry) { written.withLock { $0.append(entry) } }
    func entries() -> [LedgerEntry] { written.withLock { $0 } }
}

extension World {
    /// Of who was erased nothing is left anywhere: no row, no commit, no word.
    func checkErased(_ journal: Journal) async throws {
        let (erased, missing) = try await network.store.read { store in
            (Set(try store.tombstones()), Set(try store.erasures().flatMap(\.missing)))
        }
        for entry in erasures.entries() where !erased.contains(entry.customer) {
            throw Violation(what: "\(entry.customer) was erased and came back")
        }
        if erased.isEmpty { return }
        for row in journal.ofDevices
        where !row.isRedacted && row.commit.isAbout(erased, isRefused: row.verdict.refusal != nil) {
            throw Violation(what: "#\(row.commit.tag) is about somebody erased, and whole")
        }
        let strangers = journal.ofStrangers(to: erased)
        let words = forbiddenWords(everUnder(erased), unless: strangers)
        try network.store.withWriter { try search($0, for: words, in: "the hub") }
        // Two stores that share an id, and do not know it yet, are one to the hub: the first that says
        // that nothing is left says so for both, until they are found (SPEC §10).
        var stores: [RecordID: Int] = [:]
        for machine in live() {
            if let id = try await machine.store.identity()?.device { stores[id, default: 0] += 1 }
        }
        for machine in try await inTouch() where machine.isLoggedIn {
            if let id = try await machine.store.identity()?.device, stores[id, default: 0] > 1 {
                continue
            }
            for row in try OutboxRow.all(in: machine.store, by: reader)
            where row.commit.isAbout(erased, isRefused: row.state == 3)
                && !(row.state == 3 && strangers.contains(row.commit.tag))
            {
                throw Violation(what: "\(machine.name) has #\(row.commit.tag) of somebody erased")
            }
            try machine.store.withWriter { try search($0, for: words, in: machine.name) }
            if let identity = try await machine.store.identity(), missing.contains(identity.device)
            {
                throw Violation(what: "\(machine.name) has not confirmed an erasure")
            }
        }
    }

    /// These, and whatever was captured under one of them, also what the hub has purged or never knew:
    /// by the captures, and by nothing that the hub says.
    private func everUnder(_ erased: Set<RecordID>) -> Set<RecordID> {
        let customers = erased.union(erasures.entries().map(\.customer))
        var under = customers
        for change in ledger.values.flatMap(\.commit.changes) {
            guard let entity = Schema.current[change.entity],
                case .customer(let position) = entity.scope, !entity.fields[position].isSet
            else { continue }
            let number = entity.fields[position].number
            for write in change.sets where write.number == number {
                if case .ref(let id)? = write.value, customers.contains(id) {
                    under.insert(change.record)
                }
            }
        }
        return under
    }

    /// What was ever written about them, unless it was written of somebody else as well.
    private func forbiddenWords(
        _ erased: Set<RecordID>, unless strangers: Set<Tag>
    ) -> [[UInt8]] {
        var (forbidden, allowed) = (Set<String>(), Set<String>())
        for commit in (template.commits + ledger.values).map(\.commit) {
            for change in commit.changes {
                let values =
                    change.sets.compactMap(\.value) + (change.adds + change.removes).map(\.value)
                let words = values.compactMap { if case .text(let text) = $0 { text } else { nil } }
                if erased.contains(change.record) && !strangers.contains(commit.tag) {
                    forbidden.formUnion(words)
                } else {
                    allowed.formUnion(words)
                }
            }
        }
        return forbidden.filter { word in
            // Of what every world begins with there is always some left.
            !["Cliente ", "Calle Vieja ", "viejo"].contains(where: word.hasPrefix)
                && word.utf8.count > 3
                && !allowed.contains { $0.contains(word) || word.hasPrefix($0) }
        }.map { Array($0.utf8) }
    }

    /// Looks into every cell of every table.
    private func search(_ database: Database, for words: [[UInt8]], in place: String) throws {
        if words.isEmpty { return }
        let tables = try String.fetchAll(
            database, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        for table in tables {
            for row in try Row.fetchAll(database, sql: "SELECT * FROM \"\(table)\"") {
                for value in row.databaseValues {
                    let bytes: Data
                    switch value.storage {
                    case .blob(let data): bytes = data
                    case .string(let text): bytes = Data(text.utf8)
                    case .null, .int64, .double: continue
                    }
                    for word in words where bytes.range(of: Data(word)) != nil {
                        let text = String(decoding: word, as: UTF8.self)
                        throw Violation(what: "\(place) has \(text) in \(table)")
                    }
                }
            }
        }
    }
}

extension Commit {
    /// Whether it says anything of these: to take somebody out of a list who was erased meanwhile says
    /// nothing.
    fileprivate func isAbout(_ erased: Set<RecordID>, isRefused: Bool) -> Bool {
        var rest = self
        if !isRefused { for index in changes.indices { rest.changes[index].removes = [] } }
        return !rest.named.isDisjoint(with: erased)
    }
}

extension Journal {
    /// Work of who never had to do with the person, and met the same telephone by itself: it is answered as
    /// about a record that is not there, says nothing of anybody erased, and stays with its author.
    fileprivate func ofStrangers(to erased: Set<RecordID>) -> Set<Tag> {
        Set(
            ofDevices.filter {
                guard let refusal = $0.verdict.refusal, let record = refusal.record else {
                    return false
                }
                return refusal.code == .unknownRecord && record.isNamed && erased.contains(record)
            }.map(\.commit.tag))
    }
}
