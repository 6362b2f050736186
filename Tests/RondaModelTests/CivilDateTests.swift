import RondaModel
import Testing

@Suite("Civil dates")
struct CivilDateTests {
    /// The calendar as it is taught, one day at a time: shares nothing with the arithmetic tested.
    private struct Walker {
        var year = 1970
        var month = 1
        var day = 1

        var length: Int {
            let isLeap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
            return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
        }

        mutating func forward() {
            day += 1
            guard day > length else { return }
            (month, day) = (month + 1, 1)
            if month > 12 { (year, month) = (year + 1, 1) }
        }

        mutating func back() {
            day -= 1
            guard day < 1 else { return }
            month -= 1
            if month < 1 { (year, month) = (year - 1, 12) }
            day = length
        }
    }

    @Test("a walk of 100,000 days from 1970 agrees in both directions", arguments: [1, -1])
    func walk(direction: Int32) throws {
        var walker = Walker()
        for step in Int32(0)...100_000 {
            let date = CivilDate(days: direction * step)
            let (year, month, day) = date.yearMonthDay
            // One comparison a day: expectations are slow, 100,000 of them very.
            guard (year, month, day) == (walker.year, walker.month, walker.day),
                CivilDate(year: year, month: month, day: day) == date,
                CivilDate(iso: date.description) == date
            else {
                Issue.record("\(date) is not \(walker)")
                return
            }
            if direction > 0 { walker.forward() } else { walker.back() }
        }
    }

    @Test(
        "known days have their known numbers",
        arguments: [
            ("1970-01-01", Int32(0)), ("1970-01-02", 1), ("1969-12-31", -1),
            ("1900-01-01", -25_567),
            ("2000-02-29", 11_016), ("2025-01-01", 20_089), ("0000-03-01", -719_468),
            ("0000-01-01", -719_528), ("9999-12-31", 2_932_896),
        ])
    func knownDays(text: String, days: Int32) {
        #expect(CivilDate(iso: text)?.days == days)
        #expect(CivilDate(days: days).description == text)
    }

    @Test(
        "a leap year is one divisible by 4, but of the centuries only each fourth",
        arguments: [
            (2023, false), (2024, true), (1900, false), (2000, true), (2100, false), (2400, true),
            (0, true),
        ])
    func leapYears(year: Int, isLeap: Bool) {
        #expect(CivilDate.isLeap(year: year) == isLeap)
        #expect((CivilDate(year: year, month: 2, day: 29) != nil) == isLeap)
        #expect(CivilDate(year: year, month: 2, day: 28) != nil)
    }

    @Test(
        "what is not exactly yyyy-mm-dd, or not a day, is no date",
        arguments: [
            "", "2025", "2025-1-1", "2025-01-1", "25-01-01", "20250101", "2025/01/01", "01-01-2025",
            "2025-01-01 ", " 2025-01-01", "2025-01-01T00:00", "-025-01-01", "+025-01-01",
            "2025-13-01", "2025-00-10", "2025-01-00", "2025-01-32", "2025-02-30", "2025-02-29",
            "2025-04-31", "2025-06-31", "2025-09-31", "2025-11-31", "２０２５-01-01", "2025-01-0x",
            "2025–01–01", "ññññ-01",
        ])
    func notDates(text: String) {
        #expect(CivilDate(iso: text) == nil)
    }

    @Test("a year that four digits cannot hold is refused, but its days still have a description")
    func farYears() {
        #expect(CivilDate(year: 10_000, month: 1, day: 1) == nil)
        #expect(CivilDate(year: -1, month: 1, day: 1) == nil)
        #expect(CivilDate(year: .max, month: .max, day: .max) == nil)
        #expect(CivilDate(days: 2_932_897).description == "10000-01-01")
        #expect(CivilDate(days: -719_529).description == "-0001-12-31")
        #expect(CivilDate(days: .max).yearMonthDay.year == 5_881_580)
        #expect(CivilDate(days: .min).yearMonthDay.year == -5_877_641)
    }

    @Test("dates are ordered as their days are")
    func order() {
        #expect(CivilDate(days: -1) < CivilDate(days: 0))
        #expect(!(CivilDate(days: 5) < CivilDate(days: 5)))
        #expect([3, -7, 0].map { CivilDate(days: $0) }.sorted().map(\.days) == [-7, 0, 3])
    }
}
