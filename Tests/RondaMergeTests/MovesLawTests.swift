import RondaMerge
import RondaModel
import Testing

/// SPEC §4.1, §4.2 and §4.11, on what people do in a world where customers move: after each step the
/// hub has what one gets who works it out from scratch.
@Suite("Laws of moving")
struct MovesLawTests {
    private static let seeds = 1...UInt64(25)

    private func world(_ seed: UInt64) -> Roaming { RoamingWork(seed: seed).world }

    /// The world as it was after a step.
    private func then(_ world: Roaming, _ step: Roaming.Step) -> Roaming {
        var past = world
        past.records = step.after
        return past
    }

    private func standing(_ record: StoredRecord?) -> Set<RecordID> {
        Set(record?.placements.map(\.scope) ?? [])
    }

    @Test("the worlds are not idle ones")
    func lively() {
        let worlds = (1...UInt64(10)).map(world)
        let verdicts = worlds.flatMap(\.verdicts)
        for outcome in [Outcome.accepted, .merged, .handedOver, .refused] {
            #expect(verdicts.count { $0.outcome == outcome } > 5, "\(outcome)")
        }
        let records = worlds.flatMap(\.records.values)
        #expect(records.count { $0.entity == .customer && !$0.followers.isEmpty } > 10)
        #expect(records.count { $0.entity == .referral && $0.placements.count > 1 } > 5)
        #expect(records.count { $0.departures.count > 1 } > 20)
        #expect(worlds.allSatisfy { $0.assignment > 8 })
    }

    @Test("customers are followed by those, and for that, which the records say", arguments: seeds)
    func following(seed: UInt64) {
        let world = world(seed)
        for step in world.steps {
            let past = then(world, step)
            for record in step.after.values where record.entity == .customer {
                #expect(Set(record.followers) == past.followers(of: record.id), "\(record.id)")
                #expect(record.followers.count == Set(record.followers).count)
            }
        }
    }

    @Test("nobody comes to follow a customer that the author does not see", arguments: seeds)
    func followingUnseen(seed: UInt64) {
        let world = world(seed)
        for step in world.steps {
            guard let author = step.author, !world.accounts[author].role.seesAll else { continue }
            let seen = world.sights[Int(step.assignmentBefore)][world.accounts[author].id] ?? []
            for (id, record) in step.after {
                // One that the same commit makes is its author's.
                guard let before = step.before[id] else { continue }
                let isNew = !Set(record.followers).subtracting(before.followers).isEmpty
                #expect(!isNew || !standing(before).isDisjoint(with: seen), "\(id)")
            }
        }
    }

    @Test("everything stands where its customers and their followers say", arguments: seeds)
    func standing(seed: UInt64) {
        let world = world(seed)
        for step in world.steps {
            let past = then(world, step)
            for record in step.after.values {
                let belongs = past.belongs(record)
                // What has nowhere to go stays; a suggestion about it is put there too.
                let stayed = step.before[record.id] ?? past.subject(of: record)
                let expected = belongs.isEmpty ? standing(stayed) : belongs
                #expect(standing(record) == expected, "\(record.entity.rawValue) \(record.id)")
                #expect(record.placements.count == expected.count)
            }
        }
    }

    @Test(
        "a departure is where a record once stood and does not stand, as of when it left",
        arguments: seeds)
    func departures(seed: UInt64) {
        var left: [RecordID: [RecordID: Departure]] = [:]
        for step in world(seed).steps {
            for (id, record) in step.after {
                let (old, new) = (standing(step.before[id]), standing(record))
                for scope in new { left[id, default: [:]][scope] = nil }
                for scope in old.subtracting(new) {
                    left[id, default: [:]][scope] = Departure(
                        scope: scope, seq: step.headsAfter[scope] ?? 0,
                        assignment: step.assignmentAfter)
                }
                #expect(Set(record.departures) == Set((left[id] ?? [:]).values))
                #expect(record.departures.count == Set(record.departures).count)
            }
        }
    }

