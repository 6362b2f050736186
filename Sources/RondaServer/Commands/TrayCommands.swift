internal import ArgumentParser
internal import RondaHub
internal import RondaModel
internal import RondaStore

struct TrayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tray",
        abstract: "Refused captures, and what the office does about them / Capturas rechazadas",
        subcommands: [
            List.self, Show.self, Retry.self, Discard.self, TrayResubmitCommand.self,
        ], defaultSubcommand: List.self, aliases: ["bandeja"])

    struct List: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "All that nobody has dealt with / Todo lo pendiente", aliases: ["lista"])

        @OptionGroup var options: CommonOptions

        func run() async throws {
            let entries = try await OfficeTray(hub: try options.openHub()).list()
            let empty = Phrase(en: "The tray is empty.", es: "La bandeja está vacía.")
            try options.terminal.show(
                entries.map { TrayDocument($0) }, entries.isEmpty ? [empty] : entries.map(\.line))
        }
    }

    struct Show: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "One, field by field, beside what there is now / Una, campo por campo",
            aliases: ["ver"])

        @OptionGroup var options: CommonOptions
        @OptionGroup var place: TrayPlace

        func run() async throws {
            let entry = try await place.find(in: OfficeTray(hub: try options.openHub()))
            try options.terminal.show(TrayDocument(entry, withFields: true), entry.page)
        }
    }

    struct Retry: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "Judge it again as it was captured / Juzgarla de nuevo tal cual",
            aliases: ["reintentar"])

        @OptionGroup var options: CommonOptions
        @OptionGroup var place: TrayPlace

        func run() async throws {
            let hub = try options.openHub()
            let entry = try await place.find(in: OfficeTray(hub: hub))
            let verdict = try await hub.retry(
                device: entry.device.id, number: entry.entry.number, by: options.actor)
            guard let verdict else {
                throw ServerTerminal.Failure(
                    .notFound, "notInTray",
                    Phrase(
                        en: "somebody else has just dealt with it; see: ronda-server tray list",
                        es: "alguien más acaba de resolverla; vea: ronda-server tray list"))
            }
            let what: Phrase
            switch verdict.outcome {
            case .accepted, .merged, .handedOver:
                what = Phrase(
                    en: "accepted; the device learns it with its next sync",
                    es: "aceptada; el equipo lo sabrá en su próxima sincronización")
            case .waiting:
                what = Phrase(
                    en: "kept until the record it needs is there",
                    es: "queda guardada hasta que llegue el registro que necesita")
            case .refused:
                let reason = verdict.refusal?.code.phraseForOffice ?? Phrase(en: "", es: "")
                what = Phrase(
                    en: "refused again: \(reason.en)", es: "rechazada de nuevo: \(reason.es)")
            }
            try options.terminal.show(
                DecisionDocument(entry, outcome: "\(verdict.outcome)", verdict.refusal?.code.name),
                [entry.name + what])
            if verdict.outcome == .refused {
                throw ExitCode(ServerTerminal.Exit.refusedByRule.rawValue)
            }
        }
    }

    struct Discard: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "Give it up for good / Descartarla para siempre", aliases: ["descartar"])

        @OptionGroup var options: CommonOptions
        @OptionGroup var place: TrayPlace

        @Flag(name: .long, help: "Really / De verdad.")
        var yes = false

        func run() async throws {
            let hub = try options.openHub()
            let entry = try await place.find(in: OfficeTray(hub: hub))
            guard yes else {
                throw ServerTerminal.usage(
                    "what is given up cannot be brought back; say --yes to do it",
                    "lo descartado no se recupera; diga --yes para hacerlo")
            }
            _ = try await hub.dispose(
                device: entry.device.id, number: entry.entry.number, .discarded, by: options.actor)
            try options.terminal.show(
                DecisionDocument(entry, outcome: "discarded", nil),
                [entry.name + Phrase(en: "given up", es: "descartada")])
        }
    }
}

struct TrayResubmitCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "resubmit",
        abstract: "Capture it again for the rep, corrected / Capturarla de nuevo, corregida",
        discussion: """
            ronda-server tray resubmit ana 12 --set name="Rosa Núñez" --drop relation
            """,
        aliases: ["reenviar"])

    @OptionGroup var options: CommonOptions
    @OptionGroup var place: TrayPlace

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "What a field shall be; again for each value of a list / Lo que debe ser.",
            valueName: "field=value"))
    var sets: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("Leave a field out / Omitir un campo.", valueName: "field"))
    var drop: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("Which of its records / Cuál de sus registros.", valueName: "id"))
    var record: String?

    func run() async throws {
        let tray = OfficeTray(hub: try options.openHub(), actor: options.actor)
        let entry = try await place.find(in: tray)
        // What an erasure has left may be right as it is.
        guard !sets.isEmpty || !drop.isEmpty || entry.entry.isRedacted else {
            throw ServerTerminal.usage(
                "say what to correct with --set FIELD=VALUE or --drop FIELD; to judge it again as "
                    + "it is: ronda-server tray retry",
                "diga qué corregir con --set CAMPO=VALOR o --drop CAMPO; para juzgarla de nuevo "
                    + "tal cual: ronda-server tray retry")
        }
        guard let commit = entry.commit else {
            guard !entry.entry.isRedacted else {
                throw ServerTerminal.Failure(
                    .refusedByRule, "erased",
                    Phrase(
                        en: "this capture concerned somebody who was erased, so there is nothing "
                            + "left of it to correct; close it with: ronda-server tray discard",
                        es: "esta captura se refería a alguien cuyos datos se suprimieron, así que "
                            + "no queda nada que corregir; ciérrela con: ronda-server tray discard")
                )
            }
            throw ServerTerminal.Failure(
                .other, "unreadable",
                Phrase(
                    en: "this capture cannot be read, so it cannot be corrected; the rep has to "
                        + "capture it again",
                    es: "esta captura no se puede leer, así que no se puede corregir; el "
                        + "representante debe capturarla de nuevo"))
        }
        let faulty = entry.refusal.record
        var correction = CommitCorrection(commit, schema: tray.hub.schema)
        for name in drop { try correction.drop(name, record: record, faulty: faulty) }
        var seen: Set<Substring> = []
        for set in sets {
            let name = set.prefix { $0 != "=" }
            try correction.set(
                set, record: record, faulty: faulty, isFirst: seen.insert(name).inserted)
        }
        let verdict = try await tray.resubmit(entry, correction.finished())
        let what = Phrase(
            en: "captured again by the office; the device learns it with its next sync",
            es: "capturada de nuevo por la oficina; el equipo lo sabrá en su próxima "
                + "sincronización")
        try options.terminal.show(
            DecisionDocument(entry, outcome: "\(verdict.outcome)", nil), [entry.name + what])
    }
}

/// Which refused commit is meant.
struct TrayPlace: ParsableArguments {
    @Argument(help: "Its id, name, or the login / Identificador, nombre o usuario.")
    var device: String

    @Argument(help: "Number of the capture / Número de la captura.")
    var number: UInt64

    func find(in tray: OfficeTray) async throws -> OfficeTrayEntry {
        try await tray.find(device, number)
    }
}
