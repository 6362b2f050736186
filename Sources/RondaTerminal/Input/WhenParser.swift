internal import Foundation
internal import RondaClient
internal import RondaModel

/// Reads the ways people write a time: `mañana 12:00`, `jueves 16h`, `+3d`, `fin de mes`,
/// `2026-11-30 16:00`. Never guesses: what is not understood is refused.
struct WhenParser: Sendable {
    let now: Instant
    let zone: TimeZone

    /// The hour of a day named without one, where that is allowed: the end of the working day.
    static let closingMinute = 18 * 60

    private var today: CivilDate { LocalTime.civil(now, in: zone).day }

    func parse(_ text: String) throws(WhenProblem) -> Instant {
        let folded = Folding.fold(text)
        if folded.hasPrefix("+") { return try later(folded.dropFirst(), text) }
        if folded.first?.isNumber == true { return try iso(folded, text) }
        for (words, day) in Self.days {
            guard let rest = Self.rest(of: folded, after: words) else { continue }
            return try moment(on: today.adding(days: day), rest, text)
        }
        for words in ["fin de mes", "a fin de mes", "end of month", "end of the month"] {
            guard let rest = Self.rest(of: folded, after: words) else { continue }
            return try at(endOfMonth, try minute(rest, text) ?? Self.closingMinute, text)
        }
        if let (weekday, rest) = Self.weekday(folded) {
            return try next(weekday, rest, text)
        }
        throw .notUnderstood(text)
    }

    // MARK: Forms

    private static let days = [
        ("pasado manana", 2), ("day after tomorrow", 2), ("the day after tomorrow", 2),
        ("manana", 1), ("tomorrow", 1), ("hoy", 0), ("today", 0), ("ayer", -1), ("yesterday", -1),
    ]

    private static let weekdays = [
        ["lunes", "monday", "lun", "mon"], ["martes", "tuesday", "mar", "tue"],
        ["miercoles", "wednesday", "mie", "wed"], ["jueves", "thursday", "jue", "thu"],
        ["viernes", "friday", "vie", "fri"], ["sabado", "saturday", "sab", "sat"],
        ["domingo", "sunday", "dom", "sun"],
    ]

    /// `+3d`, `+2 horas`: the same wall-clock time some days on, or so many hours from now.
    private func later(
        _ folded: Substring, _ text: String
    ) throws(WhenProblem) -> Instant {
        let digits = folded.prefix { $0.isASCII && $0.isNumber }
        let unit = folded.dropFirst(digits.count).drop { $0 == " " }
        guard let number = Int(digits), (1...9_999).contains(number) else {
            throw .notUnderstood(text)
        }
        switch unit {
        case "m", "min", "minuto", "minutos", "minute", "minutes":
            return now.adding(milliseconds: Int64(number) * 60_000)
        case "h", "hora", "horas", "hour", "hours":
            return now.adding(milliseconds: Int64(number) * 3_600_000)
        case "d", "dia", "dias", "day", "days": return try sameTime(inDays: number, text)
        case "w", "sem", "semana", "semanas", "week", "weeks":
            return try sameTime(inDays: number * 7, text)
        default: throw .notUnderstood(text)
        }
    }

    private func sameTime(inDays days: Int, _ text: String) throws(WhenProblem) -> Instant {
        let (day, minute) = LocalTime.civil(now, in: zone)
        return try at(day.adding(days: days), minute, text)
    }

    /// `2026-11-30T16:00`, with seconds, `Z` or an offset where a program wrote it.
    private func iso(_ folded: String, _ text: String) throws(WhenProblem) -> Instant {
        let parts = folded.split(maxSplits: 1) { $0 == " " || $0 == "t" }
        guard let first = parts.first, first.count == 10, first.split(separator: "-").count == 3
        else { throw .notUnderstood(text) }
        guard let day = CivilDate(iso: String(first)), CivilDate.allowed.contains(day) else {
            throw .noSuchDay(text)
        }
        let rest = parts.count > 1 ? String(parts[1]) : ""
        if let instant = try zoned(day, rest, text) { return instant }
        return try moment(on: day, rest, text)
    }

    /// A time that says its own zone: `16:00Z`, `16:00:00.000-05:00`.
    private func zoned(
        _ day: CivilDate, _ rest: String, _ text: String
    ) throws(WhenProblem) -> Instant? {
        var offsetMinutes = 0
        var clock = Substring(rest)
        if clock.hasSuffix("z") {
            clock.removeLast()
        } else if let sign = clock.lastIndex(where: { $0 == "+" || $0 == "-" }) {
            let size = clock[clock.index(after: sign)...].split(separator: ":").compactMap {
                Int($0)
            }
            guard size.count == 2, size[0] < 15, size[1] < 60 else { throw .notUnderstood(text) }
            offsetMinutes = (size[0] * 60 + size[1]) * (clock[sign] == "-" ? -1 : 1)
            clock = clock[..<sign]
        } else {
            return nil
        }
        let whole = clock.split(separator: ".").first ?? ""
        let numbers = whole.split(separator: ":").map { Int($0) ?? -1 }
        guard (2...3).contains(numbers.count), !numbers.contains(-1) else {
            throw .notUnderstood(text)
        }
        guard numbers[0] < 24, numbers[1] < 60, numbers.last ?? 0 < 60 else {
            throw .noSuchTime(text)
        }
        let seconds = numbers.count == 3 ? numbers[2] : 0
        let minutes = Int64(numbers[0] * 60 + numbers[1] - offsetMinutes)
        return Instant(
            milliseconds: Int64(day.days) * 86_400_000 + minutes * 60_000 + Int64(seconds) * 1_000)
    }

