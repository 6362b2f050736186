import RondaMethod
import RondaModel
import Testing

@Suite("Domain §2.5: two reps register the same referral")
struct ReferralTests {
    static let programme = RecordID(500)
    static let point = "tel:+573001234567"

    static func referral(_ fill: (inout Referral) -> Void = { _ in }) -> Referral {
        var referral = Referral(
            id: ReferralIdentity.id(programme: programme, contactPoint: point) ?? .zero)
        referral.programme = programme
        referral.contactPoint = point
        referral.name = "Luis"
        referral.referrers = [rosa]
        referral.state = .captured
        fill(&referral)
        return referral
    }

    static func claim(
        _ id: UInt64, by rep: RecordID, _ fill: (inout ReferralClaim) -> Void = { _ in }
    ) -> ReferralClaim {
        make(ReferralClaim.self, id) {
            $0.referral = referral().id
            $0.customer = rosa
            $0.rep = rep
            $0.visit = RecordID(700 + id)
            $0.claimedAt = noon
            fill(&$0)
        }
    }

    static func sighting(
        _ claim: ReferralClaim, captured: Int, received: Int?
    ) -> ClaimSighting {
        ClaimSighting(claim, capturedAt: hour(captured), receivedAt: received.map(hour))
    }

    static let window = ClaimWindow(firstReceivedAt: hour(10), allHeardAt: hour(100))

    static func credit(
        _ claims: [ClaimSighting], _ rule: CreditRule = .earliestEvidenced,
        of referral: Referral = referral(), window: ClaimWindow = window, owner: RecordID? = nil,
        isSelf: Bool = false, at now: Int = 50
    ) -> ReferralCredit {
        ReferralCredit(
            of: referral, claims: claims, rule: rule, window: window, territoryOwner: owner,
            isSelfReferral: isSelf, at: hour(now))
    }

    private static func all(_ rep: RecordID) -> [ReferralCredit.Share] {
        [ReferralCredit.Share(rep: rep, percent: 100)]
    }

    private let two = [
        sighting(claim(601, by: ana), captured: 5, received: 60),
        sighting(claim(602, by: beto), captured: 8, received: 10),
    ]

