internal import Foundation
internal import RondaMerge
internal import RondaModel
internal import RondaProtobuf
internal import RondaStore
internal import RondaWire

/// By whom a commit was made, and what was known of it when it arrived.
struct CommitWriter {
    let device: RecordID
    let account: Account
    let receivedAt: Instant
    let clockOffsetMilliseconds: Int64
    /// The least it can have known of who sees what.
    var floor: UInt64 = 0
}

/// Judges commits inside one transaction and keeps what belongs to the judgement: journal, waiting
/// commits and the tray (SPEC §6).
final class Committer {
    let schema: Schema
    private let limits: Limits
    let store: any StoreWriter
    private let generation: UInt64
    let now: Instant
    /// Looked up once: nearly always nobody was erased.
    private var anyErased: Bool?
    private var suppression: Suppression??
    /// Looked up once: nearly always nothing waits, and every new record would ask.
    private var anyWaiting: Bool?
    /// The last change of who sees what, read once.
    private var assignment: UInt64?
    /// Records that came and whose waiting commits are still to be judged, first come first; `nil`
    /// when nobody is at it.
    private var arrived: [RecordID]?

    private let ledger: (any ErasureLedger)?

    init(
        schema: Schema, limits: Limits, store: any StoreWriter, generation: UInt64, now: Instant,
        ledger: (any ErasureLedger)?
    ) {
        self.ledger = ledger
        self.schema = schema
        self.limits = limits
        self.store = store
        self.generation = generation
        self.now = now
    }

    /// Judges a commit that is the next of its device.
    func accept(_ offer: Offer, by writer: CommitWriter) throws -> Verdict {
        let (plan, stored) = try plan(offer, by: writer, former: offer.given?.versions ?? [])
        return try store.savepoint {
            let arrived = try apply(plan.records, replacing: stored)
            try append(offer, by: writer, plan.verdict)
            try flagSuppressed(
                plan.records, replacing: stored, device: writer.device, number: offer.number)
            try release(arrived)
            return plan.verdict
        }
    }

    /// Keeps a commit of a device whose access has ended, without applying it: it lies at the
    /// office, which may have it judged.
    func surrender(_ offer: Offer, by writer: CommitWriter) throws -> Verdict {
        var verdict = settledBefore(offer) ?? .refused(offer.number, Refusal(.revoked))
        if verdict.refusal?.code == .revoked, try hasErased() {
            let planned = try plan(offer, by: writer, former: []).0.verdict
            if planned.refusal?.code == .erased { verdict = planned }
        }
        if verdict.disposition == .open { verdict.disposition = .office }
        let kept = verdict
        return try store.savepoint {
            try append(offer, by: writer, kept)
            return kept
        }
    }

    /// Sets aside a commit on which the hub has failed again and again.
    func quarantine(_ offer: Offer, by writer: CommitWriter) throws -> Verdict {
        let verdict = Verdict.refused(offer.number, Refusal(.internalFault))
        return try store.savepoint {
            try append(offer, by: writer, verdict)
            try store.append(
                Incident(at: now, kind: .quarantine, device: writer.device, about: offer.number))
            return verdict
        }
    }

    /// Does what reps decided about their refused commits. Repeating it changes nothing.
    func dispose(_ actions: [WireTrayAction], of device: RecordID) throws {
        var isAnyOver = false
        for action in actions {
            guard let entry = try store.journal(device: device, number: action.number) else {
                continue
            }
            let isOver = try note(action.disposition.model, about: entry)
            isAnyOver = isAnyOver || isOver
        }
        // Once for all of them: the writer is not held for each one anew.
        if isAnyOver { try reconsiderWaiting(of: device) }
    }

    func dispose(_ entry: JournalEntry, _ disposition: Disposition) throws {
        if try note(disposition, about: entry) { try reconsiderWaiting(of: entry.device) }
    }

    /// - Returns: whether the commit will never bring anything now.
    private func note(_ disposition: Disposition, about entry: JournalEntry) throws -> Bool {
        var verdict = entry.verdict
        guard verdict.outcome == .refused, disposition != .open, verdict.disposition != disposition,
            verdict.disposition != .discarded,
            !(verdict.disposition == .resubmitted && disposition == .office)
        else { return false }
        verdict.disposition = disposition
        try store.replace(verdict, of: entry.device)
        guard disposition.isOver else { return false }
        // It brings nothing any more; captured again, the other commit does.
        try store.dropExpected(from: entry.device, number: entry.number)
        return true
    }

