import RondaMerge
import RondaModel
import Testing

/// A commit that had to wait is applied after later ones of its own device: in orders that keep
/// nothing but what each had seen.
@Suite("Laws of the late commit")
struct LateCommitTests {
    /// The events of each round in any order at all; what lacks its record waits for it.
    private func run(_ history: History, seed: UInt64) -> (TestHub, [Verdict]) {
        var random = SeededGenerator(seed: seed)
        var hub = TestHub.withTerritories()
        var refused: [Verdict] = []
        for round in 0..<history.rounds {
            var queue = history.events.filter { $0.round == round }.shuffled(using: &random)
            while !queue.isEmpty {
                let held = queue
                queue = []
                for event in held {
                    let plan = hub.plan(event.commit, from: history.people[event.person])
                    if plan.lacking != nil {
                        queue.append(event)
                    } else if plan.verdict.outcome == .refused {
                        refused.append(plan.verdict)
                    }
                    hub.apply(plan)
                }
                if queue.count == held.count { return (hub, refused + [plan(queue, hub, history)]) }
            }
        }
        return (hub, refused)
    }

    private func plan(_ queue: [Event], _ hub: TestHub, _ history: History) -> Verdict {
        hub.plan(queue[0].commit, from: history.people[queue[0].person]).verdict
    }

    @Test(
        "whatever the order, what stands is what no other had seen",
        arguments: 1...UInt64(150))
    func anyOrder(seed: UInt64) throws {
        let history = History(seed: seed)
        let expected = ReferenceModel(history: history).snapshots()
        let (hub, refused) = run(history, seed: seed &* 41)
        try #require(refused == [])
        for (id, meant) in expected {
            guard let record = hub.records[id], let entity = hub.schema[record.entity] else {
                Issue.record("\(id) is missing")
                continue
            }
            let snapshot = Snapshot(record, schema: hub.schema)
            for field in entity.fields {
                let number = field.number
                switch field.rule {
                // A removal that came before the addition it had seen had nothing to remove.
                case .union:
                    let elements = Set(snapshot.shown[number]?.elements ?? [])
                    #expect(elements.isSuperset(of: meant.shown[number]?.elements ?? []))
                // A device's own later fact stands, and its earlier one steps back.
                case .first:
                    let values = Set((meant.siblings[number] ?? []).map(\.value))
                    let standing = Set((snapshot.siblings[number] ?? []).map(\.value))
                    #expect(standing.isSubset(of: values))
                    #expect(standing.isEmpty == values.isEmpty)
                default:
                    #expect(snapshot.shown[number] == meant.shown[number], "\(field.name)")
                    #expect(snapshot.siblings[number] == meant.siblings[number], "\(field.name)")
                }
            }
            #expect(snapshot.lives == meant.lives && snapshot.deletions == meant.deletions)
            #expect(snapshot.version == meant.version && snapshot.scopes == meant.scopes)
        }
    }

    @Test(
        "a late commit is not told of the later ones of its own device",
        arguments: MergeRule.single)
    func ownLater(_ rule: MergeRule) throws {
        let position = try #require(TestSchema.customer.fields.firstIndex { $0.rule == rule })
        let field = TestSchema.customer.fields[position]
        let id = RecordID(1)
        let rep = Person(1, .rep)
        func writes(_ value: Value?) -> [FieldWrite] { [FieldWrite(field.number, value)] }
        for values in RuleValues.pairs(field) {
            var hub = TestHub.withTerritories()
            hub.accept(commit(at: 0, customer(id)), from: Person(9, .office))
            hub.accept(commit(2, at: 20, edit(id, base: 1, writes(values.1))), from: rep)
            let before = try #require(hub.records[id])
            let verdict = hub.accept(
                commit(1, at: 10, edit(id, base: 1, writes(values.0))), from: rep)
            let after = try #require(hub.records[id])
            #expect(verdict.outcome == .accepted)
            #expect(after.version == before.version + 1)
            #expect(after.lives.map { after.marks[$0].number } == [2])
            if rule == .least || rule == .greatest { continue }
            #expect(after.shown(position) == before.shown(position))
            #expect(after.differing(position).isEmpty)
        }
    }

