internal import ArgumentParser
internal import RondaClient
internal import RondaModel

struct TrayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tray",
        abstract: "Changes the server refused, with the reason / "
            + "Cambios que el servidor rechazó, con su motivo.",
        subcommands: [
            List.self, Show.self, TrayEditCommand.self, TrayOfficeCommand.self,
            TrayDiscardCommand.self,
        ], defaultSubcommand: List.self, aliases: ["bandeja"])

    struct List: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "What is in the tray / Qué hay en la bandeja.", aliases: ["lista"])

        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let (items, waiting) = try await session.read {
                (try $0.tray(), try $0.status().waiting)
            }
            return TrayView.list(items, waiting: waiting, in: session.wording)
        }
    }

    struct Show: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "One refused change, beside what there is now / "
                + "Un cambio rechazado, junto a lo que hay ahora.",
            aliases: ["ver"])

        @Argument(help: "Number in the list / Número en la lista.") var number: Int
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let number = number
            let page = try await session.read { try TrayPage.load(number, from: $0) }
            return TrayView.page(page, in: session.wording)
        }
    }
}

struct TrayOfficeCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "office",
        abstract: "Leave a refused change to the office / Dejar un cambio rechazado a la oficina.",
        aliases: ["oficina"])

    @Argument(help: "Number in the list / Número en la lista.") var number: Int
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let (store, number) = (try await session.open(), number)
        let page = try await session.read(store) { try TrayPage.load(number, from: $0) }
        try await store.handOver(tray: page.item.n)
        return Output(
            json: .object(["n": .integer(page.item.n), "disposition": .string("office")]),
            blocks: [
                .sentence(
                    Phrase(
                        en: "\(page.name): left to the office; it stays in the tray until they "
                            + "have dealt with it.",
                        es: "\(page.name): queda en manos de la oficina; sigue en la bandeja "
                            + "hasta que lo resuelva."))
            ],
            notes: [Self.tellThem])
    }

    static let tellThem = Phrase(
        en: "The server learns it with the next: ronda sync",
        es: "El servidor lo sabrá con la próxima: ronda sync")
}

struct TrayDiscardCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Give a refused change up / Descartar un cambio rechazado.",
        aliases: ["descartar"])

    @Argument(help: "Number in the list / Número en la lista.") var number: Int
    @Flag(help: "Do not ask / No preguntar.") var yes = false
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let (store, number) = (try await session.open(), number)
        let page = try await session.read(store) { try TrayPage.load(number, from: $0) }
        if !yes && !session.isInteractive {
            throw TerminalError.usage(
                en: "what is given up cannot be brought back; say --yes to do it",
                es: "lo descartado no se recupera; diga --yes para hacerlo")
        }
        guard yes || isConfirmed(page, in: session) else {
            return Output(
                json: .object(["n": .integer(page.item.n), "disposition": .string("open")]),
                blocks: [
                    .sentence(
                        Phrase(
                            en: "Nothing was given up; \(page.item.n) is still in the tray.",
                            es: "No se descartó nada; \(page.item.n) sigue en la bandeja."))
                ], status: .otherError)
        }
        try await store.discard(tray: page.item.n)
        var notes = [TrayOfficeCommand.tellThem]
        if page.item.waiting > 0 {
            let count = Phrase.count(
                page.item.waiting,
                one: Phrase(
                    en: "capture that waited for it will be refused and come to the tray.",
                    es: "captura que lo esperaba se rechazará y vendrá a la bandeja."),
                many: Phrase(
                    en: "captures that waited for it will be refused and come to the tray.",
                    es: "capturas que lo esperaban se rechazarán y vendrán a la bandeja."))
            notes.append(count)
        }
        return Output(
            json: .object(["n": .integer(page.item.n), "disposition": .string("discarded")]),
            blocks: [
                .sentence(
                    Phrase(
                        en: "\(page.name): given up (\(TrayView.contents(page.item).en)).",
                        es: "\(page.name): descartado (\(TrayView.contents(page.item).es))."))
            ], notes: notes)
    }

    /// Asks for the name, so that nobody gives up more than they meant.
    private func isConfirmed(_ page: TrayPage, in session: Session) -> Bool {
        let question = Phrase(
            en: "This gives up what you captured for good. To go on, type: \(page.name)",
            es: "Esto descarta para siempre lo que capturó. Para seguir, escriba: \(page.name)")
        session.context.writeError(session.wording(question) + "\n> ")
        let answer = session.context.readLine() ?? ""
        return Folding.fold(answer) == Folding.fold(page.name)
    }
}
