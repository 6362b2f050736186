internal import RondaClient
internal import RondaModel

/// What the server refused, and why.
enum TrayView {
    static func list(_ items: [TrayItem], in wording: Wording) -> Output {
        let table = Table(
            kind: "refused",
            columns: [
                Table.Column("N", "N", isNumber: true), Table.Column("CAPTURED", "CAPTURADO"),
                Table.Column("WHAT", "QUÉ", wraps: true),
                Table.Column("REASON", "MOTIVO", wraps: true),
            ],
            rows: items.map { item in
                [
                    Cell(String(item.n)), wording.cell(item.capturedAt),
                    Cell(wording(contents(item)), plain: names(item).joined(separator: ",")),
                    Cell(wording(item.reason), plain: item.code.name, tone: .alert),
                ]
            })
        return Output(
            json: .array(items.map(json)),
            blocks: items.isEmpty
                ? [.sentence(Phrase(en: "The tray is empty.", es: "La bandeja está vacía."))]
                : [.table(table)])
    }

    static func page(
        _ item: TrayItem, _ changes: [RefusedChange], in wording: Wording
    ) -> Output {
        let details = changes.flatMap { change -> [Block] in
            [.heading(change.label + Phrase(": \(change.title)")), .card(change.card(in: wording))]
        }
        return Output(
            json: json(item).adding(["changes": .array(changes.map(\.json))]),
            blocks: [
                .card([
                    CardRow("n", Phrase("N"), Cell(String(item.n))),
                    CardRow(
                        "capturedAt", Phrase(en: "captured", es: "capturado"),
                        wording.cell(item.capturedAt)),
                    CardRow(
                        "contents", Phrase(en: "what", es: "qué"),
                        Cell(wording(contents(item)), plain: names(item).joined(separator: ","))),
                    CardRow(
                        "record", Phrase(en: "record", es: "registro"),
                        Cell(item.record?.description ?? "")),
                    CardRow(
                        "reason", Phrase(en: "reason", es: "motivo"),
                        Cell(wording(item.reason), plain: item.code.name, tone: .alert)),
                ])
            ] + details)
    }

    private static func names(_ item: TrayItem) -> [String] {
        item.contents.compactMap { Schema.current[$0]?.name }
    }

    private static func contents(_ item: TrayItem) -> Phrase {
        .list(item.contents.compactMap { Schema.current[$0]?.label })
    }

    private static func json(_ item: TrayItem) -> JSONValue {
        .object([
            "n": .integer(item.n), "capturedAt": .instant(item.capturedAt),
            "code": .string(item.code.name), "reason": .phrase(item.reason),
            "entity": .optional(item.entity.flatMap { Schema.current[$0]?.name }),
            "record": .id(item.record), "contents": .strings(names(item)),
        ])
    }
}

extension JSONValue {
    /// A sentence for people, in both languages.
    static func phrase(_ phrase: Phrase) -> JSONValue {
        .object(["en": .string(phrase.en), "es": .string(phrase.es)])
    }
}
