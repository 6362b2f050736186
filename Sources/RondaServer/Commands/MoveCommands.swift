internal import ArgumentParser
internal import RondaHub
internal import RondaModel
internal import RondaStore

struct MoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move",
        abstract: "Hand customers over to another territory, with all that is under them / "
            + "Pasar clientes a otro territorio, con todo lo suyo",
        subcommands: [Customers.self, Territory.self, Portfolio.self])

    struct Customers: ServerSubcommand {
        static let configuration = CommandConfiguration(
            commandName: "customer", abstract: "Some customers / Algunos clientes",
            aliases: ["customers", "cliente", "clientes"])

        @OptionGroup var options: CommonOptions
        @Argument(help: "Codes or ids / Códigos o identificadores.") var customers: [String]
        @Option(name: .long, help: "Code of the territory / Código del territorio.") var to: String
        @Flag(name: .long, help: "Only say what would move / Sólo decir qué pasaría.")
        var dryRun = false

        func run() async throws {
            let hub = try options.openHub()
            let territory = try await hub.territory(named: to)
            let ids = try await hub.customers(named: customers)
            try await Mover(options, hub: hub, dryRun: dryRun)
                .move(ids, to: territory, named: to)
        }
    }

    struct Territory: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "All customers of a territory / Todos los clientes de un territorio",
            aliases: ["territorio"])

        @OptionGroup var options: CommonOptions
        @Argument(help: "Code of the territory / Código del territorio.") var from: String
        @Option(name: .long, help: "Code of the other / Código del otro.") var to: String
        @Flag(name: .long, help: "Only say what would move / Sólo decir qué pasaría.")
        var dryRun = false

        func run() async throws {
            let hub = try options.openHub()
            let source = try await hub.territory(named: from)
            let target = try await hub.territory(named: to)
            let ids = try await hub.customers(in: source)
            try await Mover(options, hub: hub, dryRun: dryRun)
                .move(ids, to: target, named: to)
        }
    }

    struct Portfolio: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "All the territories of a person to another / "
                + "Todos los territorios de una persona a otra",
            aliases: ["cartera"])

        @OptionGroup var options: CommonOptions
        @Argument(help: "Whose / De quién (login).") var from: String
        @Option(name: .long, help: "To whom / A quién (login).") var to: String
        @Flag(name: .long, help: "Only say what would change / Sólo decir qué cambiaría.")
        var dryRun = false

        func run() async throws {
            let hub = try options.openHub()
            let (giver, taker) = try await hub.store.read { [from, to] store in
                (try store.account(login: from), try store.account(login: to))
            }
            guard let giver, let taker else {
                throw ServerTerminal.Failure(Hub.AccountProblem.unknownLogin)
            }
            var customers: [RecordID] = []
            for territory in giver.territories.sorted() {
                customers += try await hub.customers(in: territory)
            }
            let mover = Mover(options, hub: hub, dryRun: dryRun)
            let preview = try await hub.preview(moving: customers)
            if !dryRun {
                try await hub.assign(
                    [
                        giver.id: NewAssignment(territories: []),
                        taker.id: NewAssignment(
                            territories: taker.territories.union(giver.territories)),
                    ], by: options.actor)
            }
            let count = giver.territories.count
            try await mover.show(
                preview, moved: dryRun ? nil : customers.count,
                Phrase(
                    en: "\(to) has the \(count) territories of \(from) now.",
                    es: "\(to) tiene ahora los \(count) territorios de \(from)."))
        }
    }
}

