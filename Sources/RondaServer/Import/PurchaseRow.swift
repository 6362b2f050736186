/// One purchase of `purchases.csv`.
package struct PurchaseRow: Sendable, Hashable {
    /// The line of the file the row starts on, for refusals found later.
    package let line: Int
    /// A customer's code; that it exists is for the caller to check.
    package let customer: String
    /// Days since 1970-01-01.
    package let date: Int32
    package let units: Int
    /// Hundredths of the customer's currency.
    package let amountHundredths: Int64
    /// How many rows that say exactly the same come before this one in the file.
    ///
    /// A purchase has no number of its own, so all it says and this ordinal are what its identifier
    /// is derived from: two equal rows on one day are two purchases, and a row that is added or
    /// corrected later leaves the others what they were.
    package let ordinal: Int
}

package enum PurchaseFile {
    enum Column: String, ImportColumn {
        case customer, date, units, amount
    }

    private struct Content: Hashable {
        let customer: String
        let date: Int32
        let units: Int
        let amount: Int64
    }

    /// - Parameter today: days since 1970-01-01; a later date is refused.
    package static func parse(
        bytes: [UInt8], fileName: String, today: Int32
    ) throws(ImportFileError) -> ParsedFile<PurchaseRow> {
        var counts: [Content: Int] = [:]
        return ParsedFile(try CSVTable<Column>(bytes: bytes, fileName: fileName)) { reader in
            row(&reader, today: today, counts: &counts)
        }
    }

    private static func row(
        _ reader: inout RowReader<Column>, today: Int32, counts: inout [Content: Int]
    ) -> PurchaseRow? {
        let customer = reader.required(.customer, ImportValue.code)
        let date = reader.required(.date, ImportValue.date(notAfter: today))
        let units = reader.required(.units, ImportValue.units)
        let amount = reader.required(.amount, ImportValue.amount)
        guard let customer, let date, let units, let amount else { return nil }
        let content = Content(customer: customer, date: date, units: units, amount: amount)
        let ordinal = counts[content, default: 0]
        counts[content] = ordinal + 1
        return PurchaseRow(
            line: reader.line, customer: customer, date: date, units: units,
            amountHundredths: amount, ordinal: ordinal)
    }
}
