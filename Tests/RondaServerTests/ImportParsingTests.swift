import RondaModel
import RondaServer
import Testing

@Suite("Import: rows")
struct ImportRowTests {
    @Test("a good customer row becomes typed values")
    func customer() throws {
        let parsed = try parseCustomers([customerLine()])
        let row = try #require(parsed.rows.first)
        #expect(parsed.rows.count == 1 && row.line == 2)
        #expect(row.code == "00001" && row.kind == .person)
        #expect(row.name == "Nadia Ureña de la Torre" && row.contact == "Nadia Ureña")
        #expect(row.phone == "+52 (33) 0123-4567" && row.email == "nadia@example.com")
        #expect(row.street == "Calle 5" && row.city == "Tonalá")
        #expect(row.latitude == 20.62 && row.longitude == -103.24)
        #expect(row.country == "MX" && row.territory == "MX-14")
        #expect(row.since == 19_782 && row.consentMarketing == true)
        #expect(parsed.refusals.isEmpty)
        #expect(parsed.notes.isEmpty)
    }

    @Test("what a customer may lack is nil when empty")
    func optionalValues() throws {
        let empty = ["contact", "phone", "email", "street", "city", "latitude", "longitude"]
        var changes = Dictionary(uniqueKeysWithValues: empty.map { ($0, " ") })
        changes["consent_marketing"] = ""
        let row = try #require(try parseCustomers([customerLine(changes)]).rows.first)
        #expect(
            [row.contact, row.phone, row.email, row.street, row.city] == [nil, nil, nil, nil, nil])
        #expect(row.latitude == nil && row.longitude == nil)
        #expect(row.consentMarketing == nil)
    }

    @Test("a bad value of a customer is refused, and only that", arguments: badCustomers)
    func badCustomer(bad: BadValue) throws {
        let parsed = try parseCustomers([
            customerLine([bad.column: bad.value]), customerLine(["code": "00002"]),
        ])
        #expect(parsed.rows.map(\.code) == ["00002"])
        try bad.expect(parsed.refusals, file: "customers.csv")
    }

    @Test("a bad value of a purchase is refused, and only that", arguments: badPurchases)
    func badPurchase(bad: BadValue) throws {
        let parsed = try parsePurchases([purchaseLine([bad.column: bad.value]), purchaseLine()])
        #expect(parsed.rows.map(\.line) == [3])
        try bad.expect(parsed.refusals, file: "purchases.csv")
    }

    @Test("a bad value of a territory is refused, and only that", arguments: badTerritories)
    func badTerritory(bad: BadValue) throws {
        let parsed = try parseTerritories(
            """
            \(territoryHeader)
            \(line(territoryHeader, goodTerritory, [bad.column: bad.value]))
            CO-29,CO,Cali
            """)
        #expect(parsed.rows.map(summary) == ["3 CO-29 CO Cali"])
        try bad.expect(parsed.refusals, file: "territories.csv")
    }

    @Test(
        "values on the edge of what is allowed are taken",
        arguments: [
            ["code": String(repeating: "9", count: 64)],
            ["territory": String(repeating: "é", count: 32)],
            ["name": String(repeating: "ñ", count: 100)],
            ["street": String(repeating: "ü", count: 150)],
            ["city": String(repeating: "í", count: 60)],
            ["phone": String(repeating: "1", count: 40)],
            ["email": "a@" + String(repeating: "b", count: 252)], ["kind": "Empresa"],
            ["latitude": "-90", "longitude": "+180.0"], ["since": "2026-06-30"],
            ["since": "1900-01-01"], ["country": "mx"], ["consent_marketing": "SÍ"],
            ["consent_marketing": "No"], ["street": "Calle 5\nint. 2"],
            ["name": "Café \"\"La Ñ\"\""],
        ])
    func edges(changes: [String: String]) throws {
        let parsed = try parseCustomers([customerLine(changes)])
        #expect(parsed.refusals == [])
        #expect(parsed.rows.count == 1)
    }

    @Test(
        "the words for kind, consent and country mean what they say",
        arguments: [
            ("persona", "sí", CustomerRow.Kind.person, true), ("PERSON", "yes", .person, true),
            ("empresa", "NO", .company, false), ("company", "si", .company, true),
        ])
    func words(kind: String, consent: String, expected: CustomerRow.Kind, answer: Bool) throws {
        let row = try #require(
            try parseCustomers([
                customerLine(["kind": kind, "consent_marketing": consent, "country": "ec"])
            ]).rows.first)
        #expect(row.kind == expected)
        #expect(row.consentMarketing == answer)
        #expect(row.country == "EC")
    }

    @Test(
        "amounts are read to the hundredth",
        arguments: [
            ("0", Int64(0)), ("0.00", 0), ("0.5", 50), ("0.05", 5), ("7", 700), ("12.3", 1_230),
            ("11.77", 1_177), ("007.10", 710), ("9999999999999.99", 999_999_999_999_999),
        ])
    func amounts(text: String, hundredths: Int64) throws {
        let parsed = try parsePurchases([purchaseLine(["amount": text])])
        #expect(parsed.rows.map(\.amountHundredths) == [hundredths])
    }

    @Test("every fault of a row is named at once, in the order of the columns")
    func allFaults() throws {
        let parsed = try parseCustomers([
            customerLine([
                "kind": "x", "email": "x", "latitude": "x", "longitude": "", "since": "x",
            ])
        ])
        #expect(parsed.rows.isEmpty)
        #expect(
            parsed.refusals.map(\.code) == [
                .unknownKind, .invalidEmail, .invalidCoordinate, .invalidDate,
            ])
    }

    @Test("the first line with a code keeps it, and later ones name that line")
    func duplicates() throws {
        let parsed = try parseCustomers([
            customerLine(), customerLine(["code": "2"]), customerLine(["name": "Otra"]),
            customerLine(["code": " 00001 "]),
        ])
        #expect(parsed.rows.map(\.line) == [2, 3])
        #expect(parsed.refusals.map(\.line) == [4, 5])
        for refusal in parsed.refusals {
            #expect(refusal.code == .duplicateCode)
            #expect(refusal.value == "00001")
            expectSentences(refusal.phrase)
            #expect(refusal.phrase.en.contains("Line 2 "))
            #expect(refusal.phrase.es.contains("línea 2 "))
        }
    }

    @Test("a code belongs to its first line even when that line is refused")
    func duplicateOfRefused() throws {
        let parsed = try parseTerritories("\(territoryHeader)\nX,XXX,Uno\nX,MX,Dos\n")
        #expect(parsed.rows.isEmpty)
        #expect(parsed.refusals.map(\.code) == [.invalidCountry, .duplicateCode])
    }

    @Test("purchases that say the same are numbered, and those that differ leave them alone")
    func ordinals() throws {
        let parsed = try parsePurchases([
            "A,2026-01-01,1,5.00", "A,2026-01-02,1,5.00", "A,2026-01-01,x,5.00",
            "B,2026-01-01,1,5.00", "A,2026-01-01,2,5.00", "A,2026-01-01,1,5.00",
        ])
        #expect(parsed.rows.map(\.line) == [2, 3, 5, 6, 7])
        #expect(parsed.rows.map(\.ordinal) == [0, 0, 0, 0, 1])
        let day = CivilDate(iso: "2026-01-01")?.days
        #expect(
            parsed.rows.first.map { [$0.customer, "\($0.date)", "\($0.units)"] }
                == ["A", "\(day ?? 0)", "1"])
    }

    @Test("a shown value is clipped and can do nothing to a terminal")
    func shownValues() throws {
        let long = String(repeating: "é", count: 61)
        let refusals = try parsePurchases([
            purchaseLine(["units": long]), purchaseLine(["units": String(long.dropLast())]),
            purchaseLine(["units": "\u{1B}[2J"]),
        ]).refusals
        #expect(
            refusals.map(\.value) == [
                String(repeating: "é", count: 59) + "…", String(repeating: "é", count: 60),
                "\u{FFFD}[2J",
            ])
    }

    @Test("rows that point at nothing known are refused in the same shape")
    func crossFile() {
        let territory = ImportRefusal.unknownTerritory("MX-99", file: "customers.csv", line: 7)
        #expect(territory.code == .unknownTerritory)
        #expect(
            territory.column == "territory" && territory.value == "MX-99" && territory.line == 7)
        let customer = ImportRefusal.unknownCustomer("404", file: "purchases.csv", line: 8)
        #expect(customer.code == .unknownCustomer)
        #expect(customer.column == "customer" && customer.value == "404" && customer.line == 8)
        expectSentences(territory.phrase)
        expectSentences(customer.phrase)
    }

    @Test("a row that only the hub's rules refuse names its line and its column")
    func refusedByHub() {
        let refusal = ImportRefusal(
            Refusal(.tooLong, entity: .customer, field: 8), file: "customers.csv", line: 9,
            schema: .current)
        #expect(refusal.code == .refusedByHub)
        #expect(refusal.column == "street" && refusal.line == 9)
        expectSentences(refusal.phrase)
    }

    @Test("no refusal is without a test")
    func completeness() {
        let tested =
            (badCustomers + badPurchases + badTerritories).map(\.code) + brokenRows.map(\.code)
            + [.duplicateCode, .unknownTerritory, .unknownCustomer, .refusedByHub]
        #expect(Set(tested) == Set(ImportRefusal.Code.allCases))
    }
}
