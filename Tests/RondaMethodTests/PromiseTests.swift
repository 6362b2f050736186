import RondaMethod
import RondaModel
import Testing

@Suite("Domain §2.4: a promise")
struct PromiseTests {
    static let due = hour(24)

    static func promise(_ fill: (inout Commitment) -> Void = { _ in }) -> Commitment {
        make(Commitment.self, 100) {
            $0.customer = rosa
            $0.words = "llamar a Rosa"
            $0.dueAt = due
            fill(&$0)
        }
    }

    static func renegotiation(
        _ id: UInt64, at: Instant, to due: Instant, agreement: String? = "audio"
    ) -> Renegotiation {
        make(Renegotiation.self, id) {
            $0.commitment = RecordID(100)
            $0.customer = rosa
            $0.dueAt = due
            $0.agreedAt = at
            $0.agreement = agreement
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var kept: Instant?
        var released: Instant?
        var now: Instant
        var heard: Instant?
        let state: PromiseState

        var testDescription: String { name }

        static let all = [
            Case(name: "open until its day", now: hour(0), state: .open),
            Case(name: "due on its day", now: hour(20), state: .due),
            Case(name: "due to the minute", now: due, state: .due),
            Case(
                name: "overdue, not broken, while a laptop may be in the mountains",
                now: hour(30), state: .overdue),
            Case(
                name: "still overdue when all have synced before it was due",
                now: hour(30), heard: hour(23), state: .overdue),
            Case(
                name: "not broken by a device that synced in the minute it was due",
                now: hour(30), heard: due, state: .overdue),
            Case(
                name: "broken when every device has synced past it",
                now: hour(30), heard: hour(25), state: .broken),
            Case(
                name: "presumed broken when they were waited for long enough",
                now: hour(24 + 7 * 24 + 1), state: .presumedBroken),
            Case(
                name: "kept in time", kept: hour(24), now: hour(300), heard: hour(299), state: .kept
            ),
            Case(name: "kept late", kept: hour(25), now: hour(26), state: .keptLate),
            Case(
                name: "late evidence corrects what was called broken",
                kept: hour(23), now: hour(1_000), heard: hour(999), state: .kept),
            Case(
                name: "released by the customer", released: hour(3), now: hour(48), heard: hour(40),
                state: .released),
        ]
    }

    @Test("is what its facts make of it", arguments: Case.all)
    func state(_ given: Case) {
        let promise = Self.promise {
            $0.keptAt = given.kept
            $0.releasedAt = given.released
        }
        let history = PromiseHistory(promise, renegotiations: [])
        #expect(history.state(at: local(given.now), heardUntil: given.heard) == given.state)
    }

    @Test("the day it is due is the day where the customer is, not in UTC")
    func dueDay() {
        // 01:00 UTC on the 15th is 20:00 on the 14th there.
        let promise = Self.promise { $0.dueAt = hour(37) }
        let history = PromiseHistory(promise, renegotiations: [])
        #expect(history.state(at: local("2025-03-14", 9), heardUntil: nil) == .due)
        #expect(history.state(at: local("2025-03-13", 23), heardUntil: nil) == .open)
    }

    @Test("renegotiated with the customer's agreement before it was due: the new term is in force")
    func renegotiated() {
        let made = Self.renegotiation(201, at: hour(20), to: hour(72))
        let history = PromiseHistory(Self.promise(), renegotiations: [made])
        #expect(history.terms.map(\.dueAt) == [Self.due, hour(72)])
        let now = local(hour(30))
        #expect(history.state(of: history.terms[0], at: now, heardUntil: hour(29)) == .renegotiated)
        #expect(history.state(at: now, heardUntil: hour(29)) == .open)
        // Before they agreed, the first term was the one in force.
        #expect(history.term(at: hour(19)).dueAt == Self.due)
    }

    @Test("renegotiated too late: the old one is broken and the new one stands alone")
    func tooLate() {
        let made = Self.renegotiation(201, at: hour(25), to: hour(72))
        let history = PromiseHistory(Self.promise(), renegotiations: [made])
        let now = local(hour(30))
        #expect(history.state(of: history.terms[0], at: now, heardUntil: hour(29)) == .broken)
        #expect(history.state(of: history.terms[0], at: now, heardUntil: nil) == .overdue)
        #expect(history.state(at: now, heardUntil: hour(29)) == .open)
    }

    @Test("renegotiated by nobody but us: no laundering of broken promises")
    func notAgreed() {
        for words in [nil, ""] as [String?] {
            let made = Self.renegotiation(201, at: hour(2), to: hour(72), agreement: words)
            let history = PromiseHistory(Self.promise(), renegotiations: [made])
            #expect(history.state(at: local(hour(10)), heardUntil: nil) == .open)
            let now = local(hour(30))
            #expect(history.state(of: history.terms[0], at: now, heardUntil: hour(29)) == .broken)
            #expect(history.state(at: now, heardUntil: hour(29)) == .open)
        }
    }

    @Test("kept when it was first due, it was not renegotiated")
    func keptBefore() {
        let promise = Self.promise { $0.keptAt = hour(23) }
        for made in [
            Self.renegotiation(201, at: hour(30), to: hour(72)),
            Self.renegotiation(202, at: hour(2), to: hour(72), agreement: nil),
        ] {
            let history = PromiseHistory(promise, renegotiations: [made])
            #expect(history.terms.count == 1)
            #expect(history.state(at: local(hour(80)), heardUntil: hour(79)) == .kept)
        }
    }

    @Test("kept within the term the customer agreed to, it is kept")
    func keptAfter() {
        let promise = Self.promise { $0.keptAt = hour(60) }
        let made = Self.renegotiation(201, at: hour(20), to: hour(72))
        let history = PromiseHistory(promise, renegotiations: [made])
        #expect(history.state(at: local(hour(80)), heardUntil: nil) == .kept)
        #expect(
            PromiseHistory(promise, renegotiations: []).state(at: local(hour(80)), heardUntil: nil)
                == .keptLate)
    }

