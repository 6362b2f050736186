internal import Foundation
internal import RondaMerge
internal import RondaModel
internal import RondaProtobuf
internal import RondaStore
internal import RondaWire
internal import SwiftProtobuf

/// Whom to erase.
struct ErasureOrder: Sendable {
    let customer: RecordID
    /// Records that are known to have been erased with it.
    var listed: [Erasure.Listed] = []
    let actor: String
    let at: Instant
}

/// What erasing somebody does to a store, inside one transaction (SPEC §4.14).
struct Eraser {
    let store: any StoreWriter
    let schema: Schema
    let now: Instant
    let ledger: (any ErasureLedger)?

    /// Erases a customer and what is under it. `search` has looked for `store.sought(_:)`.
    /// - Returns: what is to be written down of it; `nil` when nothing is left to erase.
    func erase(_ order: ErasureOrder, found search: JournalSearch) throws -> LedgerEntry? {
        guard try store.isToDo(order, search, schema) else { return nil }
        let step = try Assignments.next(in: store)
        let hub = try store.hub()
        let erasure = try store.erasure(
            order, search, schema, assignment: step, generation: hub.generation, at: now)
        let due = try store.due(erasure, order, search, schema)
        let suppression = Suppression(seed: hub.key)
        let suppressed = (erasure.stored[order.customer]?.contactPoints ?? []).sorted()
            .map(suppression.hash)
        try apply(erasure, assignment: step)
        let note = try store.append(
            ErasureNote(at: order.at, actor: order.actor, customer: order.customer))
        for record in erasure.tombstones {
            try store.bury(record.id, by: note)
            try store.dropExpected(record.id)
        }
        for (record, devices) in due {
            for device in devices { try store.ask(device, about: [record]) }
        }
        for hash in suppressed { try store.suppress(hash) }
        try redact(erasure.tombstones.flatMap { search.places[$0.id] ?? [] })
        return LedgerEntry(
            hub: hub.id, at: now, actor: order.actor, customer: order.customer,
            records: erasure.tombstones.map { record in
                Erasure.Listed(
                    id: record.id, entity: record.entity,
                    scopes: Set(record.stays.map(\.scope)).sorted(),
                    due: due[record.id]?.sorted())
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

    // MARK: Commits

    /// Takes the content from these commits. What waits, or was refused, is refused as erased now.
    private func redact(_ places: [JournalSearch.Place]) throws {
        for place in Set(places) {
            guard let entry = try store.journal(device: place.device, number: place.number),
                entry.content != nil
            else { continue }
            if [.waiting, .refused].contains(entry.verdict.outcome) {
                var verdict = Verdict.refused(entry.number, Refusal(.erased))
                verdict.disposition = entry.verdict.disposition
                try store.replace(verdict, of: entry.device)
                try store.removeWaiting(device: entry.device, number: entry.number)
                try redact(entry, as: verdict)
            } else {
                try redact(entry, as: entry.verdict)
            }
        }
    }

    /// Takes from a commit what concerns somebody who was erased. What it would have made, and nobody
    /// will, where it is refused as erased, becomes a tombstone.
    func redact(_ entry: JournalEntry, as verdict: Verdict) throws {
        // What cannot be read would have made nothing.
        let commit = entry.content.flatMap {
            try? WireCommit(serializedBytes: $0).model(schema: schema)
        }
        if verdict.refusal?.code == .erased, let commit {
            try bury(unmadeBy: commit, author: entry.author, from: entry.device)
        }
        try store.redact(
            device: entry.device, number: entry.number, chain: entry.chain,
            rest: try commit.map { try rest(of: $0, as: verdict) } ?? [])
    }

    /// What concerns others in a refused commit: somebody may still capture that again. What was
    /// accepted the records have.
    func rest(of commit: Commit, as verdict: Verdict) throws -> [UInt8] {
        guard verdict.refusal != nil, [.open, .office].contains(verdict.disposition) else {
            return []
        }
        let erased = try Set(self.erased(in: Array(commit.canonicalBytes)))
        var rest = commit
        rest.changes = commit.changes.compactMap { $0.without(erased) }
        return rest.changes.isEmpty ? [] : Array(rest.canonicalBytes)
    }

    /// Makes tombstones of what a refused commit would have made under somebody who was erased.
    func bury(unmadeBy commit: Commit, author: RecordID, from device: RecordID) throws {
        let unmade = try Erasure.unmade(
            by: commit, author: author, schema: schema, generation: try store.hub().generation,
            record: store.record)
        for (record, erased) in unmade {
            try store.put(record, replacing: nil)
            try store.bury(record.id, under: erased)
            try store.dropExpected(record.id)
            try writeDown(record, under: erased, from: device)
        }
    }

    /// A store that is restored has to know it too, when others go on writing about it.
    private func writeDown(
        _ record: StoredRecord, under erased: RecordID, from device: RecordID
    ) throws {
        guard let ledger, let note = try store.erasure(of: erased) else { return }
        let listed = Erasure.Listed(
            id: record.id, entity: record.entity,
            scopes: Set(record.stays.map(\.scope)).sorted(), due: [device])
        let entry = LedgerEntry(
            hub: try store.hub().id, at: note.at, actor: note.actor, customer: note.customer,
            records: [listed], suppressed: [])
        // Nobody's work waits for a ledger that cannot be written: `serve` and `backup` say that it
        // cannot, and write what it lacks.
        try? ledger.append(entry)
    }

    /// Whether the commit changes or names anybody who was erased.
    func concernsErased(_ commit: [UInt8]) throws -> Bool { try !erased(in: commit).isEmpty }

    /// Those who were erased of whom a commit changes or names something.
    func erased(in commit: [UInt8]) throws -> [RecordID] {
        var ids: Set<RecordID> = []
        commit.withUnsafeBytes { CommitIDs.each(in: $0) { ids.insert($0) } }
        return try ids.sorted().filter(store.isTombstone)
    }
}

extension Account {
    /// Whether it ever saw a record that is, or was, under these customers.
    fileprivate func everSaw(
        _ record: StoredRecord, _ entity: EntitySchema, customers: [StoredRecord]
    ) -> Bool {
        role.seesAll
            || Sight(stays: stays, known: 0).saw(record, entity, by: id, customers: customers) {
                $0.placements.map(\.scope)
            }
    }
}

extension StoreReader {
    /// Whether an account ever saw a record, so that its devices may hold something of it.
    func everSaw(_ record: StoredRecord, by account: Account, _ schema: Schema) throws -> Bool {
        guard let entity = schema[record.entity] else { return true }
        return account.everSaw(
            record, entity, customers: try record.customers(entity).compactMap(self.record))
    }

    /// Of each record, the devices that may hold something of it: those whose commits are about it,
    /// and those of the accounts that ever saw it. Where the ledger says which had it, the store may
    /// have been set back to before they did, and nobody else is told of it.
    func due(
        _ erasure: Erasure, _ order: ErasureOrder, _ search: JournalSearch, _ schema: Schema
    ) throws -> [RecordID: Set<RecordID>] {
        var due: [RecordID: Set<RecordID>] = [:]
        let noted = Dictionary(
            order.listed.compactMap { listed in listed.due.map { (listed.id, $0) } },
            uniquingKeysWith: { first, _ in first })
        let devices = try devices().filter { !$0.secretHash.isEmpty }
        let known = Set(devices.map(\.id))
        for record in erasure.tombstones {
            let holders = (search.places[record.id] ?? []).map(\.device)
            due[record.id] = known.intersection(holders).union(noted[record.id] ?? [])
        }
        let unknown = erasure.tombstones.filter { noted[$0.id] == nil }
        if unknown.isEmpty { return due }
        let holders = try Dictionary(grouping: devices, by: \.account)
            .compactMap { id, devices in
                try account(id).map { (account: $0, devices: devices.map(\.id)) }
            }
        // Mostly all of them are under the same customer.
        var customers = erasure.stored
        for tombstone in unknown {
            let record = erasure.stored[tombstone.id] ?? tombstone
            let entity = schema[record.entity]
            let above = entity.map { record.customers($0) } ?? []
            for id in above where customers[id] == nil { customers[id] = try self.record(id) }
            let found = above.compactMap { customers[$0] }
            for (account, devices) in holders
            where entity.map({ account.everSaw(record, $0, customers: found) }) ?? true {
                due[record.id, default: []].formUnion(devices)
            }
        }
        return due
    }

    // MARK: What there is to erase

    /// What the journal is looked through for: what the store knows to be concerned.
    func sought(_ order: ErasureOrder, _ schema: Schema) throws -> Set<RecordID> {
        let ids = [order.customer] + order.listed.map(\.id) + (try dependents(of: order.customer))
        return Set(ids).union(try referrals(of: order, schema))
    }

    /// The referrals by which the same person was recommended, had anybody done so: they have one of
    /// their telephones or addresses.
    private func referrals(of order: ErasureOrder, _ schema: Schema) throws -> Set<RecordID> {
        let points = try record(order.customer)?.contactPoints ?? []
        guard !points.isEmpty, let entity = schema[.referral] else { return [] }
        var ids: Set<RecordID> = []
        try records(of: .programme) { programme in
            for point in points {
                let id = schema.derivedID(of: entity) { position in
                    entity.fields[position].name == "programme"
                        ? .ref(programme.id) : .text(point)
                }
                if let id { ids.insert(id) }
            }
        }
        return ids
    }

    /// Whether there is anything to do: a customer that is here, or that the journal has, or a record
    /// that is known to have been erased and is not.
    func isToDo(
        _ order: ErasureOrder, _ search: JournalSearch, _ schema: Schema
    ) throws -> Bool {
        if let customer = try record(order.customer) {
            if [.customer, .referral].contains(customer.entity) && !customer.isErased {
                return true
            }
        } else if let entity = search.made[order.customer]?.entity {
            if [.customer, .referral].contains(entity) { return true }
        }
        return try isToDo(order, schema)
    }

    /// Whether something that is known to have been erased is not.
    func isToDo(_ order: ErasureOrder, _ schema: Schema) throws -> Bool {
        try order.listed.contains {
            try schema[$0.entity] != nil && record($0.id)?.isErased != true
        }
    }

    /// What becomes of the customer, of what the store has under it, and of what the journal has and
    /// the store does not: it was deleted and purged, or it waited, or was refused.
    func erasure(
        _ order: ErasureOrder, _ search: JournalSearch, _ schema: Schema, assignment: UInt64,
        generation: UInt64, at now: Instant
    ) throws -> Erasure {
        var gone = Set([order.customer] + order.listed.map(\.id))
        gone.formUnion(
            try dependents(of: order.customer).filter { id in
                try record(id).flatMap { schema[$0.entity] }.map { !$0.isUnderSeveral } ?? false
            })
        var lost = order.listed
        let recommended = try referrals(of: order, schema).union([order.customer]).sorted()
        for id in recommended where try record(id)?.entity == .referral {
            lost.append(Erasure.Listed(id: id, entity: .referral, scopes: []))
            gone.insert(id)
        }
        for id in recommended where id != order.customer {
            guard let made = search.made[id], try record(id) == nil else { continue }
            lost.append(
                Erasure.Listed(id: id, entity: made.entity, scopes: [], creator: made.author))
            gone.insert(id)
        }
        if let made = search.made[order.customer], try record(order.customer) == nil {
            lost.append(
                Erasure.Listed(
                    id: order.customer, entity: made.entity, scopes: made.under.sorted(),
                    creator: made.author))
        }
        var isNew = true
        while isNew {
            isNew = false
            for (id, made) in search.made.sorted(by: { $0.key < $1.key })
            where !gone.contains(id) && !made.under.isDisjoint(with: gone) {
                guard try record(id) == nil else { continue }
                lost.append(
                    Erasure.Listed(
                        id: id, entity: made.entity, scopes: [], creator: made.author))
                gone.insert(id)
                isNew = true
            }
        }
        // What was suggested about somebody has their words, whoever it stands under.
        if let schema = schema[.suggestion], let about = schema.position(named: "about") {
            try records(of: .suggestion) { suggestion in
                guard case .one(.ref(let id)) = suggestion.shown(about), gone.contains(id),
                    !suggestion.isErased
                else { return }
                lost.append(Erasure.Listed(id: suggestion.id, entity: .suggestion, scopes: []))
            }
        }
        // Of a customer that was purged the store does not know what is under it.
        let under = try search.changed.filter { id in
            guard let record = try record(id), let entity = schema[record.entity] else {
                return false
            }
            return !record.isErased && record.customers(entity).contains(order.customer)
        }
        return try Erasure(
            of: order.customer, listed: lost, schema: schema, assignment: assignment,
            generation: generation, at: now, record: record,
            dependents: { customer in
                let known = try dependents(of: customer)
                return customer == order.customer
                    ? known + under.subtracting(known).sorted() : known
            })
    }
}
