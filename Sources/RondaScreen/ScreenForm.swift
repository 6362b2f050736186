package import RondaModel

/// A capture that is being typed: what a draft keeps, and nothing that depends on a screen.
package struct ScreenForm: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable {
        case visit, promise, referral, enrolment

        package var title: Phrase {
            switch self {
            case .visit: Phrase(en: "Visit", es: "Visita")
            case .promise: Phrase(en: "Promise", es: "Promesa")
            case .referral: Phrase(en: "Referral", es: "Referido")
            case .enrolment: Phrase(en: "Enrolment", es: "Inscripción")
            }
        }
    }

    package let kind: Kind
    /// The record it is about, and what they are called.
    package let customer: String
    package let name: String
    /// When it was begun, in milliseconds: a visit was then, whenever it is finished.
    package let begunAt: Int64
    package let programmes: [FormField.Choice]
    /// What was typed, by the name of the field.
    package private(set) var answers: [String: String] = [:]
    package private(set) var index = 0
    /// How many characters of the answer stand before the cursor.
    package private(set) var cursor = 0

    package init(
        _ kind: Kind, customer: String, name: String, begunAt: Int64,
        programmes: [FormField.Choice]
    ) {
        self.kind = kind
        self.customer = customer
        self.name = name
        self.begunAt = begunAt
        self.programmes = programmes
    }

    package var fields: [FormField] {
        switch kind {
        case .visit: Self.visit(programmes)
        case .promise:
            [
                FormField("promise", "What do you promise?", "¿Qué promete?").required,
                FormField("due", "By when?", "¿Para cuándo?", .due).required,
            ]
        case .referral:
            [
                FormField("referralName", "Name", "Nombre").required,
                FormField("referralContact", "Phone or e-mail", "Teléfono o correo", .contact)
                    .required,
            ]
        case .enrolment:
            [
                FormField("enrol", "Programme", "Programa", .choice(programmes)).required,
                FormField("card", "Card number", "Número de tarjeta"),
            ]
        }
    }

    private static func visit(_ programmes: [FormField.Choice]) -> [FormField] {
        [
            FormField("expectation", "What made them buy?", "¿Qué esperaba al comprar?")
                .under("1. Expectation and reality", "1. Expectativa y realidad"),
            FormField(
                "reality", "And the reality?", "¿Y la realidad?", FormField.option(Reality.self)),
            FormField("impediment", "An impediment?", "¿Hay un impedimento?", FormField.yesNo),
            FormField(
                "impedimentCause", "Its cause", "Su causa", FormField.option(ImpedimentCause.self)),
            FormField("repurchase", "Would buy again?", "¿Volvería a comprar?", .number(0...10))
                .under("2. Buying again", "2. Recompra"),
            FormField("crossSell", "Cross-sell idea", "Idea de venta cruzada"),
            FormField("referralAsked", "Asked for referrals?", "¿Pidió referidos?", FormField.yesNo)
                .under("3. Referrals", "3. Referidos"),
            FormField("referralName", "Name of the referral", "Nombre del referido")
                .needed(by: "referralContact"),
            FormField(
                "referralContact", "Their phone or e-mail", "Su teléfono o correo", .contact
            ).needed(by: "referralName"),
            FormField("staff", "Others of the company", "Otra persona de la empresa")
                .under("4. Backing", "4. Respaldo"),
            FormField("handoffTo", "Handed over to", "Se entrega a"),
            FormField(
                "handoffOk", "Company stands behind it?", "¿La empresa respalda?", FormField.yesNo),
            FormField("note", "Note", "Nota"),
            FormField("promise", "What do you promise?", "¿Qué promete?").needed(by: "due")
                .under("What follows", "Lo que sigue"),
            FormField("due", "By when?", "¿Para cuándo?", .due).needed(by: "promise"),
            FormField("enrol", "Enrol in", "Inscribir en", .choice(programmes)),
        ]
    }

    package var field: FormField { fields[min(index, fields.count - 1)] }

    package func answer(_ name: String) -> String { answers[name] ?? "" }

    /// What counts as the answer: without spaces around, a choice by its stable name.
    package func value(_ field: FormField) -> String? {
        let text = answer(field.name).drop(while: \.isWhitespace)
        guard let end = text.lastIndex(where: { !$0.isWhitespace }) else { return nil }
        let kept = String(text[...end])
        return field.choice(kept)?.name ?? kept
    }

    package func value(named name: String) -> String? {
        fields.first { $0.name == name }.flatMap { value($0) }
    }

    package var isEmpty: Bool { answers.values.allSatisfy(\.isEmpty) }
}

// MARK: - Typing

extension ScreenForm {
    private var typed: [Character] { Array(answer(field.name)) }

    mutating func go(to index: Int) {
        self.index = max(0, min(fields.count - 1, index))
        cursor = answer(field.name).count
    }

    /// - Returns: whether something that was typed is another now.
    mutating func press(_ key: Key) -> Bool {
        var text = typed
        let at = min(cursor, text.count)
        switch key {
        case .character(let character):
            text.insert(character, at: at)
            cursor = at + 1
        case .backspace where at > 0:
            text.remove(at: at - 1)
            cursor = at - 1
        case .delete where at < text.count: text.remove(at: at)
        case .left:
            cursor = max(0, at - 1)
            return false
        case .right:
            cursor = min(text.count, at + 1)
            return false
        case .home, .control("a"):
            cursor = 0
            return false
        case .end, .control("e"):
            cursor = text.count
            return false
        default: return false
        }
        answers[field.name] = String(text)
        return true
    }
}

// MARK: - Checking

extension ScreenForm {
    /// Why an answer cannot be taken, by the name of its field. What only the store or the clock
    /// can tell is asked of `check`.
    package func problems(
        _ check: (FormField, String) -> Phrase?
    ) -> [String: Phrase] {
        var problems: [String: Phrase] = [:]
        for field in fields { problems[field.name] = problem(field, check) }
        if isEmpty {
            problems[fields[0].name] = Phrase(
                en: "nothing is answered yet: answer one question at least",
                es: "aún no hay respuestas: responda al menos una pregunta")
        }
        return problems
    }

    private func problem(_ field: FormField, _ check: (FormField, String) -> Phrase?) -> Phrase? {
        guard let value = value(field) else {
            let asker = fields.first { field.neededBy.contains($0.name) && self.value($0) != nil }
            if let asker {
                return Phrase(
                    en: "“\(asker.label.en)” is answered, so this is needed too",
                    es: "respondió «\(asker.label.es)»: esto también hace falta")
            }
            return field.isRequired
                ? Phrase(en: "this has to be answered", es: "esto hay que responderlo") : nil
        }
        switch field.kind {
        case .text: return nil
        case .choice:
            let hint = field.hint
            return field.choice(value) == nil
                ? Phrase(en: "choose one: \(hint.en)", es: "elija una: \(hint.es)") : nil
        case .number(let range):
            let hint = field.hint
            return Int(value).map(range.contains) == true
                ? nil : Phrase(en: "write \(hint.en)", es: "escriba \(hint.es)")
        case .due, .contact: return check(field, value)
        }
    }
}
