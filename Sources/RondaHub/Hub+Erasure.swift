internal import RondaMerge
package import RondaModel
package import RondaStore

/// What erasing a customer would do.
package struct ErasurePreview: Sendable, Hashable {
    package var records: [EntityID: Int] = [:]
    /// Records about other people, that lose this customer and go on.
    package var shared = 0
    /// Other customers that are said to be the same person: they are erased one by one.
    package var merged: [RecordID] = []
    /// The devices that may hold something of it.
    package var devices: [Device] = []
}

/// A person's right to be forgotten (SPEC §4.14).
extension Hub {
    /// Says what erasing a customer would do, and changes nothing; `nil` for one that is not there.
    package func preview(
        erasing customer: RecordID
    ) async throws(HubError) -> ErasurePreview? {
        let (schema, now) = (schema, surroundings.now())
        return try await reading { store in
            guard let record = try store.record(customer), record.entity == .customer,
                !record.isErased
            else { return nil }
            let erasure = try Erasure(
                of: customer, schema: schema, assignment: store.hub().assignment + 1,
                generation: 0, at: now, record: store.record, dependents: store.dependents)
            var preview = ErasurePreview()
            for record in erasure.tombstones { preview.records[record.entity, default: 0] += 1 }
            preview.shared = erasure.planned.count - erasure.tombstones.count
            let target = Customer(id: customer, fields: record.shownValues).mergedInto
            try store.records(of: .customer) { other in
                if other.isDeleted || other.id == customer { return }
                let into = Customer(id: other.id, fields: other.shownValues).mergedInto
                if other.id == target || into == customer || into != nil && into == target {
                    preview.merged.append(other.id)
                }
            }
            for device in try store.devices() where !device.secretHash.isEmpty {
                guard let account = try store.account(device.account),
                    try erasure.stored.values.contains(where: {
                        try store.everSaw($0, by: account, schema)
                    })
                else { continue }
                preview.devices.append(device)
            }
            return preview
        }
    }

    /// Erases a customer: nothing is left here of the person, and every device that has something is
    /// asked to do the same. It cannot be undone.
    /// - Returns: what was done; `nil` when there is no such customer.
    package func erase(
        _ customer: RecordID, by actor: String = AuditEntry.server
    ) async throws(HubError) -> ErasureNote? {
        guard let ledger else { throw HubError(.fault, "no ledger of erasures") }
        let now = surroundings.now()
        let note = try await erasing { eraser, store -> ErasureNote? in
            guard let record = try store.record(customer), record.entity == .customer,
                let entry = try eraser.erase(customer, by: actor)
            else { return nil }
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

    /// Erases again what the ledger says was erased and this store still has: one that was restored
    /// or put in place must not be served before.
    /// - Returns: how many erasures had to be done again.
    package func replayErasures() async throws(HubError) -> Int {
        guard let ledger else { return 0 }
        let entries: [LedgerEntry]
        do { entries = try ledger.entries() } catch { throw HubError(error) }
        if entries.isEmpty { return 0 }
        let now = surroundings.now()
        let count = try await erasing { eraser, store in
            let hub = try store.hub().id
            var count = 0
            for entry in entries where entry.hub == hub {
                for hash in entry.suppressed { try store.suppress(hash) }
                guard
                    try eraser.erase(
                        entry.customer, listed: entry.records, by: entry.actor, at: entry.at) != nil
                else { continue }
                try store.append(
                    AuditEntry(
                        at: now, actor: AuditEntry.server, act: .customerErase,
                        subject: entry.customer.description, detail: "again, from the ledger"))
                count += 1
            }
            return count
        }
        if count > 0 { live.wrote() }
        _ = try await washErased()
        return count
    }

    /// Runs `body` in one transaction, and then judges again what waited.
    private func erasing<Result: Sendable>(
        _ body: @Sendable (Eraser, any StoreWriter) throws -> Result
    ) async throws(HubError) -> Result {
        let (schema, now) = (schema, surroundings.now())
        return try await committing { committer, store in
            let result = try body(Eraser(store: store, schema: schema, now: now), store)
            try committer.reconsiderAll()
            return result
        }
    }
}
