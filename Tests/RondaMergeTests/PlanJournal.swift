import RondaMerge
import RondaModel

/// The least that judges one commit after another as a hub does, for vectors: plans, stores, and
/// keeps what waits. It has neither streams nor devices nor a disk.
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
        /// The least its device can have known when it captured.
        var floor: UInt64 = 0
        /// What it would have made of what was not there when it came.
        var creations: Set<RecordID> = []
        /// A hub has only its chain hash left.
        var isRedacted = false
    }

    let names: VectorNames
    let limits = Limits()
    var accounts: [String: VectorNames.Account]
    var generation: UInt64
    var isRecovering: Bool
    private(set) var records: [RecordID: StoredRecord] = [:]
    private(set) var entries: [Entry] = []
    private var seqs: [RecordID: UInt64] = [:]
    private(set) var assignment: UInt64 = 0
    /// Names that a vector gives to assignment versions.
    var marks: [String: UInt64] = [:]
    private var floors: [RecordID: UInt64] = [:]

    init(names: VectorNames, generation: UInt64, isRecovering: Bool) {
        self.names = names
        accounts = names.people
        self.generation = generation
        self.isRecovering = isRecovering
    }

    /// Judges a new entry; the entries that have a final verdict because of it, itself left out.
    mutating func add(_ entry: Entry) -> [Entry] {
        var entry = entry
        entry.floor = floors[entry.device] ?? 0
        let visible = visible(accounts[entry.person])
        let creations = Plan.creations(
            in: entry.commit, schema: names.schema, seesAll: visible == nil)
        entry.creations = Set(creations).filter { id in
            let scopes = records[id]?.placements.map(\.scope)
            return !(scopes?.contains { visible?.contains($0) ?? true } ?? false)
        }
        entries.append(entry)
        return settle(entries.count - 1)
    }

    /// The office has a refused commit judged again.
    mutating func retry(device: RecordID, number: UInt64) throws -> (Entry, released: [Entry]) {
        let index = try index(device: device, number: number)
        if entries[index].isRedacted { return (entries[index], []) }
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
            if plan.verdict.refusal?.code == .erased { redact(next) }
            // Those that are new, or came into view somewhere.
            let new = apply(plan)
            if next != index, plan.verdict.outcome != .waiting { released.append(next) }
            queue += waiting { new.contains($0) }.filter { !queue.contains($0) }
        }
        return released.map { entries[$0] }
    }

    /// The scopes that somebody sees; `nil` for all.
    private func visible(_ account: VectorNames.Account?) -> Set<RecordID>? {
        account.map { $0.role.seesAll ? nil : $0.visible(names.schema) } ?? []
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
        let account = accounts[entry.person]
        let visible = visible(account)
        let context = PlanContext(
            schema: names.schema, limits: limits, device: entry.device,
            author: account?.id ?? .zero, role: account?.role ?? .rep, visible: visible,
            stays: account?.stays ?? [], assignment: assignment, floor: entry.floor,
            receivedAt: entry.receivedAt, clockOffsetMilliseconds: entry.clockOffset,
            generation: generation, former: entry.former)
        var stored = Plan.reading(entry.commit, context: context) { records[$0] }
        var plan = Plan.make(for: entry.commit, stored: stored, context: context)
        while let taken = plan.records.first(where: {
            $0.isNew && stored[$0.record.id] == nil && records[$0.record.id] != nil
        })?.record.id {
            stored[taken] = records[taken]
            plan = Plan.make(for: entry.commit, stored: stored, context: context)
        }
        if let lacking = plan.lacking, !concernsErased(entry), mayArrive(lacking, for: entry) {
            return plan.waiting(for: lacking)
        }
        return plan
    }

    /// Positions and placements as a hub gives them.
    private mutating func apply(_ plan: Plan) -> [RecordID] {
        apply(plan.records, isCounted: false)
    }

    private func dependents(of customer: RecordID) -> [RecordID] {
        records.values.filter { record in
            names.schema[record.entity].map { record.customers($0).contains(customer) } ?? false
        }.map(\.id).sorted()
    }

    private mutating func apply(_ planned: [PlannedRecord], isCounted: Bool) -> [RecordID] {
        let moves = Moves(
            planned, replacing: records, schema: names.schema, record: { records[$0] },
            dependents: dependents)
        for scope in moves.scopes { seqs[scope, default: 0] += 1 }
        if moves.changesSight && !isCounted { countChange() }
        for move in moves.placed(seqs: seqs, assignment: assignment) {
            records[move.record.id] = move.record
        }
        return moves.arrived
    }

    private mutating func countChange() {
        assignment = Version.next(after: assignment, generation: generation)
    }

    func mark(_ name: JSON?) throws -> UInt64 {
        guard let name = name?.text else { return 0 }
        guard let version = marks[name] else {
            throw VectorNames.Unknown(description: "mark \(name)")
        }
        return version
    }

    /// A person sees other territories from now on.
    mutating func assign(_ person: String, _ territories: Set<RecordID>) {
        guard var account = accounts[person] else { return }
        if account.scopes == territories { return }
        account.scopes = territories
        countChange()
        account.stays.become(territories.sorted() + [account.id], at: assignment)
        accounts[person] = account
    }

    /// A device said, with nothing queued, that it has taken over this.
    mutating func assure(_ device: RecordID, _ version: UInt64) {
        floors[device] = max(floors[device] ?? 0, min(version, assignment))
    }
}

// MARK: - Erasure

extension PlanJournal {
    /// - Returns: what waited, and is refused for it or because of it.
    mutating func erase(_ customer: RecordID, at now: Instant) -> [Entry] {
        countChange()
        let erasure = Erasure(
            of: customer, schema: names.schema, assignment: assignment, generation: generation,
            at: now, record: { records[$0] }, dependents: dependents)
        _ = apply(erasure.planned, isCounted: true)
        var refused: [Int] = []
        while let index = entries.indices.first(where: { concernsErased(entries[$0]) }) {
            let outcome = entries[index].verdict.outcome
            if outcome == .waiting { refused.append(index) }
            if outcome == .waiting || outcome == .refused {
                entries[index].verdict = .refused(
                    entries[index].commit.number, Refusal(.erased))
            }
            redact(index)
        }
        let waited = refused.sorted {
            let (a, b) = (entries[$0], entries[$1])
            return (a.device, a.commit.number) < (b.device, b.commit.number)
        }
        return waited.map { entries[$0] } + reconsider()
    }

    private func concernsErased(_ entry: Entry) -> Bool {
        !entry.isRedacted && entry.commit.named.contains { records[$0]?.isErased ?? false }
    }

    private mutating func redact(_ index: Int) {
        let entry = entries[index]
        entries[index].isRedacted = true
        guard entry.verdict.refusal != nil else { return }
        let author = accounts[entry.person]?.id ?? .zero
        for (record, _) in Erasure.unmade(
            by: entry.commit, author: author, schema: names.schema, generation: generation,
            record: { records[$0] })
        {
            records[record.id] = record
            entries[index].creations.remove(record.id)
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
