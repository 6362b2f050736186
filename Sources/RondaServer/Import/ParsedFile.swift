package import RondaModel

/// What one file gave: the rows that can be used and, in the order of the file, what was refused.
package struct ParsedFile<Row: Sendable & Hashable>: Sendable, Hashable {
    package let rows: [Row]
    /// By line; a row with several faults has one refusal for each, so that one correction is enough.
    package let refusals: [ImportRefusal]
    /// What was ignored without harm.
    package let notes: [Phrase]
}

extension ParsedFile {
    /// Reads every row of the table; `read` gives nil when the reader noted a refusal.
    init<Column: ImportColumn>(
        _ table: CSVTable<Column>, read: (inout RowReader<Column>) -> Row?
    ) {
        var rows: [Row] = []
        var refusals: [ImportRefusal] = []
        for record in table.records {
            switch record {
            case .refused(let problem, let line):
                refusals.append(ImportRefusal(problem, file: table.fileName, line: line))
            case .row(let row):
                var reader = RowReader(table: table, row: row)
                let value = read(&reader)
                refusals += reader.refusals
                if let value, reader.refusals.isEmpty { rows.append(value) }
            }
        }
        self.init(rows: rows, refusals: refusals, notes: table.notes)
    }
}

extension Phrase {
    static func ignoredColumns(_ names: [String]) -> Phrase {
        let list = names.joined(separator: ", ")
        return Phrase(en: "Columns ignored: \(list).", es: "Columnas ignoradas: \(list).")
    }

    static func blankRows(_ count: Int) -> Phrase {
        count == 1
            ? Phrase(en: "1 blank row was skipped.", es: "Se omitió 1 fila en blanco.")
            : Phrase(
                en: "\(count) blank rows were skipped.",
                es: "Se omitieron \(count) filas en blanco.")
    }
}
