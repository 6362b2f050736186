package import RondaModel

/// A product never ceases to be ours while the customer may ask for a return, a warranty or an
/// exchange (domain §1.3).
package enum AfterSale {
    /// The last day on which something may still be asked: the latest of the three, as the sale
    /// says, and where it says nothing as its products do.
    package static func window(
        of purchase: Purchase, products: some Sequence<Product>, offsetMinutes: Int = 0
    ) -> CivilDate? {
        let said = [purchase.returnUntil, purchase.warrantyUntil, purchase.exchangeUntil]
        if let latest = said.compactMap({ $0 }).max() { return latest }
        guard let start = start(of: purchase, offsetMinutes: offsetMinutes) else { return nil }
        let days = products.filter { purchase.products.contains($0.id) }
            .flatMap { [$0.returnDays, $0.warrantyDays, $0.exchangeDays].compactMap { $0 } }
        return days.max().map { start.adding(days: $0) }
    }

    package static func isOpen(
        _ purchase: Purchase, products: some Sequence<Product>, on day: CivilDate,
        offsetMinutes: Int = 0
    ) -> Bool {
        window(of: purchase, products: products, offsetMinutes: offsetMinutes)
            .map { day <= $0 } ?? false
    }

    /// By when the customer is contacted for the first time: so many days after the delivery.
    package static func firstContactDue(
        after purchase: Purchase, offsetMinutes: Int = 0, policy: MethodPolicy = MethodPolicy()
    ) -> CivilDate? {
        start(of: purchase, offsetMinutes: offsetMinutes)?.adding(days: policy.firstContactDays)
    }

    /// Whether one of these visits is the first contact after it: any that was completed since.
    package static func wasContacted(
        after purchase: Purchase, visits: some Sequence<Visit>, offsetMinutes: Int = 0
    ) -> Bool {
        guard let start = start(of: purchase, offsetMinutes: offsetMinutes) else { return false }
        return visits.contains { visit in
            guard visit.state == .completed, visit.customer == purchase.customer, let at = visit.at
            else { return false }
            if let about = visit.purchase { return about == purchase.id }
            return LocalMoment(at, offsetMinutes: offsetMinutes).day >= start
        }
    }

    /// The day of the delivery, or of the purchase where that is not known.
    private static func start(of purchase: Purchase, offsetMinutes: Int) -> CivilDate? {
        purchase.deliveredAt.map { LocalMoment($0, offsetMinutes: offsetMinutes).day }
            ?? purchase.date
    }
}
