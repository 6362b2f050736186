internal import RondaClient
internal import RondaModel

/// Customers: the list found, and the one page before a visit.
enum CustomerView {
    static func found(_ customers: [(customer: Customer, name: CustomerName)]) -> Output {
        let table = Table(
            kind: "customer",
            columns: [
                .fullID, Table.Column("CODE", "CÓDIGO"),
                Table.Column("NAME", "NOMBRE", wraps: true),
                Table.Column("CITY", "CIUDAD", wraps: true),
                Table.Column("ADDRESS", "DIRECCIÓN", wraps: true),
                Table.Column("PHONES", "TELÉFONOS", wraps: true),
            ],
            rows: customers.map { customer, name in
                [
                    Cell(customer.id.description), Cell(name.handle), Cell(name.name),
                    Cell(customer.city ?? ""), Cell(customer.street ?? ""),
                    Cell(customer.phones.joined(separator: ", ")),
                ]
            })
        return Output(
            json: .array(customers.map { .record($0.customer) }),
            blocks: customers.isEmpty
                ? [
                    .sentence(
                        Phrase(
                            en: "Nobody like that is on this device.",
                            es: "No hay nadie así en este equipo."))
                ] : [.table(table)])
    }

    static func page(_ page: CustomerPage, in wording: Wording) -> Output {
        var blocks: [Block] = [.heading(Phrase(page.name.name)), .card(card(page, in: wording))]
        func section(_ heading: Phrase, _ table: Table) {
            if !table.rows.isEmpty { blocks += [.heading(heading), .table(table)] }
        }
        section(
            Phrase(en: "Conflicts", es: "Conflictos"),
            ConflictItem.table(page.conflicts, in: wording))
        section(
            Phrase(en: "Open promises", es: "Promesas abiertas"),
            PromiseRow.table(page.promises, in: wording, withCustomer: false))
        section(
            Phrase(en: "Open cases", es: "Casos abiertos"),
            CaseView.table(page.cases, in: wording, withCustomer: false))
        section(
            Phrase(en: "Last visits", es: "Últimas visitas"),
            VisitRow.table(page.visits, in: wording, withCustomer: false))
        section(
            Phrase(en: "Loyalty", es: "Lealtad"), EnrolmentRow.table(page.enrolments, in: wording))
        section(
            Phrase(en: "Referrals given", es: "Referidos que dio"),
            ReferralRow.table(page.referrals, in: wording))
        return Output(json: json(page), blocks: blocks, isMixed: true)
    }

    private static func card(_ page: CustomerPage, in wording: Wording) -> [CardRow] {
        guard let entity = Schema.current[.customer] else { return [] }
        let values = page.customer.fields
        var rows = [CardRow("id", Phrase("id"), Cell(page.customer.id.description, tone: .quiet))]
        for (position, field) in entity.fields.enumerated() where !values[position].isEmpty {
            let text = wording.text(values[position], of: field) {
                page.titles[$0] ?? String($0.hex.prefix(8))
            }
            let plain = values[position].plainText(of: field)
            rows.append(
                CardRow(
                    field.name, field.label, Cell(text, plain: plain),
                    isForPrograms: field.type == .real))
        }
        if !page.aliases.isEmpty {
            let handles = page.aliases.map(\.handle).joined(separator: ", ")
            rows.append(
                CardRow("aliases", Phrase(en: "also", es: "también"), Cell(handles)))
        }
        rows.append(
            CardRow(
                "points", Phrase(en: "points", es: "puntos"), Cell(String(page.points))))
        rows.append(
            CardRow(
                "consent", Phrase(en: "contact", es: "contacto"), Cell(wording(page.consent))))
        rows.append(purchases(page, in: wording))
        if !page.absent.isEmpty {
            let number = page.absent.map(\.count).reduce(0, +)
            let text =
                HistoryView.count(page.absent)
                + Phrase(
                    en: ", not counted above: ronda customer show \(page.name.handle) --fetch",
                    es: ", sin contar arriba: ronda cliente ver \(page.name.handle) --traer")
            rows.append(
                CardRow(
                    "absentHistory", Phrase(en: "not on this device", es: "no está en este equipo"),
                    Cell(wording(text), plain: String(number), tone: .strong)))
        }
        if !page.unsent.isEmpty {
            let count = Phrase.count(
                page.unsent.count, one: Phrase(en: "change", es: "cambio"),
                many: Phrase(en: "changes", es: "cambios"))
            rows.append(
                CardRow(
                    "unsent", Phrase(en: "not sent yet", es: "sin enviar"),
                    Cell(wording(count), plain: String(page.unsent.count), tone: .strong)))
        }
        return rows
    }

    static func purchases(_ page: CustomerPage, in wording: Wording) -> CardRow {
        let purchases = page.purchases
        let isElsewhere = page.absent.contains { $0.entity == .purchase }
        // Nothing here says nothing of what is kept elsewhere.
        let none =
            isElsewhere
            ? Phrase(en: "none on this device", es: "ninguna en este equipo")
            : Phrase(en: "none", es: "ninguna")
        let amount = Money.text(purchases.amount)
        let last = purchases.last.map { wording.day($0) } ?? Phrase("")
        let text =
            purchases.count == 0
            ? none
            : Phrase(
                en: "\(purchases.count) for \(amount), last \(last.en)",
                es: "\(purchases.count) por \(amount), última \(last.es)")
        return CardRow(
            "purchases", Phrase(en: "purchases", es: "compras"),
            Cell(wording(text), plain: "\(purchases.count) \(amount)"))
    }

    private static func json(_ page: CustomerPage) -> JSONValue {
        .record(
            page.customer,
            [
                "openConflicts": .array(page.conflicts.map(\.json)),
                "promises": .array(page.promises.map(\.json)),
                "visits": .array(page.visits.map(\.json)),
                "cases": .array(page.cases.map(CaseView.json)),
                "enrolments": .array(page.enrolments.map(\.json)),
                "points": .integer(page.points),
                "referrals": .array(page.referrals.map(\.json)),
                "territoryCode": .string(page.customer.territory.flatMap { page.titles[$0] } ?? ""),
                "absentHistory": HistoryView.json(page.absent),
                "aliases": .array(page.aliases.map { .id($0.id) }),
                "purchases": .object([
                    "count": .integer(page.purchases.count),
                    "units": .integer(page.purchases.units),
                    "amount": .decimal(Money.text(page.purchases.amount)),
                    "last": .optional(page.purchases.last?.description),
                ]),
                "unsent": .array(
                    page.unsent.map { change in
                        .object([
                            "entity": .string(Schema.current[change.entity]?.name ?? ""),
                            "record": .id(change.record), "fields": .strings(change.fieldNames),
                            "capturedAt": .instant(change.capturedAt),
                        ])
                    }),
            ])
    }
}
