internal import Foundation
internal import RondaMerge
internal import RondaModel
internal import RondaProtobuf
internal import RondaStore
internal import RondaWire
internal import SwiftProtobuf

/// What erasing somebody does to a store, inside one transaction (SPEC §4.14).
struct Eraser {
    let store: any StoreWriter
    let schema: Schema
    let now: Instant

    /// Erases a customer and what is under it. `listed` are records that are known to have been.
    /// - Returns: what is to be written down of it; `nil` when nothing is left to erase.
    func erase(
        _ customer: RecordID, listed: [Erasure.Listed] = [], by actor: String, at: Instant? = nil
    ) throws -> LedgerEntry? {
        let isThere = try store.record(customer).map { !$0.isErased } ?? false
        let isToDo = try listed.contains {
            try schema[$0.entity] != nil && store.record($0.id)?.isErased != true
        }
        guard isThere || isToDo else { return nil }
        let step = try Assignments.next(in: store)
        let hub = try store.hub()
        let erasure = try Erasure(
            of: customer, listed: listed, schema: schema, assignment: step,
            generation: hub.generation, at: now, record: store.record,
            dependents: store.dependents)
        let due = try due(erasure)
        let suppression = Suppression(seed: hub.key)
        let suppressed = (erasure.stored[customer]?.contactPoints ?? []).sorted()
            .map(suppression.hash)
        try apply(erasure, assignment: step)
        let note = try store.append(ErasureNote(at: at ?? now, actor: actor, customer: customer))
        for record in erasure.tombstones { try store.bury(record.id, by: note) }
        for (device, records) in due { try store.ask(device, about: records) }
        for hash in suppressed { try store.suppress(hash) }
        try redact(naming: Set(erasure.tombstones.map(\.id)))
        return LedgerEntry(
            hub: hub.id, at: now, actor: actor, customer: customer,
            records: erasure.tombstones.map { record in
                Erasure.Listed(
                    id: record.id, entity: record.entity,
                    scopes: Set(record.stays.map(\.scope)).sorted())
            }, suppressed: suppressed)
    }

    private func apply(_ erasure: Erasure, assignment: UInt64) throws {
        let moves = try Moves(
            erasure.planned, replacing: erasure.stored, schema: schema, record: store.record,
            dependents: store.dependents)
        var seqs: [RecordID: UInt64] = [:]
        for scope in moves.scopes.sorted() { seqs[scope] = try store.nextSeq(of: scope) }
        for move in moves.placed(seqs: seqs, assignment: assignment) {
            try store.put(move.record, replacing: move.before)
        }
    }

    /// Of each device, the records that it may hold something of.
    private func due(_ erasure: Erasure) throws -> [RecordID: [RecordID]] {
        var due: [RecordID: [RecordID]] = [:]
        for device in try store.devices() where !device.secretHash.isEmpty {
            guard let account = try store.account(device.account) else { continue }
            due[device.id] = try erasure.tombstones.map(\.id).filter { id in
                // Of what the store does not have nobody knows who saw it.
                guard let record = erasure.stored[id] else { return true }
                return try store.everSaw(record, by: account, schema)
            }
        }
        return due
    }

    // MARK: Commits

    /// Takes the content from every commit that changes or names one of these.
    private func redact(naming erased: Set<RecordID>) throws {
        var gone = erased
        while !gone.isEmpty {
            var found: [(device: RecordID, number: UInt64)] = []
            try store.contents { device, number, commit in
                if !Self.ids(in: commit).isDisjoint(with: gone) { found.append((device, number)) }
            }
            gone = []
            for (device, number) in found {
                guard let entry = try store.journal(device: device, number: number) else {
                    continue
                }
                if [.waiting, .refused].contains(entry.verdict.outcome) {
                    var verdict = Verdict.refused(entry.number, Refusal(.erased))
                    verdict.disposition = entry.verdict.disposition
                    try store.replace(verdict, of: entry.device)
                    try store.removeWaiting(device: device, number: number)
                    gone.formUnion(try redact(entry, as: verdict))
                } else {
                    gone.formUnion(try redact(entry, as: entry.verdict))
                }
            }
        }
    }

    /// Takes the content from a commit.
    /// - Returns: what it would have made, and nobody will, where it is refused as erased.
    func redact(_ entry: JournalEntry, as verdict: Verdict) throws -> [RecordID] {
        var unmade: [RecordID] = []
        if verdict.refusal?.code == .erased {
            if let commit = try? WireCommit(serializedBytes: entry.commit).model(schema: schema) {
                unmade = try bury(unmadeBy: commit, author: entry.author)
            }
        }
        try store.redact(device: entry.device, number: entry.number, chain: entry.chain)
        return unmade
    }

    /// Makes tombstones of what a refused commit would have made under somebody who was erased.
    func bury(unmadeBy commit: Commit, author: RecordID) throws -> [RecordID] {
        let unmade = try Erasure.unmade(
            by: commit, author: author, schema: schema, generation: try store.hub().generation,
            record: store.record)
        for record in unmade {
            try store.put(record, replacing: nil)
            try store.bury(record.id, by: nil)
            try store.dropExpected(record.id)
        }
        return unmade.map(\.id)
    }

    /// Whether the commit changes or names anybody who was erased.
    func concernsErased(_ commit: [UInt8]) throws -> Bool { try !erased(in: commit).isEmpty }

    /// Those who were erased of whom a commit changes or names something.
    func erased(in commit: [UInt8]) throws -> [RecordID] {
        try Self.ids(in: commit).sorted().filter { id in
            do {
                return try store.record(id)?.isErased ?? false
            } catch  where !error.endsTransaction {
                // Of a record that cannot be read nothing was taken.
                return false
            }
        }
    }

    /// Every id that a commit holds, also one that cannot be read otherwise.
    private static func ids(in commit: [UInt8]) -> Set<RecordID> {
        let ids = (try? WireCommit(serializedBytes: commit))?.ids ?? []
        return Set(ids.filter { $0.count == 16 }.map { RecordID(data: $0) })
    }
}

extension StoreReader {
    /// Whether an account ever saw a record, so that its devices may hold something of it.
    func everSaw(_ record: StoredRecord, by account: Account, _ schema: Schema) throws -> Bool {
        if account.role.seesAll { return true }
        guard let entity = schema[record.entity] else { return true }
        return Sight(stays: account.stays, known: 0).saw(
            record, entity, by: account.id,
            customers: try record.customers(entity).compactMap(self.record)
        ) { $0.placements.map(\.scope) }
    }
}
