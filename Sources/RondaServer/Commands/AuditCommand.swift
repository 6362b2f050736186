internal import ArgumentParser
internal import Foundation
internal import RondaHub
internal import RondaModel
internal import RondaStore

struct AuditCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Who did what as an administrator / Quién hizo qué como administrador",
        discussion: """
            Without --since, the latest 100 acts. / Sin --since, los últimos 100.
            """,
        aliases: ["auditoria"])

    @OptionGroup var options: CommonOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Since a date, a time, or days ago: 2026-11-22, 2026-11-22T08:00:00Z, 7d / Desde.",
            valueName: "when"))
    var since: String?

    private struct Document: Encodable {
        let n: Int64
        let at: String
        let actor: String
        let act: String
        let subject: String
        let detail: String
    }

    private static let latest = 100
    /// More than an office does in years; a bound all the same.
    private static let most = 1_000_000

    func run() async throws {
        let hub = try options.openHub()
        let moment = try since.map { try Moment.parse($0, now: hub.surroundings.now()) }
        let last = moment == nil ? Self.latest : Self.most
        let entries = try await hub.store.read { try $0.audit(since: moment, last: last) }
        let empty = Phrase(en: "Nothing was noted.", es: "No hay nada anotado.")
        try options.terminal.show(
            entries.map {
                Document(
                    n: $0.n, at: $0.at.text, actor: $0.actor, act: $0.act.rawValue,
                    subject: $0.subject, detail: $0.detail)
            }, entries.isEmpty ? [empty] : entries.map(Self.line))
    }

    private static func line(_ entry: AuditEntry) -> Phrase {
        let about = [entry.subject, entry.detail].filter { !$0.isEmpty }.joined(separator: ", ")
        let gap = about.isEmpty ? "" : ": \(about)"
        let what = entry.act.phrase
        return Phrase(
            en: "\(entry.at.text)  \(entry.actor)  \(what.en)\(gap)",
            es: "\(entry.at.text)  \(entry.actor)  \(what.es)\(gap)")
    }
}

/// A moment as an administrator types it.
enum Moment {
    /// A date is its beginning in UTC; `7d` is so many days before now, or after it.
    static func parse(
        _ text: String, now: Instant, daysAhead: Bool = false
    ) throws(ServerTerminal.Failure) -> Instant {
        if text.hasSuffix("d"), let days = Int64(text.dropLast()), (0...36_500).contains(days) {
            return now.adding(milliseconds: (daysAhead ? days : -days) * 86_400_000)
        }
        if let date = CivilDate(iso: text) {
            return Instant(milliseconds: Int64(date.days) * 86_400_000)
        }
        if let date = try? Date(text, strategy: .iso8601) {
            return Instant(milliseconds: Int64(date.timeIntervalSince1970 * 1_000))
        }
        throw ServerTerminal.usage(
            "“\(text)” is no moment; write 2026-11-22, 2026-11-22T08:00:00Z or 7d",
            "«\(text)» no es un momento; escriba 2026-11-22, 2026-11-22T08:00:00Z o 7d")
    }
}

extension AuditAct {
    /// What was done, for people; the plain name of an act this version does not know.
    var phrase: Phrase { Self.phrases[self] ?? Phrase(en: rawValue, es: rawValue) }

    private static let phrases: [AuditAct: Phrase] = [
        .accountAdd: Phrase(en: "added an account", es: "agregó una cuenta"),
        .accountTerritories: Phrase(
            en: "changed the territories of an account", es: "cambió los territorios de una cuenta"),
        .teamChange: Phrase(
            en: "made or changed a team", es: "creó o cambió un equipo de trabajo"),
        .customerMove: Phrase(
            en: "moved customers to a territory", es: "pasó clientes a un territorio"),
        .customerMerge: Phrase(en: "merged two customers", es: "unió dos clientes"),
        .customerSeparate: Phrase(
            en: "undid a merger of customers", es: "deshizo una unión de clientes"),
        .customerApart: Phrase(
            en: "said that two customers are two", es: "dijo que dos clientes son dos"),
        .accountPassword: Phrase(en: "set a password", es: "fijó una contraseña"),
        .accountLock: Phrase(
            en: "sign-in held back after wrong passwords",
            es: "inicio de sesión frenado por contraseñas equivocadas"),
        .codeIssue: Phrase(en: "issued a code", es: "emitió un código"),
        .codeCancel: Phrase(en: "cancelled a code", es: "anuló un código"),
        .codeLock: Phrase(
            en: "a code was locked after wrong tries",
            es: "un código se bloqueó por intentos fallidos"),
        .codeWrong: Phrase(en: "wrong codes were tried", es: "se probaron códigos equivocados"),
        .deviceEnrol: Phrase(en: "enrolled a device", es: "dio de alta un equipo"),
        .deviceRename: Phrase(en: "renamed a device", es: "cambió el nombre de un equipo"),
        .deviceRevoke: Phrase(en: "revoked a device", es: "revocó un equipo"),
        .deviceExpire: Phrase(
            en: "set when a device's access ends", es: "fijó cuándo vence el acceso de un equipo"),
        .deviceRestore: Phrase(
            en: "gave a device its access back", es: "devolvió el acceso a un equipo"),
        .deviceHandIn: Phrase(en: "took a device in", es: "recibió un equipo"),
        .deviceRefuse: Phrase(
            en: "a device without access, or one that nobody knows, was refused",
            es: "se rechazó un equipo sin acceso o desconocido"),
        .deviceSurrender: Phrase(
            en: "surrendered the unsent work of a device",
            es: "entregó el trabajo sin enviar de un equipo"),
        .programmeAdd: Phrase(en: "added a programme", es: "agregó un programa"),
        .importRows: Phrase(en: "imported rows", es: "importó filas"),
        .trayRetry: Phrase(
            en: "had a refused capture judged again", es: "hizo juzgar de nuevo una captura"),
        .trayDiscard: Phrase(
            en: "gave a refused capture up", es: "descartó una captura rechazada"),
        .trayResubmit: Phrase(
            en: "captured a refused capture again, corrected",
            es: "capturó de nuevo una captura rechazada, corregida"),
        .trayOffice: Phrase(
            en: "took a refused capture to the office", es: "pasó una captura a la oficina"),
        .recoveryClose: Phrase(en: "closed the recovery", es: "cerró la recuperación"),
        .purge: Phrase(
            en: "removed old deletions for good", es: "quitó para siempre lo eliminado"),
        .backup: Phrase(en: "made a backup", es: "hizo un respaldo"),
        .restore: Phrase(en: "restored a backup", es: "restauró un respaldo"),
        .bundle: Phrase(en: "delivered a bundle", es: "entregó un paquete"),
        .bundleRefuse: Phrase(en: "a bundle was refused", es: "se rechazó un paquete"),
    ]
}
