package import RondaModel
package import RondaStore
internal import RondaMerge
internal import RondaWire

/// What the back office does about refused work, restores and old deletions.
extension Hub {
    func committing<Result: Sendable>(
        _ body: @Sendable (Committer, any StoreWriter) throws -> Result
    ) async throws(HubError) -> Result {
        let (schema, limits, now) = (schema, limits, surroundings.now())
        let ledger = ledger
        do {
            return try await withoutActuallyEscaping(body) { body in
                try await store.write { store in
                    try body(
                        Committer(
                            schema: schema, limits: limits, store: store,
                            generation: store.hub().generation, now: now, ledger: ledger), store)
                }
            }
        } catch {
            throw HubError(error)
        }
    }

    /// Settles a refused commit at the office: the rep is told with the next sync.
    /// - Returns: false when there is no such refused commit.
    package func dispose(
        device: RecordID, number: UInt64, _ disposition: Disposition,
        by actor: String = AuditEntry.server
    ) async throws(HubError) -> Bool {
        let settled = SettledCommit(
            device: device, number: number, disposition: disposition, actor: actor)
        return try await committing { committer, _ in try committer.settle(settled) }
    }

    /// Judges a refused commit again as it was captured, after what stood in its way is gone.
    /// - Returns: its verdict now; `nil` when there is no such refused commit.
    package func retry(
        device: RecordID, number: UInt64, by actor: String = AuditEntry.server
    ) async throws(HubError) -> Verdict? {
        let now = surroundings.now()
        return try await committing { committer, store in
            guard let entry = try store.journal(device: device, number: number),
                entry.verdict.outcome == .refused,
                entry.verdict.disposition == .open || entry.verdict.disposition == .office
            else { return nil }
            let verdict = try committer.retry(entry)
            try store.append(
                AuditEntry(
                    at: now, actor: actor, act: .trayRetry, subject: device.description,
                    detail: "commit \(number): \(verdict.outcome)"))
            return verdict
        }
    }

    /// Stops waiting for devices that have not offered again since a restore: what needs their
    /// work is refused from now on.
    package func closeRecovery(by actor: String = AuditEntry.server) async throws(HubError) {
        let now = surroundings.now()
        try await committing { committer, store in
            let epoch = try store.hub().epoch
            var given = 0
            for var device in try store.devices() where device.epoch != epoch {
                given += device.secretHash.isEmpty ? 0 : 1
                device.epoch = epoch
                try store.put(device)
            }
            try store.append(
                AuditEntry(
                    at: now, actor: actor, act: .recoveryClose,
                    detail: "no longer waiting for \(given) devices"))
            try committer.reconsiderAll()
        }
    }

    /// Gives the hub a new history, as a restored one must have; `replaced` is the generation of the
    /// history it takes the place of.
    package func renewHistory(
        above replaced: UInt64 = 0, by actor: String = AuditEntry.server, from source: String = ""
    ) async throws(HubError) {
        let (epoch, now) = (surroundings.random(), surroundings.now())
        try await committing { _, store in
            try store.put(try store.hub().renewed(epoch: epoch, at: now, above: replaced))
            // The next backup of this history is the first that counts.
            for var device in try store.devices() where device.covered > 0 {
                device.covered = 0
                try store.put(device)
            }
            try store.append(AuditEntry(at: now, actor: actor, act: .restore, subject: source))
        }
    }

    /// Notes that a verified backup holds the commits that `backup` has.
    package func noteBackup(
        _ backup: any CentralStore, by actor: String = AuditEntry.server, to file: String = ""
    ) async throws(HubError) {
        let now = surroundings.now()
        do {
            let held = try await backup.read { try $0.devices() }
            try await store.write { store in
                for copy in held {
                    guard var device = try store.device(copy.id) else { continue }
                    device.covered = max(device.covered, copy.lastNumber)
                    try store.put(device)
                }
                try store.append(AuditEntry(at: now, actor: actor, act: .backup, subject: file))
            }
        } catch {
            throw HubError(error)
        }
    }

