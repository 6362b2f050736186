package import RondaModel

/// One due time of a promise, and how it came to be in force.
package struct PromiseTerm: Sendable, Hashable {
    package let dueAt: Instant
    /// The renegotiation that brought it; `nil` for what was promised first.
    package let renegotiation: RecordID?
    /// Whether the customer agreed to it before the term before it had run out. Otherwise it
    /// stands alone, and the one before is broken.
    package let wasAgreedInTime: Bool
    /// From when it is the one in force.
    package let from: Instant
}

/// A promise with every due time it ever had (domain §2.4).
///
/// The words and the first due time never change. Each renegotiation is a record of its own, so two
/// that were made apart are both kept, and the order in which they arrive does not matter: they are
/// gone through by the time at which the customer agreed.
package struct PromiseHistory: Sendable, Hashable {
    package let promise: Commitment
    /// In the order in which they came into force, at least one.
    package let terms: [PromiseTerm]

    /// - Parameter renegotiations: those of any promise; of another's none is looked at.
    package init(_ promise: Commitment, renegotiations: some Sequence<Renegotiation>) {
        self.promise = promise
        var terms = [
            PromiseTerm(
                dueAt: promise.dueAt ?? Instant(milliseconds: 0), renegotiation: nil,
                wasAgreedInTime: true, from: Instant(milliseconds: 0))
        ]
        let own = renegotiations.filter { $0.commitment == promise.id }
            .compactMap { made in made.agreedAt.map { (at: $0, made: made) } }
            .sorted { ($0.at, $0.made.id) < ($1.at, $1.made.id) }
        for (at, made) in own {
            guard let last = terms.last, let due = made.dueAt else { continue }
            // What was kept is not renegotiated any more.
            if let kept = promise.keptAt, kept <= at { break }
            let agreed = Self.wasAgreed(made) && at <= last.dueAt
            // Without the customer's word the old term runs out, and is broken if nobody kept it.
            let from = max(agreed ? at : max(at, last.dueAt), last.from)
            if let kept = promise.keptAt, kept <= from { break }
            terms.append(
                PromiseTerm(
                    dueAt: due, renegotiation: made.id, wasAgreedInTime: agreed, from: from))
        }
        self.terms = terms
    }

    /// Whether the customer agreed: only with evidence of it, never because we say so.
    package static func wasAgreed(_ made: Renegotiation) -> Bool {
        made.agreement.map { !$0.isEmpty } ?? false
    }

    /// The term in force at a moment.
    package func term(at now: Instant) -> PromiseTerm {
        terms.last { $0.from <= now } ?? terms[0]
    }

    /// What became of the promise, as far as is known.
    /// - Parameter heardUntil: the moment up to which every device that could hold evidence has
    ///   synced; `nil` where that cannot be told, as on a device. Revoked devices do not count.
    package func state(
        at now: LocalMoment, heardUntil: Instant?, policy: MethodPolicy = MethodPolicy()
    ) -> PromiseState {
        state(of: term(at: now.instant), at: now, heardUntil: heardUntil, policy: policy)
    }

    /// What became of one term: a promise that was renegotiated too late has a broken term and one
    /// that stands alone.
    package func state(
        of term: PromiseTerm, at now: LocalMoment, heardUntil: Instant?,
        policy: MethodPolicy = MethodPolicy()
    ) -> PromiseState {
        let next = terms.firstIndex(of: term).flatMap {
            $0 + 1 < terms.count ? terms[$0 + 1] : nil
        }
        let last = term.dueAt.adding(milliseconds: policy.promiseGraceMilliseconds)
        if let next, next.from <= now.instant {
            return next.wasAgreedInTime
                ? .renegotiated
                : unkept(last, at: now, heardUntil: heardUntil, policy: policy)
        }
        if let kept = promise.keptAt { return kept <= last ? .kept : .keptLate }
        if promise.releasedAt != nil { return .released }
        if now.instant <= last {
            return now.day == now.sameClock(term.dueAt).day ? .due : .open
        }
        return unkept(last, at: now, heardUntil: heardUntil, policy: policy)
    }

    /// A term that ran out, and nobody is known to have kept it. Nobody is accused by a delay of
    /// syncing.
    private func unkept(
        _ last: Instant, at now: LocalMoment, heardUntil: Instant?, policy: MethodPolicy
    ) -> PromiseState {
        if let heardUntil, heardUntil > last { return .broken }
        let waited = last.adding(days: policy.promiseMaxWaitDays)
        return now.instant > waited ? .presumedBroken : .overdue
    }
}
