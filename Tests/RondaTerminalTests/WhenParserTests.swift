import Foundation
import RondaModel
import Testing

@testable import RondaTerminal

@Suite("Times as people write them")
struct WhenParserTests {
    static let bogota = TimeZone(identifier: "America/Bogota") ?? .gmt

    /// Sunday 22 November 2026, 10:30 in Bogotá.
    static let now = Instant(milliseconds: 1_795_361_400_000)

    private func read(_ text: String, in zone: TimeZone = bogota) throws -> String {
        let instant = try WhenParser(now: Self.now, zone: zone).parse(text)
        let (day, minute) = LocalTime.civil(instant, in: zone)
        let clock = [minute / 60, minute % 60].map { ($0 < 10 ? "0" : "") + String($0) }
        return "\(day) \(clock.joined(separator: ":"))"
    }

    @Test("the fixture is the Sunday it says")
    func fixture() throws {
        #expect(LocalTime.utcText(Self.now) == "2026-11-22T15:30:00.000Z")
        #expect(try read("+0m".replacing("0", with: "1")) == "2026-11-22 10:31")
    }

    @Test(
        "each form gives its moment",
        arguments: [
            ("2026-11-30T16:00", "2026-11-30 16:00"), ("2026-11-30 16:00", "2026-11-30 16:00"),
            ("2026-11-30T21:00:00Z", "2026-11-30 16:00"),
            ("2026-11-30T21:00:00.000Z", "2026-11-30 16:00"),
            ("2026-11-30T16:00-05:00", "2026-11-30 16:00"),
            ("+3d", "2026-11-25 10:30"), ("+2h", "2026-11-22 12:30"),
            ("+2 horas", "2026-11-22 12:30"), ("+1 semana", "2026-11-29 10:30"),
            ("+45 min", "2026-11-22 11:15"), ("mañana 12:00", "2026-11-23 12:00"),
            ("manana 12:00", "2026-11-23 12:00"), ("MAÑANA 12:00", "2026-11-23 12:00"),
            ("tomorrow 12:00", "2026-11-23 12:00"), ("tomorrow at 4pm", "2026-11-23 16:00"),
            ("pasado mañana 8h", "2026-11-24 08:00"), ("hoy 18:00", "2026-11-22 18:00"),
            ("today 18:00", "2026-11-22 18:00"), ("hoy a las 6 pm", "2026-11-22 18:00"),
            ("hoy al mediodía", "2026-11-22 12:00"), ("ayer 15:00", "2026-11-21 15:00"),
            ("jueves 16h", "2026-11-26 16:00"), ("jueves 16:00", "2026-11-26 16:00"),
            ("el jueves a las 16", "2026-11-26 16:00"), ("jueves 16h30", "2026-11-26 16:30"),
            ("thursday 16:00", "2026-11-26 16:00"), ("jue, 16:00", "2026-11-26 16:00"),
            ("miércoles 9h", "2026-11-25 09:00"), ("sábado 12 am", "2026-11-28 00:00"),
            ("domingo 16:00", "2026-11-22 16:00"), ("domingo 9:00", "2026-11-29 09:00"),
            ("fin de mes", "2026-11-30 18:00"), ("fin de mes 12:00", "2026-11-30 12:00"),
            ("end of month", "2026-11-30 18:00"), ("  mañana   12:00 ", "2026-11-23 12:00"),
        ])
    func forms(text: String, expected: String) throws {
        #expect(try read(text) == expected)
    }

    @Test(
        "what does not exist or is not understood is refused",
        arguments: [
            ("2026-02-30 10:00", WhenProblem.noSuchDay("2026-02-30 10:00")),
            ("2026-13-01 10:00", .noSuchDay("2026-13-01 10:00")),
            ("mañana 25:00", .noSuchTime("mañana 25:00")),
            ("mañana 12:75", .noSuchTime("mañana 12:75")),
            ("mañana 13pm", .noSuchTime("mañana 13pm")),
            ("2026-11-30T25:00Z", .noSuchTime("2026-11-30T25:00Z")),
            ("mañana", .hourMissing("mañana")), ("jueves", .hourMissing("jueves")),
            ("2026-11-30", .hourMissing("2026-11-30")), ("pronto", .notUnderstood("pronto")),
            ("", .notUnderstood("")), ("+d", .notUnderstood("+d")), ("+3x", .notUnderstood("+3x")),
            ("30/11 16:00", .notUnderstood("30/11 16:00")),
            ("mañana 1:2:3", .notUnderstood("mañana 1:2:3")),
            ("mañanaza 12:00", .notUnderstood("mañanaza 12:00")),
            ("jueves temprano", .notUnderstood("jueves temprano")),
        ])
    func refusals(text: String, problem: WhenProblem) {
        #expect(throws: problem) { try read(text) }
    }

    @Test("an hour that the clocks skip is refused, and the hour after it stands")
    func skippedHour() throws {
        let santiago = try #require(TimeZone(identifier: "America/Santiago"))
        #expect(throws: WhenProblem.skippedByClocks("2027-09-05 00:30")) {
            try read("2027-09-05 00:30", in: santiago)
        }
        #expect(try read("2027-09-05 01:30", in: santiago) == "2027-09-05 01:30")
    }

    @Test("an hour that the clocks show twice is the first of the two")
    func doubledHour() throws {
        let santiago = try #require(TimeZone(identifier: "America/Santiago"))
        let parser = WhenParser(now: Self.now, zone: santiago)
        let instant = try parser.parse("2027-04-03 23:30")
        #expect(LocalTime.utcText(instant) == "2027-04-04T02:30:00.000Z")
    }

    @Test("every problem is one sentence in each language")
    func sentences() {
        let problems: [WhenProblem] = [
            .notUnderstood("x"), .noSuchDay("x"), .noSuchTime("x"), .hourMissing("x"),
            .skippedByClocks("x"), .past("x"),
        ]
        for phrase in problems.map(\.error.phrase) {
            #expect(phrase.en != phrase.es)
            #expect(phrase.en.contains("x") && phrase.es.contains("x"))
        }
    }
}
