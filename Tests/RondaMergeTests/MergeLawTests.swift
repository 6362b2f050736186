import RondaMerge
import RondaModel
import Testing

/// SPEC §5 and design §13.1: the state depends on who had seen what, never on who arrived first.
@Suite("Laws of the merge")
struct MergeLawTests {
    /// Runs the rounds of a history, each in the order given, and answers with what came of them.
    private func run(
        _ history: History, round: (Int) -> [Event]
    ) -> (state: [RecordID: Snapshot], refused: [Verdict]) {
        var hub = TestHub.withTerritories()
        var refused: [Verdict] = []
        for number in 0..<history.rounds {
            for event in round(number) {
                let verdict = hub.accept(event.commit, from: history.people[event.person])
                if verdict.outcome == .refused { refused.append(verdict) }
            }
        }
        let records = hub.records.filter { $0.value.entity != .territory }
        return (records.mapValues { Snapshot($0, schema: hub.schema) }, refused)
    }

    /// The records that are not as they should be: states are too large to be printed whole.
    private func differences(
        _ state: [RecordID: Snapshot], _ expected: [RecordID: Snapshot]
    ) -> [String] {
        Set(state.keys).union(expected.keys).sorted().compactMap { id in
            guard let left = state[id], let right = expected[id] else { return "\(id) is missing" }
            return left == right ? nil : "\(id): \(left.difference(from: right))"
        }
    }

    @Test(
        "every order of arrival that keeps each device's own gives what the causal history says",
        arguments: 1...UInt64(250))
    func anyOrderOfArrival(seed: UInt64) throws {
        let history = History(seed: seed)
        let expected = ReferenceModel(history: history).snapshots()
        var random = SeededGenerator(seed: seed &* 31)
        for _ in 0..<6 {
            let (state, refused) = run(history) {
                history.shuffled(round: $0, using: &random)
            }
            try #require(refused == [])
            try #require(differences(state, expected) == [])
        }
    }

    @Test(
        "all ninety orders of three devices with two commits each give the same state",
        arguments: 1...UInt64(12))
    func everyOrderOfArrival(seed: UInt64) throws {
        let history = History(seed: seed, devices: 3, rounds: 1, commitsPerRound: 2)
        let expected = ReferenceModel(history: history).snapshots()
        let orders = history.interleavings(round: 1)
        #expect(orders.count == 90)
        for order in orders {
            let (state, refused) = run(history) {
                $0 == 0 ? history.interleavings(round: 0)[0] : order
            }
            try #require(refused == [])
            try #require(differences(state, expected) == [])
        }
    }

    @Test("the histories hold what the laws are about: conflicts, deletions, shared deals")
    func historiesAreRich() {
        var (several, contested, deleted, shared, removed) = (0, 0, 0, 0, 0)
        for seed in 1...UInt64(100) {
            let history = History(seed: seed)
            for snapshot in ReferenceModel(history: history).snapshots().values {
                if snapshot.siblings.values.contains(where: { $0.count > 1 }) { several += 1 }
                if snapshot.isContested { contested += 1 }
                if snapshot.isDeleted { deleted += 1 }
                if snapshot.scopes.count > 1 { shared += 1 }
            }
            removed += history.events.flatMap(\.commit.changes).count { !$0.removes.isEmpty }
        }
        #expect(several > 50)
        #expect(contested > 10)
        #expect(deleted > 10)
        #expect(shared > 10)
        #expect(removed > 50)
    }

    @Test(
        "a refused change takes the whole commit with it: nothing of it is planned",
        arguments: 1...UInt64(60))
    func atomicity(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let history = History(seed: seed)
        var hub = TestHub.withTerritories()
        for event in history.events {
            var broken = event.commit
            broken.changes.insert(
                Change(
                    entity: .customer, record: RecordID(99), base: 0,
                    sets: [FieldWrite(2, .text("nobody"))]),
                at: Int.random(in: 0...broken.changes.count, using: &random))
            let person = history.people[event.person]
            let plan = hub.plan(broken, from: person)
            #expect(plan.verdict.outcome == .refused)
            #expect(plan.verdict.refusal?.record == RecordID(99))
            #expect(plan.verdict.versions == [])
            #expect(plan.records == [])
            hub.accept(event.commit, from: person)
        }
    }

    @Test(
        "planning the same commit on the same records gives the same plan",
        arguments: 1...UInt64(40))
    func determinism(seed: UInt64) {
        let history = History(seed: seed)
        var hub = TestHub.withTerritories()
        for event in history.events {
            let person = history.people[event.person]
            let plan = hub.plan(event.commit, from: person)
            #expect(plan == hub.plan(event.commit, from: person))
            #expect(plan.records.map(\.record.id) == event.commit.changes.map(\.record))
            #expect(plan.verdict.versions == plan.records.map(\.record.version))
            // The mark of this commit comes last: whoever applies the plan gives it positions.
            for planned in plan.records {
                #expect(planned.record.marks.last?.version == planned.record.version)
                #expect(planned.record.marks.last?.number == event.commit.number)
            }
            hub.accept(event.commit, from: person)
        }
    }
}
