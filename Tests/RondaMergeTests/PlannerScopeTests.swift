import RondaMerge
import RondaModel
import Testing

@Suite("Who sees and writes what")
struct PlannerScopeTests {
    private let northern = Person(1, .rep, sees: [TestSchema.north])
    private let southern = Person(2, .rep, sees: [TestSchema.south])
    private let office = Person(3, .office)
    private let northernCustomer = RecordID(1)
    private let southernCustomer = RecordID(2)

    private func hub() -> TestHub {
        var hub = TestHub.withTerritories()
        hub.accept(commit(1, at: 0, customer(northernCustomer)), from: northern)
        hub.accept(
            commit(1, at: 0, customer(southernCustomer, in: TestSchema.south)), from: southern)
        return hub
    }

    @Test(
        "a record outside the account's scopes is answered exactly as one that does not exist",
        arguments: [
            edit(.zero, base: 0, [FieldWrite(3, .text("a"))]),
            edit(.zero, base: 1, [FieldWrite(3, .text("a"))]),
            edit(.zero, base: 9, [FieldWrite(3, .text("a"))]),
            edit(.zero, base: 1, [FieldWrite(4, .text("a"))]),
            edit(.zero, base: 1, adds: ["a"]),
            edit(.zero, base: 1, deletes: true),
            Change(
                entity: .remark, record: .zero, base: 1, sets: [FieldWrite(3, .text("a"))]),
            Change(entity: .remark, record: .zero, base: 1, deletes: true),
            Change(
                entity: .deal, record: .zero, base: 1, adds: [ElementWrite(2, .ref(RecordID(1)))]),
        ])
    func hidden(_ template: Change) {
        func refusal(of id: RecordID) -> [String] {
            var change = template
            change.record = id
            let refusal = hub().plan(commit(2, at: 10, change), from: northern).verdict.refusal
            return [
                "\(refusal?.code.name ?? "accepted")", "field \(refusal?.field ?? 0)",
                refusal?.detail ?? "",
            ]
        }
        let unknown = refusal(of: RecordID(77))
        #expect(refusal(of: southernCustomer) == unknown)
        #expect(unknown != ["accepted", "field 0", ""])
    }

