internal import ArgumentParser
internal import RondaClient

struct TodayCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "today",
        abstract: "Visits planned, promises due, conflicts that need you / "
            + "Visitas planificadas, promesas por cumplir, conflictos por resolver.",
        aliases: ["hoy"])

    @Flag(
        help: """
            The list instead of the full screen, for screen readers / La lista en vez de la \
            pantalla completa, para lectores de pantalla.
            """)
    var plainScreen = false

    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let wording = session.wording
        let today = try await session.read { try Today.load(wording, from: $0) }
        return TodayView.output(today, in: wording)
    }
}
