internal import ArgumentParser
internal import Foundation
internal import RondaClient
internal import RondaModel

/// Looks at what usually goes wrong on a device, and says what to do about each.
struct DoctorCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Is everything well on this device? / ¿Está todo bien en este equipo?",
        aliases: ["diagnostico", "diagnóstico"])

    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        var findings: [Finding] = []
        findings.append(Self.directory(session.home))
        do {
            let store = try await session.open()
            let now = session.wording.now
            let (status, identity) = try await session.read(store) {
                (try $0.status(), try $0.identity())
            }
            findings.append(.good("store", "the local store opens", "el almacén local abre"))
            findings += Self.findings(status, identity, now: now)
        } catch let error as TerminalError {
            findings.append(
                Finding(
                    name: "store", isWell: false, phrase: error.phrase, status: error.status))
        }
        findings.append(Self.language(session))
        return Finding.output(findings, in: session.wording)
    }

    /// How long a device may go without a sync before somebody should know.
    private static let syncDays: Int64 = 7
    /// How far the clock of the device may be from the server's.
    private static let clockMinutes: Int64 = 5

    private static func findings(
        _ status: LocalStatus, _ identity: DeviceIdentity?, now: Instant
    ) -> [Finding] {
        var findings: [Finding] = []
        if let last = status.lastSync {
            let days = (now.milliseconds - last.milliseconds) / 86_400_000
            findings.append(
                days < syncDays
                    ? .good("sync", "synced lately", "sincronizó hace poco")
                    : .bad(
                        "sync", "no sync for \(days) days; run: ronda sync",
                        "\(days) días sin sincronizar; use: ronda sync"))
        } else {
            findings.append(
                .bad("sync", "never synced; run: ronda sync", "nunca sincronizó; use: ronda sync"))
        }
        let offset = abs(status.clockOffsetMilliseconds ?? 0) / 60_000
        findings.append(
            offset < clockMinutes
                ? .good("clock", "the clock is right", "el reloj está bien")
                : .bad(
                    "clock", "the clock is \(offset) minutes from the server's; set it",
                    "el reloj difiere \(offset) minutos del servidor; ajústelo"))
        findings += [
            (
                "conflicts", status.conflicts, "conflicts need you: ronda conflicts",
                "conflictos necesitan su decisión: ronda conflictos"
            ),
            (
                "refused", status.refused, "refused changes are in the tray: ronda tray",
                "cambios rechazados están en la bandeja: ronda bandeja"
            ),
        ].map { name, count, en, es in
            count == 0
                ? .good(name, "no \(name)", name == "refused" ? "sin rechazos" : "sin conflictos")
                : .bad(name, "\(count) \(en)", "\(count) \(es)")
        }
        if status.isRevoked {
            findings.append(
                Finding(name: "access", isWell: false, phrase: StatusView.revoked))
        } else if status.isUnknownToServer {
            findings.append(
                Finding(name: "access", isWell: false, phrase: StatusView.unknown))
        }
        if let identity {
            findings.append(server(ServerAddress(identity.server)))
        }
        return findings
    }

    private static func server(_ address: ServerAddress) -> Finding {
        if address.isExposed {
            return .bad(
                "server", "\(address.url) is not protected; ask the office for https",
                "\(address.url) no está protegida; pida https a la oficina")
        }
        return address.url.lowercased().hasPrefix("https://")
            ? .good("server", "the line is protected", "la conexión está protegida")
            : .good("server", "the server is on this machine", "el servidor está en este equipo")
    }

    private static func directory(_ home: String) -> Finding {
        let manager = FileManager.default
        if !manager.fileExists(atPath: home) {
            return .bad(
                "directory", "there is nothing at \(home); use: ronda login",
                "no hay nada en \(home); use: ronda entrar")
        }
        if !manager.isWritableFile(atPath: home) {
            return .bad(
                "directory", "\(home) cannot be written; check its permissions and the disk",
                "no se puede escribir en \(home); revise los permisos y el disco")
        }
        return .good("directory", "\(home) can be written", "se puede escribir en \(home)")
    }

    private static func language(_ session: Session) -> Finding {
        let name = session.wording.language == .spanish ? "español" : "English"
        let zone = session.wording.zone.identifier
        return .good("language", "\(name), \(zone)", "\(name), \(zone)")
    }
}

/// One thing that was looked at.
struct Finding: Sendable {
    let name: String
    let isWell: Bool
    let phrase: Phrase
    var status: ExitReason = .otherError

    private var label: Phrase {
        switch name {
        case "directory": Phrase(en: "directory", es: "directorio")
        case "store": Phrase(en: "local store", es: "almacén local")
        case "sync": Phrase(en: "sync", es: "sincronización")
        case "clock": Phrase(en: "clock", es: "reloj")
        case "conflicts": Phrase(en: "conflicts", es: "conflictos")
        case "refused": Phrase(en: "tray", es: "bandeja")
        case "access": Phrase(en: "access", es: "acceso")
        case "server": Phrase(en: "server", es: "servidor")
        case "language": Phrase(en: "language", es: "idioma")
        default: Phrase(name)
        }
    }

    static func good(_ name: String, _ en: String, _ es: String) -> Finding {
        Finding(name: name, isWell: true, phrase: Phrase(en: en, es: es))
    }

    static func bad(_ name: String, _ en: String, _ es: String) -> Finding {
        Finding(name: name, isWell: false, phrase: Phrase(en: en, es: es))
    }

    static func output(_ findings: [Finding], in wording: Wording) -> Output {
        let table = Table(
            kind: "finding",
            columns: [
                Table.Column("WHAT", "QUÉ"), Table.Column("IS", "ESTÁ"),
                Table.Column("WHY", "POR QUÉ", wraps: true),
            ],
            rows: findings.map { finding in
                let well =
                    finding.isWell
                    ? Phrase(en: "well", es: "bien") : Phrase(en: "! NOT WELL", es: "! MAL")
                return [
                    Cell(wording(finding.label), plain: finding.name),
                    Cell(
                        wording(well), plain: finding.isWell ? "well" : "bad",
                        tone: finding.isWell ? .good : .alert),
                    Cell(wording(finding.phrase)),
                ]
            })
        return Output(
            json: .array(
                findings.map {
                    .object([
                        "name": .string($0.name), "well": .bool($0.isWell),
                        "en": .string($0.phrase.en), "es": .string($0.phrase.es),
                    ])
                }), blocks: [.table(table)],
            status: findings.first { !$0.isWell }?.status ?? .done)
    }
}
