internal import ArgumentParser
internal import Foundation
internal import RondaHub
internal import RondaMerge
internal import RondaModel
internal import RondaStore

struct StatusCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "What the store holds / Qué hay en el almacén")

    @OptionGroup var options: CommonOptions

    private struct Document: Encodable {
        struct DeviceLine: Encodable {
            let device: String
            let account: String
            let name: String
            let lastCommit: UInt64
            let lastSeen: String?
            /// The commits it still held after its last request.
            let queued: UInt32
            /// The last commit that a verified backup holds.
            let covered: UInt64
            let copies: UInt32
            let completeTo: String?
            /// Whether it has offered again since a restore.
            let isReconciled: Bool
        }
        struct TerritoryLine: Encodable {
            let territory: String
            /// Up to when everything captured is in; `nil` where no device says.
            let completeTo: String?
        }
        struct IncidentLine: Encodable {
            let at: String
            let kind: String
            let device: String
            let about: UInt64
        }
        let hub: String
        let generation: UInt64
        let recovering: Bool
        let records: [String: Int]
        let conflicts: Int
        let accounts: Int
        let commits: Int
        let refused: Int
        let waiting: Int
        let incidents: Int
        let latestIncidents: [IncidentLine]
        let devices: [DeviceLine]
        let territories: [TerritoryLine]
    }

    /// The incidents that are shown one by one.
    private static let mostIncidents = 10

    func run() async throws {
        let hub = try options.openHub()
        let (identity, counts, names, incidents) = try await hub.store.read { store in
            (
                try store.hub(), try store.counts(), try DeviceNames(store),
                try store.incidents().suffix(Self.mostIncidents)
            )
        }
        let recovery = try await Recovery.of(hub.store)
        let missing = Set(recovery.missing.map(\.id))
        let document = Document(
            hub: identity.id.description, generation: identity.generation,
            recovering: recovery.isRecovering,
            records: Dictionary(
                uniqueKeysWithValues: hub.schema.entities.map {
                    ($0.name, counts.records[$0.id] ?? 0)
                }), conflicts: counts.conflicts, accounts: counts.accounts,
            commits: counts.commits, refused: counts.refused, waiting: counts.waiting,
            incidents: counts.incidents,
            latestIncidents: incidents.map {
                .init(
                    at: $0.at.text, kind: "\($0.kind)", device: $0.device.description,
                    about: $0.about)
            },
            devices: names.devices.map {
                .init(
                    device: $0.id.description, account: names.login($0), name: $0.name,
                    lastCommit: $0.lastNumber, lastSeen: $0.lastSeen?.text, queued: $0.queued,
                    covered: $0.covered, copies: $0.copies, completeTo: $0.completeTo?.text,
                    isReconciled: !missing.contains($0.id))
            }, territories: try await territories(of: hub))
        let records = hub.schema.entities.filter { counts.records[$0.id] ?? 0 > 0 }
        var lines = records.map { entity in
            let count = counts.records[entity.id] ?? 0
            return Phrase(
                en: "\(entity.label.en): \(count)", es: "\(entity.label.es): \(count)")
        }
        lines.append(
            Phrase(
                en: "commits: \(counts.commits), refused: \(counts.refused), "
                    + "waiting: \(counts.waiting), open conflicts: \(counts.conflicts), "
                    + "incidents: \(counts.incidents)",
                es: "capturas: \(counts.commits), rechazadas: \(counts.refused), "
                    + "en espera: \(counts.waiting), conflictos abiertos: \(counts.conflicts), "
                    + "incidentes: \(counts.incidents)"))
        if identity.isRenewed { lines.append(Self.restored(recovery)) }
        lines += names.devices.map { Self.line($0, names, isMissing: missing.contains($0.id)) }
        lines += document.territories.map { line in
            guard let time = line.completeTo else {
                return Phrase(
                    en: "territory \(line.territory): not known yet up to when everything "
                        + "captured is in",
                    es: "territorio \(line.territory): aún no se sabe hasta cuándo está todo lo "
                        + "capturado")
            }
            return Phrase(
                en: "territory \(line.territory): everything captured is in up to \(time)",
                es: "territorio \(line.territory): todo lo capturado está hasta \(time)")
        }
        lines += incidents.map { Self.line($0, names) }
        try options.terminal.show(document, lines)
    }

    private func territories(of hub: Hub) async throws -> [Document.TerritoryLine] {
        let codes = try await hub.store.read { store in
            var codes: [(RecordID, String)] = []
            try store.records(of: .territory) { record in
                if record.isDeleted { return }
                let territory = Territory(id: record.id, fields: record.shownValues)
                codes.append((record.id, territory.code ?? String(record.id.hex.prefix(8))))
            }
            return codes
        }
        var lines: [Document.TerritoryLine] = []
        for (id, code) in codes.sorted(by: { $0.1 < $1.1 }) {
            lines.append(.init(territory: code, completeTo: try await hub.watermark(of: id)?.text))
        }
        return lines
    }

    private static func restored(_ recovery: Recovery) -> Phrase {
        guard recovery.isRecovering else {
            return Phrase(
                en: "restored from a backup; every device has offered again",
                es: "restaurado de un respaldo; todos los equipos ya reenviaron")
        }
        let missing = Phrase.count(
            recovery.missing.count,
            one: Phrase(en: "device has not offered again", es: "equipo no ha reenviado"),
            many: Phrase(en: "devices have not offered again", es: "equipos no han reenviado"))
        return Phrase(
            en: "RESTORED; \(missing.en): ronda-server recovery",
            es: "RESTAURADO; \(missing.es): ronda-server recovery")
    }

    private static func line(_ device: Device, _ names: DeviceNames, isMissing: Bool) -> Phrase {
        let who = names.title(device)
        let seen = device.lastSeen?.text ?? "-"
        var line = Phrase(
            en: "device \(who): last commit \(device.lastNumber), backed up to \(device.covered), "
                + "\(device.queued) queued, last seen \(seen)",
            es: "equipo \(who): última captura \(device.lastNumber), respaldado hasta "
                + "\(device.covered), \(device.queued) en cola, visto \(seen)")
        if device.copies > 0 {
            line =
                line
                + Phrase(en: ", copies found: \(device.copies)", es: ", copias: \(device.copies)")
        }
        if isMissing {
            line =
                line
                + Phrase(
                    en: ", NOT offered again since the restore",
                    es: ", NO ha reenviado desde la restauración")
        }
        return line
    }

    private static func line(_ incident: Incident, _ names: DeviceNames) -> Phrase {
        let (who, about) = (names.title(incident.device), incident.about)
        let what: Phrase
        switch incident.kind {
        case .divergence:
            what = Phrase(
                en: "records of scope \(about) differed and were compared",
                es: "los registros del ámbito \(about) diferían y se compararon")
        case .quarantine:
            what = Phrase(
                en: "commit \(about) was set aside: the server failed on it",
                es: "la captura \(about) se apartó: el servidor falló con ella")
        case .fork:
            what = Phrase(
                en: "a copy of its store was found", es: "se encontró una copia de su almacén")
        case .historyLost:
            what = Phrase(
                en: "its receipt for commit \(about) shows that the store was set back",
                es: "su constancia de la captura \(about) muestra que el almacén retrocedió")
        case .suppressed:
            what = Phrase(
                en: "commit \(about) has a telephone or an e-mail of somebody who was erased; find "
                    + "out whether they came back by themselves",
                es: "la captura \(about) tiene un teléfono o correo de alguien cuyos datos se "
                    + "suprimieron; averigüe si volvió por su cuenta")
        }
        return Phrase(
            en: "incident \(incident.at.text), \(who): \(what.en)",
            es: "incidente \(incident.at.text), \(who): \(what.es)")
    }
}
