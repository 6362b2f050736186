internal import RondaMethod
internal import RondaModel

/// The points of one membership.
enum PointsView {
    static func page(_ account: PointsAccount, at now: Instant, in wording: Wording) -> Output {
        let ledger = account.ledger
        let numbers = [
            (
                "available", Phrase(en: "may be redeemed", es: "se pueden canjear"),
                ledger.available(at: now)
            ),
            ("earned", Phrase(en: "ever earned", es: "ganados en total"), ledger.earned),
            ("expired", Phrase(en: "expired", es: "vencidos"), ledger.expired(at: now)),
        ]
        let title = "\(account.customer.name), \(account.programme.name ?? "")"
        return Output(
            json: .object(
                Dictionary(
                    numbers.map { ($0.0, JSONValue.integer($0.2)) }, uniquingKeysWith: { $1 })
            ).adding([
                "customer": .id(account.customer.id), "programme": .id(account.programme.id),
                "enrolment": .id(account.enrolment.id),
                "entries": .array(ledger.entries.map { .record($0) }),
            ]),
            blocks: [
                .heading(Phrase(title)),
                .card(numbers.map { CardRow($0.0, $0.1, Cell(String($0.2))) }),
                .table(entries(ledger, in: wording)),
            ], isMixed: true)
    }

    private static func entries(_ ledger: PointsLedger, in wording: Wording) -> Table {
        Table(
            kind: "pointsEntry",
            columns: [
                Table.Column("ID", "ID"), Table.Column("WHEN", "CUÁNDO"),
                Table.Column("KIND", "TIPO"), Table.Column("POINTS", "PUNTOS", isNumber: true),
                Table.Column("CAUSE", "MOTIVO", wraps: true),
                Table.Column("EXPIRE", "VENCEN"),
            ],
            rows: ledger.entries.map { entry in
                let kind = entry.kind.map { wording($0.label) } ?? ""
                return [
                    Cell(String(entry.id.hex.prefix(13)), plain: entry.id.description),
                    wording.cell(entry.at), Cell(kind, plain: entry.kind?.name),
                    Cell(String(entry.points ?? 0)), Cell(entry.cause ?? ""),
                    wording.cell(entry.expiresAt),
                ]
            })
    }
}
