internal import RondaModel

/// A field's content as a person reads it.
extension Wording {
    /// - Parameter name: how a referred record is called.
    func text(
        _ content: FieldContent, of field: FieldSchema, name: (RecordID) -> String
    ) -> String {
        switch content {
        case .none: ""
        case .one(let value): text(value, of: field, name: name)
        case .many(let values):
            values.map { text($0, of: field, name: name) }.joined(separator: "\n")
        }
    }

    func text(_ value: Value?, of field: FieldSchema, name: (RecordID) -> String) -> String {
        switch value {
        case nil: self(Phrase(en: "(empty)", es: "(vacío)"))
        case .text(let text): text
        case .integer(let number): field.isMoney ? Money.text(number) : String(number)
        case .real(let number): String(number)
        case .boolean(let flag): self(flag ? .yes : .no)
        case .instant(let instant): self(when(instant))
        case .date(let date): self(day(date))
        case .option(let number), .status(let number, _):
            field.option(number).map { self($0.label) } ?? String(number)
        case .ref(let id): name(id)
        }
    }
}

extension Phrase {
    static let yes = Phrase(en: "yes", es: "sí")
    static let no = Phrase(en: "no", es: "no")
}
