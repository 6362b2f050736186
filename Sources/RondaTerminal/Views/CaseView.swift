internal import RondaMethod
internal import RondaModel

/// Cases: their list, one step by step, and what comes next.
enum CaseView {
    static func list(_ rows: [CaseRow], in wording: Wording) -> Output {
        Output(
            json: .array(rows.map(json)),
            blocks: rows.isEmpty
                ? [.sentence(Phrase(en: "No cases are open.", es: "No hay casos abiertos."))]
                : [.table(table(rows, in: wording))])
    }

    static func table(
        _ rows: [CaseRow], in wording: Wording, withCustomer: Bool = true
    ) -> Table {
        let customer = withCustomer ? [Table.Column("CUSTOMER", "CLIENTE", wraps: true)] : []
        return Table(
            kind: "case",
            columns: [
                Table.Column("ID", "ID"), Table.Column("SINCE", "DESDE"),
                Table.Column("STATE", "ESTADO", wraps: true),
            ] + customer + [
                Table.Column("NEXT", "SIGUE", wraps: true),
                Table.Column("WORDS", "PALABRAS", wraps: true),
            ],
            rows: rows.map { row in
                let state = row.history.state
                let next = label(row.history.next)
                return [
                    Cell(row.handle, plain: row.record.id.description),
                    wording.cell(row.record.openedAt),
                    Cell(
                        wording(state.label), plain: state.rawValue,
                        tone: state == .reopened ? .alert : state.isOver ? .quiet : .plain),
                ] + (withCustomer ? [row.customer.cell] : []) + [
                    Cell(wording(next), plain: name(row.history.next)),
                    Cell(row.record.words ?? ""),
                ]
            })
    }

    static func page(
        _ row: CaseRow, promises: [PromiseRow], at now: LocalMoment, in wording: Wording
    ) -> Output {
        guard let entity = Schema.current[.serviceCase] else { return Output(json: .null) }
        let history = row.history
        var rows = [
            CardRow("id", Phrase("id"), Cell(row.record.id.description, tone: .quiet)),
            CardRow(
                "state", Phrase(en: "state", es: "estado"),
                Cell(wording(history.state.label), plain: history.state.rawValue, tone: .strong)),
        ]
        if let outcome = history.outcome {
            rows.append(
                CardRow(
                    "outcome", Phrase(en: "outcome", es: "resultado"),
                    Cell(wording(outcome.label), plain: outcome.name)))
        }
        if history.level > 0 {
            rows.append(
                CardRow(
                    "level", Phrase(en: "level of escalation", es: "nivel de escalamiento"),
                    Cell(String(history.level))))
        }
        for (position, field) in entity.fields.enumerated()
        where !row.record.fields[position].isEmpty {
            let content = row.record.fields[position]
            let text = wording.text(content, of: field) { id in
                id == row.customer.id
                    ? row.customer.name
                    : id == row.record.owner ? row.owner : String(id.hex.prefix(8))
            }
            rows.append(
                CardRow(field.name, field.label, Cell(text, plain: content.plainText(of: field))))
        }
        var blocks: [Block] = [
            .heading(Phrase(row.customer.name)), .card(rows),
            .heading(Phrase(en: "The seven steps", es: "Los siete pasos")),
            .table(steps(history, in: wording)),
        ]
        if !promises.isEmpty {
            blocks += [
                .heading(Phrase(en: "Promises", es: "Promesas")),
                .table(PromiseRow.table(promises, in: wording, withCustomer: false)),
            ]
        }
        return Output(
            json: json(row).adding(["promises": .array(promises.map(\.json))]), blocks: blocks,
            notes: next(history, handle: row.handle).map { [$0] } ?? [], isMixed: true)
    }

    /// Each step with what was recorded last of it; the check-backs one by one.
    private static func steps(_ history: CaseHistory, in wording: Wording) -> Table {
        Table(
            kind: "step",
            columns: [
                Table.Column("STEP", "PASO", wraps: true), Table.Column("WHEN", "CUÁNDO"),
                Table.Column("WHAT", "QUÉ", wraps: true),
            ],
            rows: CaseStepKind.allCases.flatMap { kind -> [[Cell]] in
                let taken = history.taken[kind] ?? []
                let name = "\(kind.rawValue). " + wording(kind.label)
                if taken.isEmpty { return [[Cell(name, plain: kind.name, tone: .quiet), "", "–"]] }
                return taken.map { step in
                    [
                        Cell(name, plain: kind.name), wording.cell(step.at),
                        Cell(said(step, in: wording)),
                    ]
                }
            })
    }

    private static func said(_ step: CaseStep, in wording: Wording) -> String {
        let confirmed = step.customerConfirmed.map {
            wording(
                $0
                    ? Phrase(en: "confirmed", es: "confirmado")
                    : Phrase(en: "NOT confirmed", es: "NO confirmado"))
        }
        let satisfied = step.satisfied.map {
            wording(Phrase(en: "satisfied: ", es: "satisfecho: ") + $0.label)
        }
        return [
            step.words, step.feels, step.wants, step.expectedOutcome, step.chosen, confirmed,
            satisfied,
        ].compactMap { $0 }.joined(separator: "; ")
    }
}

// MARK: - What comes next

extension CaseView {
    static func label(_ move: CaseMove) -> Phrase {
        switch move {
        case .step(let kind): Phrase("\(kind.rawValue). ") + kind.label
        case .check(1): Phrase(en: "7. first check", es: "7. primera verificación")
        case .check: Phrase(en: "7. second check", es: "7. segunda verificación")
        case .close: Phrase(en: "close", es: "cerrar")
        case .nothing: Phrase("–")
        }
    }

    /// The stable name of a move.
    static func name(_ move: CaseMove) -> String {
        switch move {
        case .step(let kind): kind.name
        case .check(let number): "check\(number)"
        case .close: "close"
        case .nothing: "nothing"
        }
    }

    static func json(_ move: CaseMove) -> JSONValue { .string(name(move)) }

    /// What to type next; `nil` when it is over.
    static func next(_ history: CaseHistory, handle: String) -> Phrase? {
        let move = history.next
        if move == .nothing { return nil }
        let label = label(move)
        let (verb, verbo) = move == .close ? ("close", "cerrar") : ("step", "paso")
        let flags = flags(move)
        return Phrase(
            en: "Next: \(label.en): ronda case \(verb) \(handle) \(flags)",
            es: "Sigue: \(label.es): ronda caso \(verbo) \(handle) \(flags)")
    }

    private static func flags(_ move: CaseMove) -> String {
        switch move {
        case .step(.respect), .step(.listen): "--words …"
        case .step(.expectations): "--expects …"
        case .step(.restate): "--words … --confirmed …"
        case .step(.solutions): "--chosen … --meets …"
        case .step(.act): "--promise … --due …"
        case .step(.verify), .check: "--satisfied …"
        case .close: "--outcome …"
        case .nothing: ""
        }
    }

    static func json(_ row: CaseRow) -> JSONValue {
        let history = row.history
        return .record(
            row.record,
            [
                "state": .string(history.state.rawValue), "next": json(history.next),
                "customerName": .string(row.customer.name), "ownerName": .string(row.owner),
                "outcome": .optional(history.outcome?.name), "level": .integer(history.level),
                "checks": .integer(history.checks.count),
                "closedAt": .instant(history.closedAt),
                "reopenings": .integer(history.reopenings.count),
                "reviews": .integer(history.reviews.count),
                "steps": .array(
                    CaseStepKind.allCases.flatMap { history.taken[$0] ?? [] }.map { .record($0) }),
            ])
    }
}
