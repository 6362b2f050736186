import RondaModel
import RondaServer
import Testing

/// 2026-06-30.
let importToday: Int32 = 20_634

let customerHeader = """
    code,kind,name,contact,phone,email,street,city,latitude,longitude,country,territory,since,\
    consent_marketing
    """
let goodCustomer = [
    "code": "00001", "kind": "person", "name": "Nadia Ureña de la Torre", "contact": "Nadia Ureña",
    "phone": "+52 (33) 0123-4567", "email": "nadia@example.com", "street": "Calle 5",
    "city": "Tonalá", "latitude": "20.62", "longitude": "-103.24", "country": "MX",
    "territory": "MX-14", "since": "2024-02-29", "consent_marketing": "yes",
]
let purchaseHeader = "customer,date,units,amount"
let goodPurchase = [
    "customer": "00001", "date": "2026-06-30", "units": "2", "amount": "12.50",
]
let territoryHeader = "code,country,main_city"
let goodTerritory = ["code": "MX-14", "country": "MX", "main_city": "Guadalajara"]

/// A good row with some values replaced, each put between quotes.
func line(_ header: String, _ good: [String: String], _ changes: [String: String]) -> String {
    header.split(separator: ",").map { name in
        let value = changes[String(name)] ?? good[String(name)] ?? ""
        return "\"\(value)\""
    }.joined(separator: ",")
}

func customerLine(_ changes: [String: String] = [:]) -> String {
    line(customerHeader, goodCustomer, changes)
}

func purchaseLine(_ changes: [String: String] = [:]) -> String {
    line(purchaseHeader, goodPurchase, changes)
}

func parseCustomers(
    _ lines: [String], separator: String = "\n"
) throws(ImportFileError) -> ParsedFile<CustomerRow> {
    try CustomerFile.parse(
        bytes: Array(([customerHeader] + lines).joined(separator: separator).utf8),
        fileName: "customers.csv", today: importToday)
}

func parsePurchases(_ lines: [String]) throws(ImportFileError) -> ParsedFile<PurchaseRow> {
    try PurchaseFile.parse(
        bytes: Array(([purchaseHeader] + lines).joined(separator: "\n").utf8),
        fileName: "purchases.csv", today: importToday)
}

func parseTerritories(_ text: String) throws(ImportFileError) -> ParsedFile<TerritoryRow> {
    try TerritoryFile.parse(bytes: Array(text.utf8), fileName: "territories.csv")
}

func expectSentences(
    _ phrase: Phrase, sourceLocation: SourceLocation = #_sourceLocation
) {
    for text in [phrase.en, phrase.es] {
        #expect(text.count > 15 && text.last == ".", sourceLocation: sourceLocation)
        #expect(!text.contains("  "), sourceLocation: sourceLocation)
    }
    #expect(phrase.en != phrase.es, sourceLocation: sourceLocation)
}

func summary(_ row: TerritoryRow) -> String {
    "\(row.line) \(row.code) \(row.country) \(row.mainCity)"
}
