internal import RondaClient
internal import RondaModel

/// Contested fields: every value with its author and its time.
extension ConflictRow {
    var json: JSONValue {
        .object([
            "entity": .string(Schema.current[conflict.entity]?.name ?? ""),
            "record": .id(conflict.record), "field": .string(conflict.fieldName),
            "title": .string(title), "contestedDeletion": .bool(false),
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

    /// One line a value; the first is the one shown everywhere.
    func cells(in wording: Wording) -> [[Cell]] {
        conflict.values.enumerated().map { index, value in
            let isFirst = index == 0
            return [
                Cell(isFirst ? String(number) : "", plain: String(number)),
                Cell(isFirst ? "\(title) (\(handle))" : "", plain: conflict.record.description),
                Cell(isFirst ? wording(conflict.fieldLabel) : "", plain: conflict.fieldName),
                Cell(String(index + 1)), Cell(text(value.value, in: wording)),
                Cell(authors[value.author] ?? ""), wording.cell(value.at),
            ]
        }
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

/// Contested deletions: the server tells that there is one, not whose.
extension ContestedRow {
    static let what = Phrase(
        en: "deleted by one person, edited by another",
        es: "una persona lo eliminó, otra lo editó")

    var json: JSONValue {
        .object([
            "entity": .string(Schema.current[contested.entity]?.name ?? ""),
            "record": .id(contested.record), "field": .null, "title": .string(title),
            "contestedDeletion": .bool(true), "values": .array([]),
        ])
    }

    func cells(in wording: Wording) -> [Cell] {
        [
            Cell(String(number)),
            Cell("\(title) (\(handle))", plain: contested.record.description),
            Cell(wording(Phrase(en: "(the whole)", es: "(todo)")), plain: ""),
            Cell("", plain: "1"), Cell(wording(Self.what), plain: "contestedDeletion"), "", "",
        ]
    }

    func page(in wording: Wording) -> Output {
        let label = Schema.current[contested.entity]?.label ?? Phrase("")
        return Output(
            json: json,
            blocks: [
                .heading(label + Phrase(" \(title)")), .sentence(Self.what + Phrase(".")),
                .card([
                    CardRow(
                        "keep", Phrase("--keep"),
                        Cell(wording(Phrase(en: "the record stays", es: "el registro queda")))),
                    CardRow(
                        "delete", Phrase("--delete"),
                        Cell(
                            wording(
                                Phrase(
                                    en: "the record goes, with what was edited",
                                    es: "el registro se va, con lo editado")))),
                ]),
                .sentence(
                    Phrase(
                        en: "Choose: ronda conflicts resolve \(number) --keep (or --delete)",
                        es: "Elija: ronda conflictos resolver \(number) --keep (o --delete)")),
            ], status: .conflicts)
    }
}

extension ConflictItem {
    var json: JSONValue {
        switch self {
        case .field(let row): row.json
        case .deletion(let row): row.json
        }
    }

    func page(in wording: Wording) -> Output {
        switch self {
        case .field(let row): row.page(in: wording)
        case .deletion(let row): row.page(in: wording)
        }
    }

    static func output(_ items: [ConflictItem], in wording: Wording) -> Output {
        guard let first = items.first else {
            return Output(
                json: .array([]),
                blocks: [.sentence(Phrase(en: "No conflicts.", es: "No hay conflictos."))])
        }
        var output = Output(
            json: .array(items.map(\.json)), blocks: [.table(table(items, in: wording))],
            status: .conflicts)
        let settle: Phrase
        switch first {
        case .field(let row):
            settle = Phrase(
                en: "Settle one with: ronda conflicts resolve \(row.number) --keep 1",
                es: "Resuelva uno con: ronda conflictos resolver \(row.number) --keep 1")
        case .deletion(let row):
            settle = Phrase(
                en: "Settle one with: ronda conflicts resolve \(row.number) --keep (or --delete)",
                es: "Resuelva uno con: ronda conflictos resolver \(row.number) --keep (o --delete)")
        }
        output.notes = [settle]
        return output
    }

    static func table(_ items: [ConflictItem], in wording: Wording) -> Table {
        Table(
            kind: "conflict",
            columns: [
                Table.Column("N", "N", isNumber: true),
                Table.Column("RECORD", "REGISTRO", wraps: true),
                Table.Column("FIELD", "CAMPO", wraps: true), Table.Column("KEEP", "KEEP"),
                Table.Column("VALUE", "VALOR", wraps: true), Table.Column("BY", "POR", wraps: true),
                Table.Column("WHEN", "CUÁNDO"),
            ],
            rows: items.flatMap { item in
                switch item {
                case .field(let row): row.cells(in: wording)
                case .deletion(let row): [row.cells(in: wording)]
                }
            })
    }
}
