import Foundation
import RondaModel
import Testing

@testable import RondaTerminal

@Suite("Tables, cards and JSON")
struct OutputTests {
    private let wording = Wording(
        language: .spanish, zone: WhenParserTests.bogota, now: WhenParserTests.now)

    private let table = Table(
        kind: "customer",
        columns: [
            .fullID, Table.Column("CODE", "CÓDIGO"), Table.Column("NAME", "NOMBRE", wraps: true),
            Table.Column("NOTE", "NOTA", wraps: true),
            Table.Column("POINTS", "PUNTOS", isNumber: true),
        ],
        rows: [
            [
                "11112222", "C0001", "Ángela Alejandra de la Fuente del Río y Compañía Limitada",
                "Prefiere que la llamen por la mañana, después de las diez, y nunca en lunes",
                "1200",
            ],
            ["33334444", "C0002", "Íñigo Núñez", "", "7"],
        ])

    private func text(_ output: Output, _ mode: OutputMode) -> String {
        Renderer(mode: mode, wording: wording).text(output, pretty: false)
    }

    @Test("a table fits 80 columns, wraps instead of cutting, and counts an accent as one column")
    func tableAt80() {
        let lines = text(
            Output(json: .null, blocks: [.table(table)]), .people(width: 80, color: false)
        ).split(separator: "\n").map(String.init)
        for line in lines {
            #expect(line.count <= 80)
            #expect(line.last != " ")
        }
        let all = lines.joined(separator: " ")
        for word in ["Ángela", "Limitada", "mañana,", "lunes", "Íñigo", "1200"] {
            #expect(all.contains(word))
        }
        #expect(!all.contains("11112222"))
        let column = lines[0].distance(
            from: lines[0].startIndex,
            to: lines[0].range(of: "NOMBRE")?.lowerBound ?? lines[0].endIndex)
        let row = lines.first { $0.contains("Íñigo") } ?? ""
        #expect(row.dropFirst(column).hasPrefix("Íñigo"))
    }

    @Test(
        "at any width from 60 on no line is longer than the terminal",
        arguments: [60, 72, 100, 200])
    func widths(width: Int) {
        let text = text(
            Output(json: .null, blocks: [.table(table)]), .people(width: width, color: false))
        for line in text.split(separator: "\n") { #expect(line.count <= width) }
    }

    @Test("for a program each record is one line of tab-separated fields, whole")
    func plain() {
        var table = table
        table.rows[1][3] = Cell("dos\nlíneas\ty tabulador", plain: nil)
        let lines = text(
            Output(json: .null, blocks: [.heading(Phrase("x")), .table(table)]), .plain
        )
        .split(separator: "\n")
        #expect(lines.count == 2)
        #expect(
            lines.allSatisfy {
                $0.split(separator: "\t", omittingEmptySubsequences: false).count == 5
            })
        #expect(lines[0].hasPrefix("11112222\tC0001\tÁngela Alejandra de la Fuente"))
        #expect(lines[1].contains("dos líneas y tabulador"))
    }

    @Test("colour adds nothing but escapes")
    func colour() {
        let output = Output(
            json: .null,
            blocks: [
                .heading(Phrase("Hoy")),
                .card([CardRow("a", Phrase("a"), Cell("VENCIDA", tone: .alert))]),
            ])
        let plain = text(output, .people(width: 80, color: false))
        let coloured = text(output, .people(width: 80, color: true))
        #expect(coloured.contains("\u{1b}["))
        #expect(coloured.replacing(#/\u{1b}\[[0-9;]*m/#, with: "") == plain)
    }

    @Test("JSON has sorted keys, escapes what must be, and is the same in any order of making")
    func json() throws {
        let value = JSONValue.object([
            "b": .array([.integer(1), .null, .bool(true)]), "a": .string("ñ \"q\" \\ \n\u{1}"),
            "c": .decimal("12.50"), "d": .real(-75.59442), "e": .object([:]), "f": .array([]),
        ])
        let expected =
            #"{"a":"ñ \"q\" \\ \n\u0001","b":[1,null,true],"c":12.50,"d":-75.59442,"e":{},"f":[]}"#
        #expect(value.text(pretty: false) == expected)
        let pretty = Data(value.text(pretty: true).utf8)
        let read = try #require(JSONSerialization.jsonObject(with: pretty) as? [String: Any])
        #expect(read["a"] as? String == "ñ \"q\" \\ \n\u{1}")
    }

    @Test("no kind of record is left out of what is done to any of them")
    func kinds() {
        let entities = Schema.current.entities.map(\.id).filter { $0 != .suggestion }
        #expect(RecordKinds.all.map { $0.entity } == entities)
    }

    @Test("a record's JSON names every field of its schema")
    func recordJSON() throws {
        var purchase = Purchase(id: .zero)
        purchase.amount = -1_205
        purchase.date = CivilDate(year: 2026, month: 2, day: 3)
        guard case .object(let members) = JSONValue.record(purchase) else {
            Issue.record("not an object")
            return
        }
        let fields = try #require(Schema.current[.purchase]).fields.map(\.name)
        #expect(Set(members.keys) == Set(["id"] + fields))
        #expect(members["amount"] == .decimal("-12.05"))
        #expect(members["date"] == .string("2026-02-03"))
        #expect(members["units"] == .null)
    }

    @Test("people read times in their own zone, programs in UTC")
    func times() {
        let instant = Instant(milliseconds: 1_795_730_400_000)
        #expect(wording(wording.when(instant)) == "jue 26 nov, 17:00")
        #expect(wording.when(instant).en == "Thu 26 Nov, 17:00")
        #expect(wording.cell(instant).plain == "2026-11-26T22:00:00.000Z")
        let year = Instant(milliseconds: 1_795_730_400_000 - 365 * 86_400_000)
        #expect(wording(wording.when(year)) == "mié 26 nov 2025, 17:00")
        #expect(LocalTime.utcText(Instant(milliseconds: -1)) == "1969-12-31T23:59:59.999Z")
    }

    @Test("one is singular, the rest is plural")
    func plurals() {
        #expect(StatusView.pending(0) == nil)
        #expect(StatusView.pending(1)?.es == "1 cambio por enviar: ronda sync")
        #expect(StatusView.pending(4)?.es == "4 cambios por enviar: ronda sync")
    }
}
