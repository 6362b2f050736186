internal import RondaClient
internal import RondaModel

/// The truth about sync.
struct StatusPage: Sendable {
    let status: LocalStatus
    let identity: DeviceIdentity
    let counts: [Count]
    let territories: [String]

    struct Count: Sendable {
        let name: String
        let label: Phrase
        let count: Int
    }
}

enum StatusView {
    static func output(_ page: StatusPage, in wording: Wording) -> Output {
        let (status, identity) = (page.status, page.identity)
        let lastSync =
            status.lastSync.map { wording.cell($0) }
            ?? Cell(wording(Phrase(en: "never", es: "nunca")), plain: "")
        var rows = [
            CardRow("account", Phrase(en: "account", es: "cuenta"), Cell(identity.accountName)),
            CardRow(
                "role", Phrase(en: "role", es: "función"),
                Cell(wording(roleLabel(identity.role)), plain: identity.role.rawValue)),
            CardRow("server", Phrase(en: "server", es: "servidor"), Cell(identity.server)),
            CardRow(
                "device", Phrase(en: "device", es: "equipo"), Cell(identity.device.description)),
            CardRow(
                "territories", Phrase(en: "territories", es: "territorios"),
                Cell(page.territories.joined(separator: ", "))),
            CardRow("lastSync", Phrase(en: "last sync", es: "última sincronización"), lastSync),
            CardRow(
                "history", Phrase(en: "history kept here", es: "historial que se guarda aquí"),
                Cell(wording(HistoryView.budget(status.historyBudget)))),
        ]
        rows += counters(status)
        let records = page.counts.map {
            CardRow(
                "records.\($0.name)", $0.label, Cell(String($0.count)),
                isForPrograms: $0.count == 0)
        }
        let heading = Phrase(en: "On this device", es: "En este equipo")
        return Output(
            json: json(page), blocks: [.card(rows), .heading(heading), .card(records)],
            notes: attention(status) + (HistoryView.absent(status).map { [$0] } ?? [])
                + copies(status.copies))
    }

    private static func copies(_ count: Int) -> [Phrase] {
        if count == 0 { return [] }
        return [
            Phrase(
                en: "copies of this store that were found and made devices of their own: \(count); "
                    + "copying a store is no backup of it",
                es: "copias de este almacén que se encontraron y pasaron a ser equipos aparte: "
                    + "\(count); copiar un almacén no lo respalda")
        ]
    }

    private static func counters(_ status: LocalStatus) -> [CardRow] {
        func row(_ name: String, _ en: String, _ es: String, _ number: Int, _ tone: Cell.Tone)
            -> CardRow
        {
            CardRow(
                name, Phrase(en: en, es: es),
                Cell(String(number), tone: number == 0 ? .plain : tone))
        }
        return [
            row("pending", "to send", "por enviar", status.pending, .strong),
            row("accepted", "accepted", "aceptados", status.accepted, .good),
            row("merged", "accepted beside others", "aceptados con otros", status.merged, .good),
            row("refused", "refused (tray)", "rechazados (bandeja)", status.refused, .alert),
            row(
                "waiting", "kept at the server", "guardados en el servidor", status.waiting,
                .strong),
            row("conflicts", "conflicts", "conflictos", status.conflicts, .alert),
        ]
    }

    private static func roleLabel(_ role: Role) -> Phrase {
        switch role {
        case .rep: StaffRole.rep.label
        case .office: StaffRole.office.label
        case .supervisor: StaffRole.supervisor.label
        case .administrator: StaffRole.administrator.label
        case .auditor: StaffRole.auditor.label
        case .integration: StaffRole.integration.label
        }
    }

    private static func json(_ page: StatusPage) -> JSONValue {
        let (status, identity) = (page.status, page.identity)
        return .object([
            "pending": .integer(status.pending), "accepted": .integer(status.accepted),
            "merged": .integer(status.merged), "refused": .integer(status.refused),
            "conflicts": .integer(status.conflicts), "waiting": .integer(status.waiting),
            "serverRecovering": .bool(status.isServerRecovering),
            "unknownToServer": .bool(status.isUnknownToServer),
            "revoked": .bool(status.isRevoked),
            "copies": .integer(status.copies),
            "records": .object(
                Dictionary(
                    page.counts.map { ($0.name, JSONValue.integer($0.count)) },
                    uniquingKeysWith: { $1 })),
            "lastSync": .instant(status.lastSync),
            "downloadUnfinished": .bool(status.isDownloadUnfinished),
            "notHereFrom": status.unread.map { .string($0.rawValue) } ?? .null,
            "historyBudget": HistoryView.json(status.historyBudget),
            "absentHistory": HistoryView.json(status.absentHistory),
            "account": .id(identity.account),
            "accountName": .string(identity.accountName), "role": .string(identity.role.rawValue),
            "server": .string(identity.server), "device": .id(identity.device),
            "hub": .id(identity.hub), "territories": .strings(page.territories),
            "clockOffsetMilliseconds": status.clockOffsetMilliseconds.map { .integer($0) } ?? .null,
        ])
    }

