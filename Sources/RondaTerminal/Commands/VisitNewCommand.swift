internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

struct VisitNewCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Record a visit; on a terminal without answers, asks them one by one / "
            + "Registrar una visita; en una terminal, sin respuestas, las pregunta una por una.",
        aliases: ["nueva"])

    @Option(help: "Code or beginning of the id / Código o comienzo del id.") var customer: String
    @Option(help: "When it was / Cuándo fue.") var at: String?
    @Option(help: "1. What made them buy / Qué esperaba al comprar.") var expectation: String?
    @Option(help: "1. below, met, exceeded / inferior, alcanzó, superó.") var reality: String?
    @Option(help: "1. An impediment? yes, no / ¿Hay un impedimento? sí, no.")
    var impediment: String?
    @Option(
        help: "1. productQuality, missingPreDeliveryCheck, companyError, customerSide / Su causa.")
    var impedimentCause: String?
    @Option(help: "2. Would buy again, 0 to 10 / Volvería a comprar, de 0 a 10.")
    var repurchase: Int?
    @Option(help: "2. Cross-sell idea / Idea de venta cruzada.") var crossSell: [String] = []
    @Option(help: "3. Referrals asked for? yes, no / ¿Pidió referidos? sí, no.")
    var referralAsked: String?
    @Option(help: "4. Somebody else involved / Otra persona de la empresa.")
    var staff: [String] = []
    @Option(help: "4. Handed over to / Se entrega a.") var handoffTo: String?
    @Option(help: "4. The company stands behind it? yes, no / ¿La empresa respalda? sí, no.")
    var handoffOk: String?
    @Option(help: "Note / Nota.") var note: String?
    @OptionGroup var extras: VisitExtras
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let store = try await session.open()
        let (asked, extras, now) = (customer, extras, session.wording.now)
        var draft = try answers(in: session)
        draft.promise = try extras.promise(in: session)
        let (customer, name, referral, programme) = try await session.read(store) { reader in
            let finder = Finder(reader: reader)
            let customer = try finder.customer(asked)
            return (
                customer, try Names(reader).customer(customer),
                try extras.referral(finder, customer), try extras.programme(finder)
            )
        }
        (draft.referral, draft.programme) = (referral, programme)
        if session.isInteractive && !draft.hasContent && extras.isEmpty && note == nil
            && draft.at <= now
        {
            try await VisitQuestions(session: session, store: store)
                .fill(&draft, customer: customer, name: name)
        }
        return try await save(draft, customer: name, in: store, session)
    }

    private func save(
        _ draft: VisitDraft, customer: CustomerName, in store: LocalStore, _ session: Session
    ) async throws -> Output {
        let now = session.wording.now
        let state = try draft.state(now: now)
        let referral = draft.referral
        let warnings = try await session.read(store) { reader in
            try referral.map { try ReferralCheck.warnings($0, from: reader) } ?? []
        }
        warnings.forEach(session.say)
        let saved = try await session.save(in: store) {
            try $0.add(draft, state: state, customer: customer.id, at: now)
        }
        let (visit, handle) = try await session.read(store) { reader in
            (
                try reader.record(Visit.self, saved.id) ?? Visit(id: saved.id),
                try reader.shortID(Visit.self, saved.id)
            )
        }
        let missing = state == .completed ? PostSaleAspect.missing(in: visit) : []
        return saved.output(
            "visit",
            VisitNewView.sentence(
                state: state, customer: customer, handle: handle, missing: missing, draft: draft,
                in: session.wording),
            next: VisitNewView.next(draft, handle: handle, customer: customer),
            more: [
                "missingAspects": .strings(missing.map(\.name)), "state": .string(state.name),
                "warnings": .array(warnings.map(JSONValue.phrase)),
            ])
    }

    private func answers(in session: Session) throws(TerminalError) -> VisitDraft {
        var moment = session.wording.now
        if let at { moment = try session.moment(at) }
        var draft = VisitDraft(at: moment)
        draft.expectation = AnswerWords.text(expectation)
        draft.reality = try AnswerWords.required(Reality.self, reality, flag: "--reality")
        draft.impedimentCause = try AnswerWords.required(
            ImpedimentCause.self, impedimentCause, flag: "--impediment-cause")
        draft.impedimentFound =
            try AnswerWords.requiredYesNo(impediment, flag: "--impediment")
            ?? (draft.impedimentCause == nil ? nil : true)
        if let repurchase, !(0...10).contains(repurchase) {
            throw .usage(
                en: "--repurchase goes from 0 to 10, not \(repurchase)",
                es: "--repurchase va de 0 a 10, no \(repurchase)")
        }
        draft.repurchaseIntent = repurchase
        draft.crossSellIdeas = crossSell.compactMap(AnswerWords.text)
        draft.referralAsked = try AnswerWords.requiredYesNo(referralAsked, flag: "--referral-asked")
        draft.otherStaff = staff.compactMap(AnswerWords.text)
        draft.handoffTo = AnswerWords.text(handoffTo)
        draft.handoffOk = try AnswerWords.requiredYesNo(handoffOk, flag: "--handoff-ok")
        draft.note = AnswerWords.text(note)
        return draft
    }
}
