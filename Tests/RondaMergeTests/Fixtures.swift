import RondaMerge
import RondaModel
import Testing

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same case on every machine. The
/// seed is the argument of the test, so a failure names it.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

extension RecordID {
    init(_ number: UInt64) {
        self.init(high: 0, low: number)
    }
}

extension EntityID {
    static let deal = EntityID(rawValue: 50)
    static let remark = EntityID(rawValue: 51)
}

/// A schema with every rule, on a minted record (`customer`) and on a derived one (`deal`).
enum TestSchema {
    static let everyone: [Role] = [.rep, .office]
    static let writers: [Writer] = [.rep, .office]

    static let stages = [
        OptionSchema(1, "planned", rank: 0, "planned", "planned"),
        OptionSchema(2, "done", rank: 2, "done", "done"),
        OptionSchema(3, "cancelled", rank: 1, "cancelled", "cancelled"),
    ]
    static let consents = [
        OptionSchema(1, "granted", rank: 0, "granted", "granted"),
        OptionSchema(2, "limited", rank: 1, "limited", "limited"),
        OptionSchema(3, "refused", rank: 2, "refused", "refused"),
    ]

    static func field(
        _ number: UInt32, _ name: String, _ type: FieldType, _ rule: MergeRule,
        review: Bool = false, required: Bool = false, parent: Bool = false,
        target: EntityID? = nil, options: [OptionSchema] = [], maximum: Double? = nil,
        writers: [Writer] = writers
    ) -> FieldSchema {
        FieldSchema(
            number, name, type, rule, isSet: rule == .union, review: review, required: required,
            parent: parent, target: target, options: options, maximum: maximum, writers: writers,
            en: name, es: name)
    }

    private static func common(from number: UInt32) -> [FieldSchema] {
        [
            field(number, "title", .text, .latest, review: true, required: true, maximum: 20),
            field(number + 1, "aside", .text, .latest),
            field(number + 2, "origin", .text, .first),
            field(number + 3, "terms", .text, .office, review: true),
            field(number + 4, "stage", .status, .furthest, options: stages),
            field(number + 5, "consent", .option, .protective, options: consents),
            field(number + 6, "begun", .integer, .least),
            field(number + 7, "ended", .integer, .greatest),
            field(number + 8, "tags", .text, .union),
        ]
    }

    static let territory = EntitySchema(
        .territory, "territory", identity: .derived(from: [0]), scope: .catalogue,
        creators: [.office], deleters: [.office], en: "", es: "",
        fields: [
            field(1, "code", .text, .first, required: true, writers: [.office]),
            field(2, "country", .text, .office, writers: [.office]),
        ])
    static let customer = EntitySchema(
        .customer, "customer", identity: .minted, scope: .territory(fields: [0]),
        creators: everyone,
        deleters: everyone, en: "", es: "",
        fields: [field(1, "territory", .ref, .first, required: true, target: .territory)]
            + common(from: 2))
    static let deal = EntitySchema(
        .deal, "deal", identity: .derived(from: [0]), scope: .customer(field: 1),
        creators: everyone, deleters: everyone, en: "", es: "",
        fields: [
            field(1, "key", .text, .first, required: true),
            field(2, "parties", .ref, .union, required: true, target: .customer),
        ] + common(from: 3))
    /// Append-only, its text its author's own, below a deal that must exist.
    static let remark = EntitySchema(
        .remark, "remark", identity: .minted, scope: .customer(field: 0), creators: [.rep],
        deleters: [.office], en: "", es: "",
        fields: [
            field(1, "customer", .ref, .first, required: true, target: .customer),
            field(2, "deal", .ref, .first, parent: true, target: .deal),
            field(3, "text", .text, .latest, writers: [.author]),
            field(4, "words", .text, .union, writers: [.author]),
        ])

    static let schema = Schema(
        version: 3, namespace: RecordID(high: 7, low: 7),
        entities: [territory, customer, deal, remark])

    static func territoryID(_ code: String) -> RecordID {
        schema.derivedID(of: territory) { _ in .text(code) } ?? .zero
    }
    static func dealID(_ key: String) -> RecordID {
        schema.derivedID(of: deal) { _ in .text(key) } ?? .zero
    }
    static let north = territoryID("north")
    static let south = territoryID("south")
}

/// Who captures, for the planner.
struct Person: Sendable {
    let device: RecordID
    let author: RecordID
    let role: Role
    let territories: Set<RecordID>?

