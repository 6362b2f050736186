internal import ArgumentParser
internal import RondaClient

/// `ronda` without a command, on a terminal: the screen that reps keep open.
struct FullScreen {
    private let session: Session
    private let options: GlobalOptions

    /// `nil` where a command was asked for, or somebody wants lines: a program, a screen reader
    /// (`--plain-screen`, `RONDA_SCREEN=plain`), a terminal that can do no more.
    init?(_ command: any TerminalCommand, _ arguments: [String], _ session: Session) {
        guard let today = command as? TodayCommand, !today.plainScreen else { return nil }
        let context = session.context
        let configuration = TodayCommand.configuration
        let names = configuration.aliases + [configuration.commandName ?? ""]
        if arguments.contains(where: names.contains) || today.globals.noInput { return nil }
        guard case .people = session.mode, context.isInputTerminal, context.isOutputTerminal,
            context.environment["TERM"] != "dumb", context.environment["RONDA_SCREEN"] != "plain"
        else { return nil }
        (self.session, options) = (session, today.globals)
    }

    /// - Returns: `nil` when this terminal cannot be taken over: the list is shown instead.
    func run() async throws -> ExitReason? {
        // Whatever is wrong with the store is said where it can be read.
        let store = try await session.open()
        var isColored = false
        if case .people(_, let color) = session.mode { isColored = color }
        guard let device = session.context.openScreen(isColored) else { return nil }
        try await ScreenLoop(
            context: session.context, options: options, store: store, device: device
        ).run()
        return .done
    }
}
