internal import ArgumentParser
internal import Foundation
internal import RondaHub
internal import RondaModel
internal import RondaStore

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "People who may log in / Personas con acceso",
        subcommands: [Add.self])

    struct Add: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a person / Agregar una persona")

        @OptionGroup var options: CommonOptions

        @Option(name: .long, help: "Short name, such as ana / Nombre corto.")
        var login: String

        @Option(name: .long, help: "Full name / Nombre completo.")
        var name: String

        @Option(
            name: .long, help: "rep, supervisor, office, administrator, auditor, integration.")
        var role: String

        @Option(name: .long, help: "Code of a territory, repeatable / Código de territorio.")
        var territory: [String] = []

        private struct Document: Encodable {
            let id: String
            let login: String
            let role: String
            let territories: [String]
        }

        func run() async throws {
            guard let role = Role(rawValue: role) else {
                throw ServerTerminal.usage(
                    "--role must be one of \(Role.all)", "--role debe ser uno de \(Role.all)")
            }
            if role == .rep && territory.isEmpty {
                throw ServerTerminal.usage(
                    "a rep needs at least one --territory",
                    "un representante necesita al menos un --territory")
            }
            let hub = try options.openHub()
            do {
                let account = try await hub.addAccount(
                    login: login, name: name, role: role, territoryCodes: territory,
                    by: options.actor)
                try options.terminal.show(
                    Document(
                        id: account.id.description, login: login, role: role.rawValue,
                        territories: territory),
                    [
                        Phrase(
                            en: "Added \(name) (\(login)). Next: ronda-server device code "
                                + "--login \(login)",
                            es:
                                "Se agregó a \(name) (\(login)). Siga con: ronda-server device code "
                                + "--login \(login)")
                    ])
            } catch let problem as Hub.AccountProblem {
                throw ServerTerminal.Failure(problem)
            }
        }
    }
}

struct DeviceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device", abstract: "Devices / Equipos", subcommands: [Code.self])

    struct Code: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "A one-time code to log a device in / Código de un solo uso")

        @OptionGroup var options: CommonOptions

        @Option(name: .long, help: "Whose device / De quién es el equipo.")
        var login: String

        @Flag(
            name: .long,
            help: "Leave the account's other open codes valid / Conservar los otros códigos.")
        var keepOthers = false

        private struct Document: Encodable {
            let login: String
            let code: String
            let expiresAt: String
        }

        func run() async throws {
            let hub = try options.openHub()
            do {
                let (code, expiresAt) = try await hub.newCode(
                    login: login, keepsOthers: keepOthers, by: options.actor)
                let expiry = Date(
                    timeIntervalSince1970: Double(expiresAt.milliseconds) / 1_000
                ).formatted(.iso8601)
                try options.terminal.show(
                    Document(login: login, code: code, expiresAt: expiry),
                    [
                        Phrase(
                            en: "\(Secret.grouped(code: code))  (for \(login), once, until "
                                + "\(expiry); earlier codes end with it)",
                            es: "\(Secret.grouped(code: code))  (para \(login), una vez, hasta "
                                + "\(expiry); los códigos anteriores quedan anulados)")
                    ])
            } catch let problem as Hub.AccountProblem {
                throw ServerTerminal.Failure(problem)
            }
        }
    }
}

struct ProgrammeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "programme", abstract: "Loyalty programmes / Programas de lealtad",
        subcommands: [Add.self])

    struct Add: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a programme / Agregar un programa")

        @OptionGroup var options: CommonOptions

        @Option(name: .long, help: "Short code / Código corto.")
        var code: String

        @Option(name: .long, help: "Name / Nombre.")
        var name: String

        @Option(name: .long, help: "economic, social or/o performance.")
        var kind = "economic"

        @Option(name: .long, help: "Points given on enrolment / Puntos de bienvenida.")
        var welcomeBonus = 0

        private struct Document: Encodable {
            let id: String
            let code: String
        }

        func run() async throws {
            guard let kind = ProgrammeKind.allCases.first(where: { $0.name == kind }) else {
                throw ServerTerminal.usage(
                    "--kind must be economic, social or performance",
                    "--kind debe ser economic, social o performance")
            }
            let hub = try options.openHub()
            let id = Schema.current.derivedID(of: .programme) { _ in .composed(code) } ?? .zero
            if try await hub.store.read({ try $0.record(id) }) != nil {
                throw ServerTerminal.Failure(
                    .refusedByRule, "alreadyThere",
                    Phrase(
                        en: "there is already a programme with code \(code); nothing was "
                            + "changed, take another code for a new one",
                        es: "ya hay un programa con código \(code); no se cambió nada, use otro "
                            + "código para uno nuevo"))
            }
            var programme = Programme(id: id)
            programme.code = code
            programme.name = name
            programme.kind = kind
            programme.welcomeBonus = welcomeBonus
            let verdicts = try await hub.submitAsSystem(
                [[Change(creating: programme)]],
                note: AuditNote(.programmeAdd, by: options.actor, subject: code))
            if let refusal = verdicts.first?.refusal { throw refusal }
            try options.terminal.show(
                Document(id: id.description, code: code),
                [Phrase(en: "Added programme \(name)", es: "Se agregó el programa \(name)")])
        }
    }
}

extension ServerTerminal.Failure {
    init(_ problem: Hub.AccountProblem) {
        switch problem {
        case .loginTaken:
            self.init(
                .refusedByRule, "loginTaken",
                Phrase(
                    en: "that login is taken; choose another",
                    es: "ese nombre de usuario ya existe; elija otro"))
        case .unknownTerritory(let code):
            self.init(
                .notFound, "unknownTerritory",
                Phrase(
                    en: "there is no territory \(code); import territories first or check the code",
                    es: "no hay un territorio \(code); importe primero los territorios o revise el "
                        + "código"))
        case .unknownLogin:
            self.init(
                .notFound, "unknownLogin",
                Phrase(
                    en: "nobody has that login; add the person with ronda-server user add",
                    es: "nadie tiene ese nombre de usuario; agregue a la persona con "
                        + "ronda-server user add"))
        }
    }
}
