/// One territory of `territories.csv`.
package struct TerritoryRow: Sendable, Hashable {
    /// The line of the file the row starts on, for refusals found later.
    package let line: Int
    package let code: String
    /// Two capital letters.
    package let country: String
    package let mainCity: String
}

package enum TerritoryFile {
    enum Column: String, ImportColumn {
        case code, country
        case mainCity = "main_city"
    }

    package static func parse(
        bytes: [UInt8], fileName: String
    ) throws(ImportFileError) -> ParsedFile<TerritoryRow> {
        var firstLines: [String: Int] = [:]
        return ParsedFile(try CSVTable<Column>(bytes: bytes, fileName: fileName)) { reader in
            row(&reader, firstLines: &firstLines)
        }
    }

    private static func row(
        _ reader: inout RowReader<Column>, firstLines: inout [String: Int]
    ) -> TerritoryRow? {
        let code = reader.uniqueCode(.code, firstLines: &firstLines)
        let country = reader.required(.country, ImportValue.country)
        let mainCity = reader.required(.mainCity, ImportValue.line(limit: 120))
        guard let code, let country, let mainCity else { return nil }
        return TerritoryRow(line: reader.line, code: code, country: country, mainCity: mainCity)
    }
}
