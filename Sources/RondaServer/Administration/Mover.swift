internal import RondaHub
internal import RondaModel
internal import RondaStore

/// What the office names on the command line.
extension Hub {
    func territories(named codes: [String]) async throws -> [RecordID] {
        var ids: [RecordID] = []
        for code in codes { ids.append(try await territory(named: code)) }
        return ids
    }

    func territory(named code: String) async throws -> RecordID {
        guard let id = try await territory(code: code) else {
            throw ServerTerminal.Failure(.unknownTerritory(code))
        }
        return id
    }

    /// Customers by their codes, or by ids.
    func customers(named names: [String]) async throws -> [RecordID] {
        let found = try await customers(codesOrIDs: names)
        return try zip(names, found).map { name, id in
            guard let id else {
                throw ServerTerminal.Failure(
                    .notFound, "unknownCustomer",
                    Phrase(
                        en: "there is no customer \(name); check the code",
                        es: "no hay un cliente \(name); revise el código"))
            }
            return id
        }
    }
}

/// Moves customers, or says what moving them would do.
struct Mover {
    private let hub: Hub
    private let terminal: ServerTerminal
    /// Who moves them.
    private let actor: String
    private let dryRun: Bool

    init(_ options: CommonOptions, hub: Hub, dryRun: Bool) {
        self.hub = hub
        terminal = options.terminal
        actor = options.actor
        self.dryRun = dryRun
    }

    private struct Document: Encodable {
        struct Line: Encodable {
            let device: String
            let account: String
            let name: String
            let lastSeen: String?
            let queued: UInt32
        }
        /// `nil` for a dry run.
        let moved: Int?
        let records: [String: Int]
        let openPromises: Int
        let plannedVisits: Int
        let followed: Int
        let devices: [Line]
    }

    func move(_ customers: [RecordID], to territory: RecordID, named code: String) async throws {
        let preview = try await hub.preview(moving: customers)
        var moved: Int?
        if !dryRun { moved = try await hub.move(customers, to: territory, by: actor) }
        try await show(
            preview, moved: moved,
            Phrase(
                en: "\(moved ?? 0) customers are in \(code) now.",
                es: "\(moved ?? 0) clientes están ahora en \(code)."))
    }

    func show(_ preview: MovePreview, moved: Int?, _ done: Phrase) async throws {
        let names = try await hub.store.read { try DeviceNames($0) }
        let counts = preview.records.sorted { $0.key < $1.key }.compactMap { id, count in
            hub.schema[id].map { ($0, count) }
        }
        var lines = [
            Phrase(en: dryRun ? "Would move:" : "Moved:", es: dryRun ? "Pasarían:" : "Pasaron:")
        ]
        lines += counts.map { entity, count in
            Phrase(en: "  \(count)  \(entity.label.en)", es: "  \(count)  \(entity.label.es)")
        }
        lines.append(
            Phrase(
                en: "Open promises: \(preview.openPromises); planned visits: "
                    + "\(preview.plannedVisits); customers somebody follows: \(preview.followed).",
                es: "Promesas abiertas: \(preview.openPromises); visitas planificadas: "
                    + "\(preview.plannedVisits); clientes que alguien sigue: \(preview.followed)."))
        if !preview.devices.isEmpty {
            lines.append(
                Phrase(
                    en: "Devices that have them now; what they have not sent yet is taken over:",
                    es: "Equipos que los tienen ahora; lo que aún no envían se recibe igual:"))
        }
        lines += preview.devices.map { device in
            let seen = device.lastSeen?.text ?? "-"
            return Phrase(
                en: "  \(names.title(device)): \(device.queued) to send when last seen, \(seen)",
                es: "  \(names.title(device)): \(device.queued) por enviar, visto \(seen)")
        }
        if moved != nil { lines.append(done) }
        try terminal.show(
            Document(
                moved: moved,
                records: Dictionary(
                    counts.map { ($0.0.name, $0.1) }, uniquingKeysWith: { $1 }),
                openPromises: preview.openPromises, plannedVisits: preview.plannedVisits,
                followed: preview.followed,
                devices: preview.devices.map {
                    .init(
                        device: $0.id.description, account: names.login($0), name: $0.name,
                        lastSeen: $0.lastSeen?.text, queued: $0.queued)
                }), lines)
    }
}
