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
}

/// Judges commits inside one transaction and keeps what belongs to the judgement: journal, waiting
/// commits and the tray (SPEC §6).
final class Committer {
    private let schema: Schema
    private let limits: Limits
    private let store: any StoreWriter
    private let generation: UInt64
    private let now: Instant
    /// Looked up once: nearly always nothing waits, and every new record would ask.
    private var anyWaiting: Bool?
    /// Records that came and whose waiting commits are still to be judged, first come first; `nil`
    /// when nobody is at it.
    private var arrived: [RecordID]?

    init(
        schema: Schema, limits: Limits, store: any StoreWriter, generation: UInt64, now: Instant
    ) {
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
            try apply(plan.records, replacing: stored)
            try append(offer, by: writer, plan.verdict)
            try release(by: plan, replacing: stored)
            return plan.verdict
        }
    }

    /// Keeps a commit of a device whose access has ended, without applying it: it lies at the
    /// office, which may have it judged.
    func surrender(_ offer: Offer, by writer: CommitWriter) throws -> Verdict {
        var verdict = settledBefore(offer) ?? .refused(offer.number, Refusal(.revoked))
        if verdict.disposition == .open { verdict.disposition = .office }
        try append(offer, by: writer, verdict)
        return verdict
    }

    /// Sets aside a commit on which the hub has failed again and again.
    func quarantine(_ offer: Offer, by writer: CommitWriter) throws -> Verdict {
        let verdict = Verdict.refused(offer.number, Refusal(.internalFault))
        try append(offer, by: writer, verdict)
        try store.append(
            Incident(at: now, kind: .quarantine, device: writer.device, about: offer.number))
        return verdict
    }

    /// Does what reps decided about their refused commits. Repeating it changes nothing.
    func dispose(_ actions: [WireTrayAction], of device: RecordID) throws {
        for action in actions {
            guard let entry = try store.journal(device: device, number: action.number) else {
                continue
            }
            try dispose(entry, action.disposition.model)
        }
    }

    func dispose(_ entry: JournalEntry, _ disposition: Disposition) throws {
        var verdict = entry.verdict
        guard verdict.outcome == .refused, disposition != .open, verdict.disposition != disposition,
            verdict.disposition != .discarded,
            !(verdict.disposition == .resubmitted && disposition == .office)
        else { return }
        verdict.disposition = disposition
        try store.replace(verdict, of: entry.device)
        guard disposition.isOver else { return }
        // It brings nothing any more; captured again, the other commit does.
        try store.dropExpected(from: entry.device, number: entry.number)
        for waiting in try store.waiting(for: nil) where waiting.device == entry.device {
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
        var stored: [RecordID: StoredRecord] = [:]
        for id in Plan.needs(commit, schema: schema) { stored[id] = try store.record(id) }
        let context = PlanContext(
            schema: schema, limits: limits, device: writer.device, author: writer.account.id,
            role: writer.account.role, visible: writer.account.visible(schema),
            receivedAt: writer.receivedAt, clockOffsetMilliseconds: writer.clockOffsetMilliseconds,
            generation: generation, former: former)
        let plan = Plan.make(for: commit, stored: stored, context: context)
        if let lacking = plan.lacking, try mayArrive(lacking, from: writer.device) {
            return (plan.waiting(for: lacking), stored)
        }
        return (plan, stored)
    }

    /// What a lost history refused, and somebody may have dealt with since, stays refused.
    private func settledBefore(_ offer: Offer) -> Verdict? {
        guard let given = offer.given, given.code != .unspecified else { return nil }
        let code = RefusalCode(rawValue: UInt32(clamping: given.code.rawValue))
        var verdict = Verdict.refused(offer.number, Refusal(code ?? .internalFault))
        verdict.disposition = given.disposition.model
        return verdict
    }

    private func mayArrive(_ record: RecordID, from device: RecordID) throws -> Bool {
        try store.isExpected(record, from: device) || store.isRecovering()
    }

    private func append(_ offer: Offer, by writer: CommitWriter, _ verdict: Verdict) throws {
        try store.append(
            JournalEntry(
                device: writer.device, number: offer.number, author: writer.account.id,
                receivedAt: writer.receivedAt, commit: Array(offer.bytes), verdict: verdict))
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
                try Plan.creations(in: commit, schema: schema)
                    .filter { try store.record($0) == nil },
                from: writer.device, number: offer.number)
        }
    }

    /// Gives each touched scope its next position, in a fixed order of scopes so that two writers
    /// never wait for each other (SPEC §4.2), and writes the records there.
    private func apply(
        _ records: [PlannedRecord], replacing stored: [RecordID: StoredRecord]
    ) throws {
        var seqs: [RecordID: UInt64] = [:]
        for scope in Set(records.flatMap(\.scopes)).sorted() {
            seqs[scope] = try store.nextSeq(of: scope)
        }
        for planned in records {
            var record = planned.record
            let before = stored[record.id]
            record.placements = planned.scopes.map { scope in
                let seq = seqs[scope] ?? 0
                let arrived = before?.placements.first { $0.scope == scope }?.arrived ?? seq
                return Placement(scope: scope, seq: seq, arrived: arrived)
            }
            // A mark without positions is this commit's, or one whose field this commit has changed.
            for mark in record.marks.indices where record.marks[mark].seqs.isEmpty {
                record.marks[mark].seqs = record.placements.map(\.seq)
            }
            try store.put(record, replacing: before)
        }
    }
}

// MARK: - Waiting

extension Committer {
    /// Judges again what waited for the records that a commit has made or brought into view.
    private func release(by plan: Plan, replacing stored: [RecordID: StoredRecord]) throws {
        if plan.records.isEmpty { return }
        let any = try anyWaiting ?? !store.waiting(for: nil).isEmpty
        anyWaiting = any
        guard any else { return }
        let new = plan.records.map(\.record.id).filter { id in
            let now = plan.records.first { $0.record.id == id }?.scopes.count ?? 0
            return now > stored[id]?.placements.count ?? 0
        }
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
            throw StoreError(.damaged, "a waiting commit without journal entry")
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
        guard let account = try store.account(entry.author) else {
            throw StoreError(.damaged, "a commit of an unknown account")
        }
        let offer = Offer(entry.commit, schema: schema, limits: limits)
        let writer = CommitWriter(
            device: entry.device, account: account, receivedAt: entry.receivedAt,
            clockOffsetMilliseconds: clockOffsetMilliseconds)
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
        try apply(plan.records, replacing: stored)
        try store.replace(plan.verdict, of: entry.device)
        try release(by: plan, replacing: stored)
    }
}

extension Disposition {
    /// Whether the commit itself will never bring anything.
    fileprivate var isOver: Bool { self == .discarded || self == .resubmitted }
}

extension Error {
    /// A store that is full or fails ends the transaction for all. A single record that cannot be
    /// read ends only the commit that needs it.
    var endsTransaction: Bool {
        guard let error = self as? StoreError else { return false }
        return error.code != .damaged && error.code != .newerFormat
    }
}
