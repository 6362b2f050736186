import RondaMerge
import RondaModel
import Testing

/// Design of issue 3, §G and §R: what a restored hub makes of commits that it lost and is offered
/// again.
@Suite("Laws of the restored hub")
struct RestoreLawTests {
    /// The fields whose writes one another replaces: of these, exactly what nobody had seen stands.
    private static let replaced: Set<MergeRule> = [.latest, .office, .furthest, .protective]

    private func entity(of id: RecordID) -> EntitySchema {
        Office.customers.contains(id) ? TestSchema.customer : TestSchema.deal
    }

    /// A history of some length, and the same put back to a point within it.
    private func lost(seed: UInt64) -> (whole: Office, restored: Office) {
        var office = Office(seed: seed)
        office.work(30)
        office.drain()
        var random = SeededGenerator(seed: seed &* 77)
        var restored = office
        // Every other time nearly all is lost: then records are edited that nobody has made yet.
        let most = seed.isMultiple(of: 2) ? 3 : office.applied.count
        restored.restore(to: Int.random(in: 1..<min(most, office.applied.count), using: &random))
        return (office, restored)
    }

    /// What must be the same of a record, whatever was lost in between.
    private func comparable(_ snapshot: Snapshot, of id: RecordID) -> Snapshot {
        var snapshot = snapshot
        snapshot.version = 0
        for field in entity(of: id).fields {
            // A removal that comes in before the addition it had seen has nothing to remove.
            if field.isSet {
                snapshot.shown[field.number] = nil
                snapshot.additions[field.number] = nil
            }
        }
        return snapshot
    }

    @Test(
        "what is offered again comes to what the uninterrupted history was, in any order",
        arguments: 1...UInt64(120))
    func offeredAgain(seed: UInt64) throws {
        var (whole, restored) = lost(seed: seed)
        restored.drain()
        try #require(restored.refused == whole.refused)
        try #require(restored.waiting.count == whole.waiting.count)
        try #require(restored.applied.count == whole.applied.count)
        let (before, after) = (whole.snapshots(), restored.snapshots())
        try #require(Set(before.keys) == Set(after.keys))
        for (id, expected) in before {
            guard let snapshot = after[id] else { continue }
            let (left, right) = (comparable(snapshot, of: id), comparable(expected, of: id))
            if left != right { Issue.record("\(id): \(left.difference(from: right))") }
            for field in entity(of: id).fields where field.isSet {
                let elements = Set(snapshot.shown[field.number]?.elements ?? [])
                #expect(elements.isSuperset(of: expected.shown[field.number]?.elements ?? []))
            }
        }
    }

    @Test(
        "with new work in between, no value is lost that nobody had seen",
        arguments: 1...UInt64(120))
    func newWork(seed: UInt64) throws {
        var (_, restored) = lost(seed: seed)
        restored.work(40)
        restored.drain()
        // A fact is refused when the hub has heard only the other one.
        try #require(restored.refused.allSatisfy { $0.refusal?.code == .fixedValue })
        try check(restored)
    }

    @Test("nor when the hub is restored a second time", arguments: 1...UInt64(60))
    func twice(seed: UInt64) throws {
        var (_, restored) = lost(seed: seed)
        restored.work(25)
        var random = SeededGenerator(seed: seed &* 79)
        restored.restore(to: Int.random(in: 1...restored.applied.count, using: &random))
        restored.work(25)
        restored.drain()
        // A fact is refused when the hub has heard only the other one.
        try #require(restored.refused.allSatisfy { $0.refusal?.code == .fixedValue })
        try check(restored)
    }

    /// Whatever no other write had seen stands among the siblings. More may stand: the hub cannot
    /// always tell.
    private func check(_ office: Office) throws {
        let all = office.applied.map(\.commit)
        for (id, snapshot) in office.snapshots() {
            let touches = all.flatMap { one in
                one.commit.changes.filter { $0.record == id }.map { (one, $0) }
            }
            func unseen(_ writes: [(Captured, Change)]) -> [(Captured, Change)] {
                writes.filter { write in !writes.contains { $0.0.seen.contains(write.0.id) } }
            }
            func trace(_ one: Captured, _ value: Value?) -> Trace {
                let person = office.people[one.person]
                return Trace(
                    value: value, device: person.device, author: person.author,
                    stamp: one.commit.stamp, number: one.commit.number)
            }
            for field in entity(of: id).fields where Self.replaced.contains(field.rule) {
                let writes = touches.filter { touch in
                    touch.1.sets.contains { $0.number == field.number }
                }
                let standing = snapshot.siblings[field.number] ?? []
                for (one, change) in unseen(writes) {
                    let value = change.sets.first { $0.number == field.number }?.value
                    #expect(standing.contains(trace(one, value)), "\(id) \(field.name)")
                }
                #expect(standing.count <= writes.count)
            }
            for (one, change) in unseen(touches) {
                let place = change.deletes ? snapshot.deletions : snapshot.lives
                #expect(place.contains(trace(one, nil)), "\(id) existence")
            }
        }
    }

    @Test("the histories lose something, and the hub then has what it had not before")
    func historiesAreRich() {
        var (lostCommits, waited, reordered, siblings) = (0, 0, 0, 0)
        for seed in 1...UInt64(60) {
            var (whole, restored) = lost(seed: seed)
            var alone = restored
            alone.drain()
            waited += alone.waits
            lostCommits += whole.applied.count - restored.applied.count
            restored.work(20)
            restored.drain()
            if restored.applied.map(\.commit.id) != whole.applied.map(\.commit.id) {
                reordered += 1
            }
            siblings += restored.snapshots().values.flatMap(\.siblings.values)
                .count { $0.count > 1 }
        }
        #expect(lostCommits > 300)
        #expect(waited > 8)
        #expect(reordered > 40)
        #expect(siblings > 100)
    }
}
