internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// One page to read before a visit: whom to call on, what was promised, what is open, what they
/// allow. Narrow, so that it stands beside a list.
enum BriefView {
    static func blocks(_ page: CustomerPage, in wording: Wording) -> [Block] {
        [
            .heading(Phrase("\(page.name.name) (\(page.name.handle))")),
            .card(card(page, in: wording)),
        ]
            + conflicts(page, in: wording) + promises(page, in: wording)
            + cases(page, in: wording) + visits(page, in: wording)
            + loyalty(page, in: wording)
    }

    private static func card(_ page: CustomerPage, in wording: Wording) -> [CardRow] {
        let customer = page.customer
        var rows: [CardRow] = []
        func add(_ name: String, _ en: String, _ es: String, _ text: String) {
            if !text.isEmpty { rows.append(CardRow(name, Phrase(en: en, es: es), Cell(text))) }
        }
        add("contact", "person", "persona", customer.contact ?? "")
        add("phones", "phones", "teléfonos", customer.phones.joined(separator: "\n"))
        add(
            "street", "address", "dirección",
            [customer.street, customer.city].compactMap { $0 }.joined(separator: ", "))
        add("consent", "contact", "contacto", wording(page.consent))
        rows.append(CustomerView.purchases(page, in: wording))
        if !page.unsent.isEmpty {
            add("unsent", "not sent yet", "sin enviar", String(page.unsent.count))
        }
        return rows
    }

    private static func section(_ en: String, _ es: String, _ rows: [CardRow]) -> [Block] {
        rows.isEmpty ? [] : [.heading(Phrase(en: en, es: es)), .card(rows)]
    }

    private static func conflicts(_ page: CustomerPage, in wording: Wording) -> [Block] {
        if page.conflicts.isEmpty { return [] }
        let count = Phrase.count(
            page.conflicts.count,
            one: Phrase(en: "conflict needs you (5)", es: "conflicto necesita su decisión (5)"),
            many: Phrase(
                en: "conflicts need you (5)", es: "conflictos necesitan su decisión (5)"))
        return [.sentence(Phrase("! ") + count)]
    }

    private static func promises(_ page: CustomerPage, in wording: Wording) -> [Block] {
        section(
            "Open promises", "Promesas abiertas",
            page.promises.map { row in
                let state = row.state.cell(in: wording)
                return CardRow(
                    "promise", wording.when(row.dueAt),
                    Cell("\(row.promise.words ?? "") (\(state.text))", tone: state.tone))
            })
    }

    private static func cases(_ page: CustomerPage, in wording: Wording) -> [Block] {
        section(
            "Open cases", "Casos abiertos",
            page.cases.map { row in
                CardRow(
                    "case", row.record.openedAt.map { wording.when($0) } ?? Phrase(""),
                    Cell("\(row.record.words ?? "") (\(wording(row.history.state.label)))"))
            })
    }

    private static func visits(_ page: CustomerPage, in wording: Wording) -> [Block] {
        section(
            "Last visits", "Últimas visitas",
            page.visits.map { row in
                let visit = row.visit
                var parts = [wording((visit.state ?? .completed).label)]
                if row.isOver, let missing = PostSaleAspect.sentence(row.missing) {
                    parts.append(wording(missing))
                }
                if let reality = visit.reality { parts.append(wording(reality.label)) }
                if let intent = visit.repurchaseIntent { parts.append("\(intent)/10") }
                if let words = visit.expectation { parts.append(words) }
                if let note = visit.note { parts.append(note) }
                return CardRow(
                    "visit", visit.at.map { wording.when($0) } ?? Phrase(""),
                    Cell(parts.joined(separator: "; ")))
            })
    }

    private static func loyalty(_ page: CustomerPage, in wording: Wording) -> [Block] {
        let points = Phrase(en: "points", es: "puntos")
        return section(
            "Loyalty and referrals", "Lealtad y referidos",
            page.enrolments.map {
                CardRow(
                    "enrolment", Phrase($0.programmeName), Cell("\($0.points) \(wording(points))"))
            }
                + page.referrals.map {
                    CardRow(
                        "referral", Phrase(en: "referral", es: "referido"),
                        Cell($0.referral.name ?? ""))
                })
    }
}
