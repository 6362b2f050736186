internal import ArgumentParser
internal import RondaClient
internal import RondaModel

struct CustomerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "customer", abstract: "Customers / Clientes.",
        subcommands: [Find.self, Show.self, CustomerEditCommand.self], aliases: ["cliente"])

    struct Find: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find by name, code, phone or city, without accents / "
                + "Buscar por nombre, código, teléfono o ciudad, sin acentos.",
            aliases: ["buscar"])

        @Argument(help: "Words to find / Palabras que buscar.") var text: [String]

        @Option(help: "At most so many / Cuántos como máximo.") var limit = 20

        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let (text, limit) = (text.joined(separator: " "), max(1, limit))
            let found = try await session.read { reader in
                let names = try Names(reader)
                return try reader.search(Customer.self, text, limit: limit + 1).map {
                    (customer: $0, name: try names.customer($0))
                }
            }
            var output = CustomerView.found(Array(found.prefix(limit)))
            if found.count > limit {
                output.notes.append(
                    Phrase(
                        en: "There are more; write more words or use --limit.",
                        es: "Hay más; escriba más palabras o use --limit."))
            }
            if found.isEmpty { output.status = .notFound }
            return output
        }
    }

    struct Show: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "One page about a customer / Una página sobre un cliente.",
            aliases: ["ver"])

        @Argument(help: "Code or beginning of the id / Código o comienzo del id.")
        var id: String

        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let (id, now) = (id, session.wording.now)
            let page = try await session.read { try CustomerPage.load(id, now: now, from: $0) }
            return CustomerView.page(page, in: session.wording)
        }
    }
}
