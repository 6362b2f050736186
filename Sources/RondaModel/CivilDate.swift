/// A day of the proleptic Gregorian calendar: no time of day, no time zone.
///
/// Kept as a count of days because that is what is stored, compared and subtracted. The arithmetic
/// is Howard Hinnant's `days_from_civil` and `civil_from_days` ("chrono-Compatible Low-Level Date
/// Algorithms"): years begin in March, so that the leap day is the last day of its year, and 400
/// years (an era) always have 146,097 days. Foundation's calendars would do it too, but they bring
/// a locale, a time zone and lenient parsing to a question that has none of them.
public struct CivilDate: Sendable, Hashable {
    /// Days since 1970-01-01; negative before it.
    public let days: Int32

    private static let daysInEra = 146_097
    /// From 0000-03-01, where the first era begins, to 1970-01-01.
    private static let eraOffset = 719_468

    public init(days: Int32) {
        self.days = days
    }

    /// Nil when there is no such day, or when the year does not fit in four digits.
    public init?(year: Int, month: Int, day: Int) {
        guard (0...9999).contains(year), (1...12).contains(month),
            (1...Self.daysIn(month: month, year: year)).contains(day)
        else { return nil }
        let marchYear = month > 2 ? year : year - 1
        let (era, yearOfEra) = Self.floorDivide(marchYear, by: 400)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.days = Int32(era * Self.daysInEra + dayOfEra - Self.eraOffset)
    }

    /// Strictly `yyyy-mm-dd` in ASCII digits: no other order, separator, width, sign or white space.
    public init?(iso text: String) {
        let bytes = Array(text.utf8)
        let hyphen = UInt8(ascii: "-")
        guard bytes.count == 10, bytes[4] == hyphen, bytes[7] == hyphen,
            let year = Self.number(bytes[0..<4]),
            let month = Self.number(bytes[5..<7]),
            let day = Self.number(bytes[8..<10])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    public var yearMonthDay: (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = Self.floorDivide(Int(days) + Self.eraOffset, by: Self.daysInEra)
        let leapDays = dayOfEra / 1_460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leapDays) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, day)
    }

    package static func isLeap(year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    private static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 2: isLeap(year: year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Quotient and remainder with the remainder never negative, which `/` and `%` do not promise.
    private static func floorDivide(_ value: Int, by divisor: Int) -> (Int, Int) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }
}

extension CivilDate: Comparable {
    public static func < (left: CivilDate, right: CivilDate) -> Bool {
        left.days < right.days
    }
}

extension CivilDate: CustomStringConvertible {
    /// `yyyy-mm-dd`; a year outside 0...9999 keeps its sign and all its digits.
    public var description: String {
        let (year, month, day) = yearMonthDay
        let sign = year < 0 ? "-" : ""
        return sign + Self.padded(abs(year), to: 4) + "-" + Self.padded(month, to: 2)
            + "-" + Self.padded(day, to: 2)
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension CivilDate {
    /// The dates a field may hold: years 1800 to 9999.
    package static let allowed = CivilDate(days: -62_091)...CivilDate(days: 2_932_896)
}

extension CivilDate {
    /// 0 for Monday to 6 for Sunday; 1970-01-01 was a Thursday.
    package var weekday: Int { ((Int(days) + 3) % 7 + 7) % 7 }

    package func adding(days more: Int) -> CivilDate {
        CivilDate(days: days &+ Int32(clamping: more))
    }
}
