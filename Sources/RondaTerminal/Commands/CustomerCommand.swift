internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

struct CustomerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "customer", abstract: "Customers / Clientes.",
        subcommands: [
            Find.self, Show.self, CustomerNewCommand.self, CustomerEditCommand.self,
            CustomerHabitsCommand.self, CustomerContactCommand.self, CustomerNeedCommand.self,
        ], aliases: ["cliente"])

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

        @Flag(
            name: [.long, .customLong("traer")],
            help: "First get the history that is not here / Antes traer el historial que falta.")
        var fetch = false

        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let (id, now) = (id, session.wording.local(session.wording.now))
            let store = try await session.open()
            let fetched = fetch ? try await Self.fetched(id, into: store, in: session) : nil
            let page = try await session.read(store) {
                try CustomerPage.load(id, now: now, from: $0)
            }
            var output = CustomerView.page(page, in: session.wording)
            if let fetched { output.notes.append(fetched) }
            return output
        }

        /// Gets what is absent of a customer.
        /// - Returns: what is to be said about it.
        private static func fetched(
            _ id: String, into store: LocalStore, in session: Session
        ) async throws -> Phrase {
            let ids = try await session.read(store) { reader in
                let customer = try Finder(reader: reader).customer(id)
                return [customer.id] + (try reader.aliases(of: customer.id).map(\.id))
            }
            let transport = try session.transport(
                try await store.identity()?.address ?? ServerAddress(""))
            let count = try await session.interruptibly {
                try await store.fetchHistory(of: ids, over: transport)
            }
            let came = Phrase.count(
                count, one: Phrase(en: "record of history came", es: "registro de historial llegó"),
                many: Phrase(en: "records of history came", es: "registros de historial llegaron"))
            guard count > 0, case .records = try await store.historyBudget() else { return came }
            return came
                + Phrase(
                    en: "; the next sync keeps the most recent of all; to keep more: ronda sync "
                        + "--history N",
                    es: "; la próxima sincronización guarda lo más reciente de todo; para guardar "
                        + "más: ronda sync --historial N")
        }
    }
}
