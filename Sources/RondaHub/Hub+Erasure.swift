internal import RondaMerge
package import RondaModel
package import RondaStore

/// Somebody who was recommended, and is taken for the person who is to be erased.
package struct Recommended: Sendable, Hashable {
    package let id: RecordID
    package let name: String
    package let programme: String
    /// What makes them the same person.
    package let contactPoint: String
    package let referrers: [String]
}

/// What erasing a customer would do.
package struct ErasurePreview: Sendable, Hashable {
    package var records: [EntityID: Int] = [:]
    /// The recommendations of somebody who is taken for the same person, and goes too.
    package var referrals: [Recommended] = []
    /// Records about other people, that lose this customer and go on.
    package var shared = 0
    /// By rep, the credits for referrals of other people that go with the customer on whose visit they
    /// were earned.
    package var credits: [RecordID: Int] = [:]
    /// Other customers that are said to be the same person: they are erased one by one.
    package var merged: [RecordID] = []
    /// The devices that may hold something of it.
    package var devices: [Device] = []
}

/// A person's right to be forgotten (SPEC §4.14).
extension Hub {
    /// Those whom somebody may mean who asks to erase a code, an id, a telephone or an address:
    /// customers, or somebody who was only recommended; deleted ones too, because nothing of them is
    /// gone. Of an id that is not here the journal may still have something.
    package func erasable(codeOrID name: String) async throws(HubError) -> [RecordID] {
        let position = schema[.customer]?.position(named: "code")
        // What is no contact point is a code or an id.
        let point = Self.contactPoint(name)
        return try await reading { store in
            var found: Set<RecordID> = []
            try store.records(of: .customer) { customer in
                if customer.isErased { return }
                if let position, case .one(.text(let code)) = customer.shown(position),
                    code == name
                {
                    found.insert(customer.id)
                }
                if let point, customer.contactPoints.contains(point) { found.insert(customer.id) }
            }
            if let id = RecordID(name) {
                let record = try store.record(id)
                let isMeant = record.map {
                    [.customer, .referral].contains($0.entity) && !$0.isErased
                }
                if isMeant ?? true { found.insert(id) }
            }
            // With one of a person's referrals the others go, and with the customer all of them.
            if let point, found.isEmpty {
                try store.records(of: .referral) { referral in
                    let isMeant = !referral.isErased && referral.contactPoints.contains(point)
                    if isMeant && found.isEmpty { found.insert(referral.id) }
                }
            }
            return found.sorted()
        }
    }

    private static func contactPoint(_ text: String) -> String? {
        text.contains("@")
            ? try? ContactPoint.email(text) : try? ContactPoint.phone(text, country: nil)
    }

    /// Whether people are looked for by this as a telephone or an e-mail address.
    package static func isContactPoint(_ text: String) -> Bool { contactPoint(text) != nil }

    /// Says what erasing a customer would do, and changes nothing; `nil` for one that is not there.
    package func preview(
        erasing customer: RecordID
    ) async throws(HubError) -> ErasurePreview? {
        let (schema, now) = (schema, surroundings.now())
        let order = ErasureOrder(customer: customer, actor: AuditEntry.server, at: now)
        let search = try await search(for: [order])
        return try await reading { store in
            guard try store.isToDo(order, search, schema) else { return nil }
            let erasure = try store.erasure(
                order, search, schema, assignment: store.hub().assignment + 1, generation: 0,
                at: now)
            var preview = ErasurePreview()
            for record in erasure.tombstones { preview.records[record.entity, default: 0] += 1 }
            preview.shared = erasure.planned.count - erasure.tombstones.count
            preview.referrals = try erasure.stored.values
                .filter { record in
                    record.entity == .referral && record.id != customer
                        && erasure.tombstones.contains { $0.id == record.id }
                }.sorted { $0.id < $1.id }.map { try Self.recommended($0, in: store) }
            let gone = Set(erasure.tombstones.map(\.id))
            for record in erasure.stored.values
            where record.entity == .referralClaim && gone.contains(record.id) {
                let claim = ReferralClaim(id: record.id, fields: record.shownValues)
                if let rep = claim.rep, claim.referral.map(gone.contains) != true {
                    preview.credits[rep, default: 0] += 1
                }
            }
            preview.merged = try Self.merged(with: customer, in: store)
            let due = try store.due(erasure, order, search, schema)
            let asked = due.values.reduce(into: Set()) { $0.formUnion($1) }
            preview.devices = try store.devices().filter { asked.contains($0.id) }
            return preview
        }
    }

