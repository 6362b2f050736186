internal import Foundation
internal import RondaModel

/// What must not be seen: typed without echo, or the first line of standard input.
enum SecretInput {
    static func newPassword(
        for login: String, _ terminal: ServerTerminal
    ) throws(ServerTerminal.Failure) -> String {
        guard isatty(STDIN_FILENO) == 1 else { return try line() }
        let first = try ask(
            Phrase(en: "New password of \(login): ", es: "Contraseña nueva de \(login): "), terminal
        )
        let second = try ask(Phrase(en: "Once more: ", es: "Otra vez: "), terminal)
        guard first == second else {
            throw ServerTerminal.usage(
                "the two passwords differ; nothing was changed",
                "las dos contraseñas difieren; no se cambió nada")
        }
        return first
    }

    private static func ask(
        _ question: Phrase, _ terminal: ServerTerminal
    ) throws(ServerTerminal.Failure) -> String {
        ServerTerminal.standardError(question.text(in: terminal.language))
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { return try line() }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            ServerTerminal.standardError("\n")
        }
        return try line()
    }

    private static func line() throws(ServerTerminal.Failure) -> String {
        guard let line = readLine(), !line.isEmpty else {
            throw ServerTerminal.usage(
                "nothing came in on standard input", "no llegó nada por la entrada")
        }
        return line
    }
}
