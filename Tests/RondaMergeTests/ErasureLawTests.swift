import RondaMerge
import RondaModel
import Testing

/// SPEC §4.14: what an erasure leaves, and what comes after it.
@Suite("Laws of erasure")
struct ErasureLawTests {
    private static let customers = (1...4).map { RecordID(UInt64($0)) }
    private static let keys = ["a", "b", "c"]
    private static let now = Instant(milliseconds: 1_700_000_000_000)

    /// A hub with customers, deals between them, and remarks under them, as a seed has it.
    private func hub(_ random: inout SeededGenerator) -> TestHub {
        var hub = TestHub.withTerritories()
        let rep = Person(1, .rep)
        var number: UInt64 = 0
        func take(_ change: Change) {
            number += 1
            let verdict = hub.accept(
                commit(number, at: Int64(number), change, schema: 3), from: rep)
            #expect(verdict.refusal == nil)
        }
        for id in Self.customers {
            take(customer(id, tags: ["secret \(id.low)"]))
        }
        for key in Self.keys {
            let count = Int.random(in: 1...3, using: &random)
            take(deal(key, parties: Array(Self.customers.shuffled(using: &random).prefix(count))))
        }
        for remark in 0..<6 {
            let customer = Self.customers.randomElement(using: &random) ?? .zero
            take(
                Change(
                    entity: .remark, record: RecordID(UInt64(100 + remark)),
                    sets: [
                        FieldWrite(1, .ref(customer)), FieldWrite(3, .text("secret \(remark)")),
                    ]))
        }
        return hub
    }

    private func dependents(of customer: RecordID, in hub: TestHub) -> [RecordID] {
        hub.records.values.filter { record in
            hub.schema[record.entity].map { record.customers($0).contains(customer) } ?? false
        }.map(\.id).sorted()
    }

    private func erasure(of customer: RecordID, in hub: TestHub) -> Erasure {
        Erasure(
            of: customer, schema: hub.schema, assignment: 7, generation: 0, at: Self.now,
            record: { hub.records[$0] }, dependents: { dependents(of: $0, in: hub) })
    }

    private func erase(_ customer: RecordID, in hub: inout TestHub) {
        hub.apply(
            Plan(
                verdict: Verdict(number: 0, outcome: .accepted),
                records: erasure(of: customer, in: hub).planned), assignment: 7)
    }

    @Test(
        "leaves tombstones of the customer and what is under it, and all others as they were",
        arguments: 1...UInt64(60))
    func leaves(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var hub = hub(&random)
        let (before, gone) = (hub, Self.customers.randomElement(using: &random) ?? .zero)
        erase(gone, in: &hub)
        for (id, old) in before.records {
            let new = try #require(hub.records[id])
            let entity = try #require(hub.schema[old.entity])
            let isUnder = old.customers(entity).contains(gone)
            if id == gone || isUnder && old.entity == .remark {
                #expect(new.isErased && new.isDeleted && !new.isContested)
                #expect(new.marks.isEmpty && new.registers.allSatisfy { $0 == .empty })
                #expect(new.placements.isEmpty && new.version == old.version + 1)
                #expect(new.departures.map(\.scope) == old.placements.map(\.scope))
                #expect(!new.stays.isEmpty && new.stays.allSatisfy { $0.until > 0 })
            } else if isUnder {
                #expect(!new.customers(entity).contains(gone))
                #expect(new.version == old.version + 1 && !new.placements.isEmpty)
                #expect(new.lives.count == old.lives.count)
                for position in entity.fields.indices where position != 1 {
                    #expect(new.shown(position) == old.shown(position))
                }
            } else {
                #expect(new == old)
            }
        }
        // Once is enough, and twice does no harm.
        #expect(erasure(of: gone, in: hub).planned.isEmpty)
    }