    @Test(
        "stays never overlap in a scope, and at each version say what stood where",
        arguments: seeds)
    func stays(seed: UInt64) {
        let world = world(seed)
        for record in world.records.values
        where [.customer, .referral].contains(record.entity) {
            let stays = record.allStays
            for stay in stays { #expect(stay.until == 0 || stay.from < stay.until) }
            for version in record.born...world.assignment {
                let then = stays.filter {
                    $0.from <= version && ($0.until == 0 || version < $0.until)
                }.map(\.scope)
                #expect(Set(then) == world.standings[Int(version)][record.id])
                #expect(then.count == Set(then).count)
            }
        }
    }

    @Test(
        "a commit takes one position in each scope where it touches, brings or takes away, no other",
        arguments: seeds)
    func positions(seed: UInt64) {
        for step in world(seed).steps {
            var expected = step.headsBefore
            var happens: Set<RecordID> = []
            let touched = Set(step.plan?.records.filter(\.isTouched).map(\.record.id) ?? [])
            for (id, record) in step.after {
                let (old, new) = (standing(step.before[id]), standing(record))
                happens.formUnion(old.symmetricDifference(new))
                if touched.contains(id) { happens.formUnion(new) }
            }
            for scope in happens { expected[scope, default: 0] += 1 }
            #expect(step.headsAfter == expected)
            for (id, record) in step.after {
                let before = step.before[id]
                for placement in record.placements {
                    let old = before?.placements.first { $0.scope == placement.scope }
                    let isHere = touched.contains(id) || old == nil
                    #expect(placement.seq == (isHere ? expected[placement.scope] : old?.seq))
                    #expect(placement.arrived == old?.arrived ?? expected[placement.scope])
                }
                #expect(record.marks.allSatisfy { $0.seqs.count == record.placements.count })
                for mark in record.marks {
                    for (seq, placement) in zip(mark.seqs, record.placements) {
                        #expect(placement.arrived <= seq && seq <= placement.seq)
                    }
                }
                // To go along with a customer is nothing that the record itself has done.
                if !touched.contains(id) { #expect(record.version == before?.version) }
            }
        }
    }

    @Test(
        "who sees what changes by a step that takes a record away, or a customer elsewhere",
        arguments: seeds)
    func changes(seed: UInt64) {
        for step in world(seed).steps where step.plan != nil {
            let isChange = step.before.contains { id, record in
                let (old, new) = (standing(record), standing(step.after[id]))
                return !new.isSuperset(of: old) || record.entity == .customer && old != new
            }
            #expect(step.changesSight == isChange)
            #expect(step.assignmentAfter == step.assignmentBefore + (isChange ? 1 : 0))
            let arrived = step.after.filter {
                !standing(step.before[$0.key]).isSuperset(of: standing($0.value))
            }.keys
            #expect(Set(step.arrived) == Set(arrived))
            #expect(step.arrived.count == arrived.count)
        }
    }

    // MARK: - A referral by three customers

    private static let referrers = (1...3).map { RecordID(high: 9, low: $0) }

    /// Two at home in the first territory, one in the second; and the referral.
    private func referral() -> (Roaming, RecordID) {
        var world = Roaming()
        for (id, territory) in zip(Self.referrers, [0, 1, 0]) {
            world.commit(
                [
                    world.change(
                        .customer, id,
                        sets: [
                            "territory": .ref(Roaming.territories[territory]), "name": .text("n"),
                        ])
                ], by: 0)
        }
        let change = world.newReferral(by: Self.referrers)
        world.commit([change], by: 0)
        return (world, change.record)
    }

    @Test("what stands in the same scopes by others of its customers stays as it is")
    func still() {
        var (world, id) = referral()
        let before = world.records[id]
        #expect(before?.placements.map(\.scope) == Array(Roaming.territories.prefix(2)))
        world.move(Self.referrers[2], to: Roaming.territories[1])
        #expect(world.records[Self.referrers[2]]?.departures.count == 1)
        #expect(world.records[id] == before)
    }

    @Test("a customer that is gone for good counts for nothing, and neither does a record that is")
    func gone() {
        let (world, id) = referral()
        var past = world
        let (commit, device) = past.captured(
            [
                world.change(
                    .customer, Self.referrers[0], base: 1,
                    sets: ["movedTo": .ref(Roaming.territories[2])])
            ], by: 0)
        let (plan, stored) = world.plan(commit, by: world.office, device: device)
        func scopes(without gone: RecordID?) -> [RecordID]? {
            let moves = Moves(
                plan.records, replacing: stored, schema: world.schema,
                record: { $0 == gone ? nil : world.records[$0] }, dependents: { _ in [id] })
            return moves.placed(seqs: world.heads, assignment: 1)
                .first { $0.record.id == id }?.record.placements.map(\.scope)
        }
        let territories = Roaming.territories
        #expect(scopes(without: nil) == [territories[2], territories[1], territories[0]])
        #expect(scopes(without: Self.referrers[1]) == [territories[2], territories[0]])
        #expect(scopes(without: id) == nil)
    }

    @Test("who follows a customer that is gone for good sees what is left as before")
    func followingNobody() {
        var world = Roaming()
        let (id, promise) = (RecordID(high: 9, low: 1), RecordID(high: 9, low: 2))
        world.commit(
            [
                world.change(
                    .customer, id,
                    sets: ["territory": .ref(Roaming.territories[0]), "name": .text("n")]),
                world.change(
                    .commitment, promise,
                    sets: [
                        "customer": .ref(id), "words": .text("w"), "dueAt": .instant(Roaming.now),
                        "owner": .ref(world.accounts[2].id),
                    ]),
            ], by: 0)
        let scopes = [Roaming.territories[0], world.accounts[2].id]
        #expect(world.records[promise]?.placements.map(\.scope) == scopes)
        world.records[id] = nil
        let verdict = world.commit(
            [
                world.change(
                    .commitment, promise, base: 1, sets: ["owner": .ref(world.accounts[3].id)])
            ], by: 0)
        #expect(verdict.outcome == .accepted)
        #expect(world.records[promise]?.placements.map(\.scope) == scopes)
        #expect(world.records[id] == nil)
    }
}
