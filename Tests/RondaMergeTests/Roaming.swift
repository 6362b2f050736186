import RondaMerge
import RondaModel

/// A hub with the real schema where customers move, people follow them and are assigned otherwise.
/// Beside it runs the truth: what stood where and who saw what, at each assignment version.
struct Roaming {
    struct Account {
        let id: RecordID
        let role: Role
        var territories: Set<RecordID> = []
        var stays: [Stay] = []

        var device: RecordID { RecordID(high: 5, low: id.low) }
    }

    /// One commit that was applied, or one change of what somebody is assigned.
    struct Step {
        var plan: Plan?
        /// Whose commit it was.
        var author: Int?
        var before: [RecordID: StoredRecord]
        var after: [RecordID: StoredRecord]
        var headsBefore: [RecordID: UInt64]
        var headsAfter: [RecordID: UInt64]
        var assignmentBefore: UInt64
        var assignmentAfter: UInt64
        /// What the records that the hub was told of are said to have come into.
        var arrived: [RecordID] = []
        var changesSight = false
    }

    static let now = TestHub.now
    static let territories = ["A", "B", "C"].map { code in
        Schema.current[.territory].flatMap {
            Schema.current.derivedID(of: $0) { _ in .text(code) }
        } ?? .zero
    }

    var schema: Schema
    var records: [RecordID: StoredRecord] = [:]
    private(set) var heads: [RecordID: UInt64] = [:]
    private(set) var assignment: UInt64 = 0
    private(set) var accounts: [Account]
    private(set) var steps: [Step] = []
    private(set) var verdicts: [Verdict] = []
    private var numbers: [RecordID: UInt64] = [:]
    private var clock: Int64 = 1_600_000_000_000
    /// By assignment version: the scopes each account saw, and those each record stood in.
    private(set) var sights: [[RecordID: Set<RecordID>]] = []
    private(set) var standings: [[RecordID: Set<RecordID>]] = [[:]]

    /// The office first, then reps, each with one territory.
    init(reps: Int = 3, schema: Schema = .current) {
        self.schema = schema
        accounts = [Account(id: RecordID(high: 4, low: 1), role: .office)]
        for rep in 0..<reps {
            var account = Account(id: RecordID(high: 4, low: UInt64(rep) + 2), role: .rep)
            account.territories = [Self.territories[rep % Self.territories.count]]
            account.stays = (account.territories + [account.id]).map { Stay(scope: $0) }
            accounts.append(account)
        }
        sights = [seenNow]
        for (code, id) in zip(["A", "B", "C"], Self.territories) {
            commit(
                [change(.territory, id, sets: ["code": .text(code), "country": .text("CO")])],
                by: 0)
        }
    }

    var office: Account { accounts[0] }

    func sees(_ account: Account, _ record: StoredRecord) -> Bool {
        account.role.seesAll
            || record.placements.contains { account.visible(schema).contains($0.scope) }
    }

    private var seenNow: [RecordID: Set<RecordID>] {
        Dictionary(uniqueKeysWithValues: accounts.map { ($0.id, $0.territories.union([$0.id])) })
    }
}

extension Roaming.Account {
    func visible(_ schema: Schema) -> Set<RecordID> { territories.union([id, schema.catalogue]) }
}

// MARK: - What happens

extension Roaming {
    /// A change with fields by name; what is `nil` is cleared.
    func change(
        _ entity: EntityID, _ id: RecordID, base: UInt64 = 0,
        sets: KeyValuePairs<String, Value?> = [:], adds: KeyValuePairs<String, Value> = [:],
        removes: KeyValuePairs<String, Value> = [:], deletes: Bool = false
    ) -> Change {
        Change(
            entity: entity, record: id, base: base,
            sets: sets.map { FieldWrite(number(entity, $0.key), $0.value) },
            adds: adds.map { ElementWrite(number(entity, $0.key), $0.value) },
            removes: removes.map { ElementWrite(number(entity, $0.key), $0.value) },
            deletes: deletes)
    }

    func number(_ entity: EntityID, _ name: String) -> UInt32 {
        schema[entity].flatMap { entity in
            entity.position(named: name).map { entity.fields[$0].number }
        } ?? 0
    }

