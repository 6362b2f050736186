internal import ArgumentParser
internal import RondaHub
internal import RondaModel

struct DuplicatesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "duplicates",
        abstract: "Customers that may be one person / Clientes que pueden ser la misma persona",
        subcommands: [List.self, Merge.self, Separate.self, Different.self],
        aliases: ["duplicados"])

    struct List: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "Who shares a telephone or an e-mail / Quién comparte teléfono o correo",
            aliases: ["listar"])

        @OptionGroup var options: CommonOptions

        private struct Document: Encodable {
            struct Customer: Encodable {
                let id: String
                let code: String
                let name: String
            }
            let customers: [Customer]
            let keys: [String]
        }

        func run() async throws {
            let pages = try await options.openHub().duplicates()
            let lines = pages.flatMap { page in
                [page.keys.joined(separator: ", ")]
                    + page.customers.map { "  \($0.handle)  \($0.name)" }
            }.map { Phrase(en: $0, es: $0) }
            let next = Phrase(
                en: "One person: ronda-server duplicates merge A --into B. Two: ronda-server "
                    + "duplicates different A B",
                es: "Una persona: ronda-server duplicados unir A --into B. Dos: ronda-server "
                    + "duplicados distintos A B")
            let none = Phrase(
                en: "No customers share a telephone or an e-mail.",
                es: "Ningún cliente comparte teléfono ni correo con otro.")
            try options.terminal.show(
                pages.map { page in
                    Document(
                        customers: page.customers.map {
                            .init(id: $0.customer.description, code: $0.code, name: $0.name)
                        }, keys: page.keys)
                }, lines.isEmpty ? [none] : lines + [next])
        }
    }

    struct Merge: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "Make one another name of the other / Hacer de uno otro nombre del otro",
            discussion: """
                Nothing is moved or lost: what is captured about either goes on being taken, and \
                "separate" undoes it.
                Nada se mueve ni se pierde: lo que se capture de cualquiera se sigue recibiendo, y \
                "separar" lo deshace.
                """,
            aliases: ["unir"])

        @OptionGroup var options: CommonOptions
        @Argument(help: "Code or id / Código o identificador.") var customer: String
        @Option(name: .long, help: "Who remains / Quién queda.") var into: String

        func run() async throws {
            let hub = try options.openHub()
            let ids = try await hub.customers(named: [customer, into])
            try options.conclude(
                try await hub.merge(ids[0], into: ids[1], by: options.actor),
                Phrase(
                    en: "\(customer) is another name of \(into) now.",
                    es: "\(customer) es ahora otro nombre de \(into)."))
        }
    }

    struct Separate: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "Undo a merger / Deshacer una unión", aliases: ["separar"])

        @OptionGroup var options: CommonOptions
        @Argument(help: "Code or id / Código o identificador.") var customer: String

        func run() async throws {
            let hub = try options.openHub()
            let id = try await hub.customers(named: [customer])[0]
            try options.conclude(
                try await hub.separate(id, by: options.actor),
                Phrase(
                    en: "\(customer) stands for itself again.",
                    es: "\(customer) vuelve a ser un cliente aparte."))
        }
    }

    struct Different: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that they are two / Decir que son dos", aliases: ["distintos"])

        @OptionGroup var options: CommonOptions
        @Argument(help: "Code or id / Código o identificador.") var customer: String
        @Argument(help: "The other / El otro.") var other: String

        func run() async throws {
            let hub = try options.openHub()
            let ids = try await hub.customers(named: [customer, other])
            try options.conclude(
                try await hub.holdApart(ids[0], ids[1], by: options.actor),
                Phrase(
                    en: "\(customer) and \(other) are not asked about again.",
                    es: "Por \(customer) y \(other) no se volverá a preguntar."))
        }
    }
}

extension DuplicatePage.Line {
    /// What to type to mean the customer.
    fileprivate var handle: String { code.isEmpty ? customer.description : code }
}

private struct Decided: Encodable {
    let done: Bool
}

extension CommonOptions {
    fileprivate func conclude(_ problem: DuplicateProblem?, _ done: Phrase) throws {
        switch problem {
        case nil: try terminal.show(Decided(done: true), [done])
        case .sameCustomer:
            throw ServerTerminal.usage(
                "that is one customer already; name two", "ya es un solo cliente; nombre dos")
        case .notMerged:
            throw ServerTerminal.Failure(
                .notFound, "notMerged",
                Phrase(
                    en: "this customer is nobody's other name; see ronda-server duplicates list",
                    es:
                        "este cliente no es otro nombre de nadie; vea ronda-server duplicados listar"
                ))
        case .refused(let code):
            throw ServerTerminal.Failure(.refusedByRule, "refused", code.phraseForOffice)
        }
    }
}
