internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// What a person asks about their data, registered where they said it. The legal clock runs from
/// then, also when the laptop syncs days later.
struct PrivacyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "privacy",
        abstract: "Requests about personal data / Solicitudes de datos personales.",
        subcommands: [
            Access.self, Erase.self, Request.self, List.self,
        ], defaultSubcommand: List.self, aliases: ["datos"])

    struct Access: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "The person wants to know what there is / La persona quiere ver sus datos.",
            aliases: ["acceso"])
        @OptionGroup var who: PrivacyRequest
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            try await who.register(.access, in: session)
        }
    }

    struct Erase: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "The person wants it erased / La persona quiere que se supriman.",
            aliases: ["suprimir", "cancelar"])
        @OptionGroup var who: PrivacyRequest
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            try await who.register(.cancellation, in: session)
        }
    }

    struct Request: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "rectification, opposition, portability, revocation … / rectificación …",
            aliases: ["solicitud"])
        @Argument(help: "Which right / Qué derecho.") var right: String
        @OptionGroup var who: PrivacyRequest
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            guard let right = try AnswerWords.required(DataRight.self, right, flag: "RIGHT") else {
                throw TerminalError.usage(en: "say which right", es: "diga qué derecho")
            }
            return try await who.register(right, in: session)
        }
    }

    struct List: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Requests and by when they are answered / Solicitudes y sus plazos.",
            aliases: ["lista"])
        @Flag(help: "Those that are carried out too / También las cumplidas.") var all = false
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let (all, now) = (all, session.wording.local(session.wording.now))
            let rows = try await session.read { reader in
                try reader.records(DataRequest.self).filter { all || $0.doneAt == nil }
                    .map { try PrivacyRow($0, at: now, from: reader) }
            }
            return PrivacyRow.output(rows, in: session.wording)
        }
    }
}

struct PrivacyRequest: ParsableArguments, Sendable {
    @Argument(help: "Customer: code or id / Cliente: código o id.") var customer: String
    @Argument(help: "In the person's words / En palabras de la persona.") var words: [String] = []
    @Option(help: "Contact of the customer: name or id / Contacto del cliente.")
    var person: String?
    @Option(help: "How it came: visit, person, email … / Por dónde llegó.") var channel: String?
    @Option(help: "When the person spoke / Cuándo habló la persona.") var at: String?

    func register(_ right: DataRight, in session: Session) async throws -> Output {
        let store = try await session.open()
        let command = self
        let spoken = try at.map { try session.past($0) } ?? session.wording.now
        let channel = try AnswerWords.required(CaseChannel.self, channel, flag: "--channel")
        let (customer, person) = try await session.read(store) { reader in
            let finder = Finder(reader: reader)
            let customer = try finder.customer(command.customer)
            return (customer, try command.person.map { try finder.contact($0, of: customer).id })
        }
        let saved = try await session.save(in: store) { capture in
            var request = capture.new(DataRequest.self)
            request.customer = customer.id
            request.person = person ?? customer.id
            request.right = right
            request.receivedAt = spoken
            request.country = customer.country
            request.words = AnswerWords.text(command.words.joined(separator: " "))
            request.channel = channel
            request.receivedBy = capture.author
            request.state = .received
            try capture.create(request)
        }
        let now = session.wording.local(session.wording.now)
        let row = try await session.read(store) { reader in
            let request = try reader.record(DataRequest.self, saved.id)
            return try PrivacyRow(request ?? DataRequest(id: saved.id), at: now, from: reader)
        }
        let (day, label) = (session.wording.day(row.clock.answerBy), right.label)
        return saved.output(
            "dataRequest",
            Phrase(
                en:
                    "Request of \(row.customer.name) registered: \(label.en); the office answers by "
                    + "\(day.en) (\(row.clock.source)).",
                es:
                    "Solicitud de \(row.customer.name) registrada: \(label.es); la oficina responde "
                    + "a más tardar el \(day.es) (\(row.clock.source))."),
            next: Phrase(
                en: "Sync soon, the clock is running: ronda sync",
                es: "Sincronice pronto, el plazo corre: ronda sync"),
            more: [
                "right": .string(right.name),
                "answerBy": .string(row.clock.answerBy.description),
                "source": .string(row.clock.source),
            ])
    }
}
