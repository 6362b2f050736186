internal import ArgumentParser
internal import RondaClient
internal import RondaModel

struct ReferralCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "referral", abstract: "Referrals / Referidos.",
        subcommands: [Add.self, List.self], defaultSubcommand: List.self, aliases: ["referido"])

    struct Add: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record somebody a customer refers / "
                + "Registrar a quien recomienda un cliente.",
            aliases: ["nuevo"])

        @Option(help: "Who refers: code or id / Quién recomienda: código o id.")
        var customer: String
        @Option(help: "Name / Nombre.") var name: String
        @Option(help: "Phone / Teléfono.") var phone: String?
        @Option(help: "E-mail / Correo.") var email: String?
        @Option(help: "Programme code / Código del programa.") var programme: String?
        @Option(help: "Relation to the customer / Relación con el cliente.") var relation: String?
        @Option(help: "Visit it came from / Visita en que se dio.") var visit: String?
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let store = try await session.open()
            let (command, now) = (self, session.wording.now)
            let (customer, draft, visit, warnings) = try await session.read(store) { reader in
                let finder = Finder(reader: reader)
                let customer = try finder.customer(command.customer)
                let draft = try finder.referral(
                    name: command.name, phone: command.phone, email: command.email,
                    programme: command.programme, relation: command.relation, customer: customer)
                return (
                    customer, draft,
                    try command.visit.map { try finder.record(Visit.self, $0).id },
                    try ReferralCheck.warnings(draft, from: reader)
                )
            }
            warnings.forEach(session.say)
            let saved = try await session.save(draft.id, in: store) {
                _ = try $0.add(draft, customer: customer.id, visit: visit, at: now)
            }
            let handle = try await session.read(store) { try $0.shortID(Referral.self, saved.id) }
            let what =
                saved.receipt == nil
                ? Phrase(
                    en: "Referral \(handle) was already yours: \(draft.name).",
                    es: "El referido \(handle) ya era suyo: \(draft.name).")
                : Phrase(
                    en: "Referral \(handle) saved: \(draft.name) (from \(customer.name ?? "")).",
                    es: "Referido \(handle) guardado: \(draft.name) (de \(customer.name ?? "")).")
            return saved.output(
                "referral", what,
                more: [
                    "contactPoint": .string(draft.contactPoint),
                    "warnings": .array(warnings.map(JSONValue.phrase)),
                ])
        }
    }

    struct List: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Referrals and who claims them / Referidos y quién los registró.",
            aliases: ["lista"])

        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let rows = try await session.read { reader in
                let names = try Names(reader)
                let claims = Dictionary(
                    grouping: try reader.records(ReferralClaim.self), by: \.referral)
                return try reader.records(Referral.self).map {
                    try names.row($0, claims: claims[$0.id] ?? [])
                }
            }
            return ReferralRow.output(rows, in: session.wording)
        }
    }
}
