internal import Foundation
internal import RondaMethod
internal import RondaModel

/// How things are said to this person: their language, their clock, their present moment.
struct Wording: Sendable {
    let language: Language
    let zone: TimeZone
    let now: Instant

    func callAsFunction(_ phrase: Phrase) -> String { phrase.text(in: language) }

    private static let days = [
        Phrase(en: "Mon", es: "lun"), Phrase(en: "Tue", es: "mar"), Phrase(en: "Wed", es: "mié"),
        Phrase(en: "Thu", es: "jue"), Phrase(en: "Fri", es: "vie"), Phrase(en: "Sat", es: "sáb"),
        Phrase(en: "Sun", es: "dom"),
    ]
    private static let months = [
        Phrase(en: "Jan", es: "ene"), Phrase(en: "Feb", es: "feb"), Phrase(en: "Mar", es: "mar"),
        Phrase(en: "Apr", es: "abr"), Phrase(en: "May", es: "may"), Phrase(en: "Jun", es: "jun"),
        Phrase(en: "Jul", es: "jul"), Phrase(en: "Aug", es: "ago"), Phrase(en: "Sep", es: "sep"),
        Phrase(en: "Oct", es: "oct"), Phrase(en: "Nov", es: "nov"), Phrase(en: "Dec", es: "dic"),
    ]

    /// `jue 26 nov`; with its year when it is another one.
    func day(_ date: CivilDate) -> Phrase {
        let (year, month, day) = date.yearMonthDay
        let thisYear = LocalTime.civil(now, in: zone).day.yearMonthDay.year
        let (weekday, name) = (Self.days[date.weekday], Self.months[month - 1])
        let tail = year == thisYear ? "" : " \(year)"
        return Phrase(
            en: "\(weekday.en) \(day) \(name.en)\(tail)",
            es: "\(weekday.es) \(day) \(name.es)\(tail)")
    }

    /// `jue 26 nov, 16:00`
    func when(_ instant: Instant) -> Phrase {
        let (date, minute) = LocalTime.civil(instant, in: zone)
        let (hours, minutes) = (minute / 60, minute % 60)
        let time = (hours < 10 ? "0" : "") + "\(hours):" + (minutes < 10 ? "0" : "") + "\(minutes)"
        let day = day(date)
        return Phrase(en: "\(day.en), \(time)", es: "\(day.es), \(time)")
    }

    /// The moment as the clocks of this place show it.
    func local(_ instant: Instant) -> LocalMoment {
        LocalMoment(instant, offsetMinutes: LocalTime.offsetMinutes(at: instant, in: zone))
    }

    func cell(_ instant: Instant?, tone: Cell.Tone = .plain) -> Cell {
        guard let instant else { return "" }
        return Cell(self(when(instant)), plain: LocalTime.utcText(instant), tone: tone)
    }

    func cell(_ date: CivilDate?) -> Cell {
        date.map { Cell(self(day($0)), plain: $0.description) } ?? ""
    }
}

extension Phrase {
    /// The phrases one after another.
    static func list(_ phrases: [Phrase], separator: String = ", ") -> Phrase {
        Phrase(
            en: phrases.map(\.en).joined(separator: separator),
            es: phrases.map(\.es).joined(separator: separator))
    }

    static func + (left: Phrase, right: Phrase) -> Phrase {
        Phrase(en: left.en + right.en, es: left.es + right.es)
    }

    /// A text that is the same in every language: a name, a number, somebody's words.
    init(_ text: String) { self.init(en: text, es: text) }
}
