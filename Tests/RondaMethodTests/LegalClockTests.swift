import RondaMethod
import RondaModel
import Testing

@Suite("Privacy: a person asks about their data")
struct LegalClockTests {
    /// Received on Thursday 13 March 2025.
    static func request(
        _ right: DataRight, _ country: String?, _ fill: (inout DataRequest) -> Void = { _ in }
    ) -> DataRequest {
        make(DataRequest.self, 1) {
            $0.customer = rosa
            $0.right = right
            $0.country = country
            $0.receivedAt = noon
            fill(&$0)
        }
    }

    private func clock(
        _ request: DataRequest, on day: String = "2025-03-14", terms: [LegalTerm] = [],
        holidays: Set<CivilDate> = []
    ) -> LegalClock {
        LegalClock(
            request, country: "MX", terms: LegalTerms(terms),
            working: WorkingDays(holidays: holidays), at: local(day, 10))
    }

    @Test(
        "each country and right has its term",
        arguments: [
            (DataRight.access, "MX", "2025-04-02"), (.access, "CO", "2025-03-27"),
            (.cancellation, "CO", "2025-04-03"), (.access, "EC", "2025-03-28"),
            (.access, "AR", "2025-03-23"), (.rectification, "AR", "2025-03-20"),
            (.portability, "ES", "2025-04-10"), (.opposition, "XX", "2025-03-18"),
            // The customer's country where the request names none.
            (.access, nil, "2025-04-02"),
        ] as [(DataRight, String?, String)])
    func terms(_ right: DataRight, _ country: String?, _ day: String) throws {
        let clock = clock(Self.request(right, country))
        #expect(clock.answerBy == (try date(day)))
        #expect(clock.state == .running)
    }

    @Test("it runs from the moment the person spoke, the earliest that anybody noted")
    func received() throws {
        let request = Self.request(.access, "AR")
        let apart = Apart(
            [Change(creating: request)],
            Device(ana).editing(
                DataRequest.self, request.id, at: hour(90), ["receivedAt": .instant(hour(-48))]),
            Device(beto).editing(
                DataRequest.self, request.id, at: hour(99), ["receivedAt": .instant(hour(-24))]))
        let shown = try apart.shown(DataRequest.self, request.id)
        #expect(clock(shown).answerBy == (try date("2025-03-21")))
    }

    @Test("overdue when the day has passed, where the person is")
    func overdue() {
        #expect(clock(Self.request(.access, "AR"), on: "2025-03-23").state == .running)
        #expect(clock(Self.request(.access, "AR"), on: "2025-03-24").state == .overdue)
        let answered = Self.request(.access, "AR") { $0.answeredAt = hour(24) }
        #expect(clock(answered, on: "2025-03-24").state == .answered)
    }

    @Test("holidays are no working days")
    func holidays() throws {
        let clock = clock(
            Self.request(.access, "CO"), holidays: [try date("2025-03-24"), try date("2025-03-15")])
        #expect(clock.answerBy == (try date("2025-03-28")))
    }

    @Test("extended once, in time and with a reason")
    func extended() throws {
        func until(_ fill: (inout DataRequest) -> Void) -> CivilDate {
            clock(Self.request(.access, "CO", fill)).answerBy
        }
        #expect(
            until {
                $0.extendedAt = hour(24)
                $0.extensionReason = "archivo histórico"
            } == (try date("2025-04-03")))
        #expect(until { $0.extendedAt = hour(24) } == (try date("2025-03-27")))
        #expect(
            until {
                $0.extendedAt = hour(24 * 30)
                $0.extensionReason = "tarde"
            } == (try date("2025-03-27")))
    }

    @Test("Mexico: answered, there are fifteen days more to carry it out")
    func carriedOut() throws {
        let answered = Self.request(.cancellation, "MX") { $0.answeredAt = hour(24) }
        #expect(clock(answered).actBy == (try date("2025-03-29")))
        #expect(clock(answered, on: "2025-03-30").state == .overdue)
        let done = Self.request(.cancellation, "MX") {
            $0.answeredAt = hour(24)
            $0.doneAt = hour(48)
        }
        #expect(clock(done, on: "2025-03-30").state == .done)
    }

    @Test("Colombia: an incomplete one waits for the person, begins anew, or is abandoned")
    func incomplete() throws {
        let asked = Self.request(.cancellation, "CO") { $0.askedMoreAt = hour(24) }
        #expect(clock(asked).askMoreBy == (try date("2025-03-20")))
        #expect(clock(asked).state == .waiting(until: try date("2025-05-13")))
        #expect(clock(asked, on: "2025-05-14").state == .abandoned)
        let completed = Self.request(.cancellation, "CO") {
            $0.askedMoreAt = hour(24)
            $0.completedAt = hour(24 * 4)
        }
        #expect(clock(completed).answerBy == (try date("2025-04-07")))
    }

    @Test("what the office enters holds from its day on")
    func entered() throws {
        func term(_ days: Int, since: String) throws -> LegalTerm {
            try make(LegalTerm.self, UInt64(days)) {
                $0.country = "EC"
                $0.right = .access
                $0.since = try date(since)
                $0.days = days
                $0.count = .calendar
            }
        }
        let terms = [
            try term(12, since: "2025-01-01"), try term(10, since: "2025-03-13"),
            try term(2, since: "2025-03-14"),
        ]
        #expect(
            clock(Self.request(.access, "EC"), terms: terms).answerBy == (try date("2025-03-23")))
        #expect(
            clock(Self.request(.cancellation, "EC"), terms: terms).answerBy
                == (try date("2025-03-28")))
    }

    @Test("§2.3: the request goes as far as anybody brought it")
    func state() throws {
        let request = Self.request(.access, "CO") { $0.state = .received }
        func become(_ state: DataRequestState) -> [String: Value] {
            ["state": .status(option: state.rawValue, round: 0)]
        }
        let apart = Apart(
            [Change(creating: request)],
            Device(carmen, .office).editing(
                DataRequest.self, request.id, at: hour(2), become(.answered)),
            Device(ana).editing(DataRequest.self, request.id, at: hour(9), become(.inReview)))
        #expect(try apart.shown(DataRequest.self, request.id).state == .answered)
    }
}
