internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

struct CaseNewCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Register what a customer came with / Registrar lo que trae un cliente.",
        aliases: ["nueva", "nuevo"])

    @Option(help: "Code or beginning of the id / Código o comienzo del id.") var customer: String
    @Option(
        help: """
            petition, complaint, claim, suggestion, praise, nonConformity / petición, queja, reclamo, \
            sugerencia, felicitación, no conformidad.
            """)
    var kind = "complaint"
    @Option(help: "How it came: person, email, visit … / Por dónde llegó.") var channel: String?
    @Option(help: "companyCaused, customerOwn / De la empresa o del cliente.") var origin: String?
    @Option(help: "low, medium, high, critical / baja, media, alta, crítica.") var severity: String?
    @Option(help: "Who handles it / Responsable.") var owner: String?
    @Option(help: "Whom of the company it is about / De quién de la empresa trata.")
    var about: [String] = []
    @Option(help: "The same complaint as this case / La misma queja que este caso.")
    var sameAs: String?
    @Option(help: "Visit it came up in / Visita en que surgió.") var visit: String?
    @Option(help: "When the customer spoke / Cuándo habló el cliente.") var at: String?
    @Argument(help: "In the customer's words / En palabras del cliente.") var words: [String]
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let draft = try draft(in: session)
        let store = try await session.open()
        let (command, moment) = (self, session.wording.local(session.wording.now))
        let (found, similar, name) = try await session.read(store) { reader in
            let names = try Names(reader)
            let found = try command.fill(draft, Finder(reader: reader), me: reader.identity())
            let others = try found.customer.map { try names.cases(of: [$0]) } ?? []
            let similar = others.filter {
                SameComplaint.looksSame(found, $0.record) && !found.sameAs.contains($0.record.id)
            }
            return (
                found, try similar.map { try names.row($0) }, try names.customer(found.customer)
            )
        }
        let saved = try await session.save(in: store) { capture in
            var record = capture.new(ServiceCase.self)
            record.fields = found.fields
            record.registeredBy = capture.author
            try capture.create(record)
        }
        let row = try await session.read(store) { reader in
            let names = try Names(reader)
            return try names.row(
                try names.history(
                    of: reader.record(ServiceCase.self, saved.id) ?? ServiceCase(id: saved.id)))
        }
        var output = saved.output(
            "case",
            Phrase(
                en: "Case \(row.handle) of \(name.name) registered: \(found.words ?? "").",
                es: "Caso \(row.handle) de \(name.name) registrado: \(found.words ?? "")."),
            next: CaseView.next(row.history, handle: row.handle),
            more: [
                "state": .string(row.history.state.rawValue),
                "similar": .array(similar.map { .id($0.record.id) }),
                "next": CaseView.json(row.history.next),
            ])
        for other in similar {
            let opened = session.wording.when(other.record.openedAt ?? moment.instant)
            output.notes.append(
                Phrase(
                    en: "Case \(other.handle) of \(opened.en) looks like the same complaint; both "
                        + "stand. If it is: ronda case event \(row.handle) same \(other.handle)",
                    es: "El caso \(other.handle) del \(opened.es) parece la misma queja; ambos "
                        + "siguen. Si lo es: ronda caso suceso \(row.handle) misma \(other.handle)"
                ))
        }
        return output
    }

    private func draft(in session: Session) throws(TerminalError) -> ServiceCase {
        var record = ServiceCase(id: .zero)
        record.words = AnswerWords.text(words.joined(separator: " "))
        if record.words == nil { throw TerminalError(CaseRefusal.wordsMissing) }
        record.openedAt = session.wording.now
        if let at { record.openedAt = try session.past(at) }
        record.kind = try AnswerWords.required(CaseKind.self, kind, flag: "--kind")
        record.channel = try AnswerWords.required(CaseChannel.self, channel, flag: "--channel")
        record.origin = try AnswerWords.required(CaseOrigin.self, origin, flag: "--origin")
        record.severity = try AnswerWords.required(CaseSeverity.self, severity, flag: "--severity")
        return record
    }

    /// With the records it names. Whoever registers it handles it, unless it is about them.
    private func fill(
        _ draft: ServiceCase, _ finder: Finder, me: DeviceIdentity?
    ) throws -> ServiceCase {
        var record = draft
        record.customer = try finder.customer(customer).id
        record.subjectStaff = try about.map { try finder.staff($0).id }
        record.visit = try visit.map { try finder.record(Visit.self, $0).id }
        record.sameAs = try sameAs.map { [try finder.record(ServiceCase.self, $0).id] } ?? []
        let history = CaseHistory(record, steps: [], events: [])
        if let owner {
            record.owner = try finder.staff(owner).id
            if let problem = record.owner.flatMap({ history.problem(owner: $0) }) {
                throw TerminalError(problem)
            }
        } else if let me, history.problem(owner: me.account) == nil {
            record.owner = me.account
        }
        return record
    }
}
