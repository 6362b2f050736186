internal import ArgumentParser
internal import RondaModel

/// The terminal client: arguments in, text and an exit status out.
package enum Terminal {
    package static let version = "ronda 0.1.0"

    /// Runs one command, given its arguments without the program's name.
    package static func run(_ arguments: [String], in context: CommandContext) async -> ExitReason {
        let command: any ParsableCommand
        do {
            command = try Ronda.parseAsRoot(arguments)
        } catch {
            return finish(parsing: error, arguments: arguments, in: context)
        }
        guard let command = command as? any TerminalCommand else {
            return help(command, arguments: arguments, in: context)
        }
        let session = Session(context: context, options: command.globals)
        do {
            if let done = try await FullScreen(command, arguments, session)?.run() { return done }
            let output = try await command.perform(in: session)
            session.show(output)
            return output.status
        } catch {
            let error = TerminalError(any: error)
            session.show(error)
            return error.status
        }
    }

    /// A command of the parser's own, such as `help`, or a noun without a verb.
    private static func help(
        _ command: any ParsableCommand, arguments: [String], in context: CommandContext
    ) -> ExitReason {
        var command = command
        do {
            try command.run()
            return .done
        } catch {
            return finish(parsing: error, arguments: arguments, in: context)
        }
    }

    /// Help asked for is an answer; anything else is wrong usage, which the parser would end with 64.
    private static func finish(
        parsing error: any Error, arguments: [String], in context: CommandContext
    ) -> ExitReason {
        let code = Ronda.exitCode(for: error)
        let full = Ronda.fullMessage(for: error, columns: context.width)
        if code == .success {
            context.write(full + "\n")
            return .done
        }
        let message = Ronda.message(for: error).split(separator: "\n").joined(separator: " ")
        let usage = full.split(separator: "\n", omittingEmptySubsequences: false)
            .drop { !$0.hasPrefix("Usage:") }
        let session = Session(context: context, lenientlyReading: arguments)
        // A word that is no command is taken for one too many of the command that needs no name.
        let today = TodayCommand.configuration
        let names = today.aliases + [today.commandName ?? ""]
        if let word = message.firstMatch(of: /nexpected arguments?:? '(.+?)'/)?.1,
            usage.first?.hasPrefix("Usage: ronda \(names.last ?? "")") == true,
            !arguments.contains(where: names.contains)
        {
            let near = CommandSpelling.nearest(
                to: String(word.split(separator: "'").first ?? word), under: Ronda.self)
            session.show(
                near.map {
                    .usage(
                        en: "there is no command “\(word)”; did you mean: ronda \($0)?",
                        es: "no hay una orden «\(word)»; ¿quiso decir: ronda \($0)?")
                }
                    ?? .usage(
                        en: "there is no command “\(word)”; see: ronda --help",
                        es: "no hay una orden «\(word)»; vea: ronda --help"))
            return .usage
        }
        let reason = UsageComplaint.phrase(of: message)
        session.show(
            .usage(
                en: "the command was not understood: \(reason.en)",
                es: "no se entendió la orden: \(reason.es)"))
        if !usage.isEmpty { context.writeError(usage.joined(separator: "\n") + "\n") }
        return .usage
    }
}

/// A command of Ronda: reads or captures, and says what to show.
protocol TerminalCommand: ParsableCommand {
    var globals: GlobalOptions { get }
    func perform(in session: Session) async throws -> Output
}