    func shown(_ id: RecordID, _ name: String) -> FieldContent {
        guard let record = records[id], let entity = schema[record.entity],
            let position = entity.position(named: name)
        else { return .none }
        return record.shown(position)
    }

    /// A commit as the account's device would send it. `late` are milliseconds by which it was
    /// captured before all others.
    mutating func captured(
        _ changes: [Change], by account: Int, known: UInt64? = nil, device: RecordID? = nil,
        late: Int64 = 0
    ) -> (Commit, RecordID) {
        let device = device ?? accounts[account].device
        numbers[device, default: 0] += 1
        clock += 1
        let commit = Commit(
            number: numbers[device] ?? 0, stamp: Stamp(milliseconds: clock - late),
            schema: schema.version, changes: changes, assignment: known ?? assignment)
        return (commit, device)
    }

    func plan(_ commit: Commit, by account: Account, device: RecordID) -> (
        Plan, stored: [RecordID: StoredRecord]
    ) {
        let context = PlanContext(
            schema: schema, limits: Limits(), device: device, author: account.id,
            role: account.role, visible: account.role.seesAll ? nil : account.visible(schema),
            stays: account.stays, assignment: assignment, receivedAt: Self.now)
        let stored = Plan.reading(commit, context: context) { records[$0] }
        return (Plan.make(for: commit, stored: stored, context: context), stored)
    }

    @discardableResult
    mutating func commit(
        _ changes: [Change], by account: Int, known: UInt64? = nil, device: RecordID? = nil,
        late: Int64 = 0
    ) -> Verdict {
        let (commit, device) = captured(
            changes, by: account, known: known, device: device, late: late)
        return take(commit, by: account, device: device)
    }

    @discardableResult
    mutating func take(_ commit: Commit, by account: Int, device: RecordID) -> Verdict {
        let (plan, stored) = plan(commit, by: accounts[account], device: device)
        verdicts.append(plan.verdict)
        if !plan.records.isEmpty { apply(plan, by: account, replacing: stored) }
        return plan.verdict
    }

    private mutating func apply(
        _ plan: Plan, by author: Int, replacing stored: [RecordID: StoredRecord]
    ) {
        let before = records
        let moves = Moves(
            plan.records, replacing: stored, schema: schema, record: { before[$0] },
            dependents: { customer in
                before.values.filter { record in
                    schema[record.entity].map { record.customers($0).contains(customer) } ?? false
                }.map(\.id).sorted()
            })
        var step = Step(
            plan: plan, author: author, before: before, after: before, headsBefore: heads,
            headsAfter: heads,
            assignmentBefore: assignment, assignmentAfter: assignment)
        for scope in moves.scopes { heads[scope, default: 0] += 1 }
        if moves.changesSight { assignment += 1 }
        for move in moves.placed(seqs: heads, assignment: assignment) {
            records[move.record.id] = move.record
        }
        step.after = records
        step.headsAfter = heads
        step.assignmentAfter = assignment
        step.arrived = moves.arrived
        step.changesSight = moves.changesSight
        steps.append(step)
        note()
    }

    mutating func assign(_ account: Int, _ territories: Set<RecordID>) {
        if accounts[account].territories == territories { return }
        var step = Step(
            before: records, after: records, headsBefore: heads, headsAfter: heads,
            assignmentBefore: assignment, assignmentAfter: assignment + 1)
        assignment += 1
        accounts[account].territories = territories
        accounts[account].stays.become(
            territories.sorted() + [accounts[account].id], at: assignment)
        step.changesSight = true
        steps.append(step)
        note()
    }

    /// Writes down how things are now.
    private mutating func note() {
        while standings.count <= Int(assignment) {
            standings.append(standings[standings.count - 1])
            sights.append(sights[sights.count - 1])
        }
        sights[Int(assignment)] = seenNow
        for record in records.values {
            let standing = Set(record.placements.map(\.scope))
            // One that is born before it came in stood there from then on.
            if standings[Int(assignment)][record.id] == nil {
                for version in record.born..<assignment {
                    standings[Int(version)][record.id] = standing
                }
            }
            standings[Int(assignment)][record.id] = standing
        }
    }
}
