internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

struct CaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "case",
        abstract:
            "Complaints and other cases, in seven steps / Quejas y otros casos, en siete pasos.",
        discussion: """
            ronda case new --customer C0007 --kind complaint "la nevera llegó rayada"
            ronda queja paso 01933f --words "Lo que me dices es importante"
            """,
        subcommands: [
            CaseNewCommand.self, CaseStepCommand.self, CaseEventCommand.self, CaseCloseCommand.self,
            CaseReopenCommand.self, List.self, Show.self,
        ], defaultSubcommand: List.self, aliases: ["caso", "queja"])

    struct List: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open cases, the oldest first / Casos abiertos, el más antiguo primero.",
            aliases: ["lista"])

        @Flag(help: "Those that are over too / También los terminados.") var all = false
        @Option(help: "Of this customer only / Solo de este cliente.") var customer: String?
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let (all, asked) = (all, customer)
            let rows = try await session.read { reader in
                let names = try Names(reader)
                let customers = try asked.map { [try Finder(reader: reader).customer($0).id] }
                return try names.cases(of: customers).filter { all || !$0.state.isOver }
                    .map { try names.row($0) }
            }
            return CaseView.list(CaseRow.ordered(rows), in: session.wording)
        }
    }

    struct Show: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "One case, step by step / Un caso, paso por paso.", aliases: ["ver"])

        @Argument(help: "Beginning of the id / Comienzo del id.") var id: String
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let (asked, now) = (id, session.wording.local(session.wording.now))
            let (row, promises) = try await session.read { reader in
                let names = try Names(reader)
                let history = try names.serviceCase(asked)
                let promises = try history.record.customer.map { try names.promises(of: [$0]) }
                let own = (promises ?? []).filter { history.promises.contains($0.promise.id) }
                return (try names.row(history), try own.map { try names.row($0, at: now) })
            }
            return CaseView.page(row, promises: promises, at: now, in: session.wording)
        }
    }
}
