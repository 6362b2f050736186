internal import ArgumentParser
internal import RondaClient
internal import RondaModel

struct CustomerNewCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Record a customer; says first who may be meant already / "
            + "Registrar un cliente; antes avisa quién puede ser el mismo.",
        aliases: ["nuevo"])

    @Argument(help: "Name / Nombre.") var name: [String]
    @Option(help: "person, company / persona, empresa.") var kind: String?
    @Option(help: "Phone / Teléfono.") var phone: [String] = []
    @Option(help: "E-mail / Correo.") var email: [String] = []
    @Option(help: "National id: NIT, RFC, RUC, CUIT … / Identificación.") var nationalId: String?
    @Option(help: "Trade name / Nombre comercial.") var tradeName: String?
    @Option(help: "Contact person / Persona de contacto.") var contact: String?
    @Option(help: "Street address / Dirección.") var street: String?
    @Option(help: "City / Ciudad.") var city: String?
    @Option(
        help: "Country, two letters; the territory's by itself / País; si no, el del territorio.")
    var country: String?
    @Option(help: "Territory code; your only one by itself / Código del territorio.")
    var territory: String?
    @Option(help: "Best hours to call / Mejor horario.") var bestHours: String?
    @Option(help: "Note / Nota.") var note: [String] = []
    @Flag(help: "Save it although it may be there already / Guardarlo aunque pueda estar ya.")
    var yes = false
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let store = try await session.open()
        let command = self
        let (draft, matches) = try await session.read(store) { reader in
            let draft = try command.draft(Finder(reader: reader))
            return (draft, try DuplicateCheck(draft).matches(reader))
        }
        matches.map(\.phrase).forEach(session.say)
        if !matches.isEmpty && !yes { try confirm(matches, in: session) }
        let saved = try await session.save(in: store) { capture in
            var customer = capture.new(Customer.self)
            customer.fields = draft.fields
            try capture.create(customer)
        }
        let handle = try await session.read(store) { try $0.shortID(Customer.self, saved.id) }
        return saved.output(
            "customer",
            Phrase(
                en: "Customer \(draft.name ?? "") (\(handle)) saved.",
                es: "Cliente \(draft.name ?? "") (\(handle)) guardado."),
            more: ["duplicates": .array(matches.map(\.json))])
    }

    /// It may be somebody else all the same: a person says so, or a script with `--yes`.
    private func confirm(
        _ matches: [DuplicateCheck.Match], in session: Session
    ) throws(TerminalError) {
        guard session.isInteractive else {
            let names = matches.map { "\($0.customer.name) (\($0.customer.handle))" }
            let list = names.joined(separator: ", ")
            throw TerminalError(
                .refusedByRule, "maybeDuplicate",
                en: "this may be \(list); nothing was saved: if it is another one, use --yes",
                es: "puede ser \(list); no se guardó nada: si es otro, use --yes")
        }
        let goesOn = Questions(session: session).yesNo(
            "Is it another one? Save it", "¿Es otro? ¿Guardarlo de todos modos?")
        if goesOn != true {
            throw TerminalError(
                .refusedByRule, "notConfirmed", en: "nothing was saved", es: "no se guardó nada")
        }
    }

    private func draft(_ finder: Finder) throws -> Customer {
        guard let name = AnswerWords.text(name.joined(separator: " ")) else {
            throw TerminalError.usage(
                en: "say the name of the customer", es: "diga el nombre del cliente")
        }
        var customer = Customer(id: .zero)
        let territory = try finder.territory(territory)
        customer.territory = territory.id
        customer.country = AnswerWords.text(country)?.uppercased() ?? territory.country
        customer.kind = try AnswerWords.required(CustomerKind.self, kind, flag: "--kind")
        customer.nationalId = AnswerWords.text(nationalId)
        customer.tradeName = AnswerWords.text(tradeName)
        CustomerEdit(
            texts: [
                (\.name, name), (\.contact, AnswerWords.text(contact)),
                (\.street, AnswerWords.text(street)), (\.city, AnswerWords.text(city)),
                (\.bestHours, AnswerWords.text(bestHours)),
            ], addedPhones: phone, removedPhones: [], addedEmails: email, removedEmails: [],
            addedNotes: note.compactMap(AnswerWords.text)
        ).apply(to: &customer)
        return customer
    }
}

extension Finder {
    /// The territory with this code; without one, the only one this device follows.
    func territory(_ code: String?) throws -> Territory {
        let own = try reader.status().scopes.compactMap { try reader.record(Territory.self, $0) }
        if let code {
            let folded = Folding.fold(code)
            if let found = own.first(where: { Folding.fold($0.code ?? "") == folded }) {
                return found
            }
        } else if own.count == 1 {
            return own[0]
        }
        let codes = own.compactMap(\.code).sorted().joined(separator: ", ")
        throw TerminalError.usage(
            en: "say in which of your territories with --territory: \(codes)",
            es: "diga en cuál de sus territorios con --territory: \(codes)")
    }
}
