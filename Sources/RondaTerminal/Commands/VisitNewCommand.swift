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
    @OptionGroup var given: VisitAnswers
    @OptionGroup var extras: VisitExtras
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let store = try await session.open()
        let (asked, extras, now) = (customer, extras, session.wording.now)
        let given = given
        var draft = VisitDraft(at: try at.map { try session.moment($0) } ?? now)
        try given.fill(&draft)
        draft.promise = try extras.promise(in: session)
        let (customer, name, referral, programme, named) = try await session.read(store) { reader in
            let finder = Finder(reader: reader)
            let customer = try finder.customer(asked)
            return (
                customer, try Names(reader).customer(customer),
                try extras.referral(finder, customer), try extras.programme(finder),
                try given.records(finder)
            )
        }
        (draft.purchase, draft.handoffStaff) = (named.purchase, named.handoffStaff)
        (draft.referral, draft.programme) = (referral, programme)
        if session.isInteractive && !draft.hasContent && extras.isEmpty && draft.note == nil
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
}
