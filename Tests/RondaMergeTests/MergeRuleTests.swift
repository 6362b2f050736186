import RondaMerge
import RondaModel
import Testing

/// Two people write the same field of a customer they had both seen at version 1.
struct RuleCase: Sendable, CustomTestStringConvertible {
    let name: String
    let field: UInt32
    let early: Value
    let late: Value
    /// Whether the office writes the early value (the rep writes the late one), or the other way.
    var officeIsEarly = false
    let shown: Value
    var siblings = 2

    var testDescription: String { name }

    static let all = [
        RuleCase(
            name: "latest: the later capture", field: 3, early: .text("a"), late: .text("b"),
            shown: .text("b")),
        RuleCase(
            name: "latest: the office has no say", field: 3, early: .text("a"), late: .text("b"),
            officeIsEarly: true, shown: .text("b")),
        RuleCase(
            name: "first: the earlier capture", field: 4, early: .text("a"), late: .text("b"),
            shown: .text("a")),
        RuleCase(
            name: "office: over a later rep", field: 5, early: .text("a"), late: .text("b"),
            officeIsEarly: true, shown: .text("a")),
        RuleCase(
            name: "office: over an earlier rep", field: 5, early: .text("a"), late: .text("b"),
            shown: .text("b")),
        RuleCase(
            name: "furthest: the higher rank", field: 6, early: .status(option: 2, round: 0),
            late: .status(option: 3, round: 0), shown: .status(option: 2, round: 0)),
        RuleCase(
            name: "furthest: the higher round first", field: 6,
            early: .status(option: 1, round: 1), late: .status(option: 2, round: 0),
            shown: .status(option: 1, round: 1)),
        RuleCase(
            name: "protective: the value that protects", field: 7, early: .option(3),
            late: .option(1), shown: .option(3)),
        RuleCase(
            name: "least", field: 8, early: .integer(5), late: .integer(7), shown: .integer(5),
            siblings: 1),
        RuleCase(
            name: "greatest", field: 9, early: .integer(7), late: .integer(5), shown: .integer(7),
            siblings: 1),
    ]
}

@Suite("The rule of a field")
struct MergeRuleTests {
    private let id = RecordID(1)
    private let rep = Person(1, .rep)
    private let office = Person(2, .office)

    private func hubWithCustomer(_ sets: [FieldWrite] = [], tags: [String] = []) -> TestHub {
        var hub = TestHub.withTerritories()
        hub.accept(commit(at: 0, customer(id, sets: sets, tags: tags)), from: Person(9, .office))
        return hub
    }

    private func set(_ field: UInt32, _ value: Value?, base: UInt64 = 1) -> Change {
        edit(id, base: base, [FieldWrite(field, value)])
    }

    @Test("chooses the same value whoever arrives first", arguments: RuleCase.all)
    func shown(_ rule: RuleCase) throws {
        let (first, second) = rule.officeIsEarly ? (office, rep) : (rep, office)
        let arrivals = [
            (commit(at: 10, set(rule.field, rule.early)), first),
            (commit(at: 20, set(rule.field, rule.late)), second),
        ]
        let position = try #require(TestSchema.customer.position(ofNumber: rule.field))
        for order in [arrivals, arrivals.reversed()] {
            var hub = hubWithCustomer()
            for (commit, person) in order { hub.accept(commit, from: person) }
            let record = try #require(hub.records[id])
            #expect(record.shown(position) == .one(rule.shown))
            #expect(record.differing(position).count == (rule.siblings == 1 ? 0 : 2))
        }
    }

    @Test("equal stamps are told apart by device, the same in both orders")
    func ties() {
        for order in [[rep, office], [office, rep]] {
            var hub = hubWithCustomer()
            for person in order {
                hub.accept(
                    commit(at: 10, set(3, .text("\(person.role)"))), from: person)
            }
            #expect(hub.shown(id, "aside") == .one(.text("office")))
        }
    }

    @Test("the same value from both sides is no conflict")
    func sameValue() {
        var hub = hubWithCustomer()
        hub.accept(commit(at: 10, set(2, .text("same"))), from: rep)
        let verdict = hub.accept(commit(at: 20, set(2, .text("same"))), from: office)
        #expect(!verdict.merges.contains { $0.kind == .conflict })
        #expect(hub.records[id]?.openConflicts(in: TestSchema.customer) == 0)
    }

    @Test("only a field under review counts as an open conflict")
    func review() {
        var hub = hubWithCustomer()
        for (person, text) in [(rep, "a"), (office, "b")] {
            hub.accept(
                commit(
                    at: 10, edit(id, base: 1, [2, 3, 4].map { FieldWrite($0, .text(text)) })),
                from: person)
        }
        #expect(hub.records[id]?.openConflicts(in: TestSchema.customer) == 1)
    }

    @Test("edits of different fields both stand, marked parallel and no conflict")
    func parallel() {
        var hub = hubWithCustomer()
        let first = hub.accept(commit(at: 10, set(2, .text("new title"))), from: rep)
        let second = hub.accept(commit(at: 20, set(3, .text("new aside"))), from: office)
        #expect(first.outcome == .accepted)
        #expect(second.outcome == .merged)
        #expect(second.merges == [Merge(record: id, field: 0, kind: .parallel)])
        #expect(hub.shown(id, "title") == .one(.text("new title")))
        #expect(hub.shown(id, "aside") == .one(.text("new aside")))
    }

