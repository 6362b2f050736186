package import RondaModel

/// How long a country gives to answer somebody who asks about their data (privacy.md).
package struct LegalPeriod: Sendable, Hashable {
    package let days: Int
    package let count: DayCount
    /// Days more, once, with a reason.
    package let extensionDays: Int
    /// Days to carry it out, after the answer.
    package let actDays: Int?
    package let source: String

    package init(
        _ days: Int, _ count: DayCount, extensionDays: Int = 0, actDays: Int? = nil,
        source: String
    ) {
        self.days = days
        self.count = count
        self.extensionDays = extensionDays
        self.actDays = actDays
        self.source = source
    }
}

/// The legal terms: those of the catalogue, and where it has none the ones that follow. They are a
/// versioned table, because laws change and the office keeps it, not the program.
package struct LegalTerms: Sendable {
    private let catalogue: [LegalTerm]

    package init(_ catalogue: some Sequence<LegalTerm> = []) {
        self.catalogue = Array(catalogue)
    }

    /// What holds for a request of this day. A country that nobody has entered gets the shortest
    /// term that is known, because whoever answers too early has done no harm.
    package func period(
        _ right: DataRight, country: String?, on day: CivilDate
    ) -> LegalPeriod {
        let entered = catalogue.filter {
            $0.country == country && $0.right == right && ($0.since ?? day) <= day
        }.max { ($0.since ?? day) < ($1.since ?? day) }
        if let entered, let days = entered.days {
            return LegalPeriod(
                days, entered.count ?? .calendar, extensionDays: entered.extensionDays ?? 0,
                actDays: entered.actDays, source: entered.source ?? "")
        }
        return Self.known(right, in: country ?? "") ?? Self.shortest
    }

    private static let shortest = LegalPeriod(5, .calendar, source: "the shortest term known")

    private static func known(_ right: DataRight, in country: String) -> LegalPeriod? {
        let isConsultation = right == .access || right == .portability
        switch country {
        // The law says days; calendar days are the shorter reading.
        case "MX":
            return LegalPeriod(
                20, .calendar, extensionDays: 20, actDays: 15,
                source: "México, LFPDPPP (DOF 20-03-2025)")
        case "CO":
            return isConsultation
                ? LegalPeriod(
                    10, .working, extensionDays: 5, source: "Colombia, Ley 1581 de 2012, art. 14")
                : LegalPeriod(
                    15, .working, extensionDays: 8, source: "Colombia, Ley 1581 de 2012, art. 15")
        case "EC": return LegalPeriod(15, .calendar, source: "Ecuador, LOPDP, arts. 13 y 14")
        case "AR":
            return isConsultation
                ? LegalPeriod(10, .calendar, source: "Argentina, Ley 25.326")
                : LegalPeriod(5, .working, source: "Argentina, Ley 25.326, art. 16")
        // One month, and two more: no month has fewer than 28 days.
        case "ES":
            return LegalPeriod(28, .calendar, extensionDays: 56, source: "RGPD, art. 12(3)")
        default: return nil
        }
    }
}
