internal import RondaMethod
internal import RondaModel

/// One promise, with every due time it had.
enum PromiseView {
    static func page(_ row: PromiseRow, at now: LocalMoment, in wording: Wording) -> Output {
        let promise = row.promise
        var rows = [
            CardRow("id", Phrase("id"), Cell(promise.id.description, tone: .quiet)),
            CardRow("customer", Phrase(en: "customer", es: "cliente"), row.customer.cell),
            CardRow("state", Phrase(en: "state", es: "estado"), row.state.cell(in: wording)),
            CardRow("currentDueAt", Phrase(en: "due", es: "vence"), wording.cell(row.dueAt)),
        ]
        if let kept = promise.keptAt {
            rows.append(
                CardRow("keptAt", Phrase(en: "kept", es: "cumplida"), wording.cell(kept)))
        }
        if !promise.evidence.isEmpty {
            rows.append(
                CardRow(
                    "evidence", Phrase(en: "evidence", es: "evidencia"),
                    Cell(promise.evidence.joined(separator: "\n"))))
        }
        var blocks: [Block] = [.heading(Phrase(promise.words ?? "")), .card(rows)]
        if row.history.terms.count > 1 {
            blocks += [
                .heading(Phrase(en: "Due times", es: "Plazos")),
                .table(terms(row.history, at: now, in: wording)),
            ]
        }
        let json = row.json.adding([
            "terms": .array(
                row.history.terms.map { term in
                    .object([
                        "dueAt": .instant(term.dueAt), "renegotiation": .id(term.renegotiation),
                        "agreedInTime": .bool(term.wasAgreedInTime),
                        "state": .string(state(of: term, row.history, at: now).rawValue),
                    ])
                })
        ])
        return Output(json: json, blocks: blocks, isMixed: true)
    }

    private static func terms(
        _ history: PromiseHistory, at now: LocalMoment, in wording: Wording
    ) -> Table {
        Table(
            kind: "term",
            columns: [
                Table.Column("DUE", "PLAZO"), Table.Column("STATE", "ESTADO"),
                Table.Column("AGREED IN TIME", "ACORDADO A TIEMPO"),
            ],
            rows: history.terms.map { term in
                let agreed: Phrase = term.wasAgreedInTime ? .yes : .no
                return [
                    wording.cell(term.dueAt), state(of: term, history, at: now).cell(in: wording),
                    Cell(wording(agreed), plain: agreed.en),
                ]
            })
    }

    private static func state(
        of term: PromiseTerm, _ history: PromiseHistory, at now: LocalMoment
    ) -> PromiseState {
        history.state(of: term, at: now, heardUntil: nil)
    }
}
