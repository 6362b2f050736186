internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

struct ConsentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consent",
        abstract: "What a person allows / Lo que una persona autoriza.",
        discussion: """
            ronda consent withdraw C0007
            ronda consentimiento otorgar C0007 --purpose marketing --evidence-kind signature \
            --evidence "hoja 12"
            """,
        subcommands: [Show.self, Grant.self, Withdraw.self], defaultSubcommand: Show.self,
        aliases: ["consentimiento"])

    struct Show: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "What is allowed now, and why not / Qué se puede ahora, y por qué no.",
            aliases: ["ver"])

        @Argument(help: "Customer: code or id / Cliente: código o id.") var customer: String
        @Option(help: "Contact of the customer: name or id / Contacto del cliente.")
        var person: String?
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let (asked, person) = (customer, person)
            let now = session.wording.local(session.wording.now)
            let page = try await session.read {
                try ConsentPage.load(asked, person: person, at: now, from: $0)
            }
            return ConsentView.page(page, in: session.wording)
        }
    }

    struct Grant: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "The person allowed it; with evidence / La persona lo autorizó; con evidencia.",
            aliases: ["otorgar"])

        @OptionGroup var about: ConsentSubject
        @Option(help: "For what: marketing, loyalty, survey … / Para qué.") var purpose: String
        @Option(help: "By which channel; all of them by itself / Por qué canal; si no, todos.")
        var channel = "all"
        @Option(help: "signature, audio, writing, doubleOptIn / firma, audio, escrito.")
        var evidenceKind: String?
        @Option(help: "Where it is kept, or the words / Dónde se guarda, o las palabras.")
        var evidence: String?
        @Option(help: "Version of the notice that was shown / Versión del aviso mostrado.")
        var notice: String?
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            var event = try about.event(.grant, purpose: purpose, channel: channel, in: session)
            if event.purpose == .all { throw TerminalError(ConsentRefusal.forEverything) }
            event.evidenceKind = try AnswerWords.required(
                ConsentEvidence.self, evidenceKind, flag: "--evidence-kind")
            event.evidence = AnswerWords.text(evidence)
            if event.evidenceKind == nil { throw TerminalError(ConsentRefusal.noEvidence) }
            event.noticeVersion = AnswerWords.text(notice)
            return try await about.save(event, in: session)
        }
    }

    struct Withdraw: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "The person does not allow it any more; no reason is asked / "
                + "La persona ya no lo autoriza; no se pide motivo.",
            aliases: ["retirar"])

        @OptionGroup var about: ConsentSubject
        @Option(help: "For what; everything by itself / Para qué; si no, para todo.")
        var purpose = "all"
        @Option(help: "By which channel; all of them by itself / Por qué canal; si no, todos.")
        var channel = "all"
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            try await about.save(
                try about.event(.withdraw, purpose: purpose, channel: channel, in: session),
                in: session)
        }
    }
}

/// Whose consent it is, and how it came.
struct ConsentSubject: ParsableArguments {
    @Argument(help: "Customer: code or id / Cliente: código o id.") var customer: String
    @Option(help: "Contact of the customer: name or id / Contacto del cliente.")
    var person: String?
    @Option(help: "How it came: person, call, form, web / Cómo llegó: en persona, llamada …")
    var source = "person"

    func event(
        _ action: ConsentAction, purpose: String, channel: String, in session: Session
    ) throws(TerminalError) -> ConsentEvent {
        var event = ConsentEvent(id: .zero)
        event.action = action
        event.purpose = try AnswerWords.required(ContactPurpose.self, purpose, flag: "--purpose")
        event.channel = try AnswerWords.required(ContactChannel.self, channel, flag: "--channel")
        event.source = try AnswerWords.required(ConsentSource.self, source, flag: "--source")
        event.at = session.wording.now
        event.language = session.wording.language == .spanish ? "es" : "en"
        return event
    }

    /// An event names what of the person's it had seen: by that, and by no clock, it is judged.
    func save(_ draft: ConsentEvent, in session: Session) async throws -> Output {
        let store = try await session.open()
        let (asked, person) = (customer, person)
        let now = session.wording.local(session.wording.now)
        let before = try await session.read(store) {
            try ConsentPage.load(asked, person: person, at: now, from: $0)
        }
        let saved = try await session.save(in: store) { capture in
            var event = capture.new(ConsentEvent.self)
            event.fields = draft.fields
            event.customer = before.customer.id
            event.person = before.person
            event.capturedBy = capture.author
            event.seen = ConsentHistory(before.contactGuard.events, of: before.person).seen
            try capture.create(event)
        }
        let after = try await session.read(store) {
            try ConsentPage.load(asked, person: person, at: now, from: $0)
        }
        return ConsentView.saved(draft, saved, after, in: session.wording)
    }
}

/// Why a grant is not taken as it was typed.
enum ConsentRefusal: MethodRefusal {
    case noEvidence, forEverything

    var phrase: Phrase {
        switch self {
        case .noEvidence:
            Phrase(
                en: "a grant needs evidence: --evidence-kind signature, audio, writing or "
                    + "doubleOptIn, and where it is kept with --evidence",
                es: "una autorización necesita evidencia: --evidence-kind firma, audio, escrito o "
                    + "doubleOptIn, y dónde se guarda con --evidence")
        case .forEverything:
            Phrase(
                en: "consent is given for a purpose; name each with --purpose",
                es: "el consentimiento se da para una finalidad; indique cada una con --purpose")
        }
    }
}
