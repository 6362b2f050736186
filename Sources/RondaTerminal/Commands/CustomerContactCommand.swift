internal import ArgumentParser
internal import RondaClient
internal import RondaModel

/// The people of a customer, with their roles.
struct CustomerContactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contact", abstract: "People of a customer / Personas de un cliente.",
        subcommands: [List.self, Add.self, Edit.self], defaultSubcommand: List.self,
        aliases: ["contacto", "contacts", "contactos"])

    struct List: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who they are / Quiénes son.", aliases: ["lista"])

        @Argument(help: "Customer: code or id / Cliente: código o id.") var customer: String
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let asked = customer
            let rows = try await session.read { reader in
                let customer = try Finder(reader: reader).customer(asked)
                return try reader.records(Contact.self, of: customer.id).map {
                    (record: $0, handle: try reader.shortID(Contact.self, $0.id))
                }
            }
            let table = RecordTable<Contact>(wording: session.wording).table(
                rows, ["name", "roles", "position", "phones", "emails"])
            return Output(
                json: .array(rows.map { .record($0.record) }),
                blocks: rows.isEmpty
                    ? [
                        .sentence(
                            Phrase(
                                en: "Nobody of this customer is recorded.",
                                es: "No hay personas registradas de este cliente."))
                    ] : [.table(table)])
        }
    }

    struct Add: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record somebody / Registrar a alguien.", aliases: ["nuevo", "nueva"])

        @Argument(help: "Customer: code or id / Cliente: código o id.") var customer: String
        @Argument(help: "Name / Nombre.") var name: [String]
        @OptionGroup var fields: ContactFields
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            guard let name = AnswerWords.text(name.joined(separator: " ")) else {
                throw TerminalError.usage(
                    en: "say the person's name", es: "diga el nombre de la persona")
            }
            let change = try fields.change()
            let store = try await session.open()
            let asked = customer
            let customer = try await session.read(store) { try Finder(reader: $0).customer(asked) }
            let saved = try await session.save(in: store) { capture in
                var contact = capture.new(Contact.self)
                contact.customer = customer.id
                contact.name = name
                change(&contact, customer)
                try capture.create(contact)
            }
            let handle = try await session.read(store) { try $0.shortID(Contact.self, saved.id) }
            let who = customer.name ?? ""
            return saved.output(
                "contact",
                Phrase(
                    en: "Contact \(handle) saved: \(name), of \(who).",
                    es: "Contacto \(handle) guardado: \(name), de \(who)."))
        }
    }

    struct Edit: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add to somebody, or correct / Completar o corregir.", aliases: ["editar"])

        @Argument(help: "Beginning of the id / Comienzo del id.") var id: String
        @Option(help: "Name / Nombre.") var name: String?
        @OptionGroup var fields: ContactFields
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let change = try fields.change()
            let store = try await session.open()
            let (asked, name) = (id, AnswerWords.text(name))
            let (contact, customer) = try await session.read(store) { reader in
                let contact = try Finder(reader: reader).record(Contact.self, asked)
                let customer = try contact.customer.flatMap { try reader.record(Customer.self, $0) }
                return (contact, customer ?? Customer(id: .zero))
            }
            let saved = try await session.save(contact.id, in: store) { capture in
                try capture.update(Contact.self, contact.id) { contact in
                    if let name { contact.name = name }
                    change(&contact, customer)
                }
            }
            let who = name ?? contact.name ?? ""
            return saved.output(
                "contact",
                saved.receipt == nil
                    ? Phrase(
                        en: "Nothing differs from what is recorded of \(who).",
                        es: "Nada difiere de lo registrado de \(who).")
                    : Phrase(en: "Contact \(who) updated.", es: "Contacto \(who) actualizado."))
        }
    }
}

struct ContactFields: ParsableArguments {
    @Option(
        help: """
            decider, influencer, payer, user, buyer, distributor, consumer, gatekeeper / decisor, \
            influenciador, pagador …
            """)
    var role: [String] = []
    @Option(help: "Position / Cargo.") var position: String?
    @Option(help: "Phone / Teléfono.") var phone: [String] = []
    @Option(help: "E-mail / Correo.") var email: [String] = []
    @Option(help: "Birthday, 1980-05-31 / Cumpleaños.") var birthday: String?
    @Option(help: "Preferred channel / Canal preferido.") var channel: String?
    @Option(help: "Best hours / Mejor horario.") var bestHours: String?
    @Option(help: "Do not contact in: earlyMorning … sunday / No contactar en.")
    var notAt: [String] = []
    @Option(help: "Involvement in the decision: low, medium, high / En la decisión.")
    var decision: String?
    @Option(help: "Involvement in the buying: low, medium, high / En la compra.")
    var purchase: String?
    @Option(help: "Note / Nota.") var note: [String] = []

    /// What becomes of a contact, once everything typed was understood.
    func change() throws(TerminalError) -> @Sendable (inout Contact, Customer) -> Void {
        var roles: [ContactRole] = []
        for text in role {
            if let role = try AnswerWords.required(ContactRole.self, text, flag: "--role") {
                roles.append(role)
            }
        }
        var parts: [DayPart] = []
        for text in notAt {
            if let part = try AnswerWords.required(DayPart.self, text, flag: "--not-at") {
                parts.append(part)
            }
        }
        let born = try AnswerWords.day(birthday, flag: "--birthday")
        let preferred = try AnswerWords.required(ContactChannel.self, channel, flag: "--channel")
        let decides = try AnswerWords.required(InvolvementLevel.self, decision, flag: "--decision")
        let buys = try AnswerWords.required(InvolvementLevel.self, purchase, flag: "--purchase")
        let (typed, wantedRoles, wantedParts) = (self, roles, parts)
        return { contact, customer in
            contact.roles += wantedRoles
            contact.notAt += wantedParts
            contact.phones += typed.phone.map { CustomerEdit.spelled($0, customer) }
            contact.emails += typed.email.map { CustomerEdit.spelled($0, customer) }
            contact.notes += typed.note.compactMap(AnswerWords.text)
            contact.position = AnswerWords.text(typed.position) ?? contact.position
            contact.bestHours = AnswerWords.text(typed.bestHours) ?? contact.bestHours
            contact.birthday = born ?? contact.birthday
            contact.preferredChannel = preferred ?? contact.preferredChannel
            contact.involvementDecision = decides ?? contact.involvementDecision
            contact.involvementPurchase = buys ?? contact.involvementPurchase
        }
    }
}
