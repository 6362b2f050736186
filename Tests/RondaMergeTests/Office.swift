import RondaMerge
import RondaModel

/// A commit on its way: who captured it, and what they truly knew then.
struct Captured: Sendable {
    let person: Int
    let commit: Commit
    /// By number of capture: the commits whose effects the device had, its own included.
    let seen: Set<Int>
    /// Its own number of capture.
    let id: Int
    /// The versions that a lost history gave to its changes.
    var former: [UInt64] = []
}

/// A hub and devices that capture, pull and push in no particular order; the hub can be put back to
/// an earlier point of its history, after which the devices offer again what it lost.
///
/// Beside the hub runs the truth: which commit was captured knowing which. The hub has to work it
/// out from versions alone.
struct Office {
    private(set) var hub = TestHub.withTerritories()
    let people: [Person]
    private(set) var captured: [Captured] = []
    /// The accepted commits in order of arrival, with the versions they made.
    private(set) var applied: [(commit: Captured, versions: [UInt64])] = []
    private(set) var refused: [Verdict] = []
    private(set) var waiting: [Captured] = []
    /// How often a commit had to wait.
    private(set) var waits = 0

    private var random: SeededGenerator
    private var queues: [[Captured]]
    private var seen: [Set<Int>]
    private var versions: [[RecordID: UInt64]]
    private var numbers: [UInt64]
    private var clocks: [Int64]
    /// The highest generation there ever was: one that is restored again gets another one.
    private var generation: UInt64 = 0
    /// The hub as it was after each arrival.
    private var backups: [TestHub] = []

    static let customers = History.customers

    init(seed: UInt64, devices: Int = 3) {
        random = SeededGenerator(seed: seed)
        people = (1...devices).map { Person(UInt64($0), $0.isMultiple(of: 2) ? .office : .rep) }
        queues = Array(repeating: [], count: devices)
        seen = Array(repeating: [], count: devices)
        versions = Array(repeating: [:], count: devices)
        numbers = Array(repeating: 0, count: devices)
        clocks = Array(repeating: 0, count: devices)
        backups = [hub]
        let territories = [TestSchema.north, TestSchema.south, TestSchema.north]
        capture(by: 0, zip(Self.customers, territories).map { customer($0, in: $1, tags: ["a"]) })
        push(0)
        for person in people.indices { pull(person) }
    }

    /// So many captures, pulls and pushes, by whoever comes.
    mutating func work(_ steps: Int, captures: Bool = true) {
        for _ in 0..<steps {
            let person = Int.random(in: people.indices, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where captures: pull(person)
            case 1...2 where captures: capture(by: person)
            default: push(person)
            }
        }
    }

    /// Pushes all there is, in some order that keeps each device's own.
    mutating func drain() {
        while let person = queues.indices.filter({ !queues[$0].isEmpty })
            .randomElement(using: &random)
        {
            // In bursts: then some are offered long before those they build upon.
            for _ in 0..<Int.random(in: 1...12, using: &random) { push(person) }
        }
    }

    /// Puts the hub back to what it was after `count` arrivals. What came after them goes to the
    /// head of its device's queue again, with the versions that it was given.
    mutating func restore(to count: Int) {
        hub = backups[count]
        generation += 1
        hub.generation = generation
        var lost: [[Captured]] = Array(repeating: [], count: people.count)
        for (commit, versions) in applied[count...] {
            var again = commit
            again.former = versions
            lost[commit.person].append(again)
        }
        for person in people.indices {
            // What waited has the versions of no history.
            let held = waiting.filter { $0.person == person }
            queues[person] =
                (lost[person] + held).sorted { $0.commit.number < $1.commit.number }
                + queues[person]
        }
        waiting = []
        applied.removeSubrange(count...)
        backups.removeSubrange((count + 1)...)
    }

    func snapshots() -> [RecordID: Snapshot] {
        hub.records.filter { $0.value.entity != .territory }
            .mapValues { Snapshot($0, schema: hub.schema) }
    }
}

// MARK: - What devices do