    /// The soonest such weekday whose hour is still to come.
    private func next(
        _ weekday: Int, _ rest: String, _ text: String
    ) throws(WhenProblem) -> Instant {
        let today = today
        let ahead = (weekday - today.weekday + 7) % 7
        let first = try moment(on: today.adding(days: ahead), rest, text)
        return first > now ? first : try moment(on: today.adding(days: ahead + 7), rest, text)
    }

    private var endOfMonth: CivilDate {
        let (year, month, _) = today.yearMonthDay
        let next =
            month == 12
            ? CivilDate(year: year + 1, month: 1, day: 1)
            : CivilDate(year: year, month: month + 1, day: 1)
        return next?.adding(days: -1) ?? today
    }

    private static func weekday(_ folded: String) -> (Int, String)? {
        for (number, names) in weekdays.enumerated() {
            for name in names {
                if let rest = rest(of: folded, after: name) { return (number, rest) }
                if let rest = rest(of: folded, after: "el \(name)") { return (number, rest) }
                if let rest = rest(of: folded, after: "on \(name)") { return (number, rest) }
            }
        }
        return nil
    }

    /// What follows these words, `nil` when the text does not begin with them.
    private static func rest(of folded: String, after words: String) -> String? {
        guard folded.hasPrefix(words) else { return nil }
        let rest = folded.dropFirst(words.count)
        guard rest.isEmpty || rest.first == " " || rest.first == "," else { return nil }
        return String(rest.drop { $0 == " " || $0 == "," })
    }

    // MARK: Time of day

    private func moment(
        on day: CivilDate, _ rest: String, _ text: String
    ) throws(WhenProblem) -> Instant {
        guard let minute = try minute(rest, text) else { throw .hourMissing(text) }
        return try at(day, minute, text)
    }

    private func at(
        _ day: CivilDate, _ minute: Int, _ text: String
    ) throws(WhenProblem) -> Instant {
        guard let instant = LocalTime.instant(day, minute: minute, in: zone) else {
            throw .skippedByClocks(text)
        }
        return instant
    }

    /// `16:00`, `16h`, `16h30`, `4pm`, `a las 16`; `nil` when nothing is said.
    private func minute(_ rest: String, _ text: String) throws(WhenProblem) -> Int? {
        var words = rest
        for noise in ["a las ", "a la ", "las ", "at "] where words.hasPrefix(noise) {
            words = String(words.dropFirst(noise.count))
        }
        if words.isEmpty { return nil }
        if ["mediodia", "a mediodia", "al mediodia", "noon"].contains(words) { return 12 * 60 }
        var afternoon: Bool?
        for (suffix, isAfternoon) in [
            ("pm", true), ("p.m.", true), ("p. m.", true), ("am", false), ("a.m.", false),
            ("a. m.", false),
        ] where words.hasSuffix(suffix) {
            afternoon = isAfternoon
            words = String(words.dropLast(suffix.count))
        }
        for unit in [" horas", " hs", "hs", "hrs", " h"] where words.hasSuffix(unit) {
            words = String(words.dropLast(unit.count))
        }
        return try clock(words.filter { $0 != " " }, afternoon: afternoon, text)
    }

    private func clock(
        _ words: String, afternoon: Bool?, _ text: String
    ) throws(WhenProblem) -> Int {
        let parts = words.split(
            maxSplits: 1, omittingEmptySubsequences: false,
            whereSeparator: { $0 == ":" || $0 == "h" })
        let numbers = parts.map { part in
            part.isEmpty || part.count > 2 || !part.allSatisfy(\.isASCII) ? nil : Int(part)
        }
        guard let first = numbers.first, let hour = first else { throw .notUnderstood(text) }
        var minutes = 0
        if parts.count == 2, !(parts[1].isEmpty && words.hasSuffix("h")) {
            guard let second = numbers[1], parts[1].count == 2 else { throw .notUnderstood(text) }
            minutes = second
        }
        guard (0..<24).contains(hour), (0..<60).contains(minutes) else { throw .noSuchTime(text) }
        guard let afternoon else { return hour * 60 + minutes }
        guard (1...12).contains(hour) else { throw .noSuchTime(text) }
        return (hour % 12 + (afternoon ? 12 : 0)) * 60 + minutes
    }
}
