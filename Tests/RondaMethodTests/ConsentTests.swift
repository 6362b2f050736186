import RondaMethod
import RondaModel
import Testing

@Suite("Domain §2.6: consent, the safe side wins")
struct ConsentTests {
    static func event(
        _ id: UInt64, _ action: ConsentAction, _ purpose: ContactPurpose = .marketing,
        _ channel: ContactChannel = .all, of person: RecordID = rosa, seen: [UInt64] = [],
        evidence: Bool = true, at: Int = 0, _ fill: (inout ConsentEvent) -> Void = { _ in }
    ) -> ConsentEvent {
        make(ConsentEvent.self, id) {
            $0.customer = rosa
            $0.person = person
            $0.purpose = purpose
            $0.channel = channel
            $0.action = action
            $0.at = hour(at)
            $0.source = .person
            $0.capturedBy = ana
            if evidence { $0.evidenceKind = .signature }
            $0.seen = seen.map { RecordID($0) }
            fill(&$0)
        }
    }

    static let subject = ContactSubject([rosa], country: "EC")
    static let thursday = local("2025-03-13", 10)

    static func ask(
        _ events: [ConsentEvent], _ purpose: ContactPurpose = .marketing,
        _ channel: ContactChannel = .phone, _ subject: ContactSubject = subject,
        policy: ContactPolicy = ContactPolicy()
    ) -> ContactAnswer {
        ContactGuard(events: events, policy: policy)
            .mayContact(subject, for: purpose, by: channel, at: thursday)
    }

    @Test("rule 1: nobody asked, not permitted; where the firm may, it is shown as tacit")
    func rule1() {
        #expect(Self.ask([]) == .no(.notAsked))
        var policy = ContactPolicy()
        policy.bases[.marketing] = .tacit
        #expect(Self.ask([], policy: policy) == .yes(.tacit))
        #expect(Self.ask([], .postSale) == .yes(.contract))
        // Tacit gives way to a word.
        #expect(Self.ask([Self.event(1, .object)], policy: policy) == .no(.forbidden))
        #expect(Self.ask([Self.event(1, .grant)]) == .yes(.consent))
    }

    @Test(
        "rule 2: a withdrawal that no grant had seen stands, whatever the clocks say",
        arguments: [
            ConsentAction.withdraw, .object, .restrict,
        ])
    func rule2(_ action: ConsentAction) {
        let withdrawal = Self.event(1, action, at: 0)
        let grant = Self.event(2, .grant, at: 5_000)
        #expect(Self.ask([withdrawal, grant]) == .no(.forbidden))
    }

