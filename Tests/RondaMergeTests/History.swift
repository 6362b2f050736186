import RondaMerge
import RondaModel

/// A commit with what its device knew when it was captured.
struct Event: Sendable {
    let person: Int
    let round: Int
    /// The device had pulled the state after this many rounds.
    let known: Int
    let commit: Commit
}

/// Rounds of work offline: in each, devices capture from a state they had pulled, some from an
/// older one than others; then everything arrives. Versions at the end of a round do not depend on
/// the order of arrival, so the bases of the next round mean the same in every order.
struct History: Sendable {
    let people: [Person]
    private(set) var events: [Event] = []
    private(set) var rounds = 0

    private var random: SeededGenerator
    private var known: [Int]
    private var numbers: [UInt64]
    private var clocks: [Int64]

    static let customers = (1...3).map { RecordID($0) }
    static let deals = ["first deal", "second deal"]

    init(seed: UInt64, devices: Int? = nil, rounds: Int? = nil, commitsPerRound: Int? = nil) {
        random = SeededGenerator(seed: seed)
        let count = devices ?? Int.random(in: 2...4, using: &random)
        people = (1...count).map { Person(UInt64($0), $0.isMultiple(of: 2) ? .office : .rep) }
        known = Array(repeating: 0, count: count)
        numbers = Array(repeating: 0, count: count)
        clocks = Array(repeating: 0, count: count)
        createCustomers()
        for _ in 0..<(rounds ?? Int.random(in: 1...3, using: &random)) {
            playRound(commits: commitsPerRound)
        }
    }

    /// Whether the device of `later` knew of `earlier` when it captured.
    static func sees(_ later: Event, _ earlier: Event) -> Bool {
        later.person == earlier.person && earlier.commit.number < later.commit.number
            || earlier.round < later.known
    }

    /// The events of a round in some order that keeps each device's own.
    func shuffled(round: Int, using random: inout SeededGenerator) -> [Event] {
        var queues = people.indices.map { person in
            events.filter { $0.round == round && $0.person == person }[...]
        }
        var order: [Event] = []
        while let person = queues.indices.filter({ !queues[$0].isEmpty })
            .randomElement(using: &random)
        {
            order.append(queues[person].removeFirst())
        }
        return order
    }

    /// Every order of arrival of a round that keeps each device's own.
    func interleavings(round: Int) -> [[Event]] {
        func mix(_ queues: [ArraySlice<Event>]) -> [[Event]] {
            if queues.allSatisfy(\.isEmpty) { return [[]] }
            return queues.indices.filter { !queues[$0].isEmpty }.flatMap { index in
                var rest = queues
                let head = rest[index].removeFirst()
                return mix(rest).map { [head] + $0 }
            }
        }
        return mix(
            people.indices.map { person in
                events.filter { $0.round == round && $0.person == person }[...]
            })
    }
}

// MARK: - Capturing

extension History {
    private mutating func createCustomers() {
        let territories = [TestSchema.north, TestSchema.south, TestSchema.north]
        capture(
            by: 0,
            zip(Self.customers, territories).map { customer($0, in: $1, tags: ["a"]) })
        rounds = 1
        known = known.map { _ in 1 }
    }

    private mutating func playRound(commits: Int?) {
        for person in people.indices {
            if Int.random(in: 0..<4, using: &random) > 0 { known[person] = rounds }
            for _ in 0..<(commits ?? Int.random(in: 0...4, using: &random)) {
                let changes = Int.random(in: 1...2, using: &random)
                let targets = (Self.customers + Self.deals.map(TestSchema.dealID))
                    .shuffled(using: &random).prefix(changes)
                capture(by: person, targets.map { change(of: $0, by: person) })
            }
        }
        rounds += 1
    }

    private mutating func capture(by person: Int, _ changes: [Change]) {
        numbers[person] += 1
        // Clocks of different devices may agree to the millisecond; a device's own never repeats.
        clocks[person] += Int64.random(in: 1...3, using: &random)
        let commit = Commit(
            number: numbers[person],
            stamp: Stamp(milliseconds: 1_600_000_000_000 + clocks[person]), schema: 3,
            changes: changes)
        events.append(
            Event(person: person, round: rounds, known: known[person], commit: commit))
    }

    /// The changes to a record that a device capturing now would know of.
    private func seen(of record: RecordID, by person: Int) -> [Change] {
        events.filter { $0.person == person || $0.round < known[person] }
            .flatMap(\.commit.changes).filter { $0.record == record }
    }

    private mutating func change(of record: RecordID, by person: Int) -> Change {
        let isDeal = !Self.customers.contains(record)
        let base = events.filter { $0.round < known[person] }
            .count { $0.commit.changes.contains { $0.record == record } }
        let before = seen(of: record, by: person)
        if before.isEmpty {
            let key = Self.deals.first { TestSchema.dealID($0) == record } ?? ""
            return deal(
                key, parties: [Self.customers.randomElement(using: &random) ?? .zero],
                sets: writes(from: 3, before: before))
        }
        var change = Change(
            entity: isDeal ? .deal : .customer, record: record, base: UInt64(base))
        if Int.random(in: 0..<8, using: &random) == 0 {
            change.deletes = true
            return change
        }
        let first: UInt32 = isDeal ? 3 : 2
        change.sets = writes(from: first, before: before)
        for tag in ["a", "b", "c"] {
            let element = ElementWrite(first + 8, .text(tag))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: change.adds.append(element)
            case 1: change.removes.append(element)
            default: break
            }
        }
        if isDeal, Bool.random(using: &random) {
            let party = Self.customers.randomElement(using: &random) ?? .zero
            change.adds.append(ElementWrite(2, .ref(party)))
        }
        return change
    }

    /// Some of the eight single-valued fields of the test schema, the first of them numbered
    /// `number`. At least one, so that no change is empty.
    private mutating func writes(from number: UInt32, before: [Change]) -> [FieldWrite] {
        let text = Value.text(["a", "b", "c"].randomElement(using: &random) ?? "a")
        let option = UInt32.random(in: 1...3, using: &random)
        let small = Value.integer(Int64.random(in: 1...4, using: &random))
        let round = UInt32.random(in: 0...1, using: &random)
        // What is fixed once is only ever repeated by those who know it.
        let origin = before.flatMap(\.sets).first { $0.number == number + 2 }?.value
        let all: [FieldWrite] = [
            FieldWrite(number, text),
            FieldWrite(number + 1, option == 1 ? nil : text),
            FieldWrite(number + 2, origin ?? text),
            FieldWrite(number + 3, option == 3 ? nil : text),
            FieldWrite(number + 4, .status(option: option, round: round)),
            FieldWrite(number + 5, .option(option)),
            FieldWrite(number + 6, small),
            FieldWrite(number + 7, small),
        ]
        // A deal is given its title where it is made.
        let offered = number == 3 && before.isEmpty ? Array(all.dropFirst()) : all
        return Array(
            offered.shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random)))
    }
}
