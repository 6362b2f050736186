package import RondaModel

/// A case, worked out from everything that was recorded about it (domain §1.5, §2.4).
///
/// Steps and events are records of their own that nobody edits, so work done apart is all there.
/// They are gone through by their time, ties by id: the same records give the same case, whatever
/// the order in which they came.
package struct CaseHistory: Sendable {
    package let record: ServiceCase
    package private(set) var state = CaseState.registered
    /// What was recorded of each step, and counts.
    package private(set) var taken: [CaseStepKind: [CaseStep]] = [:]
    /// The check-backs since the last action that began a round.
    package private(set) var checks: [CaseStep] = []
    /// The closings that hold, in order; more than one where several closed it apart.
    package private(set) var closings: [CaseEvent] = []
    package private(set) var closedAt: Instant?
    /// When it was opened again, each time.
    package private(set) var reopenings: [Instant] = []
    /// Closings that are no more, because it was opened again.
    package private(set) var formerClosings: [CaseEvent] = []
    package private(set) var isWaiting = false
    /// When it waited for the customer; the last may be without end.
    package private(set) var waits: [(from: Instant, until: Instant?)] = []
    package private(set) var refusedClosings: [(event: RecordID, refusal: CaseRefusal)] = []
    private var events: [CaseEvent] = []
    private var hasActed = false

    /// - Parameters:
    ///   - steps: those of any case; of another's none is looked at.
    package init(
        _ record: ServiceCase, steps: some Sequence<CaseStep>, events: some Sequence<CaseEvent>
    ) {
        self.record = record
        let own = events.filter { $0.serviceCase == record.id }
        self.events = own.sorted { ($0.at ?? .distantPast, $0.id) < ($1.at ?? .distantPast, $1.id) }
        let entries =
            steps.filter { $0.serviceCase == record.id }.compactMap { step in
                step.at.map { Entry(at: $0, id: step.id, what: .step(step)) }
            }
            + own.compactMap { event in
                event.at.map { Entry(at: $0, id: event.id, what: .event(event)) }
            }
        for entry in entries.sorted(by: { ($0.at, $0.id) < ($1.at, $1.id) }) {
            switch entry.what {
            case .step(let step): take(step, at: entry.at)
            case .event(let event): take(event, at: entry.at)
            }
        }
        state = current
    }

    private struct Entry {
        enum What {
            case step(CaseStep)
            case event(CaseEvent)
        }
        let at: Instant
        let id: RecordID
        let what: What
    }
}

// MARK: - What happened

extension CaseHistory {
    private mutating func take(_ step: CaseStep, at: Instant) {
        guard let kind = step.step else { return }
        taken[kind, default: []].append(step)
        if !closings.isEmpty {
            // The customer's word wins over a closing. Anything else joins what there is.
            if kind == .verify, step.satisfied == .no { reopen(at) }
            return
        }
        if kind == .act, !step.commitments.isEmpty { hasActed = true }
        if kind == .verify, hasActed, step.satisfied != nil,
            checks.last.map({ ($0.at ?? at) < at }) ?? true
        {
            checks.append(step)
        }
    }

    private mutating func take(_ event: CaseEvent, at: Instant) {
        switch event.kind {
        case .closed: close(event, at: at)
        case .withdrawn where closings.isEmpty:
            closings = [event]
            closedAt = at
            endWaiting(at)
        case .reopened where !closings.isEmpty: reopen(at)
        case .waitingCustomer where !isWaiting && closings.isEmpty:
            isWaiting = true
            waits.append((at, nil))
        case .resumed: endWaiting(at)
        default: break
        }
    }

    private mutating func close(_ event: CaseEvent, at: Instant) {
        if !closings.isEmpty {
            // Closed apart: the first sets the time, and outcomes that differ are asked about.
            if event.outcome != nil { closings.append(event) }
            return
        }
        if let refusal = problemClosing(as: event.outcome) {
            refusedClosings.append((event.id, refusal))
            return
        }
        closings = [event]
        closedAt = at
        endWaiting(at)
    }

    private mutating func reopen(_ at: Instant) {
        formerClosings += closings
        closings = []
        closedAt = nil
        reopenings.append(at)
        checks = []
        hasActed = false
    }

