import RondaMethod
import RondaModel
import Testing

@Suite("Domain §1.3: after a sale")
struct AfterSaleTests {
    private func purchase(_ fill: (inout Purchase) -> Void = { _ in }) -> Purchase {
        make(Purchase.self, 800) {
            $0.customer = rosa
            $0.date = CivilDate(iso: "2025-03-03")
            // 20:00 on the 9th there, the 10th in UTC.
            $0.deliveredAt = local("2025-03-09", 20).instant
            $0.products = [RecordID(501)]
            $0.closedBy = beto
            fill(&$0)
        }
    }
    private let products = [
        make(Product.self, 501) {
            $0.returnDays = 30
            $0.warrantyDays = 365
        },
        make(Product.self, 502) { $0.exchangeDays = 9_000 },
    ]

    @Test("the window is the latest of return, warranty and exchange")
    func window() throws {
        func until(_ purchase: Purchase) -> CivilDate? {
            AfterSale.window(of: purchase, products: products, offsetMinutes: -300)
        }
        #expect(until(purchase()) == (try date("2026-03-09")))
        let (first, last) = (try date("2025-04-01"), try date("2025-04-09"))
        let said = purchase {
            $0.returnUntil = first
            $0.exchangeUntil = last
        }
        #expect(until(said) == last)
        #expect(AfterSale.isOpen(said, products: products, on: last))
        #expect(!AfterSale.isOpen(said, products: products, on: last.adding(days: 1)))
        #expect(until(purchase { $0.products = [] }) == nil)
    }

    @Test("the first contact is due some days after the delivery, where the customer is")
    func firstContact() throws {
        let due = AfterSale.firstContactDue(after: purchase(), offsetMinutes: -300)
        #expect(due == (try date("2025-03-12")))
        let undelivered = purchase { $0.deliveredAt = nil }
        #expect(AfterSale.firstContactDue(after: undelivered) == (try date("2025-03-06")))
        func contacted(_ fill: (inout Visit) -> Void) -> Bool {
            AfterSale.wasContacted(
                after: purchase(), visits: [VisitTests.visit(1, fill)], offsetMinutes: -300)
        }
        #expect(contacted { _ in })
        #expect(!contacted { $0.state = .planned })
        #expect(!contacted { $0.customer = luis })
        #expect(!contacted { $0.at = local("2025-03-08", 10).instant })
        #expect(!contacted { $0.purchase = RecordID(801) })
        #expect(contacted { $0.purchase = RecordID(800) })
    }

    @Test("§2.5: a follow-up made by a rule on two devices is one record")
    func followUpApart() throws {
        let rules = FollowUps(offsetMinutes: -300)
        let made = try #require(rules.firstContact(after: purchase()))
        #expect(made.owner == beto)
        #expect(made.dueAt == local("2025-03-12", 24).instant.adding(milliseconds: -1))
        let apart = Apart(
            [], Device(ana).creating(made, at: hour(1)), Device(beto).creating(made, at: hour(2)))
        #expect(apart.all(FollowUp.self).map(\.id) == [made.id])
        #expect(rules.afterSaleEnds(purchase(), products: products)?.id != made.id)
        #expect(
            rules.afterSaleEnds(purchase(), products: products)?.dueAt
                == local("2026-02-22", 24).instant.adding(milliseconds: -1))
    }

    @Test("a case that acts is checked twice, and twice more when it was opened again")
    func checkBacks() {
        let rules = FollowUps()
        #expect(rules.checkBacks(CaseFacts.upTo(.solutions).history).isEmpty)
        let first = rules.checkBacks(CaseFacts.upTo(.act).history)
        #expect(first.map(\.dueAt) == [hour(6 + 4), hour(6 + 72)])
        #expect(first.map(\.period) == ["0.1", "0.2"])
        #expect(rules.checkBacks(CaseFacts.closed().history).isEmpty)
        var facts = CaseFacts.closed()
        facts.event(.reopened, at: hour(60))
        #expect(rules.checkBacks(facts.history).isEmpty)
        facts.step(.act, at: hour(61))
        let again = rules.checkBacks(facts.history)
        #expect(again.map(\.dueAt) == [hour(61 + 4), hour(61 + 72)])
        #expect(Set(again.map(\.id)).isDisjoint(with: first.map(\.id)))
    }

    @Test("a birthday is greeted once a year, and only where the person allows it")
    func birthday() throws {
        let rules = FollowUps(offsetMinutes: -300)
        func greeting(_ born: String, in year: Int, _ answer: ContactAnswer = .yes(.consent)) throws
            -> FollowUp?
        {
            rules.birthday(
                of: rosa, customer: rosa, born: try date(born), in: year, permission: answer)
        }
        let made = try #require(try greeting("1980-03-20", in: 2025))
        #expect(made.dueAt == local("2025-03-20", 24).instant.adding(milliseconds: -1))
        #expect(try greeting("1980-03-20", in: 2025)?.id == made.id)
        #expect(try greeting("1980-03-20", in: 2026)?.id != made.id)
        #expect(try greeting("1980-03-20", in: 2025, .no(.notAsked)) == nil)
        let leap = try #require(try greeting("1980-02-29", in: 2025))
        #expect(leap.dueAt == local("2025-02-28", 24).instant.adding(milliseconds: -1))
        #expect(
            try greeting("1980-02-29", in: 2024)?.dueAt
                == local("2024-02-29", 24).instant.adding(milliseconds: -1))
        // For gifts and greetings there is a purpose of its own.
        let guarding = ContactGuard(events: [ConsentTests.event(1, .grant, .loyalty)])
        let answer = guarding.permission(
            ContactSubject([rosa], country: "EC"), .loyaltyGestures, .phone)
        #expect(answer == .no(.notAsked))
    }
}