    private func reconsiderWaiting(of device: RecordID) throws {
        for waiting in try store.waiting(for: nil) where waiting.device == device {
            try reconsider(waiting)
        }
    }

    /// Judges every waiting commit again.
    func reconsiderAll() throws {
        for waiting in try store.waiting(for: nil) { try reconsider(waiting) }
    }

    /// Judges a refused commit again, as it was captured.
    func retry(_ entry: JournalEntry) throws -> Verdict {
        try judgeAgain(entry, former: [], clockOffsetMilliseconds: 0)
        return try store.journal(device: entry.device, number: entry.number)?.verdict
            ?? entry.verdict
    }
}

// MARK: - Judging

extension Committer {
    private func plan(
        _ offer: Offer, by writer: CommitWriter, former: [UInt64]
    ) throws -> (Plan, [RecordID: StoredRecord]) {
        if let verdict = settledBefore(offer) { return (Plan(verdict: verdict, records: []), [:]) }
        let commit: Commit
        switch offer.commit {
        case .success(let readable): commit = readable
        case .failure(let refusal):
            return (Plan(verdict: .refused(offer.number, refusal), records: []), [:])
        }
        let context = PlanContext(
            schema: schema, limits: limits, device: writer.device, author: writer.account.id,
            role: writer.account.role, visible: writer.account.visible(schema),
            stays: writer.account.stays, assignment: try lastAssignment(), floor: writer.floor,
            receivedAt: writer.receivedAt, clockOffsetMilliseconds: writer.clockOffsetMilliseconds,
            generation: generation, former: former)
        var stored = try Plan.reading(commit, context: context, record: store.record)
        var plan = Plan.make(for: commit, stored: stored, context: context)
        // The ids of what the hub makes itself are known only now.
        while let taken = try suggestionTaken(in: plan, stored) {
            stored[taken.id] = taken
            plan = Plan.make(for: commit, stored: stored, context: context)
        }
        // What names somebody who was erased is not kept until another record comes.
        if let lacking = plan.lacking, try mayArrive(lacking, for: offer.number, of: writer.device),
            try !hasErased() || !eraser.concernsErased([UInt8](offer.bytes))
        {
            return (plan.waiting(for: lacking), stored)
        }
        return (plan, stored)
    }

    /// A record that has the id of a suggestion already.
    private func suggestionTaken(
        in plan: Plan, _ stored: [RecordID: StoredRecord]
    ) throws -> StoredRecord? {
        if plan.verdict.outcome != .handedOver { return nil }
        for planned in plan.records
        where planned.isNew && planned.record.entity == .suggestion
            && stored[planned.record.id] == nil
        {
            if let taken = try store.record(planned.record.id) { return taken }
        }
        return nil
    }

    /// What a lost history refused, and somebody may have dealt with since, stays refused.
    private func settledBefore(_ offer: Offer) -> Verdict? {
        guard let given = offer.given, given.code != .unspecified else { return nil }
        let code = RefusalCode(rawValue: UInt32(clamping: given.code.rawValue))
        var verdict = Verdict.refused(offer.number, Refusal(code ?? .internalFault))
        verdict.disposition = given.disposition.model
        return verdict
    }

    private func lastAssignment() throws -> UInt64 {
        let known = try assignment ?? store.hub().assignment
        assignment = known
        return known
    }

    private func mayArrive(
        _ record: RecordID, for number: UInt64, of device: RecordID
    ) throws -> Bool {
        try store.isExpected(record, from: device, besides: number)
            || store.isRecovering(at: now)
    }