    private mutating func endWaiting(_ at: Instant) {
        guard isWaiting, let last = waits.indices.last else { return }
        isWaiting = false
        waits[last].until = at
    }

    private var current: CaseState {
        if let closing = closings.first {
            let isWithdrawn = closing.kind == .withdrawn || closing.outcome == .withdrawn
            return isWithdrawn ? .withdrawn : .closed
        }
        if checks.count > 1 { return .checkedTwice }
        if checks.count == 1 { return .checkedOnce }
        if hasActed { return .acting }
        if !reopenings.isEmpty { return .reopened }
        if problem(before: .act) == nil { return .solutionAgreed }
        if problem(before: .solutions) == nil { return .understood }
        return taken[.respect] == nil ? .registered : .acknowledged
    }
}

// MARK: - What is shown of it

extension CaseHistory {
    /// How it ended. Of several the worst for the company, until somebody settles it.
    package var outcome: CaseOutcome? {
        standing(closings).compactMap { $0.kind == .withdrawn ? .withdrawn : $0.outcome }
            .max { $0.burden < $1.burden }
    }

    /// How far up it is: the highest level that nobody took back, having seen it.
    package var level: Int {
        standing(events.filter { $0.kind == .escalated }).compactMap(\.level).max() ?? 0
    }

    /// To how many people the customer had to tell it again (domain §1.5).
    package var retellCount: Int {
        Set(events.filter { $0.kind == .retold }.map { $0.by ?? $0.id }).count
    }

    /// Every promise made in it: each stands, whatever becomes of the case.
    package var promises: Set<RecordID> {
        Set(taken.values.flatMap { $0 }.flatMap(\.commitments))
    }

    /// The latest word on what the customer expects.
    package var expectation: CaseStep? {
        taken[.expectations]?.last { $0.expectedOutcome != nil }
    }

    /// What waits for a person to decide.
    package var reviews: [CaseReview] {
        var reviews: [CaseReview] = []
        if let solution = taken[.solutions]?.last {
            reviews += (taken[.expectations] ?? []).filter { changes($0, answeredBy: solution) }
                .map { .expectationChanged(step: $0.id) }
        }
        let closings = standing(closings)
        if Set(closings.map(\.outcome)).count > 1 {
            reviews.append(.outcomesDiffer(events: closings.map(\.id)))
        }
        let given = standing(events.filter { $0.kind == .remedied })
        for remedy in CaseRemedy.allCases {
            let same = given.filter { $0.remedy == remedy }
            if Set(same.map(\.cost)).count > 1 {
                reviews.append(.remediesDiffer(events: same.map(\.id)))
            }
        }
        return reviews + refusedClosings.map { .notClosed(event: $0.event, $0.refusal) }
    }

    /// An expectation that the solution had not in view: another person's, or a later one.
    private func changes(_ step: CaseStep, answeredBy solution: CaseStep) -> Bool {
        guard let expected = step.expectedOutcome, step.id != solution.answers else { return false }
        let answered = taken[.expectations]?.first { $0.id == solution.answers }
        if expected == answered?.expectedOutcome { return false }
        guard let answered else { return (step.at ?? .distantPast) > (solution.at ?? .distantPast) }
        let isOlder = (step.at ?? .distantPast) < (answered.at ?? .distantPast)
        return !(isOlder && step.by == answered.by)
    }

    /// Those that no other event settled, having seen them.
    private func standing(_ chosen: [CaseEvent]) -> [CaseEvent] {
        let settled = Set(events.flatMap { event in event.settles.filter { $0 != event.id } })
        return chosen.filter { !settled.contains($0.id) }
    }
}

extension CaseOutcome {
    /// How badly an outcome speaks of the company: of several the worst is shown (domain §2.4).
    fileprivate var burden: Int {
        switch self {
        case .solvedAsExpected: 0
        case .alternativeAccepted: 1
        case .goodwill: 2
        case .withdrawn: 3
        case .notFoundedExplained: 4
        }
    }
}

extension Instant {
    static let distantPast = Instant(milliseconds: 0)
}
