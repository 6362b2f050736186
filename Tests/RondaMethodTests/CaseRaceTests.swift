import RondaMethod
import RondaModel
import Testing

/// The table of domain §2.4: what the office does and what a rep does apart, merged as the hub
/// merges it, whoever comes first.
@Suite("Domain §2.4: a case, worked on by two who did not know")
struct CaseRaceTests {
    private let office = Device(carmen, .office)
    private let rep = Device(ana)

    @Test("the office acts, the rep adds an expectation: both stand, and the solution is looked at")
    func expectationChanges() throws {
        var facts = CaseFacts.upTo(.restate)
        let expected = facts.steps[2].id
        let solution = CaseFacts.step(.solutions, id: 351, at: hour(10), by: carmen) {
            $0.answers = expected
        }
        let act = CaseFacts.step(.act, id: 352, at: hour(11), by: carmen)
        let late = CaseFacts.step(.expectations, id: 353, at: hour(9), by: beto) {
            $0.expectedOutcome = "el dinero"
        }
        facts.events = []
        let apart = Apart(
            facts.changes,
            office.creating(solution, at: hour(10)).creating(act, at: hour(11)),
            Device(beto).creating(late, at: hour(9)))
        let history = try apart.history()
        #expect(history.state == .acting)
        #expect(history.taken[.expectations]?.count == 2)
        #expect(history.reviews == [.expectationChanged(step: late.id)])
    }

    @Test(
        "an older expectation is one's own that was made clearer, or another's that was not seen",
        arguments: [
            (ana, []), (beto, [CaseReview.expectationChanged(step: RecordID(353))]),
        ] as [(RecordID, [CaseReview])])
    func olderExpectation(_ staff: RecordID, _ reviews: [CaseReview]) {
        var facts = CaseFacts.upTo(.restate)
        let expected = facts.steps[2].id
        facts.steps.append(
            CaseFacts.step(.expectations, id: 353, at: hour(2), by: staff) {
                $0.expectedOutcome = "el dinero"
            })
        facts.step(.solutions, at: hour(10)) { $0.answers = expected }
        #expect(facts.history.reviews == reviews)
    }

    @Test("the office acts, the rep adds facts: they join, and nothing is asked")
    func factsJoin() throws {
        let facts = CaseFacts.upTo(.solutions)
        let act = CaseFacts.step(.act, id: 352, at: hour(11), by: carmen)
        let fact = CaseFacts.step(.listen, id: 353, at: hour(9)) { $0.words = "y la caja abierta" }
        let apart = Apart(
            facts.changes, office.creating(act, at: hour(11)), rep.creating(fact, at: hour(9)))
        let history = try apart.history()
        #expect(history.state == .acting)
        #expect(history.taken[.listen]?.count == 2)
        #expect(history.reviews.isEmpty)
    }

    @Test(
        "closed by the office, and the rep hears later that the customer is not satisfied: reopened"
    )
    func customersWordWins() throws {
        let closing = CaseFacts.closing(id: 351, at: hour(60))
        let word = CaseFacts.step(.verify, id: 352, at: hour(61)) { $0.satisfied = .no }
        let apart = Apart(
            CaseFacts.checked().changes, office.creating(closing, at: hour(60)),
            rep.creating(word, at: hour(61)))
        let history = try apart.history()
        #expect(history.state == .reopened)
        #expect(history.formerClosings.map(\.id) == [closing.id])
        #expect(history.reopenings == [hour(61)])
    }

    @Test("closed by the office, and the rep had heard before that the customer is not satisfied")
    func customersEarlierWord() throws {
        let closing = CaseFacts.closing(id: 351, at: hour(60))
        let word = CaseFacts.step(.verify, id: 352, at: hour(59)) { $0.satisfied = .no }
        let apart = Apart(
            CaseFacts.checked().changes, office.creating(closing, at: hour(60)),
            rep.creating(word, at: hour(59)))
        let history = try apart.history()
        #expect(!history.state.isOver)
        #expect(history.reviews == [.notClosed(event: closing.id, .notSatisfied)])
    }

    @Test("closed by the office, and the rep had promised something more: the promise stands")
    func promisedAfterwards() throws {
        let closing = CaseFacts.closing(id: 351, at: hour(60))
        let act = CaseFacts.step(.act, id: 352, at: hour(61)) { $0.commitments = [RecordID(111)] }
        let apart = Apart(
            CaseFacts.checked().changes, office.creating(closing, at: hour(60)),
            rep.creating(act, at: hour(61)))
        let history = try apart.history()
        #expect(history.state == .closed)
        #expect(history.promises == [RecordID(100), RecordID(111)])
    }

    @Test(
        "closed by the office, and the rep noted something before: the note joins, closed it stays")
    func ordinaryNote() throws {
        let closing = CaseFacts.closing(id: 351, at: hour(60))
        let note = CaseFacts.event(.note, id: 352, at: hour(55), by: ana) { $0.words = "ok" }
        let apart = Apart(
            CaseFacts.checked().changes, office.creating(closing, at: hour(60)),
            rep.creating(note, at: hour(55)))
        #expect(try apart.history().state == .closed)
        #expect(apart.all(CaseEvent.self).count == 2)
    }

