internal import Foundation
internal import RondaMerge
package import RondaModel
internal import RondaProtobuf
package import RondaStore
internal import RondaWire

/// Puts commits into the store: plan, then apply, each commit whole or not at all.
struct Pusher: Sendable {
    let schema: Schema
    let limits: Limits
    let surroundings: Surroundings

    /// A failure of the push is a value, so that the others in the transaction stand; only a
    /// failure of the store itself is thrown.
    func run(_ push: Push, in store: any StoreWriter) throws -> Result<PushResult, any Error> {
        let now = surroundings.now()
        let login: Login
        do {
            login = try push.credential.login(
                in: store, at: now, surrenders: push.request.pushOnly)
        } catch let error as HubError {
            return .failure(error)
        }
        var device = login.device
        var hub = try store.hub()
        if try isProofOfLoss(push.request, device: device, hub: hub, in: store) {
            hub = hub.renewed(epoch: surroundings.random(), at: now)
            try store.put(hub)
            try store.append(
                Incident(
                    at: now, kind: .historyLost, device: device.id, about: push.request.proof.number
                ))
        }
        let committer = Committer(
            schema: schema, limits: limits, store: store, generation: hub.generation, now: now)
        let writer = CommitWriter(
            device: device.id, account: login.account, receivedAt: now,
            clockOffsetMilliseconds: push.request.clockOffset(at: now), floor: device.floor)
        var result = PushResult(lastNumber: device.lastNumber, chain: device.chain)
        // A request from before a restore may be a late one, of commits the device has meanwhile
        // decided about: it is told of the restore, and offers again.
        let isPresent =
            push.request.epoch.isEmpty || push.request.epoch == Data(hub.epochBytes)
        let offers = isPresent ? push.offers : []
        for offer in offers {
            if offer.number <= device.lastNumber {
                guard let verdict = try repeated(offer, device: device, in: store) else {
                    result.forkedAt = offer.number
                    break
                }
                result.verdicts.append(verdict)
                continue
            }
            // A gap: the device is told the last number and offers again from there.
            guard offer.number == device.lastNumber + 1 else { break }
            let chain = device.lastNumber == 0 ? nil : device.chain
            guard offer.previous == chain else {
                result.forkedAt = offer.number
                break
            }
            do {
                result.verdicts.append(
                    login.hasAccess
                        ? try committer.accept(offer, by: writer)
                        : try committer.surrender(offer, by: writer))
            } catch let error where !error.endsTransaction {
                let failures = try store.countFailure(device: device.id, number: offer.number)
                guard failures >= limits.failuresBeforeQuarantine else {
                    // Nothing of this commit stands; what came before it does, and is told.
                    if result.verdicts.isEmpty { return .failure(HubError(error)) }
                    break
                }
                result.verdicts.append(try committer.quarantine(offer, by: writer))
            }
            device.lastNumber = offer.number
            device.chain = .of(offer.bytes)
        }
        if isPresent && !push.isCarried {
            try store.confirm(device.id, push.request.erased.compactMap { RecordID(bytes: $0) })
            try committer.askAboutErased(
                in: offers.prefix(result.verdicts.count), of: device.id, by: login.account)
        }
        // Whoever holds a device without access can hand in its work, not throw it away.
        if isPresent && login.hasAccess {
            try committer.dispose(push.request.tray, of: device.id)
        }
        if !login.hasAccess, device.lastNumber > login.device.lastNumber {
            try store.append(
                AuditEntry(
                    at: now, actor: login.account.login, act: .deviceSurrender,
                    subject: device.id.description,
                    detail: "commits \(login.device.lastNumber + 1) to \(device.lastNumber)"))
        }
        result.lastNumber = device.lastNumber
        result.chain = device.chain
        // Were the clock set back, a receipt of this history would look like one from before it.
        result.receivedAt = max(now, hub.renewedAt ?? now)
        let isWhole =
            isPresent && result.forkedAt == 0 && offers.last?.number ?? 0 <= device.lastNumber
        if push.isCarried, device.lastNumber > login.device.lastNumber {
            try store.append(
                AuditEntry(
                    at: now, actor: login.account.login, act: .bundle,
                    subject: device.id.description,
                    detail: "commits \(login.device.lastNumber + 1) to \(device.lastNumber)"))
        }
        if push.isCarried {
            noteCarried(push, isWhole: isWhole, in: &device, now: now)
        } else {
            note(push.request, isWhole: isWhole, in: &device, hub: hub, now: now)
        }
        try store.put(device)
        if login.device.epoch != device.epoch, hub.isRenewed,
            try !store.isRecovering(at: now)
        {
            try committer.reconsiderAll()
        }
        if let note = push.note {
            let taken = result.verdicts.filter { $0.refusal == nil }.map(\.number)
            if !taken.isEmpty { try store.append(note.entry(at: now, commits: taken)) }
        }
        if let settled = push.settling, result.verdicts.allSatisfy({ $0.refusal == nil }) {
            _ = try committer.settle(settled)
        }
        // One of these commits may have brought what an earlier one waited for.
        for (index, verdict) in result.verdicts.enumerated() where verdict.outcome == .waiting {
            let entry = try store.journal(device: device.id, number: verdict.number)
            result.verdicts[index] = entry?.verdict ?? verdict
        }
        return .success(result)
    }

