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
    var channel: ContactChannel?
    var purchase: RecordID?
    var substituteReason: String?
    var signals: [BuyingSignal] = []
    var objections: [Objection] = []
    var outcomes: [VisitOutcome] = []
    var praise: String?
    var criticism: String?
    var quotable: Bool?
    var handoffStaff: RecordID?
    var moments: [MomentDraft] = []
    /// What the customer asks for that is not usual.
    var requests: [String] = []
    /// The planned visit that it fulfils.
    var plan: RecordID?
    var promise: PromiseDraft?
    var referral: ReferralDraft?
    var programme: Programme?

    init(at: Instant) {
        self.at = at
    }

    var hasContent: Bool {
        expectation != nil || reality != nil || impedimentFound != nil || repurchaseIntent != nil
            || !crossSellIdeas.isEmpty || referralAsked != nil || !otherStaff.isEmpty
            || handoffTo != nil || handoffOk != nil || !signals.isEmpty || !objections.isEmpty
            || !outcomes.isEmpty || praise != nil || criticism != nil || !moments.isEmpty
            || !requests.isEmpty || handoffStaff != nil || substituteReason != nil
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

    /// Writes what was told; what was not stays as it is.
    func fill(_ visit: inout Visit) {
        visit.expectation = expectation ?? visit.expectation
        visit.reality = reality ?? visit.reality
        visit.impedimentFound = impedimentFound ?? visit.impedimentFound
        visit.impedimentCause = impedimentCause ?? visit.impedimentCause
        visit.repurchaseIntent = repurchaseIntent ?? visit.repurchaseIntent
        visit.crossSellIdeas += crossSellIdeas
        // A referral that was given was asked for, or came by itself: the question is settled.
        visit.referralAsked =
            referralAsked ?? (referral == nil ? visit.referralAsked : true)
        visit.otherStaff += otherStaff
        visit.handoffTo = handoffTo ?? visit.handoffTo
        visit.handoffOk = handoffOk ?? visit.handoffOk
        visit.note = note ?? visit.note
        visit.channel = channel ?? visit.channel
        visit.purchase = visit.purchase ?? purchase
        visit.substituteReason = substituteReason ?? visit.substituteReason
        visit.signals += signals
        visit.objections += objections
        visit.outcomes += outcomes
        visit.praise = praise ?? visit.praise
        visit.criticism = criticism ?? visit.criticism
        visit.quotable = quotable ?? visit.quotable
        visit.handoffStaff = handoffStaff ?? visit.handoffStaff
        visit.plan = visit.plan ?? plan
    }
}

/// A moment of truth about to be captured.
struct MomentDraft: Sendable {
    let type: MomentType
    let special: SpecialMoment?
    let result: String?
}

extension Capture {
    mutating func add(
        _ draft: VisitDraft, state: VisitState, customer: RecordID, at now: Instant
    ) throws {
        var visit = new(Visit.self)
        visit.at = draft.at
        draft.fill(&visit)
        visit.customer = customer
        visit.state = state
        if state == .completed { visit.madeBy = author }
        let id = try create(visit)
        try addExtras(draft, visit: id, customer: customer, at: now)
    }

    /// Completes or corrects a visit that is there.
    mutating func fill(
        _ visit: RecordID, from draft: VisitDraft, customer: RecordID, state: VisitState?,
        at now: Instant
    ) throws {
        let me = author
        try update(Visit.self, visit) { visit in
            draft.fill(&visit)
            if let state { visit.state = state }
            if state == .completed, visit.madeBy == nil { visit.madeBy = me }
        }
        try addExtras(draft, visit: visit, customer: customer, at: now)
    }

    private mutating func addExtras(
        _ draft: VisitDraft, visit id: RecordID, customer: RecordID, at now: Instant
    ) throws {
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
        for draft in draft.moments {
            var moment = new(Moment.self)
            moment.customer = customer
            moment.visit = id
            moment.type = draft.type
            moment.special = draft.special
            moment.result = draft.result
            moment.at = now
            moment.by = author
            try create(moment)
        }
        for wanted in draft.requests {
            var request = new(SpecialRequest.self)
            request.customer = customer
            request.visit = id
            request.wanted = wanted
            request.state = .asked
            request.askedAt = now
            request.by = author
            try create(request)
        }
    }
}