    /// What waits for somebody, one sentence each: for the end of any screen.
    static func attention(_ status: LocalStatus) -> [Phrase] {
        forPeople(status) + background(status) + (pending(status.pending).map { [$0] } ?? [])
    }

    /// What only a person can settle.
    static func forPeople(_ status: LocalStatus) -> [Phrase] {
        let conflicts = Phrase.count(
            status.conflicts,
            one: Phrase(
                en: "conflict needs you: ronda conflicts",
                es: "conflicto necesita su decisión: ronda conflictos"),
            many: Phrase(
                en: "conflicts need you: ronda conflicts",
                es: "conflictos necesitan su decisión: ronda conflictos"))
        let refused = Phrase.count(
            status.refused,
            one: Phrase(
                en: "refused change is in the tray: ronda tray",
                es: "cambio rechazado está en la bandeja: ronda bandeja"),
            many: Phrase(
                en: "refused changes are in the tray: ronda tray",
                es: "cambios rechazados están en la bandeja: ronda bandeja"))
        return (status.isUnknownToServer ? [unknown] : [])
            + (status.isRevoked ? [revoked] : [])
            + (status.isDownloadUnfinished ? [unfinished(status.unread)] : [])
            + (status.conflicts > 0 ? [conflicts] : []) + (status.refused > 0 ? [refused] : [])
    }

    /// What comes right without this person.
    static func background(_ status: LocalStatus) -> [Phrase] {
        let recovering = Phrase(
            en: "the server was restored and still waits for other devices to send again what it "
                + "lost",
            es: "el servidor fue restaurado y aún espera que otros equipos reenvíen lo que perdió")
        return (kept(status.waiting).map { [$0] } ?? [])
            + (status.isServerRecovering ? [recovering] : [])
    }

    /// What is not on this device, and how it comes.
    private static func unfinished(_ unread: Unread?) -> Phrase {
        switch unread {
        case nil, .everything:
            Phrase(
                en: "the download was cut: not everything is on this device yet, run: ronda sync",
                es: "la descarga quedó a medias: aún no está todo en este equipo, use: ronda sync")
        case .customers:
            Phrase(
                en: "the download was cut: what is open is here; some customers, and what is done "
                    + "with, are not on this device yet, run: ronda sync",
                es: "la descarga quedó a medias: lo pendiente ya está; faltan clientes e historial "
                    + "en este equipo, use: ronda sync")
        case .history:
            Phrase(
                en:
                    "the download was cut: what is open and all customers are here; some of what is "
                    + "done with is not on this device yet, run: ronda sync",
                es: "la descarga quedó a medias: lo pendiente y todos los clientes ya están; falta "
                    + "parte del historial en este equipo, use: ronda sync")
        }
    }

    static let unknown = Phrase(
        en: "the server does not know this device; nothing is lost: ask the office for a code and "
            + "run: ronda login --server URL",
        es: "el servidor no conoce este equipo; nada se pierde: pida un código a la oficina y use: "
            + "ronda entrar --server URL")

    static let revoked = Phrase(
        en:
            "the office has ended this device's access; nothing is lost: hand what is unsent to the "
            + "office with: ronda surrender",
        es: "la oficina terminó el acceso de este equipo; nada se pierde: entregue a la oficina lo "
            + "que falta por enviar con: ronda entregar")

    /// Captures that the server has and cannot apply yet.
    static func kept(_ count: Int) -> Phrase? {
        if count == 0 { return nil }
        return .count(
            count,
            one: Phrase(
                en: "capture is kept at the server until the record it needs is there",
                es: "captura queda guardada en el servidor hasta que llegue el registro que "
                    + "necesita"),
            many: Phrase(
                en: "captures are kept at the server until the records they need are there",
                es: "capturas quedan guardadas en el servidor hasta que lleguen los registros que "
                    + "necesitan"))
    }

    /// `4 cambios por enviar: ronda sync`
    static func pending(_ count: Int) -> Phrase? {
        if count == 0 { return nil }
        return .count(
            count,
            one: Phrase(en: "change to send: ronda sync", es: "cambio por enviar: ronda sync"),
            many: Phrase(en: "changes to send: ronda sync", es: "cambios por enviar: ronda sync"))
    }
}
