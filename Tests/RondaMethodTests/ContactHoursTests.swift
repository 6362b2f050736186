import RondaMethod
import RondaModel
import Testing

@Suite("Privacy, Ley 2300: when people may be contacted")
struct ContactHoursTests {
    private static let grants = [
        ConsentTests.event(1, .grant), ConsentTests.event(2, .grant, .collections),
        ConsentTests.event(3, .grant, .survey),
    ]

    private func ask(
        _ when: LocalMoment, _ purpose: ContactPurpose = .collections,
        _ channel: ContactChannel = .phone, country: String = "CO",
        contacts: [PastContact] = [], policy: ContactPolicy = ContactPolicy(),
        lastSync: Instant? = nil, _ fill: (inout ContactSubject) -> Void = { _ in }
    ) -> ContactAnswer {
        var subject = ContactSubject([rosa], country: country)
        fill(&subject)
        return ContactGuard(
            events: Self.grants, contacts: contacts, policy: policy, lastSync: lastSync
        ).mayContact(subject, for: purpose, by: channel, at: when)
    }

    struct Hour: Sendable {
        let day: String
        let hour: Int
        var minute = 0
        var refusal: ContactRefusal?
    }

    @Test(
        "Monday to Friday 7 to 19, Saturday 8 to 15, never on a Sunday",
        arguments: [
            Hour(day: "2025-03-13", hour: 6, minute: 59, refusal: .outsideHours),
            Hour(day: "2025-03-13", hour: 7), Hour(day: "2025-03-13", hour: 18, minute: 59),
            Hour(day: "2025-03-13", hour: 19, refusal: .outsideHours),
            Hour(day: "2025-03-15", hour: 7, minute: 59, refusal: .outsideHours),
            Hour(day: "2025-03-15", hour: 8), Hour(day: "2025-03-15", hour: 14, minute: 59),
            Hour(day: "2025-03-15", hour: 15, refusal: .outsideHours),
            Hour(day: "2025-03-16", hour: 12, refusal: .holiday),
            Hour(day: "2025-03-17", hour: 7),
        ])
    func hours(_ given: Hour) {
        let answer = ask(local(given.day, given.hour, given.minute))
        #expect(answer == (given.refusal.map { .no($0) } ?? .yes(.consent)))
    }

    @Test("the hour is that of the place, not of UTC")
    func place() {
        // Noon UTC is 7 there; at one hour less it is 6.
        #expect(ask(local(noon)).isAllowed)
        #expect(ask(LocalMoment(noon, offsetMinutes: -360)) == .no(.outsideHours))
    }

    @Test("not on a holiday of the country")
    func holidays() throws {
        var policy = ContactPolicy()
        let holiday = try make(Holiday.self, 1) {
            $0.country = "CO"
            $0.date = try date("2025-03-24")
        }
        policy.add([holiday])
        #expect(ask(local("2025-03-24", 10), policy: policy) == .no(.holiday))
        #expect(ask(local("2025-03-25", 10), policy: policy).isAllowed)
        #expect(ask(local("2025-03-24", 10), country: "EC", policy: policy).isAllowed)
    }

    private func past(
        _ day: String, _ channel: ContactChannel = .phone, _ purpose: ContactPurpose = .collections
    ) -> PastContact {
        PastContact(
            person: rosa, purpose: purpose, channel: channel, at: local(day, 9).instant)
    }

    @Test("no more than once a day; a visit to collect counts like a call")
    func onceADay() {
        let thursday = local("2025-03-13", 15)
        #expect(ask(thursday, contacts: [past("2025-03-13")]) == .no(.enoughForToday))
        #expect(ask(thursday, contacts: [past("2025-03-13", .visit)]) == .no(.enoughForToday))
        #expect(ask(thursday, contacts: [past("2025-03-12")]).isAllowed)
        // What the law is not about does not count.
        #expect(ask(thursday, contacts: [past("2025-03-13", .phone, .service)]).isAllowed)
    }