    @Test(
        "whatever is written afterwards, tombstones stay what they are, and nobody waits for one",
        arguments: 1...UInt64(60))
    func stays(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var hub = hub(&random)
        let gone = Self.customers[Int(seed % 4)]
        erase(gone, in: &hub)
        let tombstones = hub.records.values.filter(\.isErased).map(\.id).sorted()
        let before = hub.records.filter { $0.value.isErased }
        var number: UInt64 = 500
        for id in tombstones {
            let stranger = Person(3, .rep, sees: [TestSchema.south])
            for (person, isTold) in [
                (Person(2, .office), true), (Person(1, .rep), true), (stranger, false),
            ] {
                number += 1
                let change =
                    id == gone
                    ? edit(id, base: UInt64.random(in: 0...3, using: &random), adds: ["again"])
                    : Change(
                        entity: .remark, record: id, base: 1,
                        sets: [FieldWrite(3, .text("again"))])
                let plan = hub.plan(commit(number, at: 900, change, schema: 3), from: person)
                #expect(plan.verdict.refusal?.code == (isTold ? .erased : .unknownRecord))
                #expect(plan.records.isEmpty && (plan.lacking == nil) == isTold)
            }
        }
        // Nor does anything new come under it.
        number += 1
        let remark = Change(
            entity: .remark, record: RecordID(700),
            sets: [FieldWrite(1, .ref(gone)), FieldWrite(3, .text("again"))])
        let work = commit(number, at: 901, remark, schema: 3)
        let plan = hub.plan(work, from: Person(1, .rep))
        #expect(plan.verdict.refusal?.code == .erased)
        #expect(plan.verdict.refusal?.record == RecordID(700))
        #expect(hub.records.filter { $0.value.isErased } == before)
        // What the device goes on to write about it is answered alike.
        let unmade = Erasure.unmade(
            by: work, author: Person(1, .rep).author, schema: hub.schema, generation: 0
        ) { hub.records[$0] }
        #expect(
            unmade.map(\.record.id) == [RecordID(700)] && unmade.map(\.under) == [gone]
                && unmade.allSatisfy(\.record.isErased))
    }

    @Test("a listed record that the store does not have becomes a tombstone as well")
    func listed() throws {
        var random = SeededGenerator(seed: 1)
        let hub = hub(&random)
        let gone = Self.customers[0]
        let lost = Erasure.Listed(
            id: RecordID(900), entity: .remark, scopes: [TestSchema.north])
        let erasure = Erasure(
            of: gone, listed: [lost], schema: hub.schema, assignment: 7, generation: 2,
            at: Self.now, record: { hub.records[$0] }, dependents: { dependents(of: $0, in: hub) })
        let shell = try #require(erasure.planned.first { $0.record.id == lost.id })
        #expect(shell.isNew && shell.record.isErased && shell.scopes.isEmpty)
        #expect(shell.record.stays == [Stay(scope: TestSchema.north, from: 0, until: 7)])
        #expect(shell.record.version == 2 << 32 + 1)
    }

    @Test("of a customer that the store does not have, what is listed stood where it did")
    func unknownCustomer() {
        let hub = TestHub.withTerritories()
        let (gone, under) = (RecordID(800), RecordID(801))
        let listed = [
            Erasure.Listed(id: gone, entity: .customer, scopes: [TestSchema.north]),
            Erasure.Listed(id: under, entity: .remark, scopes: []),
            // Said twice: the first word counts.
            Erasure.Listed(id: under, entity: .remark, scopes: [TestSchema.south]),
        ]
        let erasure = Erasure(
            of: gone, listed: listed, schema: hub.schema, assignment: 7, generation: 0,
            at: Self.now, record: { hub.records[$0] }, dependents: { _ in [] })
        #expect(erasure.tombstones.map(\.id) == [gone, under])
        for tombstone in erasure.tombstones {
            #expect(tombstone.stays == [Stay(scope: TestSchema.north, from: 0, until: 7)])
        }
    }

    @Test(
        "a deal whose other customers were purged stays where it stood", arguments: 1...UInt64(10))
    func othersPurged(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let hub = hub(&random)
        let entity = try #require(hub.schema[.deal])
        for deal in Self.keys.compactMap({ hub.records[TestSchema.dealID($0)] }) {
            let parties = deal.customers(entity)
            let gone = try #require(parties.first)
            let erasure = Erasure(
                of: gone, schema: hub.schema, assignment: 7, generation: 0, at: Self.now,
                record: { $0 != gone && parties.contains($0) ? nil : hub.records[$0] },
                dependents: { _ in [deal.id] })
            let planned = try #require(erasure.planned.first { $0.record.id == deal.id })
            #expect(planned.scopes == deal.placements.map(\.scope) && !planned.scopes.isEmpty)
            #expect(!planned.record.customers(entity).contains(gone))
        }
    }

    @Test("a change names its record, and what it sets, adds and takes away")
    func named() {
        let ids = (1...4).map { RecordID(UInt64($0)) }
        let change = Change(
            entity: .deal, record: ids[0], base: 1, sets: [FieldWrite(3, .ref(ids[1]))],
            adds: [ElementWrite(2, .ref(ids[2]))], removes: [ElementWrite(2, .ref(ids[3]))])
        #expect(change.named == Set(ids))
    }

    @Test("the erasure of one after another of a deal's customers leaves the deal where it was")
    func lastOfSeveral() throws {
        var random = SeededGenerator(seed: 3)
        var hub = hub(&random)
        for customer in Self.customers { erase(customer, in: &hub) }
        for key in Self.keys {
            let deal = try #require(hub.records[TestSchema.dealID(key)])
            let entity = try #require(hub.schema[.deal])
            #expect(!deal.isErased && deal.customers(entity).isEmpty)
            #expect(!deal.placements.isEmpty)
        }
    }
}