    @Test(
        "a late commit takes away what it had seen, and what is left is told anew",
        arguments: MergeRule.single.filter { ![.first, .least, .greatest].contains($0) })
    func takingAway(_ rule: MergeRule) throws {
        let position = try #require(TestSchema.customer.fields.firstIndex { $0.rule == rule })
        let field = TestSchema.customer.fields[position]
        let id = RecordID(1)
        let (rep, office) = (Person(1, .rep), Person(9, .office))
        func writes(_ value: Value?) -> [FieldWrite] { [FieldWrite(field.number, value)] }
        for values in RuleValues.pairs(field) {
            var hub = TestHub.withTerritories()
            hub.accept(commit(1, at: 0, customer(id)), from: office)
            hub.accept(commit(2, at: 5, edit(id, base: 1, writes(values.0))), from: office)
            hub.accept(commit(2, at: 20, edit(id, base: 1, writes(values.1))), from: rep)
            // Captured before that, with the value of the office in sight.
            hub.accept(commit(1, at: 10, edit(id, base: 2, writes(values.0))), from: rep)
            let record = try #require(hub.records[id])
            #expect(record.shown(position) == .one(values.1))
            guard case .siblings(let siblings) = record.registers[position] else {
                Issue.record("no siblings")
                continue
            }
            #expect(siblings.map { record.marks[$0.mark].number } == [2])
            #expect(siblings.map { record.marks[$0.mark].device } == [rep.device])
            #expect(
                siblings.map { record.marks[$0.mark].seqs } == [record.placements.map(\.seq)])
        }
    }

    @Test("nor of other fields that somebody wrote who had seen it")
    func otherFields() throws {
        let id = RecordID(1)
        let (rep, office) = (Person(1, .rep), Person(2, .office))
        let late = commit(1, at: 10, edit(id, base: 1, [FieldWrite(2, .text("a"))]))
        let aside = [FieldWrite(3, .text("b"))]
        // Its own device; and another one, which had it from a history that was lost.
        for isOwn in [true, false] {
            var hub = TestHub.withTerritories()
            hub.accept(commit(at: 0, customer(id)), from: Person(9, .office))
            hub.generation = isOwn ? 0 : 1
            hub.accept(
                commit(2, at: 20, edit(id, base: isOwn ? 1 : 2, aside)), from: isOwn ? rep : office)
            let verdict = hub.accept(late, from: rep, former: isOwn ? [] : [2])
            #expect(verdict.outcome == .accepted)
            #expect(verdict.merges == [])
            #expect(hub.shown(id, "title") == .one(.text("a")))
            #expect(hub.shown(id, "aside") == .one(.text("b")))
        }
        // Whoever had not seen it is told of.
        var hub = TestHub.withTerritories()
        hub.accept(commit(at: 0, customer(id)), from: Person(9, .office))
        hub.accept(commit(2, at: 20, edit(id, base: 1, aside)), from: office)
        #expect(
            hub.accept(late, from: rep).merges == [Merge(record: id, field: 0, kind: .parallel)])
    }

    @Test("a late touch does not bring back what its device deleted, nor a deletion delete it")
    func ownExistence() throws {
        let id = RecordID(1)
        let rep = Person(1, .rep)
        let touch = edit(id, base: 1, [FieldWrite(3, .text("a"))])
        for (later, earlier) in [
            (edit(id, base: 1, deletes: true), touch), (touch, edit(id, base: 1, deletes: true)),
        ] {
            var hub = TestHub.withTerritories()
            hub.accept(commit(at: 0, customer(id)), from: Person(9, .office))
            hub.accept(commit(2, at: 20, later), from: rep)
            hub.accept(commit(1, at: 10, earlier), from: rep)
            let record = try #require(hub.records[id])
            #expect(record.isDeleted == later.deletes)
            #expect(!record.isContested)
        }
    }
}

extension MergeRule {
    static let single: [MergeRule] = [
        .latest, .first, .office, .furthest, .protective, .least, .greatest,
    ]
}

/// Values of a field of the test schema, two by two.
enum RuleValues {
    static func pairs(_ field: FieldSchema) -> [(Value, Value)] {
        let values: [Value]
        switch field.type {
        case .status:
            values = field.options.flatMap { option in
                [0, 1].map { .status(option: option.number, round: $0) }
            }
        case .option: values = field.options.map { .option($0.number) }
        case .integer: values = [.integer(1), .integer(2)]
        case .ref: values = [.ref(TestSchema.north)]
        default: values = [.text("a"), .text("b")]
        }
        let all = values.flatMap { left in values.map { (left, $0) } }
        // Who knows a fact repeats it or is refused.
        return field.rule == .first ? all.filter { $0.0 == $0.1 } : all
    }
}
