package import RondaModel

/// Where a customer stands, computed from its purchases (domain §1.2, §2.4), and what the method
/// does about it.
package struct Lifecycle: Sendable, Hashable {
    package enum Strategy: String, Sendable, CaseIterable {
        case conquer, retain, recover

        package var label: Phrase {
            switch self {
            case .conquer: Phrase(en: "conquer", es: "conquista")
            case .retain:
                Phrase(
                    en: "retain and develop", es: "retención, fidelización y potencialización")
            case .recover: Phrase(en: "recover", es: "recuperación")
            }
        }
    }

    package let state: CustomerLifecycle
    /// The purchase with which a customer that had been lost came back, while it is active.
    package let recoveredOn: CivilDate?
    /// Somebody of the office said so, for the time being.
    package let isDecided: Bool

    package var strategy: Strategy {
        switch state {
        case .potential: .conquer
        case .active, .atRisk: .retain
        case .lost: .recover
        }
    }

    /// - Parameter purchases: the days on which the customer bought, in any order.
    package init(
        of customer: Customer, purchases: some Sequence<CivilDate>, contractEnd: CivilDate? = nil,
        on day: CivilDate, policy: MethodPolicy = MethodPolicy()
    ) {
        let days = Set(purchases).filter { $0 <= day }.sorted()
        let gap = Self.expectedGap(days, policy: policy)
        recoveredOn = Self.comeback(days, gap: gap, on: day)
        let until = customer.lifecycleOverrideUntil
        if let decided = customer.lifecycleOverride, until.map({ day <= $0 }) ?? true {
            (state, isDecided) = (decided, true)
            return
        }
        isDecided = false
        guard let last = days.last else {
            state = .potential
            return
        }
        if let end = contractEnd {
            state = day <= end ? .active : .lost
            return
        }
        state = Self.state(after: Int(day.days - last.days), gap: gap)
    }

    /// Half as long again as expected is a risk; three times as long is lost.
    private static func state(after days: Int, gap: Int) -> CustomerLifecycle {
        if days > 3 * gap { return .lost }
        return 2 * days > 3 * gap ? .atRisk : .active
    }

    /// The middle one of the customer's own gaps; with fewer than three purchases the firm's.
    package static func expectedGap(_ days: [CivilDate], policy: MethodPolicy) -> Int {
        let gaps = zip(days, days.dropFirst()).map { Int($1.days - $0.days) }.sorted()
        return gaps.count < 2 ? policy.expectedPurchaseGapDays : gaps[gaps.count / 2]
    }

    private static func comeback(_ days: [CivilDate], gap: Int, on day: CivilDate) -> CivilDate? {
        guard let last = days.last, state(after: Int(day.days - last.days), gap: gap) != .lost
        else { return nil }
        return zip(days, days.dropFirst()).reversed()
            .first { state(after: Int($1.days - $0.days), gap: gap) == .lost }?.1
    }
}
