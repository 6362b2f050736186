import RondaMerge
import RondaModel

/// The least that judges one commit after another as a hub does, for vectors: plans, stores, and
/// keeps what waits (design of issue 3, §W). It has neither streams nor devices nor a disk.
struct PlanJournal {
    struct Entry {
        let device: RecordID
        let person: String
        let commit: Commit
        let receivedAt: Instant
        let clockOffset: Int64
        let former: [UInt64]
        var verdict: Verdict
        var isDiscarded = false
        /// What it would have made of what was not there when it came.
        var creations: Set<RecordID> = []
    }

    let names: VectorNames
    let limits = Limits()
    var accounts: [String: VectorNames.Account]
    var generation: UInt64
    var isRecovering: Bool
    private(set) var records: [RecordID: StoredRecord] = [:]
    private(set) var entries: [Entry] = []
    private var seqs: [RecordID: UInt64] = [:]

    init(names: VectorNames, generation: UInt64, isRecovering: Bool) {
        self.names = names
        accounts = names.people
        self.generation = generation
        self.isRecovering = isRecovering
    }

    /// Judges a new entry; the entries that have a final verdict because of it, itself left out.
    mutating func add(_ entry: Entry) -> [Entry] {
        var entry = entry
        entry.creations = Set(Plan.creations(in: entry.commit, schema: names.schema))
            .filter { records[$0] == nil }
        entries.append(entry)
        return settle(entries.count - 1)
    }

    /// The office has a refused commit judged again.
    mutating func retry(device: RecordID, number: UInt64) throws -> (Entry, released: [Entry]) {
        let index = try index(device: device, number: number)
        let released = settle(index)
        return (entries[index], released)
    }

    mutating func discard(device: RecordID, number: UInt64) throws -> [Entry] {
        entries[try index(device: device, number: number)].isDiscarded = true
        return reconsider()
    }

    mutating func closeRecovery() -> [Entry] {
        isRecovering = false
        return reconsider()
    }

    private func index(device: RecordID, number: UInt64) throws -> Int {
        let found = entries.firstIndex { $0.device == device && $0.commit.number == number }
        guard let found else { throw VectorNames.Unknown(description: "commit \(number)") }
        return found
    }
}

// MARK: - Judging

extension PlanJournal {
    private mutating func settle(_ index: Int) -> [Entry] {
        var released: [Int] = []
        var queue = [index]
        while !queue.isEmpty {
            let next = queue.removeFirst()
            let plan = plan(entries[next])
            entries[next].verdict = plan.verdict
            // Those that are new, or came into view somewhere.
            let new = plan.records.filter { planned in
                planned.scopes.count > records[planned.record.id]?.placements.count ?? 0
            }.map(\.record.id)
            apply(plan)
            if next != index, plan.verdict.outcome != .waiting { released.append(next) }
            queue += waiting { new.contains($0) }.filter { !queue.contains($0) }
        }
        return released.map { entries[$0] }
    }

    private func plan(_ entry: Entry) -> Plan {
        // A hub refuses by size before it plans. Texts alone come near enough to it here.
        let bytes = entry.commit.changes.flatMap {
            $0.sets.compactMap(\.value) + $0.adds.map(\.value)
        }
        .reduce(0) { if case .text(let text) = $1 { $0 + text.utf8.count } else { $0 } }
        if bytes > limits.commitBytes {
            return Plan(verdict: .refused(entry.commit.number, Refusal(.tooLarge)), records: [])
        }
        let needs = Plan.needs(entry.commit, schema: names.schema)
        let account = accounts[entry.person]
        let plan = Plan.make(
            for: entry.commit, stored: records.filter { needs.contains($0.key) },
            context: PlanContext(
                schema: names.schema, limits: limits, device: entry.device,
                author: account?.id ?? .zero, role: account?.role ?? .rep,
                visible: account?.role == .office
                    ? nil : account?.scopes.union([names.schema.catalogue]) ?? [],
                receivedAt: entry.receivedAt, clockOffsetMilliseconds: entry.clockOffset,
                generation: generation, former: entry.former))
        if let lacking = plan.lacking, mayArrive(lacking, for: entry) {
            return plan.waiting(for: lacking)
        }
        return plan
    }

    /// Positions and placements as a hub gives them.
    private mutating func apply(_ plan: Plan) {
        for scope in Set(plan.records.flatMap(\.scopes)) { seqs[scope, default: 0] += 1 }
        for planned in plan.records {
            var record = planned.record
            record.placements = planned.scopes.map { scope in
                let seq = seqs[scope] ?? 0
                let arrived = record.placements.first { $0.scope == scope }?.arrived ?? seq
                return Placement(scope: scope, seq: seq, arrived: arrived)
            }
            record.marks[record.marks.count - 1].seqs = record.placements.map(\.seq)
            records[record.id] = record
        }
    }
}

// MARK: - Waiting

extension PlanJournal {
    private func waiting(for isMeant: (RecordID) -> Bool) -> [Int] {
        entries.indices.filter { entries[$0].verdict.waitsFor.map(isMeant) ?? false }
            .sorted {
                let (a, b) = (entries[$0], entries[$1])
                return (a.device, a.commit.number) < (b.device, b.commit.number)
            }
    }

    private func mayArrive(_ record: RecordID, for entry: Entry) -> Bool {
        isRecovering
            || entries.contains { other in
                let isHeld =
                    other.verdict.outcome == .waiting
                    || other.verdict.outcome == .refused && !other.isDiscarded
                return other.device == entry.device && other.commit.number != entry.commit.number
                    && isHeld
                    && other.creations.contains(record)
            }
    }

    /// Judges again whatever waits for something that nobody may bring any more.
    private mutating func reconsider() -> [Entry] {
        var released: [Entry] = []
        while let index = waiting(for: { _ in true }).first(where: { index in
            let entry = entries[index]
            return !(entry.verdict.waitsFor.map { mayArrive($0, for: entry) } ?? false)
        }) {
            let others = settle(index)
            if entries[index].verdict.outcome != .waiting { released.append(entries[index]) }
            released += others
        }
        return released
    }
}
