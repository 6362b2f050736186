import Foundation
import Testing

@Suite("ronda-server import tells which file, which line and why", .timeLimit(.minutes(2)))
struct ImportFileTests {
    private struct Document: Decodable {
        struct File: Decodable, Equatable {
            let imported: Int
            let known: Int
            let refused: Int
        }
        struct Refusal: Decodable {
            let file: String
            let line: Int
            let column: String?
            let code: String
            let en: String
            let es: String
        }
        let customers: File?
        let refusals: [Refusal]
    }

    private static let territories = "code,country,main_city\nMX-14,MX,Guadalajara\n"

    private func office() async throws -> (office: Office, territories: String) {
        let office = try Office()
        try await office.expectDone("init")
        return (office, try office.write(Self.territories, to: "territories.csv"))
    }

    @Test("rows at fault are refused with their lines, and the others go in once")
    func rows() async throws {
        let (office, territories) = try await office()
        let lines = [
            Office.customerLine("A1"),
            // Two lines of the file, one row.
            Office.customerLine("A2").replacingOccurrences(
                of: "Calle 1", with: "\"Calle 1\nint 2\""),
            Office.customerLine("A1", name: "Otra"),
            Office.customerLine("A3", since: "2023-02-29"),
            Office.customerLine("A4", since: "03/02/2024"),
            Office.customerLine("A5", since: "2999-01-01"),
            Office.customerLine("A6").replacingOccurrences(of: "MX-14", with: "MX-99"),
            "A7,person,corta\n",
            Office.customerLine("A8"),
        ]
        let customers = try office.write(
            Office.customerHeader + lines.joined(), to: "customers.csv")
        let first = try await office.run(
            "import", "--territories", territories, "--customers", customers)
        #expect(first.status == 9, "\(first.errors)")
        let document = try first.decode(Document.self)
        #expect(document.customers == .init(imported: 3, known: 0, refused: 6))
        #expect(
            document.refusals.map { "\($0.line) \($0.column ?? "-") \($0.code)" } == [
                "5 code duplicateCode", "6 since invalidDate", "7 since invalidDate",
                "8 since dateInFuture", "9 territory unknownTerritory", "10 - wrongFieldCount",
            ])
        #expect(document.refusals.allSatisfy { $0.file == "customers.csv" && $0.en != $0.es })
        let again = try await office.run(
            "import", "--territories", territories, "--customers", customers)
        #expect(again.status == 9)
        #expect(
            try again.decode(Document.self).customers == .init(imported: 0, known: 3, refused: 6))
        #expect(try await office.status().records["customer"] == 3)
    }

    @Test("an unusable file stops the whole import before its first row")
    func files() async throws {
        let (office, territories) = try await office()
        let good = Office.customerHeader + Office.customerLine("A1")
        let latin1 = try #require(
            (good + Office.customerLine("A2", name: "Núñez")).data(using: .isoLatin1))
        let utf16 = try #require(good.data(using: .utf16))
        let cases: [(name: String, bytes: Data, code: String, says: String)] = [
            (
                "missing.csv", Data("code,name\nA1,Ana\n".utf8), "missingColumns",
                "territory"
            ),
            ("latin1.csv", latin1, "notUTF8", "line 2"),
            ("utf16.csv", utf16, "utf16", "UTF-16"),
            ("empty.csv", Data(), "emptyFile", "empty"),
            (
                "twice.csv", Data(("code," + good).utf8), "duplicateColumns", "code"
            ),
            ("sheet.csv", Data([0x50, 0x4B, 3, 4, 0, 0]), "spreadsheet", "spreadsheet"),
        ]
        let before = try await office.status()
        for bad in cases {
            let path = try office.write(bad.bytes, to: bad.name)
            let outcome = try await office.run(
                "import", "--territories", territories, "--customers", path)
            #expect(outcome.status == 7, "\(bad.name): \(outcome.errors)")
            let error = try outcome.decode(ErrorAnswer.self).error
            #expect(error.code == bad.code, "\(bad.name)")
            #expect(error.en.contains(bad.says), "\(bad.name): \(error.en)")
            #expect(error.en.contains(bad.name) && error.es.contains(bad.name))
            #expect(try await office.status() == before, "\(bad.name)")
        }
        for path in [office.root + "/none.csv", office.root] {
            let outcome = try await office.run(
                "import", "--territories", territories, "--customers", path)
            #expect(outcome.status == 3, "\(outcome.errors)")
            #expect(try await office.status() == before)
        }
    }
}
