internal import RondaMethod
internal import RondaModel

/// One visit, aspect by aspect.
enum VisitView {
    static func page(
        _ row: VisitRow, promises: [PromiseRow], beside: VisitBeside, in wording: Wording
    ) -> Output {
        guard let entity = Schema.current[.visit] else { return Output(json: .null) }
        var blocks: [Block] = [
            .heading(
                Phrase(row.customer.name + ", ") + (row.visit.at.map(wording.when) ?? Phrase("")))
        ]
        blocks.append(.card(card(row, entity: entity, in: wording)))
        if row.isOver, let sentence = PostSaleAspect.sentence(row.missing) {
            blocks.append(.sentence(sentence))
        }
        if !promises.isEmpty {
            blocks += [
                .heading(Phrase(en: "Promises", es: "Promesas")),
                .table(PromiseRow.table(promises, in: wording, withCustomer: false)),
            ]
        }
        func section<R: RondaRecord>(
            _ heading: Phrase, _ rows: [(record: R, handle: String)], _ fields: [String]
        ) {
            if rows.isEmpty { return }
            let table = RecordTable<R>(wording: wording).table(rows, fields)
            blocks += [.heading(heading), .table(table)]
        }
        section(
            Phrase(en: "Moments of truth", es: "Momentos de verdad"), beside.moments,
            ["type", "special", "result"])
        section(
            Phrase(en: "Special requests", es: "Solicitudes especiales"), beside.requests,
            ["wanted", "state", "tried"])
        return Output(
            json: row.json.adding([
                "promises": .array(promises.map(\.json)),
                "moments": .array(beside.moments.map { .record($0.record) }),
                "specialRequests": .array(beside.requests.map { .record($0.record) }),
            ]), blocks: blocks, isMixed: true)
    }

    private static func card(
        _ row: VisitRow, entity: EntitySchema, in wording: Wording
    ) -> [CardRow] {
        var rows = [CardRow("id", Phrase("id"), Cell(row.visit.id.description, tone: .quiet))]
        for (position, field) in entity.fields.enumerated() {
            let content = row.visit.fields[position]
            if content.isEmpty { continue }
            let text = wording.text(content, of: field) { id in
                id == row.customer.id ? row.customer.name : row.madeBy
            }
            let plain = content.plainText(of: field)
            rows.append(CardRow(field.name, field.label, Cell(text, plain: plain)))
        }
        return rows
    }
}