extension Office {
    /// The device has what the hub has now, beside its own.
    mutating func pull(_ person: Int) {
        seen[person].formUnion(applied.map(\.commit.id))
        versions[person].merge(hub.records.mapValues(\.version)) { _, new in new }
    }

    mutating func capture(by person: Int) {
        let targets = (Self.customers + History.deals.map(TestSchema.dealID))
            .shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random))
        capture(by: person, targets.map { change(of: $0, by: person) })
    }

    private mutating func capture(by person: Int, _ changes: [Change]) {
        numbers[person] += 1
        clocks[person] += Int64.random(in: 1...3, using: &random)
        let commit = Commit(
            number: numbers[person],
            stamp: Stamp(milliseconds: 1_600_000_000_000 + clocks[person]), schema: 3,
            changes: changes)
        let new = Captured(
            person: person, commit: commit, seen: seen[person], id: captured.count)
        captured.append(new)
        queues[person].append(new)
        seen[person].insert(new.id)
    }

    mutating func push(_ person: Int) {
        guard !queues[person].isEmpty else { return }
        offer(queues[person].removeFirst())
    }

    private mutating func offer(_ offered: Captured) {
        let plan = hub.plan(
            offered.commit, from: people[offered.person], former: offered.former)
        if plan.lacking != nil {
            waiting.append(offered)
            waits += 1
            return
        }
        if plan.verdict.outcome == .refused {
            refused.append(plan.verdict)
            return
        }
        hub.apply(plan)
        applied.append((offered, plan.verdict.versions))
        backups.append(hub)
        if plan.records.contains(where: \.isNew) { release() }
    }

    private mutating func release() {
        let held = waiting.sorted {
            (people[$0.person].device, $0.commit.number)
                < (people[$1.person].device, $1.commit.number)
        }
        waiting = []
        for one in held { offer(one) }
    }

    /// The writes of a record that a device capturing now knows of.
    private func known(of record: RecordID, by person: Int) -> [Change] {
        captured.filter { seen[person].contains($0.id) }.flatMap(\.commit.changes)
            .filter { $0.record == record }
    }

    private mutating func change(of record: RecordID, by person: Int) -> Change {
        let isDeal = !Self.customers.contains(record)
        let before = known(of: record, by: person)
        if before.isEmpty {
            let key = History.deals.first { TestSchema.dealID($0) == record } ?? ""
            return deal(
                key, parties: [Self.customers.randomElement(using: &random) ?? .zero],
                sets: writes(from: 3, before: before, isNew: true))
        }
        var change = Change(
            entity: isDeal ? .deal : .customer, record: record,
            base: versions[person][record] ?? 0)
        if Int.random(in: 0..<8, using: &random) == 0 {
            change.deletes = true
            return change
        }
        let first: UInt32 = isDeal ? 3 : 2
        change.sets = writes(from: first, before: before, isNew: false)
        for tag in ["a", "b", "c"] {
            let element = ElementWrite(first + 8, .text(tag))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: change.adds.append(element)
            case 1: change.removes.append(element)
            default: break
            }
        }
        return change
    }

    private mutating func writes(
        from number: UInt32, before: [Change], isNew: Bool
    ) -> [FieldWrite] {
        let text = Value.text(["a", "b", "c"].randomElement(using: &random) ?? "a")
        let option = UInt32.random(in: 1...3, using: &random)
        let small = Value.integer(Int64.random(in: 1...4, using: &random))
        // What is fixed once is only ever repeated by those who know it.
        let origin = before.flatMap(\.sets).first { $0.number == number + 2 }?.value
        let all: [FieldWrite] = [
            FieldWrite(number, text),
            FieldWrite(number + 1, option == 1 ? nil : text),
            FieldWrite(number + 2, origin ?? text),
            FieldWrite(number + 3, option == 3 ? nil : text),
            FieldWrite(
                number + 4,
                .status(option: option, round: UInt32.random(in: 0...1, using: &random))),
            FieldWrite(number + 5, .option(option)),
            FieldWrite(number + 6, small),
            FieldWrite(number + 7, small),
        ]
        return Array(
            all.dropFirst(isNew ? 1 : 0).shuffled(using: &random)
                .prefix(Int.random(in: 1...4, using: &random)))
    }
}