    @Test("an edit that had seen the other is neither parallel nor a conflict")
    func sequential() {
        var hub = hubWithCustomer()
        hub.accept(commit(at: 10, set(2, .text("one"))), from: rep)
        let verdict = hub.accept(commit(at: 5, set(2, .text("two"), base: 2)), from: office)
        #expect(verdict.outcome == .accepted)
        // Seen beats stamp: the write from the slower clock replaces what it had seen.
        #expect(hub.shown(id, "title") == .one(.text("two")))
    }

    @Test("settling a conflict leaves the settled value alone, even from the slowest clock")
    func settlement() {
        var hub = hubWithCustomer()
        hub.accept(commit(at: 10, set(2, .text("one"))), from: rep)
        let verdict = hub.accept(commit(at: 20, set(2, .text("two"))), from: office)
        #expect(verdict.merges == [Merge(record: id, field: 2, kind: .conflict)])
        #expect(hub.records[id]?.openConflicts(in: TestSchema.customer) == 1)
        let settled = hub.accept(
            commit(at: 1, set(2, .text("three"), base: 3)), from: Person(3, .rep))
        #expect(settled.outcome == .accepted)
        #expect(hub.shown(id, "title") == .one(.text("three")))
        #expect(hub.records[id]?.openConflicts(in: TestSchema.customer) == 0)
    }

    @Test("a later edit by the same device replaces its own, though it had not pulled since")
    func sameDevice() {
        var hub = hubWithCustomer()
        hub.accept(commit(1, at: 10, set(2, .text("one"))), from: rep)
        let verdict = hub.accept(commit(2, at: 20, set(2, .text("two"))), from: rep)
        #expect(verdict.outcome == .accepted)
        #expect(hub.records[id]?.openConflicts(in: TestSchema.customer) == 0)
        #expect(hub.shown(id, "title") == .one(.text("two")))
    }

    @Test("a fixed value is repeated but not changed by who had seen it")
    func fixed() {
        var hub = hubWithCustomer([FieldWrite(4, .text("a"))])
        #expect(
            hub.accept(commit(at: 10, set(4, .text("b"))), from: rep).refusal
                == Refusal(.fixedValue, entity: .customer, record: id, field: 4))
        #expect(hub.accept(commit(at: 10, set(4, .text("a"))), from: rep).outcome == .accepted)
        #expect(hub.shown(id, "origin") == .one(.text("a")))
    }

    @Test("a join keeps its bound against a later write that had seen it")
    func joins() {
        var hub = hubWithCustomer([FieldWrite(8, .integer(5)), FieldWrite(9, .integer(5))])
        hub.accept(
            commit(at: 10, edit(id, base: 1, [8, 9].map { FieldWrite($0, .integer(6)) })),
            from: rep)
        #expect(hub.shown(id, "begun") == .one(.integer(5)))
        #expect(hub.shown(id, "ended") == .one(.integer(6)))
    }

    @Test("an element added without knowing of its removal stays, in both orders")
    func addWins() {
        let add = (commit(at: 10, edit(id, base: 1, adds: ["a"])), rep)
        let remove = (commit(at: 20, edit(id, base: 1, removes: ["a", "b"])), office)
        for order in [[add, remove], [remove, add]] {
            var hub = hubWithCustomer(tags: ["a", "b", "c"])
            for (commit, person) in order { hub.accept(commit, from: person) }
            #expect(hub.shown(id, "tags") == .set([.text("a"), .text("c")]))
        }
    }

    @Test("a deletion against an edit nobody had seen keeps the record, contested, in both orders")
    func deletion() throws {
        let change = (commit(at: 10, set(2, .text("kept"))), rep)
        let delete = (commit(at: 20, edit(id, base: 1, deletes: true)), office)
        for order in [[change, delete], [delete, change]] {
            var hub = hubWithCustomer()
            var last: Verdict?
            for (commit, person) in order { last = hub.accept(commit, from: person) }
            let record = try #require(hub.records[id])
            #expect(!record.isDeleted)
            #expect(record.isContested)
            #expect(record.openConflicts(in: TestSchema.customer) == 1)
            #expect(last?.merges == [Merge(record: id, field: 0, kind: .conflict)])
            #expect(hub.shown(id, "title") == .one(.text("kept")))
        }
    }

    @Test("a deletion that had seen everything deletes; an edit that had seen it brings it back")
    func deletionSeen() {
        var hub = hubWithCustomer()
        hub.accept(commit(at: 10, edit(id, base: 1, deletes: true)), from: office)
        #expect(hub.records[id]?.isDeleted == true)
        hub.accept(commit(at: 20, set(3, .text("again"), base: 2)), from: rep)
        #expect(hub.records[id]?.isDeleted == false)
        #expect(hub.records[id]?.isContested == false)
    }

    @Test("two spellings of one text in a set end the same in both orders, letter for letter")
    func spellings() {
        let composed = (commit(at: 10, edit(id, base: 1, adds: ["Jos\u{e9}"])), rep)
        let decomposed = (commit(at: 20, edit(id, base: 1, adds: ["Jose\u{301}"])), office)
        let ends = [[composed, decomposed], [decomposed, composed]].map { order in
            var hub = hubWithCustomer()
            for (commit, person) in order { hub.accept(commit, from: person) }
            return hub.shown(id, "tags").elements.map { value -> [Unicode.Scalar] in
                if case .text(let text) = value { Array(text.unicodeScalars) } else { [] }
            }
        }
        #expect(ends[0] == ends[1])
    }
}