    @Test("a parent outside the account's scopes is answered as one that does not exist")
    func hiddenParent() {
        var hub = hub()
        hub.accept(commit(2, at: 5, deal("southern", parties: [southernCustomer])), from: southern)
        func refusal(of parent: RecordID) -> Refusal? {
            hub.plan(
                commit(
                    2, at: 10,
                    Change(
                        entity: .remark, record: RecordID(9),
                        sets: [FieldWrite(1, .ref(northernCustomer)), FieldWrite(2, .ref(parent))]
                    )), from: northern
            ).verdict.refusal
        }
        #expect(refusal(of: RecordID(77))?.code == .unknownParent)
        #expect(refusal(of: TestSchema.dealID("southern")) == refusal(of: RecordID(77)))
        #expect(
            hub.plan(
                commit(2, at: 10, customer(RecordID(9), in: TestSchema.south)), from: northern
            ).verdict.refusal?.code == .unknownParent)
    }

    @Test("two reps make the same deal for customers of theirs: it stands in both scopes")
    func sharedDeal() throws {
        let first = (commit(2, at: 10, deal("shared", parties: [northernCustomer])), northern)
        let second = (commit(2, at: 20, deal("shared", parties: [southernCustomer])), southern)
        for order in [[first, second], [second, first]] {
            var hub = hub()
            for (commit, person) in order {
                #expect(hub.accept(commit, from: person).outcome != .refused)
            }
            let record = try #require(hub.records[TestSchema.dealID("shared")])
            #expect(
                Set(record.placements.map(\.scope)) == [TestSchema.north, TestSchema.south])
            #expect(
                hub.shown(record.id, "parties")
                    == .set([.ref(northernCustomer), .ref(southernCustomer)]))
        }
    }

    @Test("a rep joins a hidden deal only by making it, with everything its making needs")
    func joiningADeal() {
        var hub = hub()
        hub.accept(
            commit(2, at: 10, deal("south only", parties: [southernCustomer])), from: southern)
        let id = TestSchema.dealID("south only")
        let adding = Change(
            entity: .deal, record: id, adds: [ElementWrite(2, .ref(northernCustomer))])
        let verdict = hub.plan(commit(2, at: 20, adding), from: northern).verdict
        #expect(verdict.refusal?.code == .requiredField)
        let making = hub.plan(
            commit(2, at: 20, deal("south only", parties: [northernCustomer])), from: northern)
        #expect(making.verdict.outcome != .refused)
        #expect(Set(making.records.first?.scopes ?? []) == [TestSchema.north, TestSchema.south])
    }

    @Test("the office sees every scope")
    func officeSeesAll() {
        let hub = hub()
        for id in [northernCustomer, southernCustomer] {
            let plan = hub.plan(
                commit(at: 10, edit(id, base: 1, [FieldWrite(3, .text("a"))])), from: office)
            #expect(plan.verdict.outcome == .accepted)
        }
    }

    @Test("what one commit creates may be named by its later changes")
    func withinOneCommit() {
        let plan = hub().plan(
            commit(
                2, at: 10, customer(RecordID(8)), deal("new", parties: [RecordID(8)]),
                Change(
                    entity: .remark, record: RecordID(9),
                    sets: [
                        FieldWrite(1, .ref(RecordID(8))),
                        FieldWrite(2, .ref(TestSchema.dealID("new"))),
                    ])), from: northern)
        #expect(plan.verdict.outcome == .accepted)
        #expect(plan.records.map(\.scopes) == Array(repeating: [TestSchema.north], count: 3))
    }

    @Test("only the author writes what is the author's, and may")
    func authors() {
        var hub = hub()
        let id = RecordID(9)
        hub.accept(
            commit(
                2, at: 10,
                Change(
                    entity: .remark, record: id,
                    sets: [FieldWrite(1, .ref(northernCustomer)), FieldWrite(3, .text("mine"))])),
            from: northern)
        let change = Change(
            entity: .remark, record: id, base: 1, sets: [FieldWrite(3, .text("changed"))])
        #expect(hub.plan(commit(3, at: 20, change), from: northern).verdict.outcome == .accepted)
        let colleague = Person(4, .rep, sees: [TestSchema.north])
        for person in [colleague, office] {
            let refusal = hub.plan(commit(at: 20, change), from: person).verdict.refusal
            #expect(refusal == Refusal(.notPermitted, entity: .remark, record: id, field: 3))
        }
    }

    @Test("a program does not settle what it has itself brought about, seen or not")
    func program() {
        let program = Person(5, .integration)
        func title(_ text: String, base: UInt64) -> Change {
            edit(northernCustomer, base: base, [FieldWrite(2, .text(text))])
        }
        var hub = hub()
        hub.accept(commit(1, at: 5, title("a", base: 1)), from: program)
        hub.accept(commit(2, at: 6, title("b", base: 1)), from: northern)
        // It knows what it wrote, whatever the base, and with this base the other value too.
        let settling = hub.plan(commit(2, at: 7, title("c", base: 3)), from: program).verdict
        #expect(
            settling.refusal
                == Refusal(
                    .notPermitted, entity: .customer, record: northernCustomer, field: 2,
                    detail: "may not settle"))
        for base in [UInt64(0), 1, 2] {
            let plan = hub.plan(commit(2, at: 7, title("c", base: base)), from: program)
            #expect(plan.verdict.outcome == .merged)
        }
        // Another program has written neither.
        let other = Person(6, .integration)
        #expect(
            hub.plan(commit(1, at: 7, title("c", base: 2)), from: other).verdict.outcome
                == .merged)
        #expect(
            hub.plan(commit(1, at: 7, title("c", base: 3)), from: other).verdict.refusal?.code
                == .notPermitted)
    }

    @Test("a clock ahead of the hub by more than the limit is suspect and ordered by arrival")
    func futureClock() throws {
        var hub = hub()
        let limit = hub.limits.futureStampMilliseconds
        func plan(ahead: Int64) -> Plan {
            var commit = commit(
                2, at: 0, edit(northernCustomer, base: 1, [FieldWrite(3, .text("a"))]))
            commit.stamp = Stamp(milliseconds: TestHub.now.milliseconds + ahead, counter: 5)
            return hub.plan(commit, from: northern)
        }
        let fair = plan(ahead: limit)
        #expect(!fair.verdict.clockSuspect)
        #expect(
            fair.records.first?.record.marks.last?.stamp.instant
                == TestHub.now.adding(milliseconds: limit))
        let suspect = plan(ahead: limit + 1)
        #expect(suspect.verdict.clockSuspect)
        #expect(suspect.verdict.outcome == .accepted)
        #expect(
            suspect.records.first?.record.marks.last?.stamp
                == Stamp(milliseconds: TestHub.now.milliseconds))
        hub.limits.futureStampMilliseconds = limit + 1
        #expect(!plan(ahead: limit + 1).verdict.clockSuspect)
    }

    @Test("a clock back at 1970 is suspect too, and the work is accepted")
    func pastClock() {
        var commit = commit(2, at: 0, edit(northernCustomer, base: 1, [FieldWrite(3, .text("a"))]))
        commit.stamp = Stamp(milliseconds: 5_000)
        let verdict = hub().plan(commit, from: northern).verdict
        #expect(verdict.outcome == .accepted)
        #expect(verdict.clockSuspect)
    }
}