    @Test("not through several channels in one week")
    func oneChannel() {
        let thursday = local("2025-03-13", 15)
        #expect(ask(thursday, contacts: [past("2025-03-10", .email)]) == .no(.otherChannelThisWeek))
        #expect(ask(thursday, contacts: [past("2025-03-10")]).isAllowed)
        // The Sunday before is another week.
        #expect(ask(thursday, contacts: [past("2025-03-09", .email)]).isAllowed)
    }

    @Test("it is about collecting and advertising, and holds in Colombia")
    func aboutWhat() {
        let night = local("2025-03-13", 22)
        #expect(ask(night, .marketing) == .no(.outsideHours))
        #expect(ask(night, .survey).isAllowed)
        #expect(ask(night, .postSale).isAllowed)
        #expect(ask(night, .marketing, country: "AR").isAllowed)
        // It was no law before October 2023.
        #expect(ask(local("2023-10-09", 22)).isAllowed)
        #expect(ask(local("2023-10-10", 22)) == .no(.outsideHours))
    }

    @Test("only the contacts that we began count")
    func incoming() {
        func log(_ direction: ContactDirection) -> ContactLog {
            make(ContactLog.self, 1) {
                $0.customer = rosa
                $0.direction = direction
                $0.channel = .phone
                $0.purpose = .collections
                $0.at = noon
            }
        }
        #expect(PastContact(log(.incoming)) == nil)
        #expect(PastContact(log(.outgoing))?.person == rosa)
    }

    @Test(
        "the person's own hours hold everywhere, for every purpose",
        arguments: [
            (DayPart.earlyMorning, 8), (.morning, 9), (.midday, 14), (.afternoon, 15),
            (.evening, 18),
        ])
    func ownHours(_ part: DayPart, _ hour: Int) {
        let when = local("2025-03-13", hour)
        #expect(ask(when, .postSale) { $0.notAt = [part] } == .no(.notAtThisTime))
        let others = Set(DayPart.allCases).subtracting([part])
        #expect(ask(when, .postSale) { $0.notAt = others }.isAllowed)
        let saturday = local("2025-03-15", 10)
        #expect(ask(saturday, .postSale) { $0.notAt = [.saturday] } == .no(.notAtThisTime))
        #expect(ask(saturday, .postSale) { $0.notAt = [.sunday] }.isAllowed)
    }

    @Test("a prohibited hour that one added stands beside the removal of another")
    func ownHoursApart() throws {
        var hub = TestHub.with([])
        hub.accept(
            Device(ana).editing(
                Customer.self, rosa, at: hour(1),
                ["notAt": .option(DayPart.morning.rawValue)]))
        let entity = try #require(Schema.current[.customer])
        let position = try #require(entity.position(named: "notAt"))
        let number = entity.fields[position].number
        let morning = ElementWrite(number, .option(DayPart.morning.rawValue))
        // Beto had not seen that Ana added it again.
        let removal = Change(entity: .customer, record: rosa, base: 2, removes: [morning])
        let again = Change(entity: .customer, record: rosa, base: 1, adds: [morning])
        for order in [[removal, again], [again, removal]] {
            var hub = hub
            for change in order {
                let person = change == removal ? beto : carmen
                hub.accept(Device(person).capturing(change, at: hour(5)))
            }
            #expect(hub.typed(Customer.self, rosa)?.notAt == [.morning])
        }
    }

    @Test("the list of those not to be called is about advertising calls")
    func noCall() {
        let when = local("2025-03-13", 10)
        #expect(
            ask(when, .marketing, country: "AR") { $0.isOnNoCallList = true } == .no(.noCallList))
        #expect(ask(when, .marketing, .email, country: "AR") { $0.isOnNoCallList = true }.isAllowed)
        #expect(ask(when, .survey, country: "AR") { $0.isOnNoCallList = true }.isAllowed)
    }

    @Test("§2.6: a device that has not synced for too long advertises no more, and serves on")
    func stale() {
        let when = local("2025-03-13", 10)
        let old = when.instant.adding(days: -15)
        #expect(ask(when, .marketing, country: "EC", lastSync: old) == .no(.notSynced))
        #expect(ask(when, .postSale, country: "EC", lastSync: old).isAllowed)
        let recent = when.instant.adding(days: -14)
        #expect(ask(when, .marketing, country: "EC", lastSync: recent).isAllowed)
    }
}
