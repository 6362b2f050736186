internal import RondaClient
internal import RondaModel

/// A change that somebody suggests who does not have the customer any more.
struct SuggestionRow: Sendable {
    let suggestion: Suggestion
    let handle: String
    let customer: CustomerName
    let author: String
    /// What is suggested, as a person reads it.
    let field: Phrase
    let value: Value?
    let schema: FieldSchema?
    /// What the record holds now; `nil` where it is not on this device.
    let present: FieldContent?

    var isOpen: Bool { suggestion.state == .open || suggestion.state == nil }
}

extension Names {
    /// The suggestions that nobody has decided about, the oldest first.
    func suggestions(all: Bool = false) throws -> [SuggestionRow] {
        try reader.records(Suggestion.self).map(row)
            .filter { all || $0.isOpen }
            .sorted {
                let (a, b) = ($0.suggestion, $1.suggestion)
                return (a.capturedAt?.milliseconds ?? 0, a.id)
                    < (b.capturedAt?.milliseconds ?? 0, b.id)
            }
    }

    private func row(_ suggestion: Suggestion) throws -> SuggestionRow {
        let entity = suggestion.entity.flatMap {
            Schema.current[EntityID(rawValue: UInt32(clamping: $0))]
        }
        let position = suggestion.field.flatMap { number in
            entity?.position(ofNumber: UInt32(clamping: number))
        }
        let field = position.flatMap { entity?.fields[$0] }
        let value = suggestion.value.flatMap { text in
            field.flatMap { Value(plainText: text, field: $0) }
        }
        var present: FieldContent?
        if let entity, let position, let about = suggestion.about {
            present = try reader.content(of: entity.id, about, at: position)
        }
        return SuggestionRow(
            suggestion: suggestion, handle: try reader.shortID(Suggestion.self, suggestion.id),
            customer: try customer(suggestion.customer),
            author: suggestion.by.map(person) ?? "", field: field?.label ?? entity?.label ?? .no,
            value: value, schema: field, present: present)
    }
}

extension SuggestionRow {
    var json: JSONValue {
        .record(
            suggestion,
            ["customerName": .string(customer.name), "byName": .string(author)])
    }

    /// The suggested change in words.
    func text(in wording: Wording) -> String {
        let action = wording((suggestion.action ?? .set).label)
        guard let schema, let value else { return action }
        return "\(action): \(wording.text(value, of: schema) { String($0.hex.prefix(8)) })"
    }

    static func output(_ rows: [SuggestionRow], in wording: Wording) -> Output {
        let none = Phrase(
            en: "Nobody suggests anything.", es: "No hay sugerencias.")
        return Output(
            json: .array(rows.map(\.json)),
            blocks: rows.isEmpty ? [.sentence(none)] : [.table(table(rows, in: wording))],
            notes: rows.isEmpty
                ? []
                : [
                    Phrase(
                        en: "Take one over: ronda suggestions apply ID; or: dismiss ID",
                        es: "Aplique una: ronda sugerencias aplicar ID; o: descartar ID")
                ])
    }

    private static func table(_ rows: [SuggestionRow], in wording: Wording) -> Table {
        Table(
            kind: "suggestion",
            columns: [
                Table.Column("ID", "ID"), Table.Column("CUSTOMER", "CLIENTE", wraps: true),
                Table.Column("FIELD", "CAMPO"), Table.Column("NOW", "AHORA", wraps: true),
                Table.Column("SUGGESTED", "SE SUGIERE", wraps: true),
                Table.Column("BY", "DE"), Table.Column("WHEN", "CUÁNDO"),
            ],
            rows: rows.map { row in
                let now = row.schema.flatMap { field in
                    row.present.map {
                        wording.text($0, of: field) { String($0.hex.prefix(8)) }
                    }
                }
                return [
                    Cell(row.handle, plain: row.suggestion.id.description), row.customer.cell,
                    Cell(wording(row.field)), Cell(now ?? ""), Cell(row.text(in: wording)),
                    Cell(row.author), wording.cell(row.suggestion.capturedAt),
                ]
            })
    }
}
