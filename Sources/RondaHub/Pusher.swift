internal import Foundation
internal import RondaMerge
internal import RondaModel
internal import RondaProtobuf
internal import RondaStore
internal import RondaWire
internal import SwiftProtobuf

/// A commit as it was offered: one that cannot be read gets a verdict like any other, so that it
/// holds up nothing that comes after it.
struct Offer: Sendable {
    let number: UInt64
    let previous: ChainHash
    /// Canonical: what is chained, kept in the journal and compared when it is offered again.
    let bytes: Data
    let commit: Result<Commit, Refusal>

    init(_ wire: WireCommit, schema: Schema) {
        number = wire.number
        // Serialising to memory fails only for messages over 2 GiB, which the limits exclude.
        bytes = (try? wire.numbered(schema: schema).serializedData()) ?? Data()
        previous = wire.previous.isEmpty ? .start : ChainHash(id: RecordID(data: wire.previous))
        do throws(WireError) {
            commit = .success(try wire.model(schema: schema))
        } catch {
            commit = .failure(Refusal(.malformed, detail: error.detail))
        }
    }

    init(_ commit: Commit) {
        number = commit.number
        previous = commit.previous
        bytes = commit.canonicalBytes
        self.commit = .success(commit)
    }
}

/// The commits of one device in one exchange.
struct Push: Sendable {
    let credential: Credential
    let offers: [Offer]

    init(by credential: Credential, offers: [Offer]) {
        self.credential = credential
        self.offers = offers
    }
}

struct PushResult: Sendable {
    var verdicts: [Verdict]
    /// The last commit of the device that the hub has.
    var lastNumber: UInt64
}

/// Puts commits into the store: plan, then apply, each commit whole or not at all.
struct Pusher: Sendable {
    let schema: Schema
    let limits: Limits
    let surroundings: Surroundings

    /// A failure of the push is a value, so that the others in the transaction stand; only a
    /// failure of the store itself is thrown.
    func run(_ push: Push, in store: any StoreWriter) throws -> Result<PushResult, any Error> {
        let login: Login
        do {
            login = try push.credential.login(in: store)
        } catch let error as HubError {
            return .failure(error)
        }
        var device = login.device
        let account = login.account
        let context = PlanContext(
            schema: schema, limits: limits, device: device.id, author: account.id,
            role: account.role, visible: account.visible(schema),
            receivedAt: surroundings.now())
        var result = PushResult(verdicts: [], lastNumber: device.lastNumber)
        for offer in push.offers {
            if offer.number <= device.lastNumber {
                guard let verdict = try repeated(offer, device: device, in: store) else {
                    return .failure(HubError(.fork, "commit \(offer.number)"))
                }
                result.verdicts.append(verdict)
                continue
            }
            // A gap: the device is told the last number and offers again from there.
            guard offer.number == device.lastNumber + 1 else { break }
            guard offer.previous == device.chain else {
                if result.verdicts.isEmpty {
                    return .failure(HubError(.fork, "commit \(offer.number)"))
                }
                break
            }
            do {
                result.verdicts.append(try accept(offer, context: context, in: store))
            } catch let error where !Self.endsTransaction(error) {
                // Nothing of this commit stands; what came before it does, and is told.
                if result.verdicts.isEmpty { return .failure(HubError(error)) }
                break
            }
            device.lastNumber = offer.number
            device.chain = .of(offer.bytes)
        }
        result.lastNumber = device.lastNumber
        device.lastSeen = context.receivedAt
        try store.put(device)
        return .success(result)
    }

    /// A store that is full or fails ends the transaction for all. A single record that cannot be
    /// read ends only the push that needs it.
    private static func endsTransaction(_ error: any Error) -> Bool {
        guard let error = error as? StoreError else { return false }
        return error.code != .damaged && error.code != .newerFormat
    }

    /// The original verdict of a commit seen before; `nil` when its content is another.
    private func repeated(
        _ offer: Offer, device: Device, in store: any StoreWriter
    ) throws -> Verdict? {
        guard let entry = try store.journal(device: device.id, number: offer.number),
            entry.commit == Array(offer.bytes)
        else { return nil }
        return entry.verdict
    }

    private func accept(
        _ offer: Offer, context: PlanContext, in store: any StoreWriter
    ) throws -> Verdict {
        let plan: Plan
        switch offer.commit {
        case .failure(let refusal):
            plan = Plan(verdict: .refused(offer.number, refusal), records: [])
        case .success(let commit):
            var stored: [RecordID: StoredRecord] = [:]
            for id in Plan.needs(commit, schema: schema) { stored[id] = try store.record(id) }
            plan = Plan.make(for: commit, stored: stored, context: context)
        }
        return try store.savepoint {
            try apply(plan.records, in: store)
            try store.append(
                JournalEntry(
                    device: context.device, number: offer.number, author: context.author,
                    receivedAt: context.receivedAt, commit: Array(offer.bytes),
                    verdict: plan.verdict))
            return plan.verdict
        }
    }

    /// Gives each touched scope its next position, in a fixed order of scopes so that two writers
    /// never wait for each other (SPEC §4.2), and writes the records there.
    private func apply(_ records: [PlannedRecord], in store: any StoreWriter) throws {
        var seqs: [RecordID: UInt64] = [:]
        for scope in Set(records.flatMap(\.scopes)).sorted() {
            seqs[scope] = try store.nextSeq(of: scope)
        }
        for planned in records {
            var record = planned.record
            let before = record.placements
            record.placements = planned.scopes.map { scope in
                let seq = seqs[scope] ?? 0
                let arrived = before.first { $0.scope == scope }?.arrived ?? seq
                return Placement(scope: scope, seq: seq, arrived: arrived)
            }
            record.marks[record.marks.count - 1].seqs = record.placements.map(\.seq)
            try store.put(record, isNew: record.version == 1, moved: before)
        }
    }
}

extension Account {
    /// The scopes the account sees; `nil` for all of them.
    func visible(_ schema: Schema) -> Set<RecordID>? {
        switch role {
        case .office: nil
        case .rep: territories.union([schema.catalogue])
        }
    }
}