    private static func recommended(
        _ record: StoredRecord, in store: any StoreReader
    ) throws -> Recommended {
        let referral = Referral(id: record.id, fields: record.shownValues)
        let programme = try referral.programme.flatMap(store.record).flatMap {
            Programme(id: $0.id, fields: $0.shownValues).name
        }
        let referrers = try referral.referrers.map { id in
            let customer = try store.record(id).map { Customer(id: id, fields: $0.shownValues) }
            return customer?.name ?? customer?.code ?? id.description
        }
        return Recommended(
            id: record.id, name: referral.name ?? "", programme: programme ?? "",
            contactPoint: referral.contactPoint ?? "", referrers: referrers)
    }

    /// The others who stand for the same customer after all mergers, deleted ones too.
    private static func merged(
        with customer: RecordID, in store: any StoreReader
    ) throws -> [RecordID] {
        var twins: [Twin] = []
        try store.records(of: .customer) { other in
            if other.isErased { return }
            let into = Customer(id: other.id, fields: other.shownValues).mergedInto
            twins.append(Twin(id: other.id, keys: [], mergedInto: into))
        }
        let duplicates = Duplicates(twins)
        let target = duplicates.target(of: customer)
        return twins.map(\.id).filter { $0 != customer && duplicates.target(of: $0) == target }
    }

    /// Erases a customer: nothing is left here of the person, and every device that has something is
    /// asked to do the same. It cannot be undone.
    /// - Returns: what was done; `nil` when there is no such customer.
    package func erase(
        _ customer: RecordID, by actor: String = AuditEntry.server
    ) async throws(HubError) -> ErasureNote? {
        guard let ledger else { throw HubError(.fault, "no ledger of erasures") }
        let now = surroundings.now()
        let order = ErasureOrder(customer: customer, actor: actor, at: now)
        let note = try await erasing([order]) { eraser, search, store -> ErasureNote? in
            guard let entry = try eraser.erase(order, found: search) else { return nil }
            try store.append(
                AuditEntry(
                    at: now, actor: actor, act: .customerErase, subject: customer.description,
                    detail: "\(entry.records.count) records"))
            // Before the transaction: what was begun is done again, but never undone.
            try ledger.append(entry)
            return try store.erasures().last
        }
        live.wrote()
        guard var note else { return nil }
        note.isWashed = try await washErased()
        return note
    }

    /// Cuts off the log of the database where it may hold something of who was erased. Whoever reads
    /// at that moment is in the way: it is tried a few times, and with every later call.
    /// - Returns: whether nothing is left in it.
    package func washErased() async throws(HubError) -> Bool {
        do {
            let due = try await store.read { try $0.erasures().last { !$0.isWashed }?.n }
            guard let due else { return true }
            for _ in 0..<limits.washings {
                do {
                    try await store.checkpoint()
                    try await store.write { try $0.wash(upTo: due) }
                    return true
                } catch let error as StoreError where error.code == .inUse {
                    continue
                }
            }
            return false
        } catch {
            throw HubError(error)
        }
    }

    /// All erasures, oldest first, with the devices that have not confirmed.
    package func erasures() async throws(HubError) -> [ErasureNote] {
        try await reading { try $0.erasures() }
    }

    /// Writes into the ledger what the store knows of erasures and the ledger does not: it was lost, or
    /// an older one was put in its place. What refused commits would have made is written down only
    /// here, after each exchange that brought any.
    /// - Returns: how many erasures it had lost.
    package func mendLedger() async throws(HubError) -> Int {
        let lacking = try await erasuresNotInLedger(of: store)
        try addToLedger(lacking.map(\.entry))
        return lacking.count(where: \.isLost)
    }

    package func addToLedger(_ entries: [LedgerEntry]) throws(HubError) {
        do { for entry in entries { try ledger?.append(entry) } } catch { throw HubError(error) }
    }

    /// What a store knows of erasures that the ledger does not: this hub's own, or one that it replaces.
    /// `isLost` says of each that the ledger should have had it.
    package func erasuresNotInLedger(
        of store: any CentralStore
    ) async throws(HubError) -> [(entry: LedgerEntry, isLost: Bool)] {
        guard let ledger else { return [] }
        do {
            let entries = try ledger.entries()
            return try await store.read { store in
                let hub = try store.hub().id
                let known = entries.erased(of: hub)
                // A later erasure of the same customer may have found more.
                let notes = try store.erasures().compactMap { note -> (ErasureNote, Bool)? in
                    guard let records = known[note.customer] else { return (note, true) }
                    let lacking = Set(try store.tombstones(of: note.n)).subtracting(records)
                    if lacking.isEmpty { return nil }
                    return (note, try !lacking.isSubset(of: store.unmade(of: note.n)))
                }
                if notes.isEmpty { return [] }
                // Whose each is was not kept.
                let suppressed = try store.suppressed()
                return try notes.map { note, isLost in
                    let listed = try store.tombstones(of: note.n).compactMap { id in
                        try store.record(id).map { record in
                            Erasure.Listed(
                                id: id, entity: record.entity,
                                scopes: Set(record.stays.map(\.scope)).sorted(),
                                due: try store.asked(about: id))
                        }
                    }
                    let entry = LedgerEntry(
                        hub: hub, at: note.at, actor: note.actor, customer: note.customer,
                        records: listed, suppressed: suppressed)
                    return (entry, isLost)
                }
            }
        } catch {
            throw HubError(error)
        }
    }

