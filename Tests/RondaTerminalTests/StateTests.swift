import RondaModel
import Testing

@testable import RondaTerminal

@Suite("What records say about themselves")
struct StateTests {
    private func promise(due: Int64, kept: Int64? = nil, released: Int64? = nil) -> Commitment {
        var promise = Commitment(id: .zero)
        promise.dueAt = Instant(milliseconds: due)
        promise.keptAt = kept.map { Instant(milliseconds: $0) }
        promise.releasedAt = released.map { Instant(milliseconds: $0) }
        return promise
    }

    @Test(
        "a promise's state follows from its facts",
        arguments: [
            (100, nil, nil, PromiseState.open), (50, nil, nil, .open), (49, nil, nil, .overdue),
            (49, 49, nil, .kept), (49, 50, nil, .keptLate), (49, nil, 40, .released),
            (49, 49, 40, .kept), (100, 20, nil, .kept),
        ] as [(Int64, Int64?, Int64?, PromiseState)])
    func promiseStates(due: Int64, kept: Int64?, released: Int64?, state: PromiseState) {
        let promise = promise(due: due, kept: kept, released: released)
        #expect(PromiseState(promise, now: Instant(milliseconds: 50)) == state)
    }

    @Test("no promise is ever called broken")
    func noBrokenPromises() {
        for state in PromiseState.allCases {
            #expect(!state.label.en.contains("broken") && !state.label.es.contains("incumplida"))
        }
        #expect(PromiseState.overdue.label.es == "VENCIDA")
    }

    @Test("overdue promises come first, the oldest at the top, settled ones last")
    func promiseOrder() {
        let rows = [(300, nil), (90, 80), (20, nil), (10, nil), (200, nil), (95, 99)].enumerated()
            .map { index, facts in
                var promise = promise(due: Int64(facts.0), kept: facts.1.map(Int64.init))
                promise.words = "\(facts.0)"
                return PromiseRow(
                    promise: promise, handle: "\(index)",
                    customer: CustomerName(id: .zero, handle: "", name: ""),
                    state: PromiseState(promise, now: Instant(milliseconds: 100)))
            }
        #expect(
            PromiseRow.ordered(rows).map { $0.promise.words ?? "" }
                == ["10", "20", "200", "300", "95", "90"])
    }

    @Test("each aspect of a visit is missing until its question is answered")
    func missingAspects() {
        var visit = Visit(id: .zero)
        #expect(
            VisitAspect.missing(in: visit) == [.expectation, .repurchase, .referrals, .backing])
        visit.expectation = "words alone do not answer it"
        visit.otherStaff = ["Bodega"]
        #expect(VisitAspect.missing(in: visit).count == 4)
        visit.reality = .met
        visit.repurchaseIntent = 0
        #expect(VisitAspect.missing(in: visit) == [.referrals, .backing])
        visit.referralAsked = false
        #expect(
            VisitAspect.sentence(VisitAspect.missing(in: visit))?.es
                == "incompleta: falta el respaldo de la empresa")
        visit.handoffOk = false
        #expect(VisitAspect.sentence(VisitAspect.missing(in: visit)) == nil)
    }

    @Test("options are known by their name, either label or a beginning that fits one only")
    func options() {
        #expect(AnswerWords.option(Reality.self, "below") == .below)
        #expect(AnswerWords.option(Reality.self, "SUPERÓ") == .exceeded)
        #expect(AnswerWords.option(Reality.self, "supero") == .exceeded)
        #expect(AnswerWords.option(Reality.self, "fue inferior") == .below)
        #expect(AnswerWords.option(ImpedimentCause.self, "company-error") == .companyError)
        #expect(AnswerWords.option(ImpedimentCause.self, "error de la") == .companyError)
        #expect(AnswerWords.option(ImpedimentCause.self, "c") == nil)
        #expect(AnswerWords.option(Reality.self, "quizá") == nil)
    }

    @Test("yes and no in both languages, nothing else")
    func yesNo() {
        for yes in ["sí", "Si", "s", "yes", "Y"] { #expect(AnswerWords.yesNo(yes) == true) }
        for no in ["no", "N"] { #expect(AnswerWords.yesNo(no) == false) }
        for other in ["", "tal vez", "1", "nope"] { #expect(AnswerWords.yesNo(other) == nil) }
    }
}
