internal import RondaMethod
internal import RondaModel

/// Lists of records, as JSON and as tables.
extension PromiseRow {
    var json: JSONValue {
        .record(
            promise,
            [
                "state": .string(state.rawValue), "customerName": .string(customer.name),
                "currentDueAt": .instant(dueAt),
                "renegotiations": .integer(history.terms.count - 1),
            ])
    }

    static func output(_ rows: [PromiseRow], in wording: Wording) -> Output {
        Output(
            json: .array(rows.map(\.json)),
            blocks: rows.isEmpty
                ? [.sentence(Phrase(en: "No promises are open.", es: "No hay promesas abiertas."))]
                : [.table(table(rows, in: wording))])
    }

    static func table(
        _ rows: [PromiseRow], in wording: Wording, withCustomer: Bool = true
    ) -> Table {
        let customer = withCustomer ? [Table.Column("CUSTOMER", "CLIENTE", wraps: true)] : []
        return Table(
            kind: "promise",
            columns: [
                Table.Column("ID", "ID"), Table.Column("DUE", "VENCE"),
                Table.Column("STATE", "ESTADO"),
            ] + customer + [Table.Column("PROMISE", "PROMESA", wraps: true)],
            rows: rows.map { row in
                [
                    Cell(row.handle, plain: row.promise.id.description),
                    wording.cell(row.dueAt), row.state.cell(in: wording),
                ] + (withCustomer ? [row.customer.cell] : []) + [Cell(row.promise.words ?? "")]
            })
    }
}

extension VisitRow {
    var json: JSONValue {
        .record(
            visit,
            [
                "customerName": .string(customer.name), "madeByName": .string(madeBy),
                "missingAspects": isOver ? .strings(missing.map(\.name)) : .array([]),
            ])
    }

    static func output(_ rows: [VisitRow], in wording: Wording) -> Output {
        Output(
            json: .array(rows.map(\.json)),
            blocks: rows.isEmpty
                ? [.sentence(Phrase(en: "No visits.", es: "No hay visitas."))]
                : [.table(table(rows, in: wording))])
    }

    static func table(_ rows: [VisitRow], in wording: Wording, withCustomer: Bool = true) -> Table {
        let customer = withCustomer ? [Table.Column("CUSTOMER", "CLIENTE", wraps: true)] : []
        return Table(
            kind: "visit",
            columns: [Table.Column("ID", "ID"), Table.Column("WHEN", "CUÁNDO")] + customer + [
                Table.Column("BY", "POR", wraps: true),
                Table.Column("STATE", "ESTADO", wraps: true),
            ],
            rows: rows.map { row in
                [
                    Cell(row.handle, plain: row.visit.id.description), wording.cell(row.visit.at),
                ] + (withCustomer ? [row.customer.cell] : []) + [
                    Cell(row.madeBy), row.stateCell(in: wording),
                ]
            })
    }

    private func stateCell(in wording: Wording) -> Cell {
        let state = visit.state ?? .completed
        if isOver, let missing = PostSaleAspect.sentence(missing) {
            return Cell(wording(missing), plain: "incomplete", tone: .strong)
        }
        return Cell(wording(state.label), plain: state.name)
    }
}

extension FollowUpRow {
    var json: JSONValue {
        .record(followUp, ["customerName": .string(customer.name)])
    }

    static func table(_ rows: [FollowUpRow], in wording: Wording) -> Table {
        Table(
            kind: "followUp",
            columns: [
                .fullID, Table.Column("DUE", "VENCE"),
                Table.Column("CUSTOMER", "CLIENTE", wraps: true),
                Table.Column("WHAT", "QUÉ", wraps: true), Table.Column("ABOUT", "SOBRE"),
            ],
            rows: rows.map { row in
                let isLate = row.followUp.dueAt.map { $0 < wording.now } ?? false
                let rule = row.followUp.rule
                return [
                    Cell(row.followUp.id.description),
                    wording.cell(row.followUp.dueAt, tone: isLate ? .alert : .plain),
                    row.customer.cell,
                    Cell(rule.map { wording($0.label) } ?? "", plain: rule?.name),
                    Cell(row.subject, plain: row.followUp.subject?.description),
                ]
            })
    }
}

extension ReferralRow {
    var json: JSONValue {
        .record(
            referral,
            [
                "claims": .array(
                    claims.map { row in
                        .object([
                            "rep": .id(row.claim.rep), "repName": .string(row.repName),
                            "claimedAt": .instant(row.claim.claimedAt),
                            "customer": .id(row.claim.customer),
                            "customerName": .string(row.customer.name),
                            "id": .id(row.claim.id), "visit": .id(row.claim.visit),
                        ])
                    }),
                "referrerNames": .strings(referrers.map(\.name)),
            ])
    }

    static func output(_ rows: [ReferralRow], in wording: Wording) -> Output {
        Output(
            json: .array(rows.map(\.json)),
            blocks: rows.isEmpty
                ? [.sentence(Phrase(en: "No referrals.", es: "No hay referidos."))]
                : [.table(table(rows, in: wording))])
    }

    static func table(_ rows: [ReferralRow], in wording: Wording) -> Table {
        Table(
            kind: "referral",
            columns: [
                Table.Column("ID", "ID"), Table.Column("NAME", "NOMBRE", wraps: true),
                Table.Column("CONTACT", "CONTACTO", wraps: true), Table.Column("STATE", "ESTADO"),
                Table.Column("REFERRED BY", "RECOMENDADO POR", wraps: true),
                Table.Column("CLAIMED BY", "REGISTRADO POR", wraps: true),
            ],
            rows: rows.map { row in
                let state = row.referral.state ?? .captured
                let contact = row.referral.contactPoint ?? ""
                return [
                    Cell(row.handle, plain: row.referral.id.description),
                    Cell(row.referral.name ?? ""),
                    Cell(String(contact.split(separator: ":").last ?? ""), plain: contact),
                    Cell(wording(state.label), plain: state.name),
                    Cell(row.referrers.map(\.name).joined(separator: ", ")),
                    Cell(row.claims.map(\.repName).joined(separator: ", ")),
                ]
            })
    }
}

extension JSONValue {
    static func id(_ customer: CustomerName) -> JSONValue { .id(customer.id) }
}

extension EnrolmentRow {
    var json: JSONValue {
        .record(
            enrolment,
            [
                "programmeCode": .string(programmeCode), "programmeName": .string(programmeName),
                "points": .integer(points),
            ])
    }

    static func table(_ rows: [EnrolmentRow], in wording: Wording) -> Table {
        Table(
            kind: "enrolment",
            columns: [
                Table.Column("PROGRAMME", "PROGRAMA", wraps: true),
                Table.Column("STATE", "ESTADO"), Table.Column("SINCE", "DESDE"),
                Table.Column("CARDS", "TARJETAS", wraps: true),
                Table.Column("POINTS", "PUNTOS", isNumber: true),
            ],
            rows: rows.map { row in
                let state = row.enrolment.state ?? .active
                return [
                    Cell("\(row.programmeName) (\(row.programmeCode))", plain: row.programmeCode),
                    Cell(wording(state.label), plain: state.name),
                    wording.cell(row.enrolment.enrolledAt),
                    Cell(row.enrolment.cards.joined(separator: ", ")), Cell(String(row.points)),
                ]
            })
    }
}
