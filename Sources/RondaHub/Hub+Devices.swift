package import RondaModel
package import RondaStore
internal import RondaMerge

/// A device as those see it who administer it.
package struct DeviceState: Sendable, Hashable {
    package let device: Device
    package let login: String
    package let hasAccess: Bool
    /// When its records last differed from the hub's; `nil` if they never did.
    package let lastDivergence: Instant?
    /// Its commits that wait for a record.
    package let waiting: Int
    /// Its refused commits that nobody has dealt with.
    package let refused: Int
    /// Whether it has offered again all it had since a restore.
    package let isReconciled: Bool

    /// Whether it has said that it holds nothing back, and nothing has happened since that it would
    /// have to bring again.
    package var hasDelivered: Bool {
        device.queued == 0 && device.completeTo != nil && isReconciled
    }
}

/// What the office does with devices. Nothing of it touches what a device holds.
extension Hub {
    package enum DeviceProblem: Error, Sendable, Hashable {
        case unknownDevice
        case badName
        /// Its access was taken away: a later end would give it back.
        case isRevoked
        /// It has not delivered all it has.
        case unsentWork(DeviceState)
    }

    /// Every device of people, in order of login and id.
    package func devices() async throws(HubError) -> [DeviceState] {
        let now = surroundings.now()
        do {
            return try await store.read { store in
                let context = try DeviceContext(store, now: now)
                return try store.devices().filter { !$0.secretHash.isEmpty }
                    .map { try context.state($0, in: store) }
                    .sorted { ($0.login, $0.device.id) < ($1.login, $1.device.id) }
            }
        } catch {
            throw HubError(error)
        }
    }

    /// Changes a device in one transaction with its note.
    private func change(
        _ id: RecordID, _ act: AuditAct, by actor: String, detail: String = "",
        _ body: @Sendable (inout Device) throws -> Void
    ) async throws {
        try await change(id, act, by: actor) { device, _, _ in
            try body(&device)
            return ((), detail)
        }
    }

    /// `body` is given the moment of the change, and tells the detail of its note.
    private func change<Value: Sendable>(
        _ id: RecordID, _ act: AuditAct, by actor: String,
        _ body:
            @Sendable (inout Device, any StoreWriter, Instant) throws -> (Value, detail: String)
    ) async throws -> Value {
        let now = surroundings.now()
        let committer = committer
        return try await withoutActuallyEscaping(body) { body in
            try await store.write { store in
                guard var device = try store.device(id), !device.secretHash.isEmpty else {
                    throw DeviceProblem.unknownDevice
                }
                let wasRecovering = try store.isRecovering(at: now)
                let (value, detail) = try body(&device, store, now)
                try store.put(device)
                try store.append(
                    AuditEntry(
                        at: now, actor: actor, act: act, subject: id.description, detail: detail))
                // What waited for this device alone waits in vain now.
                if wasRecovering, try !store.isRecovering(at: now) {
                    try committer(store, now).reconsiderAll()
                }
                return value
            }
        }
    }

    private var committer: @Sendable (any StoreWriter, Instant) throws -> Committer {
        let (schema, limits) = (schema, limits)
        return { store, now in
            Committer(
                schema: schema, limits: limits, store: store,
                generation: try store.hub().generation,
                now: now)
        }
    }

    package func renameDevice(
        _ id: RecordID, to name: String, by actor: String = AuditEntry.server
    ) async throws {
        let isPrintable = name.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
        guard !name.isEmpty, isPrintable, name.count <= limits.deviceNameCharacters else {
            throw DeviceProblem.badName
        }
        try await change(id, .deviceRename, by: actor, detail: name) { device in
            device.name = name
        }
    }

    /// Ends a device's access at once, whatever it still holds.
    package func revokeDevice(
        _ id: RecordID, by actor: String = AuditEntry.server
    ) async throws {
        let now = surroundings.now()
        try await change(id, .deviceRevoke, by: actor) { device in device.revoke(at: now) }
    }

    /// Sets the moment from which a device has no access any more.
    package func expireDevice(
        _ id: RecordID, at end: Instant, by actor: String = AuditEntry.server
    ) async throws {
        let detail = "at \(end.milliseconds)"
        try await change(id, .deviceExpire, by: actor, detail: detail) { device in
            guard !device.isRevoked else { throw DeviceProblem.isRevoked }
            device.accessEndsAt = end
        }
    }

