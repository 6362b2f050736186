import RondaMethod
import RondaModel
import Testing

@Suite("Domain §1.3, §2.4: a post-sale visit")
struct VisitTests {
    static func visit(_ id: UInt64 = 1, _ fill: (inout Visit) -> Void = { _ in }) -> Visit {
        make(Visit.self, id) {
            $0.customer = rosa
            $0.at = noon
            $0.state = .completed
            $0.madeBy = ana
            $0.reality = .met
            $0.repurchaseIntent = 9
            $0.referralAsked = true
            $0.handoffOk = true
            fill(&$0)
        }
    }

    private func gaps(
        _ purchase: Purchase? = nil, promises: [Commitment] = [],
        _ fill: (inout Visit) -> Void = { _ in }
    ) -> [VisitGap] {
        Self.visit(1, fill).gaps(purchase: purchase, promises: promises)
    }

    @Test(
        "is complete with its four aspects, and not without one",
        arguments: zip(
            PostSaleAspect.allCases,
            [
                { $0.reality = nil }, { $0.repurchaseIntent = nil }, { $0.referralAsked = nil },
                { $0.handoffOk = nil },
            ] as [@Sendable (inout Visit) -> Void]))
    func aspects(_ aspect: PostSaleAspect, _ leaveOut: @Sendable (inout Visit) -> Void) {
        #expect(gaps() == [])
        #expect(gaps(nil) { leaveOut(&$0) } == [.aspect(aspect)])
    }

    @Test("asked and refused differs from not asked")
    func referralAsked() {
        #expect(gaps { $0.referralAsked = false } == [])
    }

    @Test("an impediment has a cause, and a promise to put it right")
    func impediment() {
        #expect(
            gaps { $0.impedimentFound = true } == [.impedimentCause, .impedimentPromise])
        let promise = PromiseTests.promise {
            $0.visit = RecordID(1)
            $0.origin = .impediment
        }
        #expect(
            gaps(promises: [promise]) {
                $0.impedimentFound = true
                $0.impedimentCause = .companyError
            } == [])
        let other = PromiseTests.promise { $0.visit = RecordID(1) }
        #expect(gaps(promises: [other]) { $0.impedimentFound = true }.contains(.impedimentPromise))
    }

    @Test("who sold it comes, or there is a reason")
    func substitute() {
        let purchase = make(Purchase.self, 800) { $0.closedBy = beto }
        #expect(gaps(purchase) == [.substituteReason])
        #expect(gaps(purchase) { $0.substituteReason = "de vacaciones" } == [])
        #expect(gaps(purchase) { $0.madeBy = beto } == [])
        // A questionnaire by e-mail is nobody's presence.
        #expect(gaps(purchase) { $0.channel = .email } == [])
        #expect(Self.visit { $0.madeBy = beto }.sellerWasPresent(purchase) == true)
        #expect(Self.visit().sellerWasPresent(nil) == nil)
    }

    @Test("only what took place is asked for its aspects")
    func states() {
        #expect(gaps { $0.state = .planned } == [])
        #expect(gaps { $0.state = .rescheduled } == [.newDate])
        #expect(gaps { $0.madeBy = nil } == [.madeBy])
    }

    @Test(
        "what came of it",
        arguments: [
            (2, false, nil, [VisitOutcome.referrals]), (0, true, nil, [.repeatPurchase]),
            (0, false, "muy buen trato", [.salesAspects]), (0, false, nil, []),
        ] as [(Int, Bool, String?, Set<VisitOutcome>)])
    func outcomes(_ referrals: Int, _ again: Bool, _ praise: String?, _ found: Set<VisitOutcome>) {
        let visit = Self.visit {
            $0.praise = praise
            $0.outcomes = [.trust]
        }
        #expect(
            visit.outcomes(referrals: referrals, boughtAgain: again) == found.union([.trust]))
    }

    struct Move: Sendable {
        let from: VisitState
        let to: VisitState
        var refusal: VisitRefusal?
    }

    @Test(
        "goes from state to state",
        arguments: [
            Move(from: .planned, to: .inProgress), Move(from: .inProgress, to: .completed),
            Move(from: .planned, to: .completed), Move(from: .planned, to: .cancelled),
            Move(from: .planned, to: .noShow), Move(from: .planned, to: .rescheduled),
            Move(from: .inProgress, to: .noShow), Move(from: .completed, to: .completed),
            Move(from: .inProgress, to: .planned, refusal: .backwards),
            Move(from: .inProgress, to: .rescheduled, refusal: .backwards),
            Move(from: .cancelled, to: .completed, refusal: .calledOff),
            Move(from: .rescheduled, to: .inProgress, refusal: .calledOff),
            Move(from: .completed, to: .planned, refusal: .completed),
        ])
    func moves(_ move: Move) {
        let visit = Self.visit { $0.state = move.from }
        #expect(visit.problem(becoming: move.to, at: noon) == move.refusal)
    }

    @Test("what is still to come is not completed")
    func notYet() {
        let visit = Self.visit { $0.state = .planned }
        #expect(visit.problem(becoming: .completed, at: hour(-1)) == .notHeldYet)
        #expect(visit.problem(becoming: .cancelled, at: hour(-1)) == nil)
    }

    @Test("completed on one device, rescheduled on another: it took place")
    func rescheduledApart() throws {
        let plan = Self.visit { $0.state = .planned }
        func become(_ state: VisitState) -> [String: Value] {
            ["state": .status(option: state.rawValue, round: 0)]
        }
        let apart = Apart(
            [Change(creating: plan)],
            Device(ana).editing(Visit.self, plan.id, at: hour(1), become(.completed)),
            Device(carmen, .office).editing(Visit.self, plan.id, at: hour(2), become(.rescheduled)))
        #expect(try apart.shown(Visit.self, plan.id).state == .completed)
    }

    @Test("two reps make one planned visit: both stand, one fulfils the plan, the other is extra")
    func fulfilledTwice() throws {
        let plan = make(Visit.self, 1) {
            $0.customer = rosa
            $0.at = noon
            $0.state = .planned
        }
        func made(_ id: UInt64, by rep: RecordID, at: Int) -> Visit {
            Self.visit(id) {
                $0.plan = plan.id
                $0.madeBy = rep
                $0.at = hour(at)
                $0.note = "la nota de quien fue"
            }
        }
        let apart = Apart(
            [Change(creating: plan)], Device(ana).creating(made(2, by: ana, at: 3), at: hour(3)),
            Device(beto).creating(made(3, by: beto, at: 1), at: hour(1)))
        let visits = apart.all(Visit.self)
        let (fulfilled, extra) = Visit.fulfilling(plan.id, of: visits)
        #expect(visits.count == 3)
        #expect(fulfilled?.madeBy == beto)
        #expect(extra.map(\.madeBy) == [ana])
    }
}
