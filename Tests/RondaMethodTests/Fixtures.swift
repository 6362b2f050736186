import RondaMerge
import RondaMethod
import RondaModel
import Testing

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same case on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

extension RecordID {
    init(_ number: UInt64) { self.init(high: 0x7000, low: number) }
}

/// Thursday 2025-03-13, noon UTC, and so many hours after it.
let noon = Instant(milliseconds: 1_741_867_200_000)
func hour(_ hours: Int) -> Instant { noon.adding(hours: hours) }
/// At the place of the tests: five hours behind UTC.
func local(_ instant: Instant) -> LocalMoment { LocalMoment(instant, offsetMinutes: -300) }
/// A time of a day there.
func local(_ day: String, _ hour: Int, _ minute: Int = 0) -> LocalMoment {
    let days = Int64(CivilDate(iso: day)?.days ?? 0)
    let minutes = days * 1_440 + Int64(hour * 60 + minute + 300)
    return local(Instant(milliseconds: minutes * 60_000))
}
func date(_ text: String) throws -> CivilDate { try #require(CivilDate(iso: text)) }

let ana = RecordID(1)
let beto = RecordID(2)
let carmen = RecordID(3)
let rosa = RecordID(10)
let luis = RecordID(11)

func make<R: RondaRecord>(
    _ type: R.Type, _ id: UInt64, _ fill: (inout R) throws -> Void
) rethrows -> R {
    var record = R(id: RecordID(id))
    try fill(&record)
    return record
}

/// Two orders of arrival of what two devices did apart, and what the hub has of it then.
struct Apart {
    var hubs: [TestHub] = []

    /// - Parameter before: what both had seen.
    init(_ before: [Change] = [], _ one: Device, _ other: Device) {
        let start = TestHub.with(before)
        for devices in [[one, other], [other, one]] {
            var hub = start
            for device in devices { hub.accept(device) }
            hubs.append(hub)
        }
    }

    /// The record as both orders show it, which is one and the same.
    func shown<R: RondaRecord>(_ type: R.Type, _ id: RecordID) throws -> R {
        let both = hubs.map { $0.typed(type, id) }
        #expect(both[0] == both[1], "the order of arrival shows")
        return try #require(both[0])
    }

    /// The same, of all records of an entity.
    func all<R: RondaRecord>(_ type: R.Type) -> [R] {
        let both = hubs.map { $0.all(type) }
        #expect(both[0] == both[1], "the order of arrival shows")
        return both[0]
    }

    var outcomes: [[Outcome]] { hubs.map { $0.verdicts.map(\.outcome) } }
}

/// What one person captures on one device, a commit each.
struct Device {
    let person: RecordID
    let role: Role
    private(set) var commits: [Commit] = []

    init(_ person: RecordID, _ role: Role = .rep) {
        self.person = person
        self.role = role
    }

    /// Its own id; a person's second device has another.
    var id: RecordID { RecordID(high: 0x7001, low: person.low) }

    func capturing(_ changes: Change..., at moment: Instant) -> Device {
        var device = self
        device.commits.append(
            Commit(
                number: UInt64(commits.count) + 1, stamp: Stamp(milliseconds: moment.milliseconds),
                schema: Schema.current.version, changes: changes))
        return device
    }

    func creating(_ record: some RondaRecord, at moment: Instant) -> Device {
        capturing(Change(creating: record), at: moment)
    }

    /// An edit of what it had seen at version 1.
    func editing<R: RondaRecord>(
        _ type: R.Type, _ id: RecordID, at moment: Instant, base: UInt64 = 1,
        _ values: [String: Value]
    ) -> Device {
        let entity = Schema.current[R.entity]
        var change = Change(entity: R.entity, record: id, base: base)
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            guard let entity, let position = entity.position(named: name) else { continue }
            let field = entity.fields[position]
            if field.isSet {
                change.adds.append(ElementWrite(field.number, value))
            } else {
                change.sets.append(FieldWrite(field.number, value))
            }
        }
        return capturing(change, at: moment)
    }
}

/// The least that can hold records of the real schema: plans, then stores what was planned.
struct TestHub {
    private var records: [RecordID: StoredRecord] = [:]
    private var seqs: [RecordID: UInt64] = [:]
    private(set) var verdicts: [Verdict] = []

    static let territory =
        Schema.current.derivedID(
            of: EntitySchema.territory
        ) { _ in .text("BOG-N") } ?? .zero

    /// A territory, the customer Rosa in it, and what both devices know.
    static func with(_ changes: [Change]) -> TestHub {
        var office = Device(RecordID(99), .office)
        var territory = Territory(id: TestHub.territory)
        territory.code = "BOG-N"
        territory.country = "CO"
        var customer = Customer(id: rosa)
        customer.territory = TestHub.territory
        customer.name = "Rosa"
        customer.country = "CO"
        for change in [Change(creating: territory), Change(creating: customer)] + changes {
            office = office.capturing(change, at: hour(-1_000))
        }
        var hub = TestHub()
        hub.accept(office)
        #expect(hub.verdicts.allSatisfy { $0.outcome == .accepted })
        hub.verdicts = []
        return hub
    }

    mutating func accept(_ device: Device) {
        for commit in device.commits {
            let sees: Set? =
                device.role == .rep ? [Self.territory, Schema.current.catalogue] : nil
            let context = PlanContext(
                schema: .current, limits: Limits(), device: device.id, author: device.person,
                role: device.role, visible: sees, receivedAt: hour(10_000))
            let plan = Plan.make(
                for: commit, stored: Plan.reading(commit, context: context) { records[$0] },
                context: context)
            apply(plan)
            verdicts.append(plan.verdict)
        }
    }

    private mutating func apply(_ plan: Plan) {
        let before = records
        let moves = Moves(
            plan.records, replacing: before, schema: .current, record: { before[$0] },
            dependents: { customer in
                before.values.filter { record in
                    Schema.current[record.entity].map { record.customers($0).contains(customer) }
                        ?? false
                }.map(\.id).sorted()
            })
        for scope in moves.scopes { seqs[scope, default: 0] += 1 }
        for move in moves.placed(seqs: seqs, assignment: 0) {
            records[move.record.id] = move.record
        }
    }

    func typed<R: RondaRecord>(_ type: R.Type, _ id: RecordID) -> R? {
        guard let record = records[id], record.entity == R.entity,
            let entity = Schema.current[R.entity]
        else { return nil }
        var values = FieldValues(for: entity)
        for position in entity.fields.indices { values[position] = record.shown(position) }
        return R(id: id, fields: values)
    }

    func all<R: RondaRecord>(_ type: R.Type) -> [R] {
        records.keys.sorted().compactMap { typed(type, $0) }
    }

    /// Fields that wait for a person.
    func conflicts(_ id: RecordID) -> Int {
        guard let record = records[id], let entity = Schema.current[record.entity] else { return 0 }
        return record.openConflicts(in: entity)
    }
}