    private func append(_ offer: Offer, by writer: CommitWriter, _ verdict: Verdict) throws {
        let bytes = Array(offer.bytes)
        let isRedacted = try mayNotBeKept(bytes, verdict)
        var kept = bytes
        if isRedacted {
            let commit = try? offer.commit.get()
            if verdict.refusal?.code == .erased, let commit {
                try eraser.bury(
                    unmadeBy: commit, author: writer.account.id, from: writer.device)
            }
            kept = JournalEntry.redacted(
                .of(offer.bytes),
                rest: try commit.map { try eraser.rest(of: $0, as: verdict) } ?? [])
        }
        try store.append(
            JournalEntry(
                device: writer.device, number: offer.number, author: writer.account.id,
                receivedAt: writer.receivedAt,
                commit: kept, verdict: verdict, floor: writer.floor, isRedacted: isRedacted))
        if let record = verdict.waitsFor {
            try store.put(
                WaitingCommit(
                    device: writer.device, number: offer.number, record: record,
                    former: offer.given?.versions ?? [],
                    clockOffsetMilliseconds: writer.clockOffsetMilliseconds))
            anyWaiting = true
        }
        let isOver = verdict.disposition.isOver
        if verdict.refusal != nil && !isOver || verdict.waitsFor != nil,
            case .success(let commit) = offer.commit
        {
            try store.expect(
                try Plan.creations(
                    in: commit, schema: schema, seesAll: writer.account.role.seesAll
                ).filter { try !isSeen($0, by: writer.account) },
                from: writer.device, number: offer.number)
        }
    }

    /// What the account does not see is for it what is not there. A record that cannot be read is there
    /// all the same; it may be the very reason why the commit is set aside.
    private func isSeen(_ record: RecordID, by account: Account) throws -> Bool {
        do {
            guard let record = try store.record(record) else { return false }
            guard let visible = account.visible(schema) else { return true }
            return record.placements.contains { visible.contains($0.scope) }
        } catch  where !error.endsTransaction {
            return true
        }
    }

    /// Gives each touched scope its next position, in a fixed order of scopes so that two writers
    /// never wait for each other (SPEC §4.2), and writes the records there. What is under a customer
    /// that moves goes along.
    /// - Returns: the records that are new, or have come into view somewhere.
    private func apply(
        _ records: [PlannedRecord], replacing stored: [RecordID: StoredRecord]
    ) throws -> [RecordID] {
        if records.isEmpty { return [] }
        let moves = try Moves(
            records, replacing: stored, schema: schema, record: store.record,
            dependents: store.dependents)
        var seqs: [RecordID: UInt64] = [:]
        for scope in moves.scopes.sorted() { seqs[scope] = try store.nextSeq(of: scope) }
        var change = try lastAssignment()
        if moves.changesSight {
            change = try Assignments.next(in: store)
            assignment = change
        }
        for move in moves.placed(seqs: seqs, assignment: change) {
            try store.put(move.record, replacing: move.before)
        }
        // A territory that lies in another one is seen by whoever is assigned that.
        if Assignments.concerns(records, stored: stored, schema: schema) {
            try Assignments(store: store, schema: schema).refresh(
                at: moves.changesSight ? change : nil)
            assignment = nil
        }
        return moves.arrived
    }
}

// MARK: - Erasure

extension Committer {
    private var eraser: Eraser { Eraser(store: store, schema: schema, now: now, ledger: ledger) }

    private func hasErased() throws -> Bool {
        let any = try anyErased ?? store.hasTombstones()
        anyErased = any
        return any
    }

    /// What is refused is kept whole, unless it is about somebody who was erased.
    private func mayNotBeKept(_ commit: [UInt8], _ verdict: Verdict) throws -> Bool {
        guard let refusal = verdict.refusal else { return false }
        if refusal.code == .erased { return true }
        return try hasErased() && eraser.concernsErased(commit)
    }

    /// Whoever offers a commit still has its content, whatever another store of this device said.
    /// Of what its account never saw it is told nothing, but where it has an id that nobody guesses:
    /// the history in which it saw the record may be lost.
    func askAboutErased(
        in offered: some Sequence<Offer>, of device: RecordID, by account: Account
    ) throws {
        guard try hasErased() else { return }
        for offer in offered {
            guard let entry = try store.journal(device: device, number: offer.number),
                entry.isRedacted
            else { continue }
            let named = try eraser.erased(in: [UInt8](offer.bytes)).filter { id in
                if entry.verdict.refusal == nil || id.isMinted { return true }
                return try store.record(id).map { try store.everSaw($0, by: account, schema) }
                    ?? false
            }
            try store.ask(device, about: named)
        }
    }

