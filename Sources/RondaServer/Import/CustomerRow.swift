/// One customer of `customers.csv`. What the file leaves empty is nil.
package struct CustomerRow: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case person
        case company
    }

    /// The line of the file the row starts on, for refusals found later.
    package let line: Int
    package let code: String
    package let kind: Kind
    package let name: String
    package let contact: String?
    package let phone: String?
    package let email: String?
    package let street: String?
    package let city: String?
    /// Degrees; nil exactly when `longitude` is.
    package let latitude: Double?
    package let longitude: Double?
    /// Two capital letters.
    package let country: String
    /// A territory's code; that it exists is for the caller to check.
    package let territory: String
    /// Days since 1970-01-01.
    package let since: Int32
    /// Nil when the customer was never asked.
    package let consentMarketing: Bool?
}

package enum CustomerFile {
    enum Column: String, ImportColumn {
        case code, kind, name, contact, phone, email, street, city, latitude, longitude, country
        case territory, since
        case consentMarketing = "consent_marketing"
    }

    /// - Parameter today: days since 1970-01-01; a later date is refused.
    package static func parse(
        bytes: [UInt8], fileName: String, today: Int32
    ) throws(ImportFileError) -> ParsedFile<CustomerRow> {
        var firstLines: [String: Int] = [:]
        return ParsedFile(try CSVTable<Column>(bytes: bytes, fileName: fileName)) { reader in
            row(&reader, today: today, firstLines: &firstLines)
        }
    }

    private static func row(
        _ reader: inout RowReader<Column>, today: Int32, firstLines: inout [String: Int]
    ) -> CustomerRow? {
        // Everything is read before anything is judged, so that one pass names every fault.
        let code = reader.uniqueCode(.code, firstLines: &firstLines)
        let kind = reader.required(.kind, kind)
        let name = reader.required(.name, ImportValue.line(limit: 200))
        let contact = reader.optional(.contact, ImportValue.line(limit: 200))
        let phone = reader.optional(.phone, ImportValue.phone)
        let email = reader.optional(.email, ImportValue.email)
        let street = reader.optional(.street, ImportValue.lines(limit: 300))
        let city = reader.optional(.city, ImportValue.line(limit: 120))
        let place = reader.coordinates(.latitude, .longitude)
        let country = reader.required(.country, ImportValue.country)
        let territory = reader.required(.territory, ImportValue.code)
        let since = reader.required(.since, ImportValue.date(notAfter: today))
        let consent = reader.optional(.consentMarketing, ImportValue.consent)
        guard let code, let kind, let name, let country, let territory, let since else {
            return nil
        }
        return CustomerRow(
            line: reader.line, code: code, kind: kind, name: name, contact: contact, phone: phone,
            email: email, street: street, city: city, latitude: place?.latitude,
            longitude: place?.longitude, country: country, territory: territory, since: since,
            consentMarketing: consent)
    }

    private static func kind(_ text: String) throws(ImportProblem) -> CustomerRow.Kind {
        switch text.lowercased() {
        case "person", "persona": .person
        case "company", "empresa": .company
        default: throw .unknownKind
        }
    }
}
