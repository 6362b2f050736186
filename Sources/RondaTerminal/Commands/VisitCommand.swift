internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

struct VisitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "visit", abstract: "Post-sale visits / Visitas de posventa.",
        subcommands: [
            VisitNewCommand.self, VisitDoneCommand.self, VisitEditCommand.self,
            VisitCancelCommand.self, List.self, Show.self,
        ], defaultSubcommand: List.self,
        aliases: ["visita"])

    struct List: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Visits, the latest first / Visitas, la última primero.",
            aliases: ["lista"])

        @Option(help: "Of this customer only / Solo de este cliente.") var customer: String?
        @Option(help: "At most so many / Cuántas como máximo.") var limit: Int?
        @OptionGroup var globals: GlobalOptions

        /// What a screen shows when nobody says how many.
        private static let screenful = 50

        func perform(in session: Session) async throws -> Output {
            let asked = customer
            let isScreen = if case .people = session.mode { true } else { false }
            let most = max(1, limit ?? (isScreen ? Self.screenful : .max))
            let (rows, count) = try await session.read { reader in
                let names = try Names(reader)
                let visits =
                    if let asked {
                        try reader.records(
                            Visit.self, of: try Finder(reader: reader).customer(asked).id)
                    } else {
                        try reader.records(Visit.self)
                    }
                let latest = VisitList.latest(visits, most: most)
                return (try latest.map { try names.row($0) }, visits.count)
            }
            var output = VisitRow.output(rows, in: session.wording)
            if count > rows.count {
                output.notes.append(
                    Phrase(
                        en: "\(rows.count) of \(count) shown; use --limit for more.",
                        es: "Se muestran \(rows.count) de \(count); use --limit para ver más."))
            }
            return output
        }
    }

    struct Show: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "One visit, aspect by aspect / Una visita, aspecto por aspecto.",
            aliases: ["ver"])

        @Argument(help: "Beginning of the id / Comienzo del id.") var id: String
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let (id, now) = (id, session.wording.local(session.wording.now))
            let (row, promises, beside) = try await session.read { reader in
                let names = try Names(reader)
                let visit = try Finder(reader: reader).record(Visit.self, id)
                let promises = try visit.customer.map { try names.promises(of: [$0]) } ?? []
                let made = promises.filter { $0.promise.visit == visit.id }
                return (
                    try names.row(visit), try made.map { try names.row($0, at: now) },
                    try VisitBeside(visit, reader)
                )
            }
            return VisitView.page(row, promises: promises, beside: beside, in: session.wording)
        }
    }
}
