import RondaMethod
import RondaModel
import Testing

@Suite("Domain §2.5: enrolments and the ledger of points")
struct LoyaltyTests {
    static let programme = RecordID(500)

    static func enrolment(
        of customer: RecordID = rosa, _ fill: (inout Enrolment) -> Void = { _ in }
    ) throws -> Enrolment {
        var enrolment = Enrolment(id: .zero)
        enrolment.programme = programme
        enrolment.customer = customer
        enrolment.enrolledAt = hour(0)
        enrolment.state = .active
        fill(&enrolment)
        let entity = try #require(Schema.current[.enrolment])
        let id = try #require(
            Schema.current.derivedID(of: entity) { enrolment.fields[$0].value })
        return Enrolment(id: id, fields: enrolment.fields)
    }

    static func terms(_ fill: (inout ProgrammeTerms) -> Void = { _ in }) -> ProgrammeTerms {
        make(ProgrammeTerms.self, 900) {
            $0.programme = programme
            $0.edition = 3
            fill(&$0)
        }
    }

    private static func earn(
        _ points: Int, for cause: UInt64, at: Int = 0, expiring days: Int? = nil
    ) throws -> PointsEntry {
        PointsKey.entry(
            .earn, points: points, of: try enrolment(), cause: "visit",
            causeRecord: RecordID(cause), terms: terms { $0.expiryDays = days }, at: hour(at))
    }

    private static func redeem(_ points: Int, for cause: UInt64, at: Int) throws -> PointsEntry {
        PointsKey.entry(
            .redeem, points: -points, of: try enrolment(), cause: "reward",
            causeRecord: RecordID(cause), at: hour(at))
    }

    @Test("enrolled twice offline: one record, the earliest time, both cards, the newest terms")
    func enrolledTwice() throws {
        let one = try Self.enrolment {
            $0.cards = ["A1"]
            $0.primaryCard = "A1"
            $0.enrolledAt = hour(5)
            $0.sources = [ana]
            $0.termsAccepted = 2
        }
        let other = try Self.enrolment {
            $0.cards = ["B2"]
            $0.primaryCard = "B2"
            $0.enrolledAt = hour(3)
            $0.sources = [beto]
            $0.termsAccepted = 3
        }
        func bonus(_ enrolment: Enrolment, _ at: Int) -> PointsEntry {
            PointsKey.entry(
                .earn, points: 100, of: enrolment, cause: PointsKey.welcome, at: hour(at))
        }
        let apart = Apart(
            [],
            Device(ana).capturing(
                Change(creating: one), Change(creating: bonus(one, 5)), at: hour(5)),
            Device(beto).capturing(
                Change(creating: other), Change(creating: bonus(other, 3)), at: hour(3)))
        let enrolments = apart.all(Enrolment.self)
        #expect(enrolments.count == 1)
        let membership = Membership(enrolments, entries: apart.all(PointsEntry.self))
        #expect(membership.enrolledAt == hour(3))
        #expect(membership.primaryCard == "B2")
        #expect(membership.aliases == ["A1"])
        #expect(membership.sources == [ana, beto])
        #expect(membership.termsAccepted == 3)
        #expect(membership.ledger.sum == 100)
    }

    @Test(
        "the customer itself was registered twice: one membership, one welcome, and it can be undone"
    )
    func customersMerged() throws {
        let one = try Self.enrolment { $0.enrolledAt = hour(5) }
        let other = try Self.enrolment(of: luis) {
            $0.enrolledAt = hour(3)
            $0.cards = ["L1"]
        }
        func entry(_ enrolment: Enrolment, _ cause: String, _ points: Int) -> PointsEntry {
            PointsKey.entry(.earn, points: points, of: enrolment, cause: cause, at: hour(6))
        }
        let entries = [
            entry(one, PointsKey.welcome, 100), entry(one, "visit", 30),
            entry(other, PointsKey.welcome, 100), entry(other, "visit", 400),
        ]
        let gold = make(ProgrammeBenefit.self, 901) { $0.threshold = 400 }
        let merged = Membership([one, other], entries: entries)
        #expect(merged.ledger.sum == 530)
        #expect(merged.primaryCard == "L1")
        #expect(merged.ledger.tier(of: [gold]) == gold)
        #expect(Membership([one], entries: entries).ledger.sum == 130)
        #expect(Membership([other], entries: entries).ledger.sum == 500)
    }

    @Test("posted twice, counted once: retries are harmless")
    func posting() throws {
        let once = try Self.earn(50, for: 1, at: 3)
        let again = try Self.earn(50, for: 1, at: 9)
        #expect(once.id == again.id)
        #expect(PointsLedger([once, again, once]).sum == 50)
        #expect(try Self.earn(50, for: 2).id != once.id)
        // Other terms, other entry.
        let cause = PointsKey.cause("visit", edition: 3)
        #expect(cause == "visit@3")
        #expect(cause != PointsKey.cause("visit", edition: 4))
    }

    @Test("posted by two devices at once, it is one entry at the hub")
    func postedApart() throws {
        let entry = try Self.earn(50, for: 1, at: 3)
        let apart = Apart(
            [Change(creating: try Self.enrolment())], Device(ana).creating(entry, at: hour(3)),
            Device(beto).creating(try Self.earn(50, for: 1, at: 8), at: hour(8)))
        #expect(PointsLedger(apart.all(PointsEntry.self)).sum == 50)
        #expect(try apart.shown(PointsEntry.self, entry.id).at == hour(3))
    }

    @Test("points come from what is done, never from drafts")
    func causes() throws {
        let planned = make(Visit.self, 1) { $0.state = .planned }
        let completed = make(Visit.self, 1) { $0.state = .completed }
        let contacted = ReferralTests.referral { $0.state = .contacted }
        let converted = ReferralTests.referral { $0.state = .converted }
        #expect(PointsCause.visit(planned).problem == .causeNotFinal)
        #expect(PointsCause.visit(completed).problem == nil)
        #expect(PointsCause.referral(contacted).problem == .causeNotFinal)
        #expect(PointsCause.referral(converted).problem == nil)
        #expect(PointsCause.purchase(Purchase(id: RecordID(1))).problem == nil)
        #expect(PointsCause.welcome(try Self.enrolment()).problem == nil)
        let draft = try Self.enrolment { $0.state = .draft }
        #expect(PointsCause.welcome(draft).problem == .notEnrolled)
    }

    @Test("a reversal names what it takes back, and takes it back once")
    func reversal() throws {
        let earned = try Self.earn(50, for: 1)
        let back = PointsKey.reversing(earned, at: hour(9))
        #expect(back.reverses == earned.id)
        #expect(back.id == PointsKey.reversing(earned, at: hour(20)).id)
        let ledger = PointsLedger([earned, back, try Self.earn(7, for: 2)])
        #expect(ledger.sum == 7)
        #expect(ledger.earned == 7)
        #expect(ledger.available(at: hour(30)) == 7)
        #expect(ledger.problem(reversing: earned) == .alreadyReversed)
        #expect(ledger.problem(reversing: back) == .nothingToReverse)
        #expect(ledger.problem(reversing: try Self.earn(7, for: 2)) == nil)
        // A reversal whose original has not come yet still counts.
        #expect(PointsLedger([back]).sum == -50)
        #expect(PointsLedger([back]).available(at: hour(30)) == -50)
    }

    @Test("a redemption that is taken back gives the points again, and no more")
    func reversedRedemption() throws {
        let spent = try Self.redeem(30, for: 9, at: 5)
        let ledger = PointsLedger([
            try Self.earn(50, for: 1), spent, PointsKey.reversing(spent, at: hour(6)),
        ])
        #expect(ledger.available(at: hour(7)) == 50)
        #expect(ledger.earned == 50)
    }

    @Test("what expires first is spent first; what expired is not redeemed")
    func expiry() throws {
        let entries = [
            try Self.earn(100, for: 1, at: 0, expiring: 10),
            try Self.earn(40, for: 2, at: 0, expiring: 90), try Self.redeem(70, for: 9, at: 24),
        ]
        let ledger = PointsLedger(entries)
        #expect(ledger.available(at: hour(48)) == 70)
        #expect(ledger.available(at: hour(24 * 10)) == 40)
        #expect(ledger.expired(at: hour(24 * 10)) == 30)
        #expect(ledger.sum == 70)
        // Written off by an entry, it is not lost twice.
        let writeOff = PointsKey.entry(
            .expire, points: -30, of: try Self.enrolment(), cause: "expiry",
            causeRecord: entries[0].id, at: hour(24 * 11))
        let after = PointsLedger(entries + [writeOff])
        #expect(after.available(at: hour(24 * 12)) == 40)
        #expect(after.expired(at: hour(24 * 12)) == 0)
        #expect(after.sum == 40)
    }

    @Test("what expired pays for nothing that comes later")
    func expiredIsNotSpent() throws {
        let ledger = PointsLedger([
            try Self.earn(100, for: 1, at: 0, expiring: 10),
            try Self.earn(40, for: 2, at: 0, expiring: 90),
            try Self.redeem(30, for: 9, at: 24 * 20),
        ])
        #expect(ledger.available(at: hour(24 * 21)) == 10)
        #expect(ledger.expired(at: hour(24 * 21)) == 100)
    }

    @Test("a tier goes by all that was earned, spent or not")
    func tier() throws {
        func benefit(_ id: UInt64, from: Int, withdrawn: Bool? = nil) -> ProgrammeBenefit {
            make(ProgrammeBenefit.self, id) {
                $0.threshold = from
                $0.withdrawn = withdrawn
            }
        }
        let benefits = [
            benefit(1, from: 0), benefit(2, from: 100), benefit(3, from: 500),
            benefit(4, from: 110, withdrawn: true),
        ]
        let ledger = PointsLedger([try Self.earn(120, for: 1), try Self.redeem(100, for: 9, at: 3)])
        #expect(ledger.tier(of: benefits)?.id == RecordID(2))
    }

    private func allowance(
        _ id: UInt64, _ points: Int, to holder: RecordID = ana, until: Int = 100
    ) throws -> RedemptionAllowance {
        let enrolment = try Self.enrolment()
        return make(RedemptionAllowance.self, id) {
            $0.enrolment = enrolment.id
            $0.customer = rosa
            $0.holder = holder
            $0.points = points
            $0.grantedAt = hour(0)
            $0.until = hour(until)
        }
    }

    @Test("offline nobody redeems beyond what was set aside for them; by default nothing is")
    func escrow() throws {
        let enrolment = try Self.enrolment()
        let ledger = PointsLedger([try Self.earn(500, for: 1)])
        let aside = try allowance(950, 60)
        func redeem(
            _ points: Int, _ ledger: PointsLedger = ledger, offered: Bool? = true,
            holder: RecordID = ana, at: Int = 10
        ) throws -> RecordID {
            let redemption = Redemption(
                ledger, terms: Self.terms { $0.offlineRedemption = offered }, allowances: [aside])
            return try redemption.allowance(
                for: points, of: enrolment.id, holder: holder, at: hour(at)
            ).id
        }
        #expect(try redeem(60) == aside.id)
        #expect(throws: PointsRefusal.allowanceSpent) { try redeem(61) }
        #expect(throws: PointsRefusal.allowanceSpent) { try redeem(10, holder: beto) }
        #expect(throws: PointsRefusal.allowanceSpent) { try redeem(10, at: 100) }
        #expect(throws: PointsRefusal.offlineNotOffered) { try redeem(10, offered: nil) }
        #expect(throws: PointsRefusal.notPositive) { try redeem(0) }
        var spent = try Self.redeem(50, for: 9, at: 3)
        spent.allowance = aside.id
        let after = PointsLedger(ledger.entries + [spent])
        #expect(try redeem(10, after) == aside.id)
        #expect(throws: PointsRefusal.allowanceSpent) { try redeem(11, after) }
    }

    @Test("two devices with an allowance each never give more than there is")
    func escrowApart() throws {
        let earned = try Self.earn(100, for: 1)
        let allowances = [try allowance(950, 60), try allowance(951, 40, to: beto)]
        func spend(_ points: Int, _ from: RedemptionAllowance, cause: UInt64) throws -> PointsEntry
        {
            var entry = try Self.redeem(points, for: cause, at: 5)
            entry.allowance = from.id
            return entry
        }
        let apart = Apart(
            [Change(creating: try Self.enrolment()), Change(creating: earned)]
                + allowances.map { Change(creating: $0) },
            Device(ana).creating(try spend(60, allowances[0], cause: 9), at: hour(5)),
            Device(beto).creating(try spend(40, allowances[1], cause: 8), at: hour(5)))
        #expect(PointsLedger(apart.all(PointsEntry.self)).available(at: hour(9)) == 0)
        // And the office gives nothing of it meanwhile, unless the programme may be overdrawn.
        let ledger = PointsLedger([earned])
        func office(_ overdraft: Bool?) -> PointsRefusal? {
            Redemption(
                ledger, terms: Self.terms { $0.overdraft = overdraft }, allowances: allowances
            ).problem(redeeming: 1, at: hour(9))
        }
        #expect(office(nil) == .notEnough)
        #expect(office(true) == nil)
    }

    @Test("a rep makes no allowance", arguments: [Role.rep, .office])
    func granting(_ role: Role) throws {
        var hub = TestHub.with([Change(creating: try Self.enrolment())])
        let aside = try allowance(950, 60)
        hub.accept(Device(carmen, role).creating(aside, at: hour(1)))
        #expect(hub.verdicts.map(\.outcome) == [role == .rep ? .refused : .accepted])
    }

    @Test("law: what there is does not depend on the order, nor on repetition", arguments: 0..<200)
    func anyOrder(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var entries: [PointsEntry] = []
        for cause in 1...8 {
            let (points, at) = (
                Int.random(in: 1...90, using: &random), Int.random(in: 0...50, using: &random)
            )
            let days = Bool.random(using: &random) ? Int.random(in: 1...3, using: &random) : nil
            entries.append(
                Bool.random(using: &random)
                    ? try Self.earn(points, for: UInt64(cause), at: at, expiring: days)
                    : try Self.redeem(points, for: UInt64(cause), at: at))
            if Int.random(in: 0..<4, using: &random) == 0, let last = entries.last {
                entries.append(PointsKey.reversing(last, at: hour(at + 2)))
            }
        }
        let ledger = PointsLedger(entries)
        let other = PointsLedger(entries.shuffled(using: &random) + entries.prefix(3))
        let now = hour(.random(in: 60...200, using: &random))
        #expect(ledger.sum == other.sum)
        #expect(ledger.available(at: now) == other.available(at: now))
        #expect(ledger.earned == other.earned)
        // What may be redeemed and what expired are all there is.
        #expect(ledger.available(at: now) + ledger.expired(at: now) == ledger.sum)
    }
}
