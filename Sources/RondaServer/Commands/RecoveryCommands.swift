internal import ArgumentParser
internal import RondaHub
internal import RondaModel
internal import RondaStore

struct RecoveryCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "recovery",
        abstract: "Which devices have not offered again since a restore / "
            + "Qué equipos no han reenviado desde una restauración")

    @OptionGroup var options: CommonOptions

    @Flag(name: .long, help: "Wait no longer for them / No esperarlos más.")
    var close = false

    private struct Document: Encodable {
        struct Line: Encodable {
            let device: String
            let account: String
            let name: String
            let lastCommit: UInt64
            let lastSeen: String?
        }
        let recovering: Bool
        let generation: UInt64
        let waiting: Int
        let devices: [Line]
        /// The commits that were refused because nobody is waited for any more.
        let refused: Int?
    }

    func run() async throws {
        let hub = try options.openHub()
        let before = try await Recovery.of(hub.store)
        var after = before
        var refused: Int?
        if close {
            let counts = try await hub.store.read { try $0.counts() }
            try await hub.closeRecovery(by: options.actor)
            after = try await Recovery.of(hub.store)
            refused = try await hub.store.read { try $0.counts() }.refused - counts.refused
        }
        let names = try await hub.store.read { try DeviceNames($0) }
        let document = Document(
            recovering: after.isRecovering, generation: after.generation, waiting: after.waiting,
            devices: before.missing.map {
                .init(
                    device: $0.id.description, account: names.login($0), name: $0.name,
                    lastCommit: $0.lastNumber, lastSeen: $0.lastSeen?.text)
            }, refused: refused)
        try options.terminal.show(
            document, refused.map { closed(before, refused: $0) } ?? open(before, names))
    }

    private func open(_ recovery: Recovery, _ names: DeviceNames) -> [Phrase] {
        let waiting = Phrase.count(
            recovery.waiting,
            one: Phrase(
                en: "commit waits for a record that is not there.",
                es: "captura espera un registro que no está."),
            many: Phrase(
                en: "commits wait for a record that is not there.",
                es: "capturas esperan un registro que no está."))
        guard recovery.isRecovering else {
            let nothing =
                !recovery.isRenewed
                ? Phrase(
                    en: "This store was never restored.", es: "Este almacén nunca fue restaurado.")
                : Phrase(
                    en: "Every device has offered again what it has.",
                    es: "Todos los equipos ya reenviaron lo que tienen.")
            return recovery.waiting > 0 ? [nothing, waiting] : [nothing]
        }
        let missing = Phrase.count(
            recovery.missing.count,
            one: Phrase(
                en: "device has not offered again yet:", es: "equipo aún no ha reenviado:"),
            many: Phrase(
                en: "devices have not offered again yet:", es: "equipos aún no han reenviado:"))
        var lines = [
            Phrase(en: "Restored; \(missing.en)", es: "Restaurado; \(missing.es)")
        ]
        lines += recovery.missing.map { device in
            let title = names.title(device)
            let seen = device.lastSeen?.text ?? "-"
            return Phrase(
                en: "  \(title): has up to commit \(device.lastNumber), last seen \(seen)",
                es: "  \(title): se tiene hasta la captura \(device.lastNumber), visto \(seen)")
        }
        lines.append(waiting)
        lines.append(
            Phrase(
                en: "A device that will not come back: ronda-server recovery --close",
                es: "Si un equipo ya no volverá: ronda-server recovery --close"))
        return lines
    }

    private func closed(_ before: Recovery, refused: Int) -> [Phrase] {
        guard before.isRecovering else {
            return [
                Phrase(
                    en: "There was nothing to close: no device is waited for.",
                    es: "No había nada que cerrar: no se espera a ningún equipo.")
            ]
        }
        let devices = Phrase.count(
            before.missing.count,
            one: Phrase(en: "device is no longer waited for", es: "equipo que ya no se espera"),
            many: Phrase(
                en: "devices are no longer waited for", es: "equipos que ya no se esperan"))
        let commits = Phrase.count(
            refused,
            one: Phrase(
                en: "waiting commit was refused", es: "captura en espera que se rechazó"),
            many: Phrase(
                en: "waiting commits were refused", es: "capturas en espera que se rechazaron"))
        return [
            Phrase(
                en: "Closed: \(devices.en); \(commits.en). What such a device still brings is "
                    + "taken.",
                es: "Cerrado: \(devices.es); \(commits.es). Lo que traiga aún un equipo así se "
                    + "acepta.")
        ]
    }
}

struct PurgeCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Remove for good what was deleted long ago / "
            + "Quitar para siempre lo eliminado hace tiempo")

    @OptionGroup var options: CommonOptions

    @Option(
        name: .long,
        help: ArgumentHelp("Deleted longer ago than this / Hace más días que.", valueName: "days"))
    var olderThan: Int64 = 400

    private struct Document: Encodable {
        let purged: Int
        let days: Int64
    }

    func run() async throws {
        guard (1...36_500).contains(olderThan) else {
            throw ServerTerminal.usage(
                "--older-than must be between 1 and 36500 days",
                "--older-than debe estar entre 1 y 36500 días")
        }
        let days = olderThan
        let purged = try await options.openHub()
            .purge(olderThan: days * 86_400_000, by: options.actor)
        try options.terminal.show(
            Document(purged: purged, days: days),
            [
                Phrase(
                    en: "Removed for good: \(purged) records deleted more than \(days) days ago.",
                    es: "Se quitaron para siempre \(purged) registros eliminados hace más de "
                        + "\(days) días.")
            ])
    }
}