struct AssignCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "assign",
        abstract: "Which territories, teams and role a person has / "
            + "Qué territorios, equipos y función tiene una persona",
        discussion: """
            What is not said stays as it is; what is said replaces what was.
            Lo que no se dice queda igual; lo que se dice reemplaza lo anterior.
            """,
        aliases: ["asignar"])

    @OptionGroup var options: CommonOptions
    @Argument(help: "Whose / De quién.") var login: String
    @Option(
        name: .long, parsing: .upToNextOption,
        help: "Codes of territories / Códigos de territorios.")
    var territories: [String] = []
    @Option(name: .long, parsing: .upToNextOption, help: "Names of teams / Nombres de equipos.")
    var teams: [String] = []
    @Option(
        name: .long,
        help: "rep, supervisor, office, administrator, auditor, integration.")
    var role: String?
    @Flag(name: .long, help: "Take all territories away / Quitar todos los territorios.")
    var noTerritories = false

    private struct Document: Encodable {
        let login: String
        let role: String
        let territories: Int
        let teams: Int
    }

    func run() async throws {
        let hub = try options.openHub()
        var change = NewAssignment()
        if let role {
            guard let known = Role(rawValue: role) else {
                throw ServerTerminal.usage(
                    "--role must be one of \(Role.all)", "--role debe ser uno de \(Role.all)")
            }
            change.role = known
        }
        if !territories.isEmpty || noTerritories {
            change.territories = Set(try await hub.territories(named: territories))
        }
        if !teams.isEmpty {
            let known = try await hub.store.read { try $0.teams() }
            change.teams = Set(
                try teams.map { name in
                    guard let team = known.first(where: { $0.name == name }) else {
                        throw ServerTerminal.Failure(
                            .notFound, "unknownTeam",
                            Phrase(
                                en: "there is no team \(name); make it: ronda-server team \(name)",
                                es: "no hay un equipo \(name); créelo: ronda-server team \(name)"))
                    }
                    return team.id
                })
        }
        guard let account = try await hub.store.read({ [login] in try $0.account(login: login) })
        else { throw ServerTerminal.Failure(Hub.AccountProblem.unknownLogin) }
        try await hub.assign([account.id: change], by: options.actor)
        guard let now = try await hub.store.read({ try $0.account(account.id) }) else { return }
        try options.terminal.show(
            Document(
                login: login, role: now.role.rawValue, territories: now.territories.count,
                teams: now.teams.count),
            [
                Phrase(
                    en: "\(login): \(now.role.rawValue), \(now.territories.count) territories, "
                        + "\(now.teams.count) teams",
                    es: "\(login): \(now.role.rawValue), \(now.territories.count) territorios, "
                        + "\(now.teams.count) equipos")
            ])
    }
}

struct TeamCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "team",
        abstract: "Make a team, or change its territories and leaders / "
            + "Crear un equipo, o cambiar sus territorios y quién lo dirige",
        aliases: ["equipo"])

    @OptionGroup var options: CommonOptions
    @Argument(help: "Name / Nombre.") var name: String
    @Option(
        name: .long, parsing: .upToNextOption,
        help: "Codes of territories / Códigos de territorios.")
    var territories: [String] = []
    @Option(
        name: .long, parsing: .upToNextOption, help: "Logins of who leads it / De quien dirige.")
    var leaders: [String] = []

    private struct Document: Encodable {
        let id: String
        let name: String
        let territories: Int
        let leaders: Int
    }

    func run() async throws {
        let hub = try options.openHub()
        let (known, accounts) = try await hub.store.read {
            (try $0.teams(), try $0.accounts())
        }
        var team =
            known.first { $0.name == name }
            ?? Team(
                id: .derived(namespace: Schema.current.namespace, name: "team \(name)"),
                name: name)
        if !territories.isEmpty {
            team.territories = Set(try await hub.territories(named: territories))
        }
        if !leaders.isEmpty {
            team.leaders = Set(
                try leaders.map { login in
                    guard let account = accounts.first(where: { $0.login == login }) else {
                        throw ServerTerminal.Failure(Hub.AccountProblem.unknownLogin)
                    }
                    return account.id
                })
        }
        try await hub.put(team, by: options.actor)
        try options.terminal.show(
            Document(
                id: team.id.description, name: name, territories: team.territories.count,
                leaders: team.leaders.count),
            [
                Phrase(
                    en: "Team \(name): \(team.territories.count) territories, "
                        + "\(team.leaders.count) leaders",
                    es: "Equipo \(name): \(team.territories.count) territorios, "
                        + "\(team.leaders.count) dirigen")
            ])
    }
}

extension Role {
    static var all: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
