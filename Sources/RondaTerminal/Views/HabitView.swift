internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// The seven words, about buying and about using, side by side.
enum HabitView {
    static func page(
        _ profile: HabitProfile, _ customer: Customer, staff: [RecordID: String],
        in wording: Wording
    ) -> Output {
        let table = Table(
            kind: "habit",
            columns: [
                Table.Column("QUESTION", "PREGUNTA"), Table.Column("BUYS", "COMPRA", wraps: true),
                Table.Column("USES", "CONSUME", wraps: true),
            ],
            rows: HabitQuestion.allCases.map { question in
                [Cell(wording(question.label), plain: question.rawValue)]
                    + HabitQuestion.Act.allCases.map { act in
                        Cell(profile[question, act]?.text ?? "–")
                    }
            })
        let left = profile.missing.count
        let hint = Phrase(
            en: "\(left) of 14 still to ask: ronda customer habits \(customer.code ?? "…") --ask",
            es: "Faltan \(left) de 14: ronda cliente habitos \(customer.code ?? "…") --preguntar")
        return Output(
            json: json(profile, staff: staff),
            blocks: [.heading(Phrase(customer.name ?? "")), .table(table)],
            notes: left == 0 ? [] : [hint])
    }

    private static func json(_ profile: HabitProfile, staff: [RecordID: String]) -> JSONValue {
        .object([
            "customer": .id(profile.customer), "missing": .integer(profile.missing.count),
            "answers": .array(
                HabitQuestion.Act.allCases.flatMap { act in
                    HabitQuestion.allCases.compactMap { question in
                        profile[question, act].map { answer in
                            .object([
                                "act": .string(act.rawValue),
                                "question": .string(question.rawValue),
                                "text": .string(answer.text), "askedAt": .instant(answer.askedAt),
                                "askedBy": .optional(answer.askedBy.flatMap { staff[$0] }),
                            ])
                        }
                    }
                }),
        ])
    }
}

extension HabitQuestion {
    var label: Phrase {
        switch self {
        case .what: Phrase(en: "what", es: "qué")
        case .why: Phrase(en: "why", es: "por qué")
        case .how: Phrase(en: "how", es: "cómo")
        case .withWhat: Phrase(en: "with what", es: "con qué")
        case .withWhom: Phrase(en: "with whom", es: "con quién")
        case .when: Phrase(en: "when", es: "cuándo")
        case .where: Phrase(en: "where", es: "dónde")
        }
    }

    /// As it is asked.
    func phrase(_ act: Act) -> Phrase {
        Phrase(
            en: "\(label.en) — \(act.label.en)", es: "\(label.es) \(act.label.es)")
    }

    func matches(_ text: String) -> Bool {
        let asked = Folding.fold(text).filter { $0 != " " && $0 != "-" }
        return [rawValue, label.en, label.es].contains {
            Folding.fold($0).filter { $0 != " " } == asked
        }
    }
}

extension HabitQuestion.Act {
    var label: Phrase {
        switch self {
        case .buys: Phrase(en: "buys", es: "compra")
        case .uses: Phrase(en: "uses", es: "consume")
        }
    }

    func matches(_ text: String) -> Bool {
        [label.en, label.es, "usa"].contains(Folding.fold(text))
    }
}
