internal import RondaHub
internal import RondaModel
internal import RondaStore

/// A device as JSON.
struct DeviceDocument: Encodable {
    let device: String
    let account: String
    let name: String
    let app: String
    let schema: UInt32
    /// granted, expired or revoked.
    let access: String
    let accessEndsAt: String?
    let lastSeen: String?
    /// The commits it still held after its last request.
    let queued: UInt32
    /// How far its clock was ahead when it last sent commits.
    let clockOffsetMilliseconds: Int64?
    let lastCommit: UInt64
    /// Up to when everything captured on it is in.
    let completeTo: String?
    /// The last commit that a verified backup holds.
    let covered: UInt64
    let copies: UInt32
    let waiting: Int
    let refused: Int
    let isReconciled: Bool
    let hasDelivered: Bool
    /// When its records last differed from the server's.
    let lastDivergence: String?

    init(_ state: DeviceState, access: String? = nil) {
        let device = state.device
        self.device = device.id.description
        account = state.login
        name = device.name
        app = device.app
        schema = device.schema
        self.access = access ?? DeviceLines.access(state)
        accessEndsAt = device.accessEndsAt?.text
        lastSeen = device.lastSeen?.text
        queued = device.queued
        clockOffsetMilliseconds = device.clockOffsetMilliseconds
        lastCommit = device.lastNumber
        completeTo = device.completeTo?.text
        covered = device.covered
        copies = device.copies
        waiting = state.waiting
        refused = state.refused
        isReconciled = state.isReconciled
        hasDelivered = state.hasDelivered
        lastDivergence = state.lastDivergence?.text
    }
}

/// Devices for people.
enum DeviceLines {
    static func access(_ state: DeviceState) -> String {
        if state.hasAccess { return "granted" }
        return state.device.isRevoked ? "revoked" : "expired"
    }

    static func of(_ state: DeviceState, _ names: DeviceNames) -> [Phrase] {
        let device = state.device
        let app = [device.app, device.schema == 0 ? "" : "schema \(device.schema)"]
            .filter { !$0.isEmpty }.joined(separator: ", ")
        let seen = device.lastSeen?.text ?? "-"
        let complete = device.completeTo?.text ?? "-"
        let clock = device.clockOffsetMilliseconds.map { "\($0 / 1_000) s" } ?? "-"
        let title = names.title(device) + (app.isEmpty ? "" : "  [\(app)]")
        var lines = [
            Phrase(en: title, es: title),
            Phrase(
                en: "  last seen \(seen), \(device.queued) unsent, everything in up to \(complete)",
                es: "  visto \(seen), \(device.queued) sin enviar, todo entregado hasta \(complete)"
            ),
            Phrase(
                en: "  last commit \(device.lastNumber), backed up to \(device.covered), "
                    + "waiting \(state.waiting), refused \(state.refused), clock ahead \(clock)",
                es: "  última captura \(device.lastNumber), respaldado hasta \(device.covered), "
                    + "en espera \(state.waiting), rechazadas \(state.refused), reloj adelantado "
                    + "\(clock)"),
        ]
        lines += notes(state).map { Phrase(en: "  \($0.en)", es: "  \($0.es)") }
        return lines
    }

    private static func notes(_ state: DeviceState) -> [Phrase] {
        let device = state.device
        var notes: [Phrase] = []
        if let end = device.accessEndsAt?.text {
            if state.hasAccess {
                notes.append(
                    Phrase(en: "access until \(end)", es: "acceso hasta \(end)"))
            } else if device.isRevoked {
                notes.append(
                    Phrase(en: "REVOKED since \(end)", es: "REVOCADO desde \(end)"))
            } else {
                notes.append(Phrase(en: "EXPIRED on \(end)", es: "VENCIDO el \(end)"))
            }
        }
        if device.copies > 0 {
            notes.append(
                Phrase(
                    en: "copies of its store found: \(device.copies)",
                    es: "copias de su almacén: \(device.copies)"))
        }
        if !state.isReconciled {
            notes.append(
                Phrase(
                    en: "NOT offered again since the restore",
                    es: "NO ha reenviado desde la restauración"))
        }
        if let divergence = state.lastDivergence?.text {
            notes.append(
                Phrase(
                    en: "its records last differed from the server's on \(divergence)",
                    es: "sus registros difirieron de los del servidor por última vez el "
                        + divergence))
        }
        return notes
    }

    /// What speaks against its having delivered everything.
    static func outstanding(_ state: DeviceState) -> Phrase {
        let device = state.device
        if device.queued > 0 {
            return Phrase(
                en: "it said that \(device.queued) captures are still on it",
                es: "dijo que aún tiene \(device.queued) capturas sin enviar")
        }
        if !state.isReconciled {
            return Phrase(
                en: "it has not offered again since the server was restored",
                es: "no ha reenviado desde que se restauró el servidor")
        }
        return Phrase(
            en: "it has never said that it has sent everything",
            es: "nunca ha dicho que haya enviado todo")
    }

    /// Captured since the last sync would be unsent: a device that is being handed in has just synced.
    private static let recentMilliseconds: Int64 = 15 * 60_000

    static func handIn(_ state: DeviceState, _ names: DeviceNames, now: Instant) -> [Phrase] {
        let title = names.title(state.device)
        var lines: [Phrase] = []
        if state.hasDelivered {
            let complete = state.device.completeTo?.text ?? "-"
            lines.append(
                Phrase(
                    en: "\(title) had delivered everything captured up to \(complete). It has no "
                        + "access any more.",
                    es: "\(title) había entregado todo lo capturado hasta \(complete). Ya no tiene "
                        + "acceso."))
        } else {
            let why = outstanding(state)
            lines.append(
                Phrase(
                    en:
                        "\(title) has no access any more, although \(why.en). Its work stays on it; "
                        + "it can be handed in there with: ronda surrender",
                    es: "\(title) ya no tiene acceso, aunque \(why.es). Su trabajo queda en él; se "
                        + "puede entregar ahí con: ronda entregar"))
        }
        if let seen = state.device.lastSeen,
            now.milliseconds - seen.milliseconds > recentMilliseconds
        {
            lines.append(
                Phrase(
                    en: "It was last here on \(seen.text): what was captured since is only on it.",
                    es:
                        "Estuvo aquí por última vez el \(seen.text): lo capturado después está solo "
                        + "en él."))
        }
        if state.waiting + state.refused > 0 {
            lines.append(
                Phrase(
                    en: "\(state.waiting) of its captures wait for a record, \(state.refused) are "
                        + "refused and undecided: ronda-server tray list",
                    es: "\(state.waiting) de sus capturas esperan un registro, \(state.refused) "
                        + "están rechazadas y sin decidir: ronda-server tray list"))
        }
        return lines
    }
}
