internal import ArgumentParser
internal import RondaClient
internal import RondaModel

/// What a customer needs, by the levels of the method.
struct CustomerNeedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "need", abstract: "What a customer needs / Qué necesita un cliente.",
        subcommands: [List.self, Add.self, Met.self], defaultSubcommand: List.self,
        aliases: ["necesidad", "needs", "necesidades"])

    struct List: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "By level / Por nivel.", aliases: ["lista"])

        @Argument(help: "Customer: code or id / Cliente: código o id.") var customer: String
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let asked = customer
            let rows = try await session.read { reader in
                let customer = try Finder(reader: reader).customer(asked)
                return try reader.records(Need.self, of: customer.id).map {
                    (record: $0, handle: try reader.shortID(Need.self, $0.id))
                }.sorted { ($0.record.level?.rawValue ?? 9) < ($1.record.level?.rawValue ?? 9) }
            }
            let table = RecordTable<Need>(wording: session.wording).table(
                rows, ["words", "level", "motives", "metAt"])
            return Output(
                json: .array(rows.map { .record($0.record) }),
                blocks: rows.isEmpty
                    ? [
                        .sentence(
                            Phrase(
                                en: "No needs are recorded.", es: "No hay necesidades registradas.")
                        )
                    ] : [.table(table)])
        }
    }

    struct Add: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record a need / Registrar una necesidad.", aliases: ["nueva"])

        @Argument(help: "Customer: code or id / Cliente: código o id.") var customer: String
        @Argument(help: "What is needed / Qué necesita.") var words: [String]
        @Option(help: "basic, expected, desired, unforeseen / básico, esperado, deseado …")
        var level: String?
        @Option(help: "physiological, safety, belonging, esteem, selfFulfilment / Motivo.")
        var motive: [String] = []
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            guard let words = AnswerWords.text(words.joined(separator: " ")) else {
                throw TerminalError.usage(
                    en: "say what the customer needs", es: "diga qué necesita el cliente")
            }
            let level = try AnswerWords.required(NeedLevel.self, level, flag: "--level")
            let motives = try motive.compactMap {
                try AnswerWords.required(NeedMotive.self, $0, flag: "--motive")
            }
            let store = try await session.open()
            let (asked, now) = (customer, session.wording.now)
            let customer = try await session.read(store) { try Finder(reader: $0).customer(asked) }
            let saved = try await session.save(in: store) { capture in
                var need = capture.new(Need.self)
                need.customer = customer.id
                need.words = words
                need.level = level
                need.motives = motives
                need.heardAt = now
                need.heardBy = capture.author
                try capture.create(need)
            }
            let who = customer.name ?? ""
            return saved.output(
                "need",
                Phrase(
                    en: "Need of \(who) saved: \(words).",
                    es: "Necesidad de \(who) guardada: \(words)."))
        }
    }

    struct Met: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "A need was met / Una necesidad quedó cubierta.", aliases: ["cubierta"])

        @Argument(help: "Beginning of the id / Comienzo del id.") var id: String
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let store = try await session.open()
            let (asked, now) = (id, session.wording.now)
            let need = try await session.read(store) {
                try Finder(reader: $0).record(Need.self, asked)
            }
            let saved = try await session.save(need.id, in: store) { capture in
                try capture.update(Need.self, need.id) { if $0.metAt == nil { $0.metAt = now } }
            }
            let words = need.words ?? ""
            return saved.output(
                "need", Phrase(en: "Need met: \(words).", es: "Necesidad cubierta: \(words)."))
        }
    }
}