    /// Erases again what the ledger says was erased and this store still has: one that was restored
    /// or put in place must not be served before.
    /// - Returns: how many erasures had to be done again.
    package func replayErasures() async throws(HubError) -> Int {
        guard let ledger else { return 0 }
        let entries: [LedgerEntry]
        do { entries = try ledger.entries() } catch { throw HubError(error) }
        let (now, schema) = (surroundings.now(), schema)
        let due = try await reading { store in
            let hub = try store.hub().id
            return try entries.filter { entry in
                guard entry.hub == hub else { return false }
                return try store.isToDo(ErasureOrder(entry), schema)
                    || !entry.suppressed.allSatisfy(store.isSuppressed)
            }
        }
        var count = 0
        if let hub = due.first?.hub {
            let orders = due.map { ErasureOrder($0) }
            let known = entries.erased(of: hub)
            count = try await erasing(orders) { eraser, search, store in
                var count = 0
                for (entry, order) in zip(due, orders) {
                    for hash in entry.suppressed { try store.suppress(hash) }
                    guard let done = try eraser.erase(order, found: search) else { continue }
                    // This store may have had more of the person than the ledger knows.
                    let records = known[entry.customer, default: []]
                    if !records.isSuperset(of: done.records.map(\.id)) { try ledger.append(done) }
                    try store.append(
                        AuditEntry(
                            at: now, actor: AuditEntry.server, act: .customerErase,
                            subject: entry.customer.description, detail: "again, from the ledger"))
                    count += 1
                }
                return count
            }
            if count > 0 { live.wrote() }
        }
        _ = try await washErased()
        return count
    }

    /// Looks through the journal while others go on writing.
    private func search(for orders: [ErasureOrder]) async throws(HubError) -> JournalSearch {
        let (store, schema, limits) = (store, schema, limits)
        do {
            let ids = try await store.read { try $0.sought(orders, schema) }
            return try await JournalSearch.run(
                for: ids, schema: schema, rows: limits.journalRowsPerLook
            ) { try await store.read($0) }
        } catch {
            throw HubError(error)
        }
    }

    /// Runs `body` in one transaction, with what the journal has about these people, and then judges
    /// again what waited.
    private func erasing<Result: Sendable>(
        _ orders: [ErasureOrder],
        _ body: @Sendable (Eraser, JournalSearch, any StoreWriter) throws -> Result
    ) async throws(HubError) -> Result {
        let (schema, now) = (schema, surroundings.now())
        var searches = 0
        while true {
            let found = try await search(for: orders)
            searches += 1
            let isLast = searches >= limits.searchesPerErasure
            let result = try await committing { committer, store -> Result? in
                var search = found
                let ids = try store.sought(orders, schema)
                // What came under them meanwhile is looked for without holding up others either, but
                // not for ever.
                guard isLast || ids.isSubset(of: search.sought) else { return nil }
                let isFound = try search.catchUp(with: ids, in: store, readingAll: isLast)
                guard isFound else { return nil }
                let result = try body(
                    Eraser(store: store, schema: schema, now: now), search, store)
                try committer.reconsiderAll()
                return result
            }
            if let result { return result }
        }
    }
}

extension ErasureOrder {
    init(_ entry: LedgerEntry) {
        self.init(
            customer: entry.customer, listed: entry.records, actor: entry.actor, at: entry.at)
    }
}

extension [LedgerEntry] {
    /// Whom a hub has erased, each with the records that went with them.
    fileprivate func erased(of hub: RecordID) -> [RecordID: Set<RecordID>] {
        reduce(into: [:]) { known, entry in
            if entry.hub == hub {
                known[entry.customer, default: []].formUnion(entry.records.map(\.id))
            }
        }
    }
}

extension StoreReader {
    fileprivate func sought(
        _ orders: [ErasureOrder], _ schema: Schema
    ) throws -> Set<RecordID> {
        try orders.reduce(into: []) { $0.formUnion(try sought($1, schema)) }
    }
}
