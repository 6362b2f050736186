import RondaMethod
import RondaModel
import Testing

@testable import RondaTerminal

@Suite("What records say about themselves")
struct StateTests {
    private func row(due: Int64, kept: Int64? = nil, now: Int64) -> PromiseRow {
        var promise = Commitment(id: .zero)
        promise.dueAt = Instant(milliseconds: due)
        promise.keptAt = kept.map { Instant(milliseconds: $0) }
        promise.words = "\(due)"
        return PromiseRow(
            PromiseHistory(promise, renegotiations: []), handle: "",
            customer: CustomerName(id: .zero, handle: "", name: ""),
            at: LocalMoment(Instant(milliseconds: now), offsetMinutes: 0))
    }

    @Test("no promise is ever called broken on a device, and one presumed so is still to settle")
    func noBrokenPromises() {
        let day: Int64 = 86_400_000
        for (days, state) in [
            (1, PromiseState.overdue), (8, .presumedBroken), (99, .presumedBroken),
        ] {
            let row = row(due: 10, now: 10 + Int64(days) * day)
            #expect(row.state == state && row.state.isUnsettled)
        }
        #expect(PromiseState.overdue.label.es == "VENCIDA")
    }

    @Test("overdue promises come first, the oldest at the top, settled ones last")
    func promiseOrder() {
        let rows = [(300, nil), (90, 80), (20, nil), (10, nil), (200, nil), (95, 99)]
            .map { row(due: $0.0, kept: $0.1, now: 100) }
        #expect(
            PromiseRow.ordered(rows).map { $0.promise.words ?? "" }
                == ["10", "20", "200", "300", "95", "90"])
    }

    @Test("each aspect of a visit is missing until its question is answered")
    func missingAspects() {
        var visit = Visit(id: .zero)
        #expect(
            PostSaleAspect.missing(in: visit) == [.expectation, .repurchase, .referrals, .backing])
        visit.expectation = "words alone do not answer it"
        visit.otherStaff = ["Bodega"]
        #expect(PostSaleAspect.missing(in: visit).count == 4)
        visit.reality = .met
        visit.repurchaseIntent = 0
        #expect(PostSaleAspect.missing(in: visit) == [.referrals, .backing])
        visit.referralAsked = false
        #expect(
            PostSaleAspect.sentence(PostSaleAspect.missing(in: visit))?.es
                == "incompleta: falta el respaldo de la empresa")
        visit.handoffOk = false
        #expect(PostSaleAspect.sentence(PostSaleAspect.missing(in: visit)) == nil)
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
