import RondaModel
import RondaServer
import Testing

/// A value in a column of an otherwise good row, and the refusal it must meet.
struct BadValue: Sendable, CustomTestStringConvertible {
    let column: String
    let value: String
    let code: ImportRefusal.Code
    // Escaped, so that a control character does not reach the terminal the tests run in.
    var testDescription: String { "\(column) = \(value.debugDescription): \(code.rawValue)" }

    init(_ column: String, _ value: String, _ code: ImportRefusal.Code) {
        self.column = column
        self.value = value
        self.code = code
    }

    func expect(_ refusals: [ImportRefusal], file: String) throws {
        let refusal = try #require(refusals.first)
        #expect(refusals.count == 1)
        #expect(refusal.file == file)
        #expect(refusal.line == 2)
        #expect(refusal.column == column)
        #expect(refusal.code == code)
        expectSentences(refusal.phrase)
    }
}

let badCustomers = [
    BadValue("code", "", .emptyField), BadValue("kind", " ", .emptyField),
    BadValue("name", "\u{A0}", .emptyField), BadValue("country", "", .emptyField),
    BadValue("territory", "", .emptyField), BadValue("since", "", .emptyField),
    BadValue("code", String(repeating: "9", count: 65), .textTooLong),
    BadValue("name", String(repeating: "ñ", count: 101), .textTooLong),
    BadValue("contact", String(repeating: "a", count: 201), .textTooLong),
    BadValue("street", String(repeating: "a", count: 301), .textTooLong),
    BadValue("city", String(repeating: "a", count: 121), .textTooLong),
    BadValue("phone", String(repeating: "1", count: 41), .textTooLong),
    BadValue("email", "a@" + String(repeating: "b", count: 253), .textTooLong),
    BadValue("territory", String(repeating: "a", count: 65), .textTooLong),
    BadValue("name", "Ana\u{1B}[2J", .controlCharacter),
    BadValue("name", "Ana\nRíos", .controlCharacter), BadValue("code", "1\t2", .controlCharacter),
    BadValue("city", "Cali\u{7F}x", .controlCharacter),
    BadValue("street", "Calle\u{85}5", .controlCharacter),
    BadValue("kind", "shop", .unknownKind), BadValue("kind", "personas", .unknownKind),
    BadValue("country", "Mexico", .invalidCountry), BadValue("country", "M1", .invalidCountry),
    BadValue("country", "ÑÑ", .invalidCountry), BadValue("country", "ß", .invalidCountry),
    BadValue("country", "M", .invalidCountry),
    BadValue("phone", "33 0123 ext. 4", .invalidPhone), BadValue("phone", "+()", .invalidPhone),
    BadValue("phone", "33/0123", .invalidPhone), BadValue("phone", "３３０", .invalidPhone),
    BadValue("email", "nadia.example.com", .invalidEmail),
    BadValue("email", "a@b@example.com", .invalidEmail), BadValue("email", "@x", .invalidEmail),
    BadValue("email", "x@", .invalidEmail), BadValue("email", "na dia@x.mx", .invalidEmail),
    BadValue("latitude", "19,43", .invalidCoordinate),
    BadValue("latitude", "N", .invalidCoordinate),
    BadValue("latitude", "nan", .invalidCoordinate),
    BadValue("latitude", "1e1", .invalidCoordinate),
    BadValue("longitude", "0x1p3", .invalidCoordinate),
    BadValue("longitude", "-", .invalidCoordinate), BadValue("longitude", "1.", .invalidCoordinate),
    BadValue("longitude", "--1", .invalidCoordinate),
    BadValue("longitude", ".5", .invalidCoordinate),
    BadValue("latitude", "90.00001", .coordinateOutOfRange),
    BadValue("latitude", "-103.24", .coordinateOutOfRange),
    BadValue("longitude", "180.00001", .coordinateOutOfRange),
    BadValue("latitude", "", .incompleteCoordinates),
    BadValue("longitude", "", .incompleteCoordinates),
    BadValue("since", "2025-02-30", .invalidDate), BadValue("since", "31/01/2025", .invalidDate),
    BadValue("since", "2025-1-1", .invalidDate), BadValue("since", "1899-12-31", .dateTooEarly),
    BadValue("since", "2026-07-01", .dateInFuture),
    BadValue("consent_marketing", "maybe", .invalidConsent),
    BadValue("consent_marketing", "1", .invalidConsent),
]

let badPurchases = [
    BadValue("customer", "", .emptyField), BadValue("date", "", .emptyField),
    BadValue("units", "", .emptyField), BadValue("amount", "", .emptyField),
    BadValue("customer", String(repeating: "9", count: 65), .textTooLong),
    BadValue("date", "2026-06-31", .invalidDate), BadValue("date", "2026-07-01", .dateInFuture),
    BadValue("date", "0205-01-01", .dateTooEarly),
    BadValue("units", "-1", .invalidUnits), BadValue("units", "+1", .invalidUnits),
    BadValue("units", "1.0", .invalidUnits), BadValue("units", "dos", .invalidUnits),
    BadValue("units", "1000000000", .unitsTooLarge),
    BadValue("units", "99999999999999999999", .unitsTooLarge),
    BadValue("amount", "1.234,56", .invalidAmount), BadValue("amount", "1,234.56", .invalidAmount),
    BadValue("amount", "1234,56", .invalidAmount), BadValue("amount", "1.234", .invalidAmount),
    BadValue("amount", "1.234.567", .invalidAmount), BadValue("amount", "1 234", .invalidAmount),
    BadValue("amount", "-5.00", .invalidAmount), BadValue("amount", "$5", .invalidAmount),
    BadValue("amount", "5.", .invalidAmount), BadValue("amount", ".5", .invalidAmount),
    BadValue("amount", "1e3", .invalidAmount), BadValue("amount", ".", .invalidAmount),
    BadValue("amount", "12345678901234", .amountTooLarge),
]

let badTerritories = [
    BadValue("code", "", .emptyField), BadValue("main_city", "", .emptyField),
    BadValue("country", "MEX", .invalidCountry),
    BadValue("main_city", String(repeating: "a", count: 121), .textTooLong),
]

/// Rows that cannot be cut into fields, for a file with the columns of `purchaseHeader`.
let brokenRows: [(row: String, code: ImportRefusal.Code)] = [
    ("00001,2026-01-01,1", .wrongFieldCount),
    ("00001,2026-01-01,1,5.00,", .wrongFieldCount),
    ("00001,2026-01-01,1,\"5.00", .unterminatedQuote),
    ("\"00001,2026-01-01,1,5.00", .unterminatedQuote),
    ("00001,2026-01-01,1,\"5\".00", .textAfterQuote),
    ("\"\"00001,2026-01-01,1,5.00", .textAfterQuote),
    ("00001,2026-01-01,1\u{0},5.00", .nulByte),
]
