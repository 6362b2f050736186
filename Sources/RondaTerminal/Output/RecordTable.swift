internal import RondaModel

/// Records as tables by the fields of their schema: for kinds that need no screen of their own.
struct RecordTable<R: RondaRecord> {
    let wording: Wording
    /// What records that a field names are called.
    var name: (RecordID) -> String = { String($0.hex.prefix(8)) }

    /// - Parameters:
    ///   - handle: what to type to mean a record.
    ///   - names: the stable names of the fields, in their order.
    func table(_ rows: [(record: R, handle: String)], _ names: [String]) -> Table {
        guard let entity = Schema.current[R.entity] else {
            return Table(kind: "", columns: [], rows: [])
        }
        let positions = names.compactMap { entity.position(named: $0) }
        return Table(
            kind: entity.name,
            columns: [Table.Column("ID", "ID")]
                + positions.map { position in
                    let field = entity.fields[position]
                    return Table.Column(
                        field.label.en.uppercased(), field.label.es.uppercased(),
                        isNumber: field.isMoney || field.type == .integer,
                        wraps: field.type != .instant && field.type != .date)
                },
            rows: rows.map { row in
                [Cell(row.handle, plain: row.record.id.description)]
                    + positions.map { position in
                        let content = row.record.fields[position]
                        let field = entity.fields[position]
                        let text = wording.text(content, of: field, name: name)
                        return Cell(
                            text.split(separator: "\n").joined(separator: ", "),
                            plain: content.plainText(of: field))
                    }
            })
    }

    /// Every field that says something.
    func card(_ record: R) -> [CardRow] {
        guard let entity = Schema.current[R.entity] else { return [] }
        return [CardRow("id", Phrase("id"), Cell(record.id.description, tone: .quiet))]
            + entity.fields.enumerated().compactMap { position, field in
                let content = record.fields[position]
                if content.isEmpty { return nil }
                return CardRow(
                    field.name, field.label,
                    Cell(
                        wording.text(content, of: field, name: name),
                        plain: content.plainText(of: field)))
            }
    }
}
