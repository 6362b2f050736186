package import RondaModel

/// When a country lets people be contacted, and how often (privacy.md). A versioned value: what a
/// law says holds from a day on.
package struct ContactRules: Sendable, Hashable {
    /// Minutes since midnight, for each day of the week from Monday; `nil` for a day without any.
    package let hours: [Range<Int>?]
    package let allowsHolidays: Bool
    /// Contacts of a person on one day, at most.
    package let mostADay: Int?
    /// Only one channel in a week from Monday to Sunday.
    package let oneChannelAWeek: Bool
    /// The purposes it is about. Answering somebody who asked is none of them.
    package let purposes: Set<ContactPurpose>
    package let since: CivilDate
    package let source: String

    package init(
        hours: [Range<Int>?], allowsHolidays: Bool, mostADay: Int?, oneChannelAWeek: Bool,
        purposes: Set<ContactPurpose>, since: CivilDate, source: String
    ) {
        self.hours = hours
        self.allowsHolidays = allowsHolidays
        self.mostADay = mostADay
        self.oneChannelAWeek = oneChannelAWeek
        self.purposes = purposes
        self.since = since
        self.source = source
    }

    /// Ley 2300 de 2023: Monday to Friday 7 to 19, Saturday 8 to 15, not on Sundays and holidays;
    /// once a day, and not through several channels in one week. It is about collecting and about
    /// advertising; a visit to collect counts like a call.
    package static let colombia = ContactRules(
        hours: Array(repeating: 7 * 60..<19 * 60, count: 5) + [8 * 60..<15 * 60, nil],
        allowsHolidays: false, mostADay: 1, oneChannelAWeek: true,
        purposes: [.collections, .marketing, .loyaltyGestures, .loyalty],
        // In force three months after 10 July 2023.
        since: CivilDate(days: 19_640), source: "Colombia, Ley 2300 de 2023")

    /// Those in force in a country on a day.
    package static func inForce(
        _ rules: [String: [ContactRules]], country: String?, on day: CivilDate
    ) -> ContactRules? {
        rules[country ?? ""]?.filter { $0.since <= day }.max { $0.since < $1.since }
    }
}

/// What a firm has decided about contacting people, and what the laws say.
package struct ContactPolicy: Sendable {
    /// On what a purpose rests where nobody was asked.
    package enum Basis: String, Sendable, CaseIterable {
        case contract, tacit
    }

    /// A purpose that is not in here rests on consent (rule 1).
    package var bases: [ContactPurpose: Basis] = [.service: .contract, .postSale: .contract]
    package var rules: [String: [ContactRules]] = ["CO": [.colombia]]
    /// Countries with a list of people who are not to be called, and the purposes it is about.
    package var noCallCountries: Set<String> = ["AR", "MX"]
    /// A person who was referred may be contacted once, to ask (domain §2.6).
    package var mayAskReferred = true
    /// A device that has not synced for so long makes no marketing contacts: a withdrawal may wait
    /// for it.
    package var maxOfflineDays = 14
    package var holidays: Set<HolidayKey> = []

    package init() {}

    package struct HolidayKey: Sendable, Hashable {
        package let country: String
        package let day: CivilDate

        package init(country: String, day: CivilDate) {
            self.country = country
            self.day = day
        }
    }

    package mutating func add(_ days: some Sequence<Holiday>) {
        for day in days {
            guard let country = day.country, let date = day.date else { continue }
            holidays.insert(HolidayKey(country: country, day: date))
        }
    }

    /// Purposes of the firm's own, for which nobody waits.
    package static let marketing: Set<ContactPurpose> = [
        .marketing, .loyalty, .loyaltyGestures, .survey, .profiling,
    ]
}
