import RondaModel
import RondaServer
import Testing

@Suite("Import: the shape of a file")
struct ImportShapeTests {
    @Test("a row that cannot be cut is refused, and the next one is read", arguments: brokenRows)
    func brokenRow(row: String, code: ImportRefusal.Code) throws {
        let parsed = try parsePurchases([purchaseLine(), row, "9,2026-01-01,1,5.00"])
        #expect(parsed.rows.map(\.customer) == ["00001", "9"])
        #expect(parsed.rows.map(\.line) == [2, 4])
        #expect(parsed.refusals.map(\.line) == [3])
        let refusal = try #require(parsed.refusals.first)
        #expect(refusal.code == code)
        #expect(refusal.column == nil)
        expectSentences(refusal.phrase)
    }

    @Test(
        "an open quote costs its own row, however the rows after it are quoted",
        arguments: ["5,2026-01-01,1,5.00", "\"5\",\"2026-01-01\",\"1\",\"5.00\""])
    func runaway(row: String) throws {
        let rows = Array(repeating: row, count: 100)
        let parsed = try parsePurchases(["\"5,2026-01-01,1,5.00"] + rows)
        #expect(parsed.refusals.map(\.line) == [2])
        #expect(parsed.rows.map(\.line) == Array(3...102))
    }

    @Test("quotes that pair up across rows cannot make one row of the whole file")
    func pairedAcrossRows() throws {
        let parsed = try parsePurchases(Array(repeating: "b\",\"c", count: 1_000))
        #expect(parsed.refusals.count >= 1_000 / 32)
        #expect(parsed.refusals.allSatisfy { $0.code == .unterminatedQuote })
    }

    @Test(
        "LF, CRLF and CR end lines, and inside a field become LF", arguments: ["\n", "\r\n", "\r"])
    func lineBreaks(separator: String) throws {
        let parsed = try parseCustomers(
            [
                customerLine(["street": "Calle 5\(separator)int. 2, \"\"fondo\"\""]), "",
                customerLine(["code": "2"]), "x", "",
            ], separator: separator)
        #expect(parsed.rows.map(\.line) == [2, 5])
        #expect(parsed.rows.first?.street == "Calle 5\nint. 2, \"fondo\"")
        #expect(parsed.refusals.map(\.line) == [6])
    }

    @Test("semicolons, a byte order mark, other names' case and order are taken")
    func spreadsheetHabits() throws {
        let parsed = try parseTerritories(
            "\u{FEFF}Main_City; CODE ;country\r\nCali, Valle;CO-29;CO\r\n\"Quito;\";EC-18; EC\u{A0}"
        )
        #expect(parsed.rows.map(summary) == ["2 CO-29 CO Cali, Valle", "3 EC-18 EC Quito;"])
        #expect(parsed.refusals == [] && parsed.notes == [])
    }

    @Test("a comma in the header makes the comma the separator")
    func commaWins() throws {
        let parsed = try parseTerritories("code,country,main_city,a;b\nX,MX,Uno;Dos,\n")
        #expect(parsed.rows.map(\.mainCity) == ["Uno;Dos"])
    }

    @Test("a quote inside a field that does not begin with one stands for itself")
    func innerQuotes() throws {
        let parsed = try parseTerritories("\(territoryHeader)\nX,MX,San \"\"Ñ\"\" 5\"\n")
        #expect(parsed.rows.map(\.mainCity) == ["San \"\"Ñ\"\" 5\""])
    }

    @Test("an empty last field counts, with a line break at the end of the file or without")
    func lastField() throws {
        for end in ["", "\n"] {
            let parsed = try parseTerritories("code,country,main_city,extra\nX,MX,Uno,\(end)")
            #expect(parsed.rows.count == 1)
            #expect(parsed.refusals == [])
        }
    }

    @Test("ignored columns and blank rows are noted")
    func notes() throws {
        let parsed = try parseTerritories(
            "code,Altitud,country,main_city,,notas\n,,,,,\nX,5,MX,Uno,,\n\nY,6,MX,Dos,,\n")
        #expect(parsed.rows.map(\.code) == ["X", "Y"])
        #expect(parsed.refusals == [])
        try #require(parsed.notes.count == 2)
        #expect(parsed.notes[0].en.contains("altitud, notas."))
        #expect(parsed.notes[1].en.contains("2 "))
        for note in parsed.notes { expectSentences(note) }
    }
}

@Suite("Import: whole files refused")
struct ImportFileErrorTests {
    static let unusable: [(bytes: [UInt8], code: ImportFileError.Code, mentions: [String])] = [
        ([], .emptyFile, []),
        (Array("\n\n , ,\n".utf8), .emptyFile, []),
        ([0xEF, 0xBB, 0xBF], .emptyFile, []),
        (
            Array("\(territoryHeader)\nX,MX,Le".utf8) + [0xF3] + Array("n\n".utf8), .notUTF8,
            ["31", "2"]
        ),
        (Array("code\r\nX\rY\n".utf8) + [0xC3], .notUTF8, ["11", "4"]),
        ([0xFF, 0xFE] + Array("c\u{0}".utf8), .utf16, ["UTF-8"]),
        ([0xFE, 0xFF] + Array("\u{0}c".utf8), .utf16, ["UTF-8"]),
        (Array("c\u{0}o\u{0}".utf8), .utf16, ["UTF-8"]),
        (Array("\u{0}c\u{0}o".utf8), .utf16, ["UTF-8"]),
        (Array("PK\u{3}\u{4}rest".utf8), .spreadsheet, ["CSV"]),
        (Array("code,\"country,main_city\nX,MX,Uno\n".utf8), .brokenHeader, []),
        (Array("code,\"country\"x,main_city\n".utf8), .brokenHeader, []),
        (Array("code,cou\u{0}ntry,main_city\n".utf8), .brokenHeader, []),
        (Array("code,pais\nX,MX\n".utf8), .missingColumns, ["country, main_city"]),
        (Array("code\tcountry\tmain_city\n".utf8), .missingColumns, ["code, country, main_city"]),
        (
            Array("code,country,main_city,Code, country\n".utf8), .duplicateColumns,
            ["code, country"]
        ),
        (Array("code,country,main_city,x,x,x\n".utf8), .duplicateColumns, ["x"]),
    ]

    @Test("a file that cannot be used says why and what to do", arguments: unusable)
    func refused(bytes: [UInt8], code: ImportFileError.Code, mentions: [String]) throws {
        let error = try #require(throws: ImportFileError.self) {
            try TerritoryFile.parse(bytes: bytes, fileName: "territories.csv")
        }
        #expect(error.code == code)
        #expect(error.file == "territories.csv")
        expectSentences(error.phrase)
        for mention in mentions {
            #expect(error.phrase.en.contains(mention))
            #expect(error.phrase.es.contains(mention))
        }
    }

    @Test("no whole-file refusal is without a test")
    func completeness() {
        #expect(Set(Self.unusable.map(\.code)) == Set(ImportFileError.Code.allCases))
    }

    @Test("a header alone is a file without rows")
    func headerOnly() throws {
        let parsed = try parsePurchases([])
        #expect(parsed.rows == [] && parsed.refusals == [] && parsed.notes == [])
    }
}