    @Test("rule 3: a grant that had seen it needs new evidence from the person too")
    func rule3() {
        let withdrawal = Self.event(1, .withdraw)
        #expect(Self.ask([withdrawal, Self.event(2, .grant, seen: [1])]) == .yes(.consent))
        #expect(
            Self.ask([withdrawal, Self.event(2, .grant, seen: [1], evidence: false)])
                == .no(.forbidden))
        // And one that withdraws it again ends that too.
        #expect(
            Self.ask([
                withdrawal, Self.event(2, .grant, seen: [1]),
                Self.event(3, .withdraw, seen: [1, 2]),
            ]) == .no(.forbidden))
    }

    @Test("rule 3: two grants that each had seen one of two withdrawals lift neither")
    func rule3Both() {
        let withdrawals = [Self.event(1, .withdraw), Self.event(2, .withdraw)]
        let grants = [Self.event(3, .grant, seen: [1]), Self.event(4, .grant, seen: [2])]
        #expect(Self.ask(withdrawals + grants) == .no(.forbidden))
        #expect(
            Self.ask(withdrawals + [Self.event(5, .grant, seen: [1, 2])]) == .yes(.consent))
    }

    @Test("rule 4: a withdrawal for all purposes or all channels covers each of them")
    func rule4() {
        let grants = [
            Self.event(1, .grant), Self.event(2, .grant, .survey),
            Self.event(3, .grant, .survey, .email),
        ]
        let everything = Self.event(9, .withdraw, .all, .all)
        for purpose in [ContactPurpose.marketing, .survey, .postSale] {
            #expect(Self.ask(grants + [everything], purpose) == .no(.forbidden))
        }
        let calls = Self.event(9, .withdraw, .all, .phone)
        #expect(Self.ask(grants + [calls]) == .no(.forbidden))
        #expect(Self.ask(grants + [calls], .survey, .email) == .yes(.consent))
        let marketing = Self.event(9, .withdraw, .marketing, .all)
        #expect(Self.ask(grants + [marketing], .survey) == .yes(.consent))
    }

    @Test("rule 4: a grant is for its own channel, and never for every purpose at once")
    func grantsAreNarrow() {
        #expect(Self.ask([Self.event(1, .grant, .marketing, .email)]) == .no(.notAsked))
        #expect(Self.ask([Self.event(1, .grant, .all, .all)]) == .no(.notAsked))
    }

    @Test("rule 5: two people merged allow what both allow, and each their own when it is undone")
    func rule5() {
        let events = [Self.event(1, .grant), Self.event(2, .grant, of: luis)]
        let merged = ContactSubject([rosa, luis], country: "EC")
        #expect(Self.ask(events, .marketing, .phone, merged) == .yes(.consent))
        #expect(Self.ask([events[0]], .marketing, .phone, merged) == .no(.notAsked))
        let withdrawn = events + [Self.event(3, .withdraw, of: luis)]
        #expect(Self.ask(withdrawn, .marketing, .phone, merged) == .no(.forbidden))
        #expect(Self.ask(withdrawn) == .yes(.consent))
    }

    @Test(
        "rule 6: files and other systems bring withdrawals, and no grant without evidence",
        arguments: [
            ConsentSource.importFile, .integration,
        ])
    func rule6(_ source: ConsentSource) {
        let bare = Self.event(1, .grant, evidence: false) { $0.source = source }
        #expect(Self.ask([bare]) == .no(.notAsked))
        #expect(Self.ask([Self.event(1, .grant) { $0.source = source }]) == .yes(.consent))
        let withdrawal = Self.event(2, .withdraw, evidence: false) { $0.source = source }
        #expect(Self.ask([Self.event(1, .grant), withdrawal]) == .no(.forbidden))
    }

    @Test("rule 7: a grant that had not seen a withdrawal opens a task for who recorded it")
    func rule7() throws {
        let grant = Self.event(2, .grant, at: 9)
        let history = ConsentHistory([Self.event(1, .withdraw), grant], of: rosa)
        #expect(history.toAskAgain == [grant])
        let tasks = FollowUps().askAgain(history, at: noon)
        #expect(tasks.map(\.owner) == [ana])
        #expect(tasks.map(\.rule) == [.askConsentAgain])
        // Whoever withdrew having seen the grant was not overlooked.
        let answered = ConsentHistory([Self.event(1, .withdraw, seen: [2]), grant], of: rosa)
        #expect(answered.toAskAgain.isEmpty)
        // Once the person was asked, nobody asks again.
        let asked = ConsentHistory(
            [Self.event(1, .withdraw), grant, Self.event(3, .grant, seen: [1, 2])], of: rosa)
        #expect(asked.toAskAgain.isEmpty)
    }

    @Test("withdrawn on one device, granted on another with a later clock: withdrawn")
    func apart() throws {
        let withdrawal = Self.event(1, .withdraw, at: 1)
        let grant = Self.event(2, .grant, at: 9_000) { $0.capturedBy = beto }
        let apart = Apart(
            [], Device(ana).creating(withdrawal, at: hour(1)),
            Device(beto).creating(grant, at: hour(9_000)))
        let events = apart.all(ConsentEvent.self)
        #expect(events.count == 2)
        #expect(Self.ask(events) == .no(.forbidden))
    }

    @Test("nobody changes or deletes what was recorded, the office neither")
    func appendOnly() {
        var hub = TestHub.with([Change(creating: Self.event(1, .withdraw))])
        hub.accept(
            Device(ana).editing(
                ConsentEvent.self, RecordID(1), at: hour(1),
                ["action": .option(ConsentAction.grant.rawValue)]))
        hub.accept(
            Device(carmen, .office).capturing(
                Change(entity: .consentEvent, record: RecordID(1), base: 1, deletes: true),
                at: hour(1)))
        #expect(hub.verdicts.map(\.outcome) == [.refused, .refused])
    }

    @Test("a withdrawal stops no open complaint, and nothing but the complaint goes on")
    func duty() {
        var subject = Self.subject
        let events = [Self.event(1, .withdraw, .all, .all)]
        #expect(Self.ask(events, .service, .phone, subject) == .no(.forbidden))
        subject.hasOpenDuty = true
        #expect(Self.ask(events, .service, .phone, subject) == .yes(.duty))
        #expect(Self.ask(events, .marketing, .phone, subject) == .no(.forbidden))
    }

    @Test("what the customer's own field refuses is refused beside any grant")
    func customerField() {
        var subject = Self.subject
        subject.marketingConsent = .refused
        #expect(Self.ask([Self.event(1, .grant)], .marketing, .phone, subject) == .no(.forbidden))
        #expect(
            Self.ask([Self.event(1, .grant, .survey)], .survey, .phone, subject) == .yes(.consent))
    }

    @Test("what a customer forbids is forbidden for its contacts, what it allows is not theirs")
    func contactOfCustomer() {
        var customer = Customer(id: rosa)
        customer.country = "EC"
        let marta = ContactSubject(Contact(id: luis), of: customer)
        let own = Self.event(1, .grant, of: luis)
        #expect(Self.ask([own], .marketing, .phone, marta) == .yes(.consent))
        #expect(Self.ask([Self.event(2, .grant)], .marketing, .phone, marta) == .no(.notAsked))
        #expect(
            Self.ask([own, Self.event(2, .withdraw)], .marketing, .phone, marta) == .no(.forbidden))
        customer.notAt = [.morning]
        #expect(
            Self.ask([own], .marketing, .phone, ContactSubject(Contact(id: luis), of: customer))
                == .no(.notAtThisTime))
    }

    @Test("a referred person is contacted once, to ask, and then by their answer")
    func referred() {
        let id = ReferralTests.referral().id
        let subject = ContactSubject(ReferralTests.referral(), country: "EC")
        #expect(Self.ask([], .referralContact, .phone, subject) == .yes(.onceToAsk))
        #expect(Self.ask([], .marketing, .phone, subject) == .no(.notAsked))
        #expect(Self.ask([], .postSale, .phone, subject) == .no(.notAsked))
        let asked = PastContact(
            person: id, purpose: .referralContact, channel: .phone, at: hour(-5))
        let guarding = ContactGuard(events: [], contacts: [asked])
        #expect(
            guarding.mayContact(subject, for: .referralContact, by: .phone, at: Self.thursday)
                == .no(.alreadyAsked))
        let granted = [Self.event(1, .grant, .referralContact, of: id)]
        let later = ContactGuard(events: granted, contacts: [asked])
        #expect(
            later.mayContact(subject, for: .referralContact, by: .phone, at: Self.thursday)
                == .yes(.consent))
        let closed = ContactSubject(
            ReferralTests.referral { $0.state = .noPermission }, country: "EC")
        #expect(Self.ask(granted, .referralContact, .phone, closed) == .no(.noPermission))
        var policy = ContactPolicy()
        policy.mayAskReferred = false
        #expect(
            Self.ask([], .referralContact, .phone, subject, policy: policy) == .no(.notAsked))
    }

    @Test("the question is about one purpose and one channel")
    func oneOfEach() {
        #expect(Self.ask([Self.event(1, .grant)], .all, .phone) == .no(.noChannel))
        #expect(Self.ask([Self.event(1, .grant)], .marketing, .all) == .no(.noChannel))
    }

    /// Random events of two people, that have seen some of the others.
    private static func events(_ random: inout SeededGenerator) -> [ConsentEvent] {
        (1...7).map { id in
            let action = ConsentAction.allCases.randomElement(using: &random) ?? .withdraw
            let seen = (1..<8).filter { _ in Bool.random(using: &random) }.map { UInt64($0) }
            return Self.event(
                UInt64(id), action,
                [.marketing, .survey, .all].randomElement(using: &random) ?? .all,
                [.phone, .email, .all].randomElement(using: &random) ?? .all,
                of: Bool.random(using: &random) ? rosa : luis, seen: seen,
                evidence: Bool.random(using: &random), at: Int.random(in: 0...99, using: &random))
        }
    }

    @Test(
        "law: another withdrawal never permits more, another grant never less", arguments: 0..<500)
    func monotone(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let events = Self.events(&random)
        let subject = ContactSubject(
            Bool.random(using: &random) ? [rosa] : [rosa, luis], country: "EC")
        let action = ConsentAction.allCases.randomElement(using: &random) ?? .withdraw
        let more = Self.event(
            8, action, .marketing, .all, of: rosa,
            seen: (1...7).filter { _ in Bool.random(using: &random) })
        for purpose in [ContactPurpose.marketing, .survey] {
            let before = Self.ask(events, purpose, .phone, subject).isAllowed
            let after = Self.ask(events + [more], purpose, .phone, subject).isAllowed
            if action == .grant { #expect(after || !before) } else { #expect(before || !after) }
        }
    }

    @Test("law: neither the order nor the clocks matter", arguments: 0..<300)
    func anyOrder(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let events = Self.events(&random)
        let other = events.shuffled(using: &random).map { event in
            var event = event
            event.at = hour(.random(in: 0...9_999, using: &random))
            return event
        }
        for purpose in [ContactPurpose.marketing, .survey] {
            let standing = ConsentHistory(events, of: rosa).standing(purpose, .phone)
            #expect(standing == ConsentHistory(other, of: rosa).standing(purpose, .phone))
        }
    }
}