    init(_ number: UInt64, _ role: Role, sees territories: Set<RecordID>? = nil) {
        device = RecordID(1_000 + number)
        author = RecordID(2_000 + number)
        self.role = role
        self.territories = territories
    }
}

/// The least that can hold records: plans, then stores what was planned.
struct TestHub {
    static let now = Instant(milliseconds: 1_700_000_000_000)

    var schema = TestSchema.schema
    var limits = Limits()
    var generation: UInt64 = 0
    var records: [RecordID: StoredRecord] = [:]
    private var seqs: [RecordID: UInt64] = [:]

    /// A hub with two territories and what `Person.office` put there.
    static func withTerritories() -> TestHub {
        var hub = TestHub()
        for (number, code) in [(UInt64(1), "north"), (2, "south")] {
            hub.accept(
                Commit(
                    number: number, stamp: Stamp(milliseconds: 1), schema: 1,
                    changes: [
                        Change(
                            entity: .territory, record: TestSchema.territoryID(code),
                            sets: [FieldWrite(1, .text(code))])
                    ]), from: Person(0, .office))
        }
        return hub
    }

    func plan(_ commit: Commit, from person: Person, former: [UInt64] = []) -> Plan {
        let context = PlanContext(
            schema: schema, limits: limits, device: person.device, author: person.author,
            role: person.role, visible: person.territories?.union([schema.catalogue]),
            receivedAt: Self.now, generation: generation, former: former)
        return Plan.make(
            for: commit, stored: Plan.reading(commit, context: context) { records[$0] },
            context: context)
    }

    @discardableResult
    mutating func accept(
        _ commit: Commit, from person: Person, former: [UInt64] = []
    ) -> Verdict {
        let plan = plan(commit, from: person, former: former)
        apply(plan)
        return plan.verdict
    }

    mutating func apply(_ plan: Plan, assignment: UInt64 = 0) {
        let before = records
        let moves = Moves(
            plan.records, replacing: before, schema: schema, record: { before[$0] },
            dependents: { customer in
                before.values.filter { record in
                    schema[record.entity].map { record.customers($0).contains(customer) } ?? false
                }.map(\.id).sorted()
            })
        for scope in moves.scopes { seqs[scope, default: 0] += 1 }
        for move in moves.placed(seqs: seqs, assignment: assignment) {
            records[move.record.id] = move.record
        }
    }

    func version(_ id: RecordID) -> UInt64 { records[id]?.version ?? 0 }

    /// What people see in the field of this name.
    func shown(_ id: RecordID, _ name: String) -> FieldContent {
        guard let record = records[id], let entity = schema[record.entity],
            let position = entity.position(named: name)
        else { return .none }
        return record.shown(position)
    }
}

/// A commit of one change to one record, captured `at` seconds into the day.
func commit(
    _ number: UInt64 = 1, at second: Int64, _ changes: Change..., schema: UInt32 = 1
) -> Commit {
    Commit(
        number: number, stamp: Stamp(milliseconds: 1_600_000_000_000 + second * 1_000),
        schema: schema, changes: changes)
}

/// A new customer of the test schema.
func customer(
    _ id: RecordID, in territory: RecordID = TestSchema.north, sets: [FieldWrite] = [],
    tags: [String] = []
) -> Change {
    Change(
        entity: .customer, record: id,
        sets: [FieldWrite(1, .ref(territory)), FieldWrite(2, .text("title"))] + sets,
        adds: tags.map { ElementWrite(10, .text($0)) })
}

/// An edit of a customer of the test schema.
func edit(
    _ id: RecordID, base: UInt64, _ sets: [FieldWrite] = [], adds: [String] = [],
    removes: [String] = [], deletes: Bool = false
) -> Change {
    Change(
        entity: .customer, record: id, base: base, sets: sets,
        adds: adds.map { ElementWrite(10, .text($0)) },
        removes: removes.map { ElementWrite(10, .text($0)) }, deletes: deletes)
}

/// A deal between customers, as one device makes it.
func deal(
    _ key: String, parties: [RecordID], base: UInt64 = 0, sets: [FieldWrite] = []
) -> Change {
    Change(
        entity: .deal, record: TestSchema.dealID(key), base: base,
        sets: [FieldWrite(1, .text(key)), FieldWrite(3, .text("deal"))] + sets,
        adds: parties.map { ElementWrite(2, .ref($0)) })
}
