internal import RondaClient
internal import RondaModel

/// Contested fields: every value with its author and its time.
extension ConflictRow {
    var json: JSONValue {
        .object([
            "entity": .string(Schema.current[conflict.entity]?.name ?? ""),
            "record": .id(conflict.record), "field": .string(conflict.fieldName),
            "title": .string(title),
            "values": .array(
                conflict.values.map { value in
                    .object([
                        "value": json(of: value.value), "at": .instant(value.at),
                        "author": .id(value.author),
                        "authorName": .optional(authors[value.author]),
                        "device": .id(value.device),
                    ])
                }),
        ])
    }

    private func json(of value: Value?) -> JSONValue {
        guard let value, let field else { return .null }
        return .value(value, of: field)
    }

    func text(_ value: Value?, in wording: Wording) -> String {
        guard let field else { return "" }
        return wording.text(value, of: field) { refs[$0] ?? String($0.hex.prefix(8)) }
    }

    static func output(_ rows: [ConflictRow], in wording: Wording) -> Output {
        guard !rows.isEmpty else {
            return Output(
                json: .array([]),
                blocks: [.sentence(Phrase(en: "No conflicts.", es: "No hay conflictos."))])
        }
        var output = Output(
            json: .array(rows.map(\.json)), blocks: [.table(table(rows, in: wording))],
            status: .conflicts)
        output.notes = [
            Phrase(
                en: "Settle one with: ronda conflicts resolve \(rows[0].number) --keep 1",
                es: "Resuelva uno con: ronda conflictos resolver \(rows[0].number) --keep 1")
        ]
        return output
    }

    /// One line a value; the first of a field is the one shown everywhere.
    static func table(_ rows: [ConflictRow], in wording: Wording) -> Table {
        Table(
            kind: "conflict",
            columns: [
                Table.Column("N", "N", isNumber: true),
                Table.Column("RECORD", "REGISTRO", wraps: true),
                Table.Column("FIELD", "CAMPO", wraps: true), Table.Column("KEEP", "KEEP"),
                Table.Column("VALUE", "VALOR", wraps: true), Table.Column("BY", "POR", wraps: true),
                Table.Column("WHEN", "CUÁNDO"),
            ],
            rows: rows.flatMap { row in
                row.conflict.values.enumerated().map { index, value in
                    let isFirst = index == 0
                    return [
                        Cell(isFirst ? String(row.number) : "", plain: String(row.number)),
                        Cell(
                            isFirst ? "\(row.title) (\(row.handle))" : "",
                            plain: row.conflict.record.description),
                        Cell(
                            isFirst ? wording(row.conflict.fieldLabel) : "",
                            plain: row.conflict.fieldName),
                        Cell(String(index + 1)), Cell(row.text(value.value, in: wording)),
                        Cell(row.authors[value.author] ?? ""), wording.cell(value.at),
                    ]
                }
            })
    }

    /// One conflict, with what each choice would be.
    func page(in wording: Wording) -> Output {
        let label = Schema.current[conflict.entity]?.label ?? Phrase("")
        let rows = conflict.values.enumerated().map { index, value in
            CardRow(
                "keep\(index + 1)", Phrase("--keep \(index + 1)"),
                Cell(
                    text(value.value, in: wording) + "\n"
                        + wording(
                            Phrase(authors[value.author] ?? "") + Phrase(", ")
                                + wording.when(value.at)
                                + (index == 0
                                    ? Phrase(en: " (shown now)", es: " (se muestra ahora)")
                                    : Phrase(""))),
                    plain: text(value.value, in: wording)))
        }
        return Output(
            json: json,
            blocks: [
                .heading(label + Phrase(" \(title): ") + conflict.fieldLabel), .card(rows),
                .sentence(
                    Phrase(
                        en: "Choose: ronda conflicts resolve \(number) --keep 1 (or --value TEXT)",
                        es: "Elija: ronda conflictos resolver \(number) --keep 1 (o --value TEXTO)")
                ),
            ], status: .conflicts)
    }
}
