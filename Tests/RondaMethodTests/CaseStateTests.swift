import RondaMethod
import RondaModel
import Testing

@Suite("Domain §1.5, §2.4: a case and its seven steps")
struct CaseStateTests {
    @Test(
        "goes from step to step",
        arguments: zip(
            CaseStepKind.allCases,
            [
                CaseState.acknowledged, .acknowledged, .acknowledged, .understood, .solutionAgreed,
                .acting, .checkedOnce,
            ]))
    func states(_ step: CaseStepKind, _ state: CaseState) {
        #expect(CaseFacts.upTo(step).history.state == state)
    }

    @Test("begins registered, and asks for respect")
    func registered() {
        let history = CaseFacts().history
        #expect(history.state == .registered)
        #expect(history.next == .step(.respect))
    }

    @Test(
        "says what comes next",
        arguments: zip(
            CaseStepKind.allCases,
            [
                CaseMove.step(.listen), .step(.expectations), .step(.restate), .step(.solutions),
                .step(.act), .check(1), .check(2),
            ]))
    func next(_ step: CaseStepKind, _ move: CaseMove) {
        #expect(CaseFacts.upTo(step).history.next == move)
    }

    @Test("two check-backs, then the closing, then nothing")
    func ending() {
        #expect(CaseFacts.checked().history.state == .checkedTwice)
        #expect(CaseFacts.checked().history.next == .close)
        let closed = CaseFacts.closed().history
        #expect(closed.state == .closed)
        #expect(closed.closedAt == hour(51))
        #expect(closed.outcome == .solvedAsExpected)
        #expect(closed.next == .nothing)
    }

    @Test(
        "no step before the one before it",
        arguments: zip(
            CaseStepKind.allCases.dropFirst(),
            [
                CaseRefusal.respectFirst, .listenFirst, .expectationsFirst, .restateFirst,
                .solutionFirst, .actFirst,
            ]))
    func order(_ step: CaseStepKind, _ refusal: CaseRefusal) throws {
        let before = try #require(CaseStepKind(rawValue: step.rawValue - 1))
        var facts = CaseFacts.upTo(before)
        facts.steps.removeLast()
        let typed = CaseFacts.step(step, id: 399, at: hour(40))
        #expect(facts.history.problem(taking: typed, promises: [], at: hour(40)) == refusal)
    }

    @Test("each step as it should be may be taken", arguments: CaseStepKind.allCases)
    func taken(_ step: CaseStepKind) {
        let facts =
            CaseStepKind(rawValue: step.rawValue - 1).map { CaseFacts.upTo($0) } ?? CaseFacts()
        let typed = CaseFacts.step(step, id: 399, at: hour(40))
        let promise = PromiseTests.promise { $0.dueAt = hour(60) }
        #expect(facts.history.problem(taking: typed, promises: [promise], at: hour(40)) == nil)
    }