    package func restoreAccess(
        _ id: RecordID, by actor: String = AuditEntry.server
    ) async throws {
        try await change(id, .deviceRestore, by: actor) { device in
            device.accessEndsAt = nil
            device.isRevoked = false
        }
    }

    /// Ends again, after a restore, the access of devices whose access had ended in the store that was
    /// replaced: a backup must not open what somebody closed. An end that was set there for later is set
    /// again too.
    /// - Returns: how many have no access now that the backup had given them.
    package func endAccess(
        asIn replaced: any CentralStore, by actor: String = AuditEntry.server
    ) async throws(HubError) -> Int {
        let now = surroundings.now()
        do {
            let ending = try await replaced.read { try $0.devices() }
                .filter { $0.accessEndsAt != nil }
            return try await store.write { store in
                var count = 0
                for old in ending {
                    guard var device = try store.device(old.id),
                        device.hasAccess(at: now) || old.isRevoked && !device.isRevoked,
                        device.accessEndsAt != old.accessEndsAt
                            || device.isRevoked != old.isRevoked
                    else { continue }
                    let hadAccess = device.hasAccess(at: now)
                    device.accessEndsAt = old.accessEndsAt
                    device.isRevoked = old.isRevoked
                    try store.put(device)
                    let detail =
                        device.hasAccess(at: now)
                        ? old.accessEndsAt.map { "at \($0.milliseconds), " } ?? "" : ""
                    try store.append(
                        AuditEntry(
                            at: now, actor: actor,
                            act: old.isRevoked ? .deviceRevoke : .deviceExpire,
                            subject: old.id.description, detail: detail + "again, after a restore"))
                    count += hadAccess && !device.hasAccess(at: now) ? 1 : 0
                }
                return count
            }
        } catch {
            throw HubError(error)
        }
    }

    /// Takes a device in: ends its access once it has delivered what it reported.
    /// - Throws: `DeviceProblem.unsentWork` when it has not, unless `evenWithUnsent`; then nothing was
    ///   changed.
    package func handIn(
        _ id: RecordID, evenWithUnsent: Bool = false, by actor: String = AuditEntry.server
    ) async throws -> DeviceState {
        // Judged, noted and told as it is in this transaction: it may have synced a moment ago.
        try await change(id, .deviceHandIn, by: actor) { device, store, now in
            let state = try DeviceContext(store, now: now).state(device, in: store)
            guard state.hasDelivered || evenWithUnsent else {
                throw DeviceProblem.unsentWork(state)
            }
            device.revoke(at: now)
            return (state, state.hasDelivered ? "delivered" : "\(device.queued) unsent")
        }
    }
}

extension Device {
    fileprivate mutating func revoke(at now: Instant) {
        // One whose access had ended already ended then.
        accessEndsAt = min(accessEndsAt ?? now, now)
        isRevoked = true
    }
}

/// What is looked up once for all devices.
private struct DeviceContext {
    private let now: Instant
    private let hub: HubIdentity
    private let logins: [RecordID: String]
    private var divergences: [RecordID: Instant] = [:]
    private var waiting: [RecordID: Int] = [:]
    private var refused: [RecordID: Int] = [:]

    init(_ store: any StoreReader, now: Instant) throws {
        self.now = now
        hub = try store.hub()
        logins = Dictionary(
            try store.accounts().map { ($0.id, $0.login) }, uniquingKeysWith: { $1 })
        for incident in try store.incidents() where incident.kind == .divergence {
            divergences[incident.device] = incident.at
        }
        for commit in try store.waiting(for: nil) { waiting[commit.device, default: 0] += 1 }
        for entry in try store.tray() { refused[entry.device, default: 0] += 1 }
    }

    func state(_ device: Device, in store: any StoreReader) throws -> DeviceState {
        DeviceState(
            device: device, login: logins[device.account] ?? "?",
            hasAccess: device.hasAccess(at: now), lastDivergence: divergences[device.id],
            waiting: waiting[device.id] ?? 0, refused: refused[device.id] ?? 0,
            isReconciled: !hub.isRenewed || device.epoch == hub.epoch)
    }
}