    /// What the request tells of the device itself.
    private func note(
        _ request: WireExchangeRequest, isWhole: Bool, in device: inout Device, hub: HubIdentity,
        now: Instant
    ) {
        // Who asks for a past id only does not work with it any more.
        if !request.pushOnly { device.lastSeen = now }
        // What is not judged yet is not in, whatever the device meant to send.
        if request.protocol != 0 { device.learn(from: request, at: now, limits: limits) }
        guard isWhole, request.protocol != 0 else { return }
        device.queued = request.queued
        if request.completeToMs > 0 {
            let claimed = Instant(milliseconds: Int64(clamping: request.completeToMs))
            device.completeTo = max(device.completeTo ?? claimed, min(claimed, now))
        }
        if request.queued == 0, request.epoch == Data(hub.epochBytes) {
            device.epoch = hub.epoch
            // What it captures from now on, it captures knowing this.
            device.floor = max(device.floor, min(request.assignment, hub.assignment))
        }
    }

    /// The device itself was not here. When it wrote the last of its bundles it said that with this it had
    /// delivered all it captured until then: enough to take it in, if it has not been here since.
    private func noteCarried(_ push: Push, isWhole: Bool, in device: inout Device, now: Instant) {
        guard isWhole, push.request.completeToMs > 0,
            push.offers.last?.number == device.lastNumber
        else { return }
        let claimed = Instant(milliseconds: Int64(clamping: push.request.completeToMs))
        let written = claimed.adding(milliseconds: 0 &- (device.clockOffsetMilliseconds ?? 0))
        if let seen = device.lastSeen, written <= seen { return }
        device.queued = 0
        device.completeTo = max(device.completeTo ?? claimed, min(claimed, now))
    }

    /// Whether the device shows a receipt of this hub for more than the hub has, or for other
    /// commits than the hub has: its history was set back without a restore.
    private func isProofOfLoss(
        _ request: WireExchangeRequest, device: Device, hub: HubIdentity, in store: any StoreReader
    ) throws -> Bool {
        guard request.hasProof, request.epoch == Data(hub.epochBytes) else { return false }
        if request.proof.number <= device.lastNumber {
            let entry = try store.journal(device: device.id, number: request.proof.number)
            let chain = entry?.chain.id.bytes
            if chain == Array(request.proof.chain) { return false }
        }
        // From before the last renewal: that history is known to be lost.
        if let renewed = hub.renewedAt, request.proof.receivedAtMs < renewed.milliseconds {
            return false
        }
        return Receipt(request.proof, hub: hub.id, device: device.id)
            .isSigned(by: Receipt.publicKey(of: hub.key))
    }

    /// The original verdict of a commit seen before; `nil` when its content is another.
    private func repeated(
        _ offer: Offer, device: Device, in store: any StoreWriter
    ) throws -> Verdict? {
        guard let entry = try store.journal(device: device.id, number: offer.number),
            entry.isRedacted
                ? entry.chain == .of(offer.bytes) : entry.commit == Array(offer.bytes)
        else { return nil }
        return entry.verdict
    }
}

extension WireExchangeRequest {
    /// How far the device's clock is ahead of the hub's; 0 where it does not say.
    fileprivate func clockOffset(at now: Instant) -> Int64 {
        deviceTimeMs == 0 ? 0 : deviceTimeMs &- now.milliseconds
    }
}

extension Device {
    /// Whether the request says of the client what was not known.
    func learns(from request: WireExchangeRequest, limits: Limits) -> Bool {
        var copy = self
        copy.learn(from: request, at: nil, limits: limits)
        return copy != self
    }

    /// What the client says of itself, as far as it says it.
    fileprivate mutating func learn(
        from request: WireExchangeRequest, at now: Instant?, limits: Limits
    ) {
        if !request.app.isEmpty { app = request.app.cut(toBytes: limits.appBytes) }
        if request.schema != 0 { schema = request.schema }
        if let now, request.deviceTimeMs != 0 {
            clockOffsetMilliseconds = request.clockOffset(at: now)
        }
    }
}

extension String {
    /// At most so many bytes of UTF-8, one line.
    fileprivate func cut(toBytes most: Int) -> String {
        var text = ""
        var left = most
        for scalar in unicodeScalars {
            let plain: Unicode.Scalar = scalar.value < 32 || scalar.value == 127 ? " " : scalar
            left -= UTF8.width(plain)
            if left < 0 { break }
            text.unicodeScalars.append(plain)
        }
        return text
    }
}

extension HubIdentity {
    /// The same hub with a new history. Its generation is above every one there ever was, also
    /// where the same backup is restored a second time: it follows the clock, in minutes since 2020.
    /// `replaced` is the generation of a history that it takes the place of.
    package func renewed(
        epoch: UInt64, at now: Instant, above replaced: UInt64 = 0
    ) -> HubIdentity {
        let minutes = (now.milliseconds - Limits().earliestStampMilliseconds) / 60_000
        var hub = self
        hub.epoch = epoch
        hub.isRenewed = true
        hub.renewedAt = now
        let before = min(max(generation, replaced), 1 << 31 - 2)
        hub.generation = max(before + 1, UInt64(min(max(minutes, 0), 1 << 31 - 1)))
        return hub
    }
}
