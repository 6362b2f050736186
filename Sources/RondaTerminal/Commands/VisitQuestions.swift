internal import RondaClient
internal import RondaModel

/// The guided visit: one question a line, an empty answer skips it.
struct VisitQuestions {
    let session: Session
    let store: LocalStore

    func fill(_ draft: inout VisitDraft, customer: Customer, name: CustomerName) async throws {
        session.say(
            Phrase(
                en: "Visit: \(name.name) (\(name.handle)). An empty answer skips a question.",
                es: "Visita: \(name.name) (\(name.handle)). Una respuesta vacía omite la pregunta.")
        )
        try expectation(&draft)
        try repurchase(&draft)
        try await referrals(&draft, customer: customer)
        try backing(&draft)
        draft.note = text("A note", "¿Una nota?")
        if draft.promise == nil {
            draft.promise = try promise("Did you promise something? What", "¿Prometió algo? ¿Qué?")
        }
    }

    private func expectation(_ draft: inout VisitDraft) throws {
        draft.expectation = text("1. What made them buy", "1. ¿Qué esperaba al comprar?")
        draft.reality = choice(
            Reality.self, "   And the reality", "   ¿Y la realidad frente a lo esperado?")
        draft.impedimentFound = yesNo("   Is there an impediment", "   ¿Hay un impedimento?")
        guard draft.impedimentFound == true else { return }
        draft.impedimentCause = choice(
            ImpedimentCause.self, "   Its cause", "   ¿Cuál es la causa?")
        draft.promise = try promise(
            "   How do you promise to put it right", "   ¿Qué promete para resolverlo?")
    }

    private func repurchase(_ draft: inout VisitDraft) throws {
        draft.repurchaseIntent = ask(
            Phrase(
                en: "2. Would they buy again, 0 to 10?", es: "2. ¿Volvería a comprar, de 0 a 10?"),
            hint: Phrase(en: "a number from 0 to 10", es: "un número de 0 a 10")
        ) { text in Int(text).flatMap { (0...10).contains($0) ? $0 : nil } }
        if let idea = text("   A cross-sell idea", "   ¿Una idea de venta cruzada?") {
            draft.crossSellIdeas = [idea]
        }
    }

    private func referrals(_ draft: inout VisitDraft, customer: Customer) async throws {
        draft.referralAsked = yesNo("3. Did you ask for referrals", "3. ¿Pidió referidos?")
        guard draft.referralAsked == true,
            let name = text("   Name of the referral", "   ¿Nombre del referido?")
        else { return }
        while let contact = text("   Their phone or e-mail", "   ¿Su teléfono o correo?") {
            let isEmail = contact.contains("@")
            do {
                draft.referral = try await session.read(store) { reader in
                    try Finder(reader: reader).referral(
                        name: name, phone: isEmail ? nil : contact, email: isEmail ? contact : nil,
                        programme: nil, customer: customer)
                }
                return
            } catch let error as TerminalError {
                session.say(error.phrase)
            }
        }
    }

    private func backing(_ draft: inout VisitDraft) throws {
        if let other = text("4. Other staff involved", "4. ¿Otra persona de la empresa?") {
            draft.otherStaff = [other]
        }
        draft.handoffTo = text("   Handed over to", "   ¿A quién se entrega el caso?")
        draft.handoffOk = yesNo(
            "   Does the company stand behind it", "   ¿La empresa respalda lo acordado?")
    }

    private func promise(_ en: String, _ es: String) throws -> PromiseDraft? {
        guard let words = text(en, es) else { return nil }
        let due = ask(
            Phrase(en: "   By when?", es: "   ¿Para cuándo?"),
            hint: Phrase(
                en: "for example: tomorrow 12:00, +3d", es: "por ejemplo: mañana 12:00, +3d")
        ) { try? session.due($0) }
        return due.map { PromiseDraft(words: words, dueAt: $0) }
    }

    // MARK: Asking

    private func text(_ en: String, _ es: String) -> String? {
        ask(Phrase(en: en.hasSuffix("?") ? en : en + "?", es: es), hint: Phrase("")) { $0 }
    }

    private func yesNo(_ en: String, _ es: String) -> Bool? {
        ask(
            Phrase(en: "\(en)? (y/n)", es: "\(es) (s/n)"),
            hint: Phrase(en: "y or n", es: "s o n"), AnswerWords.yesNo)
    }

    private func choice<Option: OptionValue>(
        _ type: Option.Type, _ en: String, _ es: String
    ) -> Option? {
        let options = Array(Option.allCases)
        let list = Phrase.list(
            options.enumerated().map { Phrase("\($0 + 1) ") + $1.label }, separator: " · ")
        return ask(
            Phrase(en: "\(en)? \(list.en)", es: "\(es) \(list.es)"),
            hint: Phrase(en: "a number of the list", es: "un número de la lista")
        ) { text in
            if let number = Int(text), options.indices.contains(number - 1) {
                return options[number - 1]
            }
            return AnswerWords.option(type, text)
        }
    }

    /// Asks until the answer can be used, is empty, or there is nobody to answer.
    private func ask<Answer>(
        _ question: Phrase, hint: Phrase, _ read: (String) -> Answer?
    ) -> Answer? {
        while true {
            session.context.writeError(session.wording(question) + " ")
            guard let line = session.context.readLine(), let text = AnswerWords.text(line) else {
                return nil
            }
            if let answer = read(text) { return answer }
            session.say(hint)
        }
    }
}
