internal import ArgumentParser
internal import RondaHub
internal import RondaModel
internal import RondaStore

struct CodesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "codes",
        abstract: "One-time codes; device code makes one / Códigos de un solo uso",
        subcommands: [List.self, Cancel.self], defaultSubcommand: List.self, aliases: ["codigos"])

    struct List: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "Those that nobody has used / Los que nadie ha usado", aliases: ["lista"])

        @OptionGroup var options: CommonOptions

        @Flag(name: .long, help: "The used ones too / También los usados.")
        var all = false

        private struct Document: Encodable {
            let login: String
            /// Its first half; the whole is not kept.
            let selector: String
            /// open, used, expired or locked.
            let state: String
            let issuedAt: String
            let expiresAt: String
            let failures: Int
        }

        func run() async throws {
            let hub = try options.openHub()
            let (now, limits) = (hub.surroundings.now(), hub.limits)
            let codes = try await hub.codes().filter { all || $0.code.device == nil }
            let empty = Phrase(en: "There are no open codes.", es: "No hay códigos abiertos.")
            try options.terminal.show(
                codes.map { code, login in
                    Document(
                        login: login, selector: code.selector,
                        state: code.state(at: now, limits: limits).rawValue,
                        issuedAt: code.issuedAt.text, expiresAt: code.expiresAt.text,
                        failures: code.failures)
                },
                codes.isEmpty
                    ? [empty]
                    : codes.map { code, login in
                        let state = Self.state(code.state(at: now, limits: limits))
                        let (issued, expires) = (code.issuedAt.text, code.expiresAt.text)
                        return Phrase(
                            en:
                                "\(code.selector)-…  \(login)  \(state.en), issued \(issued), until "
                                + "\(expires), wrong tries \(code.failures)",
                            es:
                                "\(code.selector)-…  \(login)  \(state.es), emitido \(issued), hasta "
                                + "\(expires), intentos fallidos \(code.failures)")
                    })
        }

        private static func state(_ state: EnrolmentCode.State) -> Phrase {
            switch state {
            case .open: Phrase(en: "open", es: "abierto")
            case .used: Phrase(en: "used", es: "usado")
            case .expired: Phrase(en: "expired", es: "vencido")
            case .locked: Phrase(en: "LOCKED, issue another", es: "BLOQUEADO, emita otro")
            }
        }
    }

    struct Cancel: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "End a code before somebody uses it / Anular un código",
            aliases: ["anular"])

        @OptionGroup var options: CommonOptions

        @Argument(help: "A login, or the first half of a code / Un usuario o la primera mitad.")
        var code: String

        private struct Document: Encodable {
            let cancelled: Int
        }

        func run() async throws {
            let hub = try options.openHub()
            do {
                let count = try await hub.cancelCodes(of: code, by: options.actor)
                try options.terminal.show(
                    Document(cancelled: count),
                    [
                        Phrase(
                            en: "Codes cancelled: \(count).", es: "Códigos anulados: \(count).")
                    ])
            } catch Hub.AccountProblem.unknownLogin {
                throw ServerTerminal.Failure(
                    .notFound, "unknownCode",
                    Phrase(
                        en: "nobody has that login and no open code begins so; see: ronda-server "
                            + "codes list",
                        es: "nadie tiene ese usuario y ningún código abierto empieza así; vea: "
                            + "ronda-server codes list"))
            }
        }
    }
}