    @Test("one contact in one programme is one referral; the claims of both are kept for ever")
    func sameReferral() throws {
        let programme = make(Programme.self, 0) { $0.code = "REF" }
        let entity = try #require(Schema.current[.programme])
        let id = try #require(
            Schema.current.derivedID(of: entity) { programme.fields[$0].value })
        var office = Programme(id: id, fields: programme.fields)
        office.name = "Referidos"
        let referralID = try #require(
            ReferralIdentity.id(programme: id, contactPoint: Self.point))
        func capture(_ device: Device, _ claimID: UInt64, _ name: String, _ at: Instant) -> Device {
            var referral = Referral(id: referralID, fields: Self.referral().fields)
            referral.programme = id
            referral.name = name
            let claim = Self.claim(claimID, by: device.person) { $0.referral = referralID }
            return device.capturing(
                Change(creating: referral), Change(creating: claim), at: at)
        }
        let apart = Apart(
            [Change(creating: office)], capture(Device(ana), 601, "Luis", hour(5)),
            capture(Device(beto), 602, "Luis Mora", hour(8)))
        #expect(apart.all(Referral.self).map(\.id) == [referralID])
        let claims = apart.all(ReferralClaim.self)
        #expect(claims.compactMap(\.rep) == [ana, beto])
        let sightings = claims.map {
            Self.sighting($0, captured: $0.rep == ana ? 5 : 8, received: 10)
        }
        let referral = try apart.shown(Referral.self, referralID)
        #expect(Self.credit(sightings, of: referral).shares == Self.all(ana))
        // Names alone make nothing the same.
        #expect(
            ReferralIdentity.id(programme: id, contactPoint: "tel:+573001234568") != referralID)
    }

    @Test("without permission it stays, whatever else was recorded: the state protects the person")
    func noPermission() throws {
        let entity = try #require(Schema.current[.programme])
        var programme = Programme(id: .zero)
        programme.code = "REF"
        programme.name = "Referidos"
        let id = try #require(Schema.current.derivedID(of: entity) { programme.fields[$0].value })
        let referralID = try #require(
            ReferralIdentity.id(programme: id, contactPoint: Self.point))
        var referral = Referral(id: referralID, fields: Self.referral().fields)
        referral.programme = id
        func become(_ state: ReferralState) -> [String: Value] {
            ["state": .status(option: state.rawValue, round: 0)]
        }
        let apart = Apart(
            [
                Change(creating: Programme(id: id, fields: programme.fields)),
                Change(creating: referral),
            ],
            Device(ana).editing(Referral.self, referralID, at: hour(9), become(.converted)),
            Device(beto).editing(Referral.self, referralID, at: hour(3), become(.noPermission)))
        #expect(try apart.shown(Referral.self, referralID).state == .noPermission)
    }

    @Test(
        "credit goes to the earliest claim that was captured, not to the first that found a signal")
    func earliest() {
        let credit = Self.credit(two)
        #expect(credit.shares == Self.all(ana))
        #expect(credit.reason == .earliestEvidenced)
    }

    @Test("a claim without a visit or a contact behind it gives way")
    func evidence() {
        let bare = Self.sighting(
            Self.claim(600, by: carmen) { $0.visit = nil }, captured: 1, received: 10)
        #expect(Self.credit([bare] + two).shares == Self.all(ana))
        #expect(Self.credit([bare]).reason == .noEvidence)
        #expect(Self.credit([bare]).shares.isEmpty)
        let called = Self.sighting(
            Self.claim(600, by: carmen) {
                $0.visit = nil
                $0.contactMade = RecordID(800)
            }, captured: 1, received: 10)
        #expect(Self.credit([called] + two).shares == Self.all(carmen))
    }

    struct Window: Sendable {
        let heard: Int?
        let end: Int
    }

    @Test(
        "provisional for 72 hours, or until all have synced, at most 14 days",
        arguments: [
            Window(heard: 20, end: 10 + 72), Window(heard: 200, end: 200),
            Window(heard: nil, end: 10 + 14 * 24), Window(heard: 5_000, end: 10 + 14 * 24),
        ])
    func window(_ given: Window) {
        let window = ClaimWindow(firstReceivedAt: hour(10), allHeardAt: given.heard.map(hour))
        #expect(window.end == hour(given.end))
        #expect(Self.credit(two, window: window, at: given.end - 1).isProvisional)
        #expect(!Self.credit(two, window: window, at: given.end).isProvisional)
    }

    @Test("on a device credit is never more than provisional")
    func onDevice() {
        let window = ClaimWindow(firstReceivedAt: nil, allHeardAt: nil)
        #expect(Self.credit(two, window: window, at: 100_000).isProvisional)
    }

    @Test("a claim after the window is kept, and only a decision moves the credit to it")
    func late() {
        let mountain = Self.sighting(Self.claim(600, by: carmen), captured: 1, received: 101)
        let credit = Self.credit([mountain] + two, at: 200)
        #expect(credit.shares == Self.all(ana))
        #expect(credit.late == [mountain.claim.id])
        let decided = Self.referral {
            $0.creditedTo = carmen
            $0.creditReason = "estuvo antes"
        }
        let moved = Self.credit([mountain] + two, of: decided, at: 200)
        #expect(moved.shares == Self.all(carmen))
        #expect(moved.reason == .decided)
        #expect(!moved.isProvisional)
    }

    @Test("first_contact: who first reached the person")
    func firstContact() {
        let reached = Self.sighting(
            Self.claim(603, by: carmen) { $0.contactedAt = hour(20) }, captured: 30, received: 31)
        let later = Self.sighting(
            Self.claim(604, by: beto) { $0.contactedAt = hour(21) }, captured: 22, received: 23)
        let credit = Self.credit(two + [reached, later], .firstContact)
        #expect(credit.shares == Self.all(carmen))
        #expect(credit.reason == .firstContact)
        #expect(Self.credit(two, .firstContact).shares == Self.all(ana))
    }

    @Test("territory_owner: whose the customer's territory is")
    func territoryOwner() {
        #expect(Self.credit(two, .territoryOwner, owner: carmen).shares == Self.all(carmen))
        #expect(Self.credit(two, .territoryOwner).shares == Self.all(ana))
    }

    @Test("split_50_50: half each of the first two reps")
    func split() {
        let again = Self.sighting(Self.claim(605, by: ana), captured: 6, received: 10)
        let third = Self.sighting(Self.claim(606, by: carmen), captured: 40, received: 41)
        let credit = Self.credit(two + [again, third], .splitFiftyFifty)
        #expect(credit.shares.map(\.rep) == [ana, beto])
        #expect(credit.shares.map(\.percent) == [50, 50])
        #expect(Self.credit([two[0]], .splitFiftyFifty).shares == Self.all(ana))
    }

    @Test("who refers their own number earns nothing until somebody decides")
    func selfReferral() throws {
        var customer = Customer(id: rosa)
        customer.country = "CO"
        customer.phones = ["300 123 4567"]
        #expect(ReferralIdentity.isSelfReferral(Self.referral(), by: [customer]))
        customer.phones = ["300 123 4568"]
        #expect(!ReferralIdentity.isSelfReferral(Self.referral(), by: [customer]))
        // Somebody else's number is no self-referral of theirs.
        customer.phones = ["300 123 4567"]
        let other = Customer(id: luis, fields: customer.fields)
        #expect(!ReferralIdentity.isSelfReferral(Self.referral(), by: [other]))
        let credit = Self.credit(two, isSelf: true)
        #expect(credit.shares.isEmpty)
        #expect(credit.reason == .selfReferral)
        let decided = Self.credit(two, of: Self.referral { $0.creditedTo = ana }, isSelf: true)
        #expect(decided.shares == Self.all(ana))
    }

    @Test("the option is that of the terms in force at the capture")
    func termsInForce() {
        func terms(_ edition: Int, from: Int) -> ProgrammeTerms {
            make(ProgrammeTerms.self, UInt64(edition)) {
                $0.programme = Self.programme
                $0.edition = edition
                $0.from = hour(from)
            }
        }
        let editions = [terms(1, from: 0), terms(3, from: 40), terms(2, from: 20)]
        func edition(_ at: Int) -> Int? {
            ProgrammeTerms.inForce(editions, of: Self.programme, at: hour(at))?.edition
        }
        #expect([-1, 0, 19, 20, 40].map(edition) == [nil, 1, 1, 2, 3])
    }

    @Test("two customers referred the person: both are named, the programme says who is rewarded")
    func advocates() throws {
        let referral = Self.referral { $0.referrers = [rosa, luis] }
        let claims = [
            Self.sighting(
                Self.claim(601, by: ana) { $0.customer = luis }, captured: 5, received: 9),
            Self.sighting(Self.claim(602, by: beto), captured: 8, received: 9),
        ]
        let day = try date("2025-03-13")
        func rewarded(
            _ rule: AdvocateRule, of referral: Referral = referral, isSelf: Bool = false,
            limit: Int? = nil, until: CivilDate? = nil
        ) -> [RecordID] {
            let terms = make(ProgrammeTerms.self, 1) {
                $0.advocates = rule
                $0.usageLimit = limit
                $0.validUntil = until
            }
            return ReferralIdentity.advocates(
                of: referral, claims: claims, terms: terms, isSelfReferral: isSelf,
                rewarded: [luis: 2], on: day)
        }
        #expect(rewarded(.first) == [luis])
        #expect(rewarded(.both) == [luis, rosa])
        #expect(rewarded(.noneUntilConverted) == [])
        let converted = Self.referral {
            $0.referrers = [rosa, luis]
            $0.state = .converted
        }
        #expect(rewarded(.noneUntilConverted, of: converted) == [luis, rosa])
        #expect(rewarded(.both, isSelf: true) == [])
        #expect(rewarded(.both, limit: 2) == [rosa])
        #expect(rewarded(.both, until: try date("2025-03-12")) == [])
    }

    @Test("law: the order of the claims does not matter", arguments: 0..<100)
    func anyOrder(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let claims = (0..<5).map { index in
            Self.sighting(
                Self.claim(
                    600 + UInt64(index),
                    by: [ana, beto, carmen].randomElement(using: &random) ?? ana
                ) {
                    if Bool.random(using: &random) { $0.visit = nil }
                    if Bool.random(using: &random) {
                        $0.contactedAt = hour(.random(in: 0...9, using: &random))
                    }
                },
                captured: .random(in: 0...5, using: &random),
                received: Bool.random(using: &random) ? .random(in: 10...200, using: &random) : nil)
        }
        let rule = try #require(CreditRule.allCases.randomElement(using: &random))
        let credit = Self.credit(claims, rule, owner: carmen)
        #expect(credit == Self.credit(claims.shuffled(using: &random), rule, owner: carmen))
        #expect([0, 100].contains(credit.shares.reduce(0) { $0 + $1.percent }))
    }
}
