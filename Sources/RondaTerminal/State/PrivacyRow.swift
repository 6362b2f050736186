internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// One request about personal data, with its legal clock.
struct PrivacyRow: Sendable {
    let request: DataRequest
    let handle: String
    let customer: CustomerName
    let clock: LegalClock

    init(_ request: DataRequest, at now: LocalMoment, from reader: LocalReader) throws {
        self.request = request
        handle = try reader.shortID(DataRequest.self, request.id)
        customer = try Names(reader).customer(request.customer)
        let country = try request.customer.flatMap {
            try reader.record(Customer.self, $0)?.country
        }
        clock = LegalClock(
            request, country: country, terms: LegalTerms(try reader.records(LegalTerm.self)),
            working: WorkingDays(
                try reader.records(Holiday.self), country: request.country ?? country), at: now)
    }

    static func output(_ rows: [PrivacyRow], in wording: Wording) -> Output {
        let rows = rows.sorted {
            ($0.clock.answerBy, $0.request.id) < ($1.clock.answerBy, $1.request.id)
        }
        let table = Table(
            kind: "dataRequest",
            columns: [
                Table.Column("ID", "ID"), Table.Column("CUSTOMER", "CLIENTE", wraps: true),
                Table.Column("RIGHT", "DERECHO", wraps: true),
                Table.Column("SPOKE", "HABLÓ"), Table.Column("TERM", "PLAZO", wraps: true),
            ],
            rows: rows.map { row in
                let right = row.request.right
                return [
                    Cell(row.handle, plain: row.request.id.description), row.customer.cell,
                    Cell(right.map { wording($0.label) } ?? "", plain: right?.name),
                    wording.cell(row.request.receivedAt),
                    Cell(
                        wording(row.clock.phrase), plain: row.clock.answerBy.description,
                        tone: row.clock.state == .overdue ? .alert : .plain),
                ]
            })
        return Output(
            json: .array(
                rows.map { row in
                    .record(
                        row.request,
                        [
                            "customerName": .string(row.customer.name),
                            "answerBy": .string(row.clock.answerBy.description),
                            "overdue": .bool(row.clock.state == .overdue),
                            "source": .string(row.clock.source),
                        ])
                }),
            blocks: rows.isEmpty
                ? [
                    .sentence(
                        Phrase(en: "No requests are open.", es: "No hay solicitudes abiertas."))
                ] : [.table(table)])
    }
}