    @Test("what the customer did not confirm blocks the solution")
    func notConfirmed() {
        var facts = CaseFacts.upTo(.expectations)
        facts.step(.restate, at: hour(5)) { $0.customerConfirmed = false }
        #expect(facts.history.state == .acknowledged)
        let solution = CaseFacts.step(.solutions, id: 399, at: hour(6))
        #expect(
            facts.history.problem(taking: solution, promises: [], at: hour(6)) == .notConfirmed)
        facts.step(.restate, at: hour(7))
        #expect(facts.history.problem(taking: solution, promises: [], at: hour(8)) == nil)
    }

    @Test("a solution that does not meet the expectation needs alternatives")
    func alternatives() {
        var facts = CaseFacts.upTo(.restate)
        let solution = CaseFacts.step(.solutions, id: 399, at: hour(6)) {
            $0.meetsExpectation = false
        }
        #expect(
            facts.history.problem(taking: solution, promises: [], at: hour(6))
                == .alternativesMissing)
        facts.steps.append(solution)
        #expect(facts.history.state == .understood)
        facts.step(.solutions, at: hour(7)) {
            $0.meetsExpectation = false
            $0.alternatives = ["reparación", "devolución"]
        }
        #expect(facts.history.state == .solutionAgreed)
    }

    @Test(
        "no step 6 without a promise that has a day and an hour to come",
        arguments: [
            ([], CaseRefusal.noPromise), ([RecordID(100)], .noDueTime),
        ] as [([RecordID], CaseRefusal)])
    func dueTime(_ named: [RecordID], _ refusal: CaseRefusal) {
        let facts = CaseFacts.upTo(.solutions)
        let act = CaseFacts.step(.act, id: 399, at: hour(30)) { $0.commitments = named }
        // Due at hour 24, which has passed; and then not known at all.
        let past = PromiseTests.promise()
        #expect(facts.history.problem(taking: act, promises: [past], at: hour(30)) == refusal)
        #expect(facts.history.problem(taking: act, promises: [], at: hour(3)) == refusal)
    }

    @Test(
        "what a step must say",
        arguments: [
            (.listen, .wordsMissing), (.expectations, .expectationMissing),
            (.restate, .confirmationMissing), (.solutions, .solutionMissing),
            (.verify, .satisfactionMissing),
        ] as [(CaseStepKind, CaseRefusal)])
    func contents(_ step: CaseStepKind, _ refusal: CaseRefusal) throws {
        let before = try #require(CaseStepKind(rawValue: step.rawValue - 1))
        let typed = make(CaseStep.self, 399) {
            $0.serviceCase = CaseFacts.id
            $0.step = step
            $0.at = hour(40)
            if step != .listen { $0.words = "dicho" }
            $0.meetsExpectation = true
        }
        #expect(
            CaseFacts.upTo(before).history.problem(taking: typed, promises: [], at: hour(40))
                == refusal)
    }

    @Test("closing waits for the second check-back, and for the customer's satisfaction")
    func closing() {
        let once = CaseFacts.upTo(.verify).history
        #expect(
            CaseFacts.upTo(.act).history.problemClosing(as: .solvedAsExpected)
                == .firstCheckMissing)
        #expect(once.problemClosing(as: .solvedAsExpected) == .secondCheckMissing)
        #expect(CaseFacts.checked().history.problemClosing(as: .solvedAsExpected) == nil)
        #expect(CaseFacts.checked().history.problemClosing(as: nil) == .outcomeMissing)
        #expect(CaseFacts.closed().history.problemClosing(as: .goodwill) == .over)
        var unsatisfied = CaseFacts.upTo(.verify)
        unsatisfied.step(.verify, at: hour(50)) { $0.satisfied = .no }
        #expect(unsatisfied.history.problemClosing(as: .solvedAsExpected) == .notSatisfied)
        #expect(unsatisfied.history.next == .step(.solutions))
        // Explained as not founded, with the customer of another mind: that is an end too.
        #expect(unsatisfied.history.problemClosing(as: .notFoundedExplained) == nil)
        #expect(once.problemClosing(as: .withdrawn) == nil)
    }

    @Test("both check-backs at one moment are one: at once, and later")
    func distinctChecks() {
        var facts = CaseFacts.upTo(.verify)
        facts.step(.verify, at: hour(7))
        #expect(facts.history.state == .checkedOnce)
        let early = CaseFacts.step(.verify, id: 399, at: hour(7))
        #expect(
            facts.history.problem(taking: early, promises: [], at: hour(8)) == .checkTooSoon)
    }

    @Test("the customer may withdraw it at any time")
    func withdrawn() {
        var facts = CaseFacts.upTo(.listen)
        facts.event(.withdrawn, at: hour(9))
        #expect(facts.history.state == .withdrawn)
        #expect(facts.history.outcome == .withdrawn)
    }

    @Test("opened again it needs another action and two more check-backs")
    func reopened() {
        var facts = CaseFacts.closed()
        #expect(CaseFacts.checked().history.problemReopening == .notOver)
        facts.event(.reopened, at: hour(60))
        #expect(facts.history.state == .reopened)
        #expect(facts.history.next == .step(.act))
        #expect(facts.history.formerClosings.count == 1)
        facts.step(.act, at: hour(61))
        #expect(facts.history.next == .check(1))
        facts.step(.verify, at: hour(62))
        #expect(facts.history.problemClosing(as: .goodwill) == .secondCheckMissing)
        facts.step(.verify, at: hour(90))
        facts.event(.closed, at: hour(91)) { $0.outcome = .goodwill }
        #expect(facts.history.state == .closed)
        #expect(facts.history.outcome == .goodwill)
    }

    @Test("nobody owns a complaint about themselves")
    func subject() {
        var facts = CaseFacts()
        facts.record.subjectStaff = [beto]
        #expect(facts.history.problem(owner: beto) == .subjectOwns)
        #expect(facts.history.problem(owner: ana) == nil)
    }

    @Test("counts to how many people it had to be told again, each once")
    func retold() {
        var facts = CaseFacts()
        for staff in [ana, beto, ana] { facts.event(.retold, at: hour(1), by: staff) }
        #expect(facts.history.retellCount == 2)
    }

    @Test("the clock starts with the customer's words, and stands while the customer is waited for")
    func clock() {
        var facts = CaseFacts.upTo(.listen)
        facts.event(.waitingCustomer, at: hour(10))
        #expect(facts.history.isWaiting)
        #expect(CaseClock(facts.history, at: hour(30)).handling == 10 * 3_600_000)
        facts.event(.resumed, at: hour(20))
        #expect(CaseClock(facts.history, at: hour(30)).handling == 20 * 3_600_000)
        #expect(CaseClock(facts.history, at: hour(30)).recovery == nil)
    }

    @Test("the clock stops at the end and goes on when it is opened again, beside another one")
    func clockReopened() {
        #expect(CaseClock(CaseFacts.closed().history, at: hour(500)).handling == 51 * 3_600_000)
        var facts = CaseFacts.closed()
        facts.event(.reopened, at: hour(60))
        let clock = CaseClock(facts.history, at: hour(70))
        #expect(clock.handling == 70 * 3_600_000)
        #expect(clock.recovery == Int64(10 * 3_600_000))
        // By a calendar on which half of the hours are worked.
        let half = CaseClock(facts.history, at: hour(70)) {
            ($1.milliseconds - $0.milliseconds) / 2
        }
        #expect(half.handling == 35 * 3_600_000)
    }

    @Test("law: the same records give the same case in any order", arguments: 0..<200)
    func anyOrder(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var facts = CaseFacts()
        for _ in 0..<14 {
            let moment = hour(.random(in: 1...40, using: &random))
            if Bool.random(using: &random),
                let kind = CaseEventKind.allCases.randomElement(using: &random)
            {
                let outcome = CaseOutcome.allCases.randomElement(using: &random)
                facts.event(kind, at: moment) { $0.outcome = outcome }
            } else if let kind = CaseStepKind.allCases.randomElement(using: &random) {
                let satisfied = Satisfaction.allCases.randomElement(using: &random)
                facts.step(kind, at: moment) {
                    if kind == .verify { $0.satisfied = satisfied }
                }
            }
        }
        let history = facts.history
        let shuffled = CaseHistory(
            facts.record, steps: facts.steps.shuffled(using: &random),
            events: facts.events.shuffled(using: &random))
        #expect(history.state == shuffled.state)
        #expect(history.closedAt == shuffled.closedAt)
        #expect(history.reviews == shuffled.reviews)
        #expect(history.outcome == shuffled.outcome)
        // It is never closed without two check-backs, unless it was withdrawn.
        if history.state == .closed { #expect(history.checks.count > 1) }
    }
}
