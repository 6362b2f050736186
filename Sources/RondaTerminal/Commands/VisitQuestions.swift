internal import RondaClient
internal import RondaModel

/// The guided visit: one question a line, an empty answer skips it.
struct VisitQuestions {
    let session: Session
    let store: LocalStore
    private var questions: Questions { Questions(session: session) }

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
        draft.note = questions.text("A note", "¿Una nota?")
        if draft.promise == nil {
            draft.promise = questions.promise(
                "Did you promise something? What", "¿Prometió algo? ¿Qué?")
        }
    }

    private func expectation(_ draft: inout VisitDraft) throws {
        draft.expectation = questions.text("1. What made them buy", "1. ¿Qué esperaba al comprar?")
        draft.reality = questions.choice(
            Reality.self, "   And the reality", "   ¿Y la realidad frente a lo esperado?")
        draft.impedimentFound = questions.yesNo(
            "   Is there an impediment", "   ¿Hay un impedimento?")
        guard draft.impedimentFound == true else { return }
        draft.impedimentCause = questions.choice(
            ImpedimentCause.self, "   Its cause", "   ¿Cuál es la causa?")
        draft.promise = questions.promise(
            "   How do you promise to put it right", "   ¿Qué promete para resolverlo?")
    }

    private func repurchase(_ draft: inout VisitDraft) throws {
        draft.repurchaseIntent = questions.ask(
            Phrase(
                en: "2. Would they buy again, 0 to 10?", es: "2. ¿Volvería a comprar, de 0 a 10?"),
            hint: Phrase(en: "a number from 0 to 10", es: "un número de 0 a 10")
        ) { text in Int(text).flatMap { (0...10).contains($0) ? $0 : nil } }
        if let idea = questions.text("   A cross-sell idea", "   ¿Una idea de venta cruzada?") {
            draft.crossSellIdeas = [idea]
        }
    }

    private func referrals(_ draft: inout VisitDraft, customer: Customer) async throws {
        draft.referralAsked = questions.yesNo(
            "3. Did you ask for referrals", "3. ¿Pidió referidos?")
        guard draft.referralAsked == true,
            let name = questions.text("   Name of the referral", "   ¿Nombre del referido?")
        else { return }
        while let contact = questions.text("   Their phone or e-mail", "   ¿Su teléfono o correo?")
        {
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
        if let other = questions.text("4. Other staff involved", "4. ¿Otra persona de la empresa?")
        {
            draft.otherStaff = [other]
        }
        draft.handoffTo = questions.text("   Handed over to", "   ¿A quién se entrega el caso?")
        draft.handoffOk = questions.yesNo(
            "   Does the company stand behind it", "   ¿La empresa respalda lo acordado?")
    }
}
