import RondaMerge
import RondaModel
import Testing

/// What holds of registers whatever a planner lets through: a store may hold what an older program
/// wrote.
@Suite("Laws of the register")
struct RegisterLawTests {
    private func record(_ fields: Int = 1) -> StoredRecord {
        StoredRecord(
            id: RecordID(1), entity: .customer, creator: RecordID(2),
            registers: Array(repeating: .empty, count: fields))
    }

    private func mark(_ device: UInt64, base: UInt64 = 0, version: UInt64 = 1) -> Mark {
        Mark(
            version: version, number: 1, stamp: Stamp(milliseconds: Int64(device)),
            device: RecordID(device), author: RecordID(device), isOffice: false, base: base)
    }

    private func field(_ rule: MergeRule) -> FieldSchema {
        TestSchema.field(
            1, "field", rule == .furthest ? .status : .option, rule, options: TestSchema.stages)
    }

    @Test("no value comes last, and an option without rank or name before it", arguments: [0, 1])
    func progress(first: Int) throws {
        for (rule, known, unknown) in [
            (
                MergeRule.furthest, Value.status(option: 2, round: 0),
                Value.status(option: 77, round: 0)
            ), (.protective, .option(2), .option(77)),
        ] {
            let values: [Value?] = [nil, unknown, known]
            for (low, high) in [(0, 1), (0, 2), (1, 2)] {
                // The later stamp never decides between values that differ in rank.
                for lowIsLater in [false, true] {
                    var record = record()
                    let places = first == 0 ? [low, high] : [high, low]
                    for place in places {
                        let isLater = (place == low) == lowIsLater
                        record.marks.append(mark(isLater ? 9 : 3))
                        try record.write(
                            values[place], at: 0, field: field(rule),
                            writer: record.marks.count - 1)
                    }
                    #expect(record.shown(0).value == values[high])
                    #expect(record.differing(0).map(\.value) == [values[high], values[low]])
                }
            }
        }
    }

    @Test("a set is not written like a single value")
    func setWritten() {
        var record = record()
        record.marks.append(mark(1))
        #expect(throws: Refusal.self) {
            try record.write(.text("a"), at: 0, field: field(.union), writer: 0)
        }
        #expect(record.registers == [.empty])
    }

    @Test("dropping marks that nothing refers to changes nothing that can be seen")
    func compacting() {
        for seed in 1...UInt64(30) {
            let history = History(seed: seed)
            var hub = TestHub.withTerritories()
            for event in history.events {
                hub.accept(event.commit, from: history.people[event.person])
            }
            for record in hub.records.values {
                var padded = record
                // Marks that nothing refers to, before, between and after those in use.
                for place in stride(from: record.marks.count, through: 0, by: -1) {
                    padded = padded.inserting(mark(99), at: place)
                }
                #expect(padded.marks.count == record.marks.count * 2 + 1)
                #expect(
                    Snapshot(padded, schema: hub.schema) == Snapshot(record, schema: hub.schema))
                padded.compactMarks()
                #expect(padded == record)
                padded.compactMarks()
                #expect(padded == record)
                for position in record.registers.indices {
                    #expect(record.shownValues[position] == record.shown(position))
                }
            }
        }
    }

    @Test("a creation that names no scope makes no record, though its schema did not ask for one")
    func scopeless() {
        var hub = TestHub.withTerritories()
        let old = TestSchema.remark
        let grown = EntitySchema(
            old.id, old.name, identity: .minted, scope: .customer(field: 0), creators: [.rep],
            deleters: [.office], en: "", es: "",
            fields: [
                FieldSchema(
                    1, "customer", .ref, .first, required: true, target: .customer,
                    writers: TestSchema.writers, since: 3, en: "", es: ""),
                TestSchema.field(3, "text", .text, .latest, writers: [.author]),
            ])
        hub.schema = Schema(
            version: 3, namespace: hub.schema.namespace,
            entities: [TestSchema.territory, TestSchema.customer, TestSchema.deal, grown])
        let change = Change(
            entity: .remark, record: RecordID(8), sets: [FieldWrite(3, .text("a"))])
        for person in [Person(1, .rep), Person(1, .rep, sees: [TestSchema.north])] {
            let plan = hub.plan(commit(at: 0, change, schema: 1), from: person)
            #expect(plan.verdict.refusal?.code == .unknownRecord)
            #expect(plan.records == [])
        }
    }
}

extension StoredRecord {
    /// The same with one more mark at this place, which nothing refers to.
    fileprivate func inserting(_ mark: Mark, at place: Int) -> StoredRecord {
        func moved(_ index: Int) -> Int { index < place ? index : index + 1 }
        var record = self
        record.marks.insert(mark, at: place)
        record.lives = lives.map(moved)
        record.deletions = deletions.map(moved)
        record.registers = registers.map { register in
            switch register {
            case .empty: .empty
            case .siblings(let all):
                .siblings(all.map { Sibling(value: $0.value, mark: moved($0.mark)) })
            case .elements(let all, let changed):
                .elements(
                    all.map { SetElement(value: $0.value, marks: $0.marks.map(moved)) },
                    changed: moved(changed))
            }
        }
        return record
    }
}