    @Test("two reps renegotiate apart: both are kept, the customer's last word holds")
    func renegotiatedApart() throws {
        let first = Self.renegotiation(201, at: hour(3), to: hour(48))
        let second = Self.renegotiation(202, at: hour(5), to: hour(96))
        let apart = Apart(
            [Change(creating: Self.promise())], Device(ana).creating(first, at: hour(3)),
            Device(beto).creating(second, at: hour(5)))
        let promise = try apart.shown(Commitment.self, RecordID(100))
        let history = PromiseHistory(promise, renegotiations: apart.all(Renegotiation.self))
        #expect(history.terms.map(\.dueAt) == [Self.due, hour(48), hour(96)])
        #expect(history.state(at: local(hour(70)), heardUntil: hour(69)) == .open)
    }

    @Test("nobody changes the words or the due time as spoken: a softer text would hide a breach")
    func firstWords() throws {
        let hub = Apart(
            [Change(creating: Self.promise())],
            Device(ana).editing(
                Commitment.self, RecordID(100), at: hour(3), ["dueAt": .instant(hour(500))]),
            Device(beto).editing(
                Commitment.self, RecordID(100), at: hour(4), ["words": .text("tal vez")]))
        #expect(hub.outcomes.flatMap { $0 }.allSatisfy { $0 == .refused })
        #expect(try hub.shown(Commitment.self, RecordID(100)).dueAt == Self.due)
    }

    @Test("two people keep it apart: both say so, and the first time decides")
    func keptTwice() throws {
        let id = RecordID(100)
        let apart = Apart(
            [Change(creating: Self.promise())],
            Device(ana).editing(
                Commitment.self, id, at: hour(26),
                ["keptAt": .instant(hour(26)), "evidence": .text("llamé")]),
            Device(beto).editing(
                Commitment.self, id, at: hour(23),
                ["keptAt": .instant(hour(23)), "evidence": .text("fui")]))
        let promise = try apart.shown(Commitment.self, id)
        #expect(promise.evidence == ["fui", "llamé"])
        #expect(
            PromiseHistory(promise, renegotiations: []).state(
                at: local(hour(30)), heardUntil: nil) == .kept)
    }

    @Test("why it was broken: the office's cause stands over the rep's, which is a proposal")
    func brokenCause() throws {
        let id = RecordID(100)
        func cause(_ cause: BrokenCause) -> [String: Value] {
            ["brokenCause": .option(cause.rawValue)]
        }
        let apart = Apart(
            [Change(creating: Self.promise())],
            Device(ana).editing(Commitment.self, id, at: hour(40), cause(.customer)),
            Device(carmen, .office).editing(Commitment.self, id, at: hour(30), cause(.slowProcess)))
        #expect(try apart.shown(Commitment.self, id).brokenCause == .slowProcess)
        #expect(apart.hubs.allSatisfy { $0.conflicts(id) == 1 })
    }

    @Test("law: renegotiations commute", arguments: 0..<200)
    func commute(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let promise = Self.promise {
            $0.keptAt =
                Bool.random(using: &random) ? hour(.random(in: 0...90, using: &random)) : nil
        }
        let made = (0..<4).map { index in
            Self.renegotiation(
                200 + UInt64(index), at: hour(.random(in: 0...60, using: &random)),
                to: hour(.random(in: 10...120, using: &random)),
                agreement: Bool.random(using: &random) ? "sí" : nil)
        }
        let now = local(hour(.random(in: 0...150, using: &random)))
        let history = PromiseHistory(promise, renegotiations: made)
        let shuffled = PromiseHistory(promise, renegotiations: made.shuffled(using: &random))
        #expect(history.terms == shuffled.terms)
        #expect(
            history.state(at: now, heardUntil: now.instant)
                == shuffled.state(at: now, heardUntil: now.instant))
    }

    @Test(
        "law: what we say without the customer never makes the first term better",
        arguments: 0..<200)
    func noLaundering(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let made = Self.renegotiation(
            201, at: hour(.random(in: 0...60, using: &random)),
            to: hour(.random(in: 10...120, using: &random)), agreement: nil)
        let now = local(hour(.random(in: 25...150, using: &random)))
        let history = PromiseHistory(Self.promise(), renegotiations: [made])
        let first = history.state(of: history.terms[0], at: now, heardUntil: now.instant)
        #expect(first == .broken)
    }

    @Test(
        "a renegotiation is warned of before it is saved",
        arguments: [
            (Self.renegotiation(201, at: hour(3), to: hour(48)), nil),
            (Self.renegotiation(201, at: hour(3), to: hour(2)), .dueInThePast),
            (Self.renegotiation(201, at: hour(3), to: hour(48), agreement: nil), .notAgreed),
            (Self.renegotiation(201, at: hour(25), to: hour(48)), .tooLate),
        ] as [(Renegotiation, RenegotiationRefusal?)])
    func warned(_ made: Renegotiation, _ problem: RenegotiationRefusal?) {
        let history = PromiseHistory(Self.promise(), renegotiations: [])
        #expect(history.problem(renegotiating: made, at: hour(4)) == problem)
        let kept = PromiseHistory(Self.promise { $0.keptAt = hour(1) }, renegotiations: [])
        #expect(kept.problem(renegotiating: made, at: hour(4)) == .settled)
    }
}
