internal import RondaClient
internal import RondaModel

/// A visit about to be captured, with what was promised and given in it: one commit.
struct VisitDraft: Sendable {
    var at: Instant
    var expectation: String?
    var reality: Reality?
    var impedimentFound: Bool?
    var impedimentCause: ImpedimentCause?
    var repurchaseIntent: Int?
    var crossSellIdeas: [String] = []
    var referralAsked: Bool?
    var otherStaff: [String] = []
    var handoffTo: String?
    var handoffOk: Bool?
    var note: String?
    var promise: PromiseDraft?
    var referral: ReferralDraft?
    var programme: Programme?

    init(at: Instant) {
        self.at = at
    }

    var hasContent: Bool {
        expectation != nil || reality != nil || impedimentFound != nil || repurchaseIntent != nil
            || !crossSellIdeas.isEmpty || referralAsked != nil || !otherStaff.isEmpty
            || handoffTo != nil || handoffOk != nil
    }

    /// A visit still to come is planned; it cannot have been answered yet.
    func state(now: Instant) throws(TerminalError) -> VisitState {
        guard at > now else { return .completed }
        guard hasContent || referral != nil else { return .planned }
        throw TerminalError(
            .refusedByRule, "future",
            en: "a visit that is still to come has no answers yet; correct --at",
            es: "una visita que aún no ocurre no tiene respuestas; corrija --at")
    }

    func fill(_ visit: inout Visit) {
        visit.at = at
        visit.expectation = expectation
        visit.reality = reality
        visit.impedimentFound = impedimentFound
        visit.impedimentCause = impedimentCause
        visit.repurchaseIntent = repurchaseIntent
        visit.crossSellIdeas = crossSellIdeas
        // A referral that was given was asked for, or came by itself: the question is settled.
        visit.referralAsked = referralAsked ?? (referral == nil ? nil : true)
        visit.otherStaff = otherStaff
        visit.handoffTo = handoffTo
        visit.handoffOk = handoffOk
        visit.note = note
    }
}

extension Capture {
    mutating func add(
        _ draft: VisitDraft, state: VisitState, customer: RecordID, at now: Instant
    ) throws {
        var visit = new(Visit.self)
        draft.fill(&visit)
        visit.customer = customer
        visit.state = state
        if state == .completed { visit.madeBy = author }
        let id = try create(visit)
        if var promise = draft.promise {
            promise.origin = draft.impedimentFound == true ? .impediment : .visit
            _ = try add(promise, customer: customer, visit: id)
        }
        if let referral = draft.referral {
            _ = try add(referral, customer: customer, visit: id, at: now)
        }
        if let programme = draft.programme {
            _ = try enrol(customer, in: programme, card: nil, at: now)
        }
    }
}
