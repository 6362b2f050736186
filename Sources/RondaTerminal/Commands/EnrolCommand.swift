internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

struct EnrolCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrol",
        abstract: "Enrol a customer in a loyalty programme / "
            + "Inscribir a un cliente en un programa de lealtad.",
        aliases: ["inscribir", "enroll"])

    @Option(help: "Code or beginning of the id / Código o comienzo del id.") var customer: String
    @Option(help: "Programme code / Código del programa.") var programme: String?
    @Option(help: "Card number / Número de tarjeta.") var card: String?
    @Option(help: "Evidence that the person allows it: signature, audio, writing / Evidencia.")
    var consentKind: String?
    @Option(help: "Where the evidence is kept / Dónde se guarda la evidencia.")
    var consentEvidence: String?
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let kind = try AnswerWords.required(
            ConsentEvidence.self, consentKind, flag: "--consent-kind")
        let evidence = AnswerWords.text(consentEvidence)
        if evidence != nil && kind == nil { throw TerminalError(ConsentRefusal.noEvidence) }
        let store = try await session.open()
        let (asked, code, card) = (customer, programme, AnswerWords.text(card))
        let now = session.wording.now
        let (customer, programme, points) = try await session.read(store) { reader in
            let finder = Finder(reader: reader)
            let customer = try finder.customer(asked)
            return (
                customer, try finder.programme(code),
                try reader.records(PointsEntry.self, of: customer.id).compactMap(\.points)
                    .reduce(0, +)
            )
        }
        let saved = try await session.save(Self.id(programme.id, customer.id), in: store) {
            _ = try $0.enrol(customer.id, in: programme, card: card, at: now)
            if let kind {
                let known = try $0.reader.records(ConsentEvent.self, of: customer.id)
                var event = $0.new(ConsentEvent.self)
                event.customer = customer.id
                event.person = customer.id
                event.action = .grant
                (event.purpose, event.channel, event.source) = (.loyalty, .all, .person)
                event.evidenceKind = kind
                event.evidence = evidence
                event.at = now
                event.capturedBy = $0.author
                event.seen = ConsentHistory(known, of: customer.id).seen
                try $0.create(event)
            }
        }
        let after = try await session.read(store) {
            try $0.records(PointsEntry.self, of: customer.id).compactMap(\.points).reduce(0, +)
        }
        let (who, name) = (customer.name ?? "", programme.name ?? "")
        let what =
            saved.receipt == nil
            ? Phrase(
                en: "\(who) was already enrolled in \(name): \(after) points.",
                es: "\(who) ya estaba en \(name): \(after) puntos.")
            : Phrase(
                en: "\(who) enrolled in \(name): \(after) points (\(after - points) new).",
                es: "\(who) inscrito en \(name): \(after) puntos (\(after - points) nuevos).")
        let moment = session.wording.local(now)
        let mayTell = try await session.read(store) {
            try ConsentPage.load(customer, at: moment, from: $0).allowed.contains(.loyalty)
        }
        let hint = Phrase(
            en: "Nobody may write about the programme yet: ronda consent grant \(asked) --purpose "
                + "loyalty --evidence-kind …",
            es: "Aún no se puede escribir sobre el programa: ronda consentimiento otorgar \(asked) "
                + "--purpose loyalty --evidence-kind …")
        var output = saved.output(
            "enrolment", what, more: ["points": .integer(after), "consent": .bool(mayTell)])
        if !mayTell { output.notes.append(hint) }
        return output
    }

    private static func id(_ programme: RecordID, _ customer: RecordID) -> RecordID? {
        guard let entity = Schema.current[.enrolment] else { return nil }
        var enrolment = Enrolment(id: .zero)
        enrolment.programme = programme
        enrolment.customer = customer
        return Schema.current.derivedID(of: entity) { enrolment.fields[$0].value }
    }
}
