internal import RondaModel

/// The forms that other programs take in, besides one document and plain rows.
extension Renderer {
    /// One JSON document a line: the elements of a list, or the one document there is.
    func jsonLines(_ output: Output) -> String {
        let documents: [JSONValue] =
            if case .array(let elements) = output.json { elements } else { [output.json] }
        return documents.map { $0.text(pretty: false) + "\n" }.joined()
    }

    /// The first table with its columns named in English, or a card as one record, by RFC 4180.
    func csv(_ output: Output) -> String {
        for block in output.blocks {
            switch block {
            case .table(let table):
                // A capture says what it made in a table without titles.
                let names =
                    table.columns.isEmpty
                    ? ["kind", "id"] : table.columns.map { $0.title.en.lowercased() }
                return ([names] + table.rows.map { $0.map(\.plain) }).map(Self.record).joined()
            case .card(let rows):
                return [rows.map(\.name), rows.map(\.cell.plain)].map(Self.record).joined()
            case .raw(let text): return text
            case .sentence, .heading: continue
            }
        }
        return ""
    }

    private static func record(_ fields: [String]) -> String {
        fields.map { field in
            let mustQuote = field.contains { ",\"\n\r".contains($0) || $0 == "\r\n" }
            // What a spreadsheet would run is kept as text.
            let text = field.first.map("=@".contains) == true ? "'" + field : field
            return mustQuote
                ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
        }.joined(separator: ",") + "\r\n"
    }
}
