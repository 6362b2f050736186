package import RondaModel

/// Days on which offices work: Monday to Friday, but for holidays.
package struct WorkingDays: Sendable {
    package let holidays: Set<CivilDate>

    package init(holidays: Set<CivilDate> = []) {
        self.holidays = holidays
    }

    package init(_ holidays: some Sequence<Holiday>, country: String?) {
        self.init(
            holidays: Set(holidays.filter { $0.country == country }.compactMap(\.date)))
    }

    package func isWorking(_ day: CivilDate) -> Bool {
        day.weekday < 5 && !holidays.contains(day)
    }

    /// The day on which so many have passed; the one it starts on does not count.
    package func adding(_ count: Int, to day: CivilDate, as counting: DayCount) -> CivilDate {
        guard counting == .working else { return day.adding(days: count) }
        var (day, left) = (day, count)
        while left > 0 {
            day = day.adding(days: 1)
            if isWorking(day) { left -= 1 }
        }
        return day
    }
}