    /// Tells the office when somebody who was erased may be here again: whether it is the same
    /// person, and whether they came back by themselves, people have to find out.
    private func flagSuppressed(
        _ records: [PlannedRecord], replacing stored: [RecordID: StoredRecord], device: RecordID,
        number: UInt64
    ) throws {
        if records.isEmpty { return }
        if suppression == nil {
            let has = try store.hasSuppressed()
            suppression = .some(has ? Suppression(seed: try store.hub().key) : nil)
        }
        guard let suppression = suppression ?? nil else { return }
        let isThere = try records.contains { planned in
            guard planned.isTouched else { return false }
            let before = stored[planned.record.id]?.contactPoints ?? []
            return try planned.record.contactPoints.subtracting(before).contains {
                try store.isSuppressed(suppression.hash($0))
            }
        }
        guard isThere else { return }
        try store.append(Incident(at: now, kind: .suppressed, device: device, about: number))
    }
}

// MARK: - Waiting

extension Committer {
    /// Judges again what waited for the records that a commit has made or brought into view.
    private func release(_ new: [RecordID]) throws {
        if new.isEmpty { return }
        let any = try anyWaiting ?? !store.waiting(for: nil).isEmpty
        anyWaiting = any
        guard any else { return }
        if arrived != nil {
            arrived?.append(contentsOf: new)
            return
        }
        arrived = new
        defer { arrived = nil }
        while let record = arrived?.first {
            arrived?.removeFirst()
            for waiting in try store.waiting(for: record) { try reconsider(waiting) }
        }
    }

    private func reconsider(_ waiting: WaitingCommit) throws {
        guard let entry = try store.journal(device: waiting.device, number: waiting.number) else {
            throw StoreError(.unreadable, "a waiting commit without journal entry")
        }
        // Released by what another one released meanwhile.
        guard entry.verdict.outcome == .waiting else { return }
        do {
            try store.savepoint {
                try judgeAgain(
                    entry, former: waiting.former,
                    clockOffsetMilliseconds: waiting.clockOffsetMilliseconds)
            }
        } catch let error where !error.endsTransaction {
            // It goes on waiting; the commit that released it must not fail for it.
            try store.append(
                Incident(at: now, kind: .quarantine, device: entry.device, about: entry.number))
        }
    }

    /// A commit that has its place in the chain already gets another verdict.
    private func judgeAgain(
        _ entry: JournalEntry, former: [UInt64], clockOffsetMilliseconds: Int64
    ) throws {
        if entry.isRedacted { return }
        guard let account = try store.account(entry.author) else {
            throw StoreError(.unreadable, "a commit of an unknown account")
        }
        let offer = Offer(entry.commit, schema: schema, limits: limits)
        let writer = CommitWriter(
            device: entry.device, account: account, receivedAt: entry.receivedAt,
            clockOffsetMilliseconds: clockOffsetMilliseconds, floor: entry.floor)
        let (plan, stored) = try plan(offer, by: writer, former: former)
        if plan.verdict == entry.verdict { return }
        if let record = plan.verdict.waitsFor {
            try store.put(
                WaitingCommit(
                    device: entry.device, number: entry.number, record: record, former: former,
                    clockOffsetMilliseconds: clockOffsetMilliseconds))
            anyWaiting = true
        } else {
            try store.removeWaiting(device: entry.device, number: entry.number)
            if plan.verdict.refusal == nil {
                try store.dropExpected(from: entry.device, number: entry.number)
            }
        }
        let arrived = try apply(plan.records, replacing: stored)
        try store.replace(plan.verdict, of: entry.device)
        if try mayNotBeKept(entry.commit, plan.verdict) {
            try eraser.redact(entry, as: plan.verdict)
        }
        try flagSuppressed(
            plan.records, replacing: stored, device: entry.device, number: entry.number)
        try release(arrived)
    }
}

extension Disposition {
    /// Whether the commit itself will never bring anything.
    fileprivate var isOver: Bool { self == .discarded || self == .resubmitted }
}

extension Error {
    /// A store that is full, damaged or fails ends the transaction for all. A single record that
    /// cannot be read ends only the commit that needs it.
    package var endsTransaction: Bool {
        guard let error = self as? StoreError else { return false }
        return error.code != .unreadable && error.code != .newerFormat
    }
}
