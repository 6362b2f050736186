internal import ArgumentParser
internal import RondaHub
internal import RondaModel

struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "How people sign in / Cómo inician sesión las personas",
        subcommands: [SetPassword.self], aliases: ["cuenta"])

    struct SetPassword: ServerSubcommand {
        static let configuration = CommandConfiguration(
            commandName: "password",
            abstract: "Set somebody's password / Fijar la contraseña de alguien",
            discussion: """
                Asks twice on a terminal; otherwise takes the first line of standard input. Never \
                from the command line, where others could read it.

                En una terminal la pide dos veces; si no, toma la primera línea de la entrada. Nunca \
                de la línea de órdenes, donde otros podrían leerla.
                """, aliases: ["contrasena"])

        @OptionGroup var options: CommonOptions

        @Argument(help: "Whose / De quién.")
        var login: String

        private struct Document: Encodable {
            let login: String
        }

        func run() async throws {
            let hub = try options.openHub()
            let password = try SecretInput.newPassword(for: login, options.terminal)
            do {
                try await hub.setPassword(password, of: login, by: options.actor)
            } catch let problem as Hub.PasswordProblem {
                throw ServerTerminal.Failure(problem)
            }
            try options.terminal.show(
                Document(login: login),
                [
                    Phrase(
                        en: "The password of \(login) is set.",
                        es: "La contraseña de \(login) quedó fijada.")
                ])
        }
    }
}

extension ServerTerminal.Failure {
    init(_ problem: Hub.PasswordProblem) {
        switch problem {
        case .unknownLogin: self.init(Hub.AccountProblem.unknownLogin)
        case .badLength:
            let least = Password.leastCharacters
            self.init(
                .refusedByRule, "badPassword",
                Phrase(
                    en: "a password has at least \(least) characters; several words are easy to "
                        + "keep in mind",
                    es: "una contraseña tiene al menos \(least) caracteres; varias palabras son "
                        + "fáciles de recordar"))
        }
    }
}