    @Test(
        "closed twice with two outcomes: the first sets the time, the worse is shown until settled")
    func outcomesDiffer() throws {
        let one = CaseFacts.closing(.solvedAsExpected, id: 351, at: hour(60))
        let other = CaseFacts.closing(.notFoundedExplained, id: 352, at: hour(70), by: ana)
        let apart = Apart(
            CaseFacts.checked().changes, office.creating(one, at: hour(60)),
            rep.creating(other, at: hour(70)))
        var history = try apart.history()
        #expect(history.state == .closed)
        #expect(history.closedAt == hour(60))
        #expect(history.outcome == .notFoundedExplained)
        #expect(history.reviews == [.outcomesDiffer(events: [one.id, other.id])])
        let settling = CaseFacts.event(.closed, id: 353, at: hour(80)) {
            $0.outcome = .alternativeAccepted
            $0.settles = [one.id, other.id]
        }
        history = CaseHistory(
            history.record, steps: apart.all(CaseStep.self),
            events: apart.all(CaseEvent.self) + [settling])
        #expect(history.outcome == .alternativeAccepted)
        #expect(history.closedAt == hour(60))
        #expect(history.reviews.isEmpty)
    }

    @Test("given to two owners: the office's choice stands")
    func owner() throws {
        let apart = Apart(
            CaseFacts().changes,
            office.editing(
                ServiceCase.self, CaseFacts.id, at: hour(5), ["owner": .ref(beto)]),
            rep.editing(ServiceCase.self, CaseFacts.id, at: hour(6), ["owner": .ref(ana)]))
        #expect(try apart.shown(ServiceCase.self, CaseFacts.id).owner == beto)
    }

    @Test("severity lowered and raised: the higher stands until a person lowers it")
    func severity() throws {
        var facts = CaseFacts()
        facts.record.severity = .medium
        let apart = Apart(
            facts.changes,
            office.editing(
                ServiceCase.self, CaseFacts.id, at: hour(9),
                ["severity": .option(CaseSeverity.low.rawValue)]),
            rep.editing(
                ServiceCase.self, CaseFacts.id, at: hour(6),
                ["severity": .option(CaseSeverity.high.rawValue)]))
        #expect(try apart.shown(ServiceCase.self, CaseFacts.id).severity == .high)
        #expect(apart.hubs.allSatisfy { $0.conflicts(CaseFacts.id) == 1 })
        var hub = apart.hubs[0]
        hub.accept(
            Device(beto, .office).editing(
                ServiceCase.self, CaseFacts.id, at: hour(20), base: 3,
                ["severity": .option(CaseSeverity.low.rawValue)]))
        #expect(hub.typed(ServiceCase.self, CaseFacts.id)?.severity == .low)
    }

    @Test("a refund of 100 and one of 120: both stand, the promise to the customer too")
    func remedies() throws {
        let less = CaseFacts.event(.remedied, id: 351, at: hour(10)) {
            $0.remedy = .refund
            $0.cost = 10_000
        }
        let more = CaseFacts.event(.remedied, id: 352, at: hour(11), by: ana) {
            $0.remedy = .refund
            $0.cost = 12_000
        }
        let promise = make(Commitment.self, 110) {
            $0.customer = rosa
            $0.words = "le devolvemos 120"
            $0.dueAt = hour(48)
            $0.origin = .caseStep
            $0.serviceCase = CaseFacts.id
        }
        let apart = Apart(
            CaseFacts.upTo(.solutions).changes, office.creating(less, at: hour(10)),
            rep.creating(more, at: hour(11)).creating(promise, at: hour(11)))
        #expect(
            try apart.history().reviews == [.remediesDiffer(events: [less.id, more.id])])
        let kept = try apart.shown(Commitment.self, promise.id)
        #expect(
            PromiseHistory(kept, renegotiations: []).state(at: local(hour(12)), heardUntil: nil)
                == .open)
    }

    @Test("escalated by two: the higher level, until somebody who saw it takes it back")
    func levels() throws {
        let one = CaseFacts.event(.escalated, id: 351, at: hour(10)) { $0.level = 3 }
        let other = CaseFacts.event(.escalated, id: 352, at: hour(11), by: ana) { $0.level = 1 }
        let apart = Apart(
            CaseFacts().changes, office.creating(one, at: hour(10)),
            rep.creating(other, at: hour(11)))
        let history = try apart.history()
        #expect(history.level == 3)
        #expect(history.state == .registered)
        let back = CaseFacts.event(.escalated, id: 353, at: hour(12)) {
            $0.level = 0
            $0.settles = [one.id, other.id]
        }
        #expect(
            CaseHistory(
                history.record, steps: [CaseStep](), events: apart.all(CaseEvent.self) + [back]
            ).level == 0)
    }

    @Test("one complaint registered by two: linked and counted once, both promises stand")
    func registeredTwice() throws {
        var second = CaseFacts()
        second.record = ServiceCase(id: RecordID(400), fields: second.record.fields)
        second.record.openedAt = hour(20)
        let apart = Apart(
            [], rep.creating(CaseFacts().record, at: noon),
            Device(beto).creating(second.record, at: hour(20)))
        let cases = apart.all(ServiceCase.self)
        #expect(cases.count == 2)
        #expect(SameComplaint.looksSame(cases[0], cases[1]))
        #expect(SameComplaint.groups(cases).count == 2)
        var linked = cases
        linked[1].sameAs = [cases[0].id]
        #expect(SameComplaint.groups(linked) == [[cases[0].id, cases[1].id]])
    }

    @Test(
        "not every second complaint is the same one",
        arguments: [
            { (record: inout ServiceCase) in record.customer = luis },
            { $0.openedAt = hour(24 * 8) },
            { $0.product = RecordID(501) },
        ] as [@Sendable (inout ServiceCase) -> Void])
    func differs(_ change: @Sendable (inout ServiceCase) -> Void) {
        var one = CaseFacts().record
        one.product = RecordID(500)
        var other = ServiceCase(id: RecordID(400), fields: one.fields)
        #expect(SameComplaint.looksSame(one, other))
        change(&other)
        #expect(!SameComplaint.looksSame(one, other))
    }
}