    /// Removes for good what was deleted longer ago than `milliseconds`. The generation grows, so that
    /// a record which is made again under a derived id has none of the versions it had before.
    /// - Returns: how many records.
    package func purge(
        olderThan milliseconds: Int64, by actor: String = AuditEntry.server
    ) async throws(HubError) -> Int {
        let (schema, now) = (schema, surroundings.now())
        let before = now.milliseconds - milliseconds
        return try await committing { _, store in
            var old: [StoredRecord] = []
            for entity in schema.entities {
                try store.records(of: entity.id) { record in
                    let last = record.deletions.map { record.marks[$0].stamp.instant.milliseconds }
                    if record.isDeleted, !record.isErased, (last.max() ?? .max) < before {
                        old.append(record)
                    }
                }
            }
            for record in old { try store.purge(record) }
            if !old.isEmpty {
                var hub = try store.hub()
                hub.generation = hub.renewed(epoch: 0, at: now).generation
                try store.put(hub)
            }
            try store.append(
                AuditEntry(
                    at: now, actor: actor, act: .purge,
                    detail: "\(old.count) records deleted before \(before)"))
            return old.count
        }
    }

    /// Up to when everything captured in a scope is in: the earliest such moment over the devices
    /// that see it and were here lately; `nil` when one of them has never said.
    package func watermark(of scope: RecordID) async throws(HubError) -> Instant? {
        let (schema, now, limits) = (schema, surroundings.now(), limits)
        do {
            return try await store.read { store in
                var least: Instant?
                for device in try store.devices() where !device.secretHash.isEmpty {
                    guard let seen = device.lastSeen, device.hasAccess(at: now),
                        now.milliseconds - seen.milliseconds < limits.activeDeviceMilliseconds,
                        let account = try store.account(device.account),
                        try Self.mayBringWork(device, account, to: scope, store, schema)
                    else { continue }
                    guard let complete = self.completeTo(device) else { return nil }
                    least = min(least ?? complete, complete)
                }
                return least
            }
        } catch {
            throw HubError(error)
        }
    }

    /// Whether the device sees the scope, or may still have work in good faith on what stands there
    /// now.
    private static func mayBringWork(
        _ device: Device, _ account: Account, to scope: RecordID, _ store: any StoreReader,
        _ schema: Schema
    ) throws -> Bool {
        guard let visible = account.visible(schema) else { return true }
        let sight = Sight(stays: account.stays, known: device.floor)
        if visible.contains(scope) || sight.saw(scope: scope) { return true }
        // Nobody has been assigned otherwise since the device said that it knew.
        if try device.floor >= store.hub().assignment { return false }
        var mayBring = false
        let all = RecordID.zero.range(bits: 0)
        try store.standing(in: scope, from: all.lowerBound, to: all.upperBound) { id, _ in
            if mayBring { return }
            guard let record = try store.record(id), let entity = schema[record.entity] else {
                return
            }
            mayBring = sight.saw(
                record, entity, by: account.id,
                customers: try record.customers(entity).compactMap(store.record)
            ) { $0.placements.map(\.scope) }
        }
        return mayBring
    }
}

/// A refused commit about which the office has decided.
package struct SettledCommit: Sendable, Hashable {
    let device: RecordID
    let number: UInt64
    let disposition: Disposition
    let actor: String

    package init(device: RecordID, number: UInt64, disposition: Disposition, actor: String) {
        self.device = device
        self.number = number
        self.disposition = disposition
        self.actor = actor
    }
}

extension Committer {
    /// Does what the office decided, and notes it.
    /// - Returns: false when there is no such refused commit.
    func settle(_ settled: SettledCommit) throws -> Bool {
        guard let entry = try store.journal(device: settled.device, number: settled.number),
            entry.verdict.outcome == .refused
        else { return false }
        try dispose(entry, settled.disposition)
        try store.append(
            AuditEntry(
                at: now, actor: settled.actor, act: settled.disposition.act,
                subject: settled.device.description, detail: "commit \(settled.number)"))
        return true
    }
}

extension Disposition {
    /// What the office did that set it.
    fileprivate var act: AuditAct {
        switch self {
        case .open, .office: .trayOffice
        case .discarded: .trayDiscard
        case .resubmitted: .trayResubmit
        }
    }
}
