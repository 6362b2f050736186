internal import ArgumentParser
internal import RondaHub
internal import RondaModel
internal import RondaStore
internal import RondaStoreSQLite

struct EraseCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Erase a customer, or who was recommended, who asked for it / "
            + "Suprimir los datos de un cliente, o de un referido, que lo pidió",
        discussion: """
            Nothing is left here of the person, every device is asked to do the same, and no backup \
            brings them back: keep \(ErasureFile.fileName) wherever a backup may be restored. It \
            cannot be undone.

            Aquí no queda nada de la persona, a cada equipo se le pide lo mismo, y ningún respaldo la \
            trae de vuelta: conserve \(ErasureFile.fileName) donde se vaya a restaurar un respaldo. \
            No se puede deshacer.
            """,
        aliases: ["suprimir"])

    @OptionGroup var options: CommonOptions
    @Argument(
        help: "Code, id, telephone or e-mail / Código, identificador, teléfono o correo.")
    var customer: String
    @Flag(name: .long, help: "Only say what would go / Sólo decir qué se suprimiría.")
    var dryRun = false
    @Flag(name: .long, help: "Do it / Hacerlo.") var yes = false

    private struct Document: Encodable {
        let customer: String
        let erased: Bool
        let records: [String: Int]
        struct Recommended: Encodable {
            let id: String
            let name: String
            let programme: String
            let contactPoint: String
            let referrers: [String]
        }
        /// The recommendations of somebody who is taken for the same person.
        let referrals: [Recommended]
        /// Records about other people, that lose this customer.
        let shared: Int
        /// Other customers that are said to be the same person.
        let merged: [String]
        let devices: [String]
    }

    func run() async throws {
        let hub = try options.openHub()
        let id = try await Erasing.customer(named: customer, in: hub)
        guard let preview = try await hub.preview(erasing: id) else { throw Erasing.unknown(id) }
        guard dryRun || yes else {
            for line in try await lines(preview, in: hub) { options.terminal.note(line) }
            throw ServerTerminal.Failure(
                .refusedByRule, "notConfirmed",
                Phrase(
                    en: "nothing was erased, and it cannot be undone; if it is meant: "
                        + "ronda-server erase \(customer) --yes",
                    es: "no se suprimió nada, y no se puede deshacer; si es lo que quiere: "
                        + "ronda-server suprimir \(customer) --yes"))
        }
        var done: ErasureNote?
        if !dryRun {
            done = try await hub.erase(id, by: options.actor)
            if done == nil { throw Erasing.unknown(id) }
        }
        let counts = Dictionary(
            preview.records.compactMap { entity, count in
                hub.schema[entity].map { ($0.name, count) }
            }, uniquingKeysWith: { $1 })
        var lines = try await lines(preview, in: hub)
        if let done {
            if !done.isWashed { lines.append(Erasing.unwashed) }
            lines.append(
                Phrase(
                    en: "Erased. Which devices have confirmed: ronda-server erasures",
                    es: "Suprimido. Qué equipos lo confirmaron: ronda-server supresiones"))
        }
        try options.terminal.show(
            Document(
                customer: id.description, erased: done != nil, records: counts,
                referrals: preview.referrals.map {
                    .init(
                        id: $0.id.description, name: $0.name, programme: $0.programme,
                        contactPoint: $0.contactPoint, referrers: $0.referrers)
                }, shared: preview.shared, merged: preview.merged.map(\.description),
                devices: preview.devices.map(\.id.description)), lines)
    }

    private func lines(_ preview: ErasurePreview, in hub: Hub) async throws -> [Phrase] {
        let names = try await hub.store.read { try DeviceNames($0) }
        var lines = [
            Phrase(
                en: "\(customer), and all that is under it:", es: "\(customer), con todo lo suyo:")
        ]
        lines += preview.records.sorted { $0.key < $1.key }.compactMap { id, count in
            hub.schema[id].map {
                Phrase(en: "  \(count)  \($0.label.en)", es: "  \(count)  \($0.label.es)")
            }
        }
        // A family or a front desk may share a number: then it is somebody else.
        lines += preview.referrals.map { referral in
            let referrers = referral.referrers.joined(separator: ", ")
            return Phrase(
                en:
                    "Taken for the same person because of \(referral.contactPoint), and erased too: "
                    + "\(referral.name), recommended by \(referrers) (\(referral.programme))",
                es: "Se toma por la misma persona por \(referral.contactPoint), y se suprime "
                    + "también: \(referral.name), con recomendación de \(referrers) "
                    + "(\(referral.programme))")
        }
        if preview.shared > 0 {
            lines.append(
                Phrase(
                    en: "Referrals of other people that lose this customer and stay: "
                        + "\(preview.shared)",
                    es: "Referidos de otras personas que pierden a este cliente y quedan: "
                        + "\(preview.shared)"))
        }
        for (rep, count) in preview.credits.sorted(by: { $0.key < $1.key }) {
            let login = try await hub.store.read { try $0.account(rep)?.login } ?? rep.description
            lines.append(
                Phrase(
                    en:
                        "Credits of \(login) for referrals of other people, that go with it: \(count)",
                    es: "Méritos de \(login) por referidos de otras personas, que se van con ello: "
                        + "\(count)"))
        }
        lines += preview.merged.map { other in
            Phrase(
                en: "Said to be the same person, and not erased with it: \(other)",
                es: "Se dijo que es la misma persona, y no se suprime con ésta: \(other)")
        }
        if !preview.devices.isEmpty {
            lines.append(
                Phrase(
                    en: "Devices that may hold something of it:",
                    es: "Equipos que pueden tener algo de ello:"))
        }
        lines += preview.devices.map { device in
            let seen = device.lastSeen?.text ?? "-"
            return Phrase(
                en: "  \(names.title(device)), last seen \(seen)",
                es: "  \(names.title(device)), visto \(seen)")
        }
        return lines
    }
}

struct ErasuresCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "erasures",
        abstract: "Who was erased when, and which devices have not confirmed / "
            + "Qué se suprimió, cuándo, y qué equipos no lo han confirmado",
        aliases: ["supresiones"])

    @OptionGroup var options: CommonOptions

    private struct Document: Encodable {
        struct Missing: Encodable {
            let device: String
            /// Missing, as all that follows, for one that was set up after the backup.
            let account: String?
            let name: String?
            let lastSeen: String?
            let revoked: Bool?
        }
        let customer: String
        let at: String
        let by: String
        let records: Int
        let devices: Int
        let missing: [Missing]
    }

    func run() async throws {
        let hub = try options.openHub()
        let isWashed = try await hub.washErased()
        let notes = try await hub.erasures()
        let names = try await hub.store.read { try DeviceNames($0) }
        func devices(_ note: ErasureNote) -> [Device] {
            names.devices.filter { note.missing.contains($0.id) }
        }
        // Set up after the backup that was restored.
        func unknown(_ note: ErasureNote) -> [RecordID] {
            note.missing.filter { id in !names.devices.contains { $0.id == id } }
        }
        var lines = notes.flatMap { note -> [Phrase] in
            let confirmed = note.devices - note.missing.count
            let first = Phrase(
                en: "\(note.at.text), \(note.customer), by \(note.actor): \(note.records) records; "
                    + "\(confirmed) of \(note.devices) devices have confirmed",
                es: "\(note.at.text), \(note.customer), por \(note.actor): \(note.records) "
                    + "registros; \(confirmed) de \(note.devices) equipos lo confirmaron")
            return [first]
                + unknown(note).map { id in
                    Phrase(
                        en: "  not yet: device \(id), which was set up after the backup that was "
                            + "restored",
                        es: "  falta: equipo \(id), dado de alta después del respaldo que se "
                            + "restauró")
                }
                + devices(note).map { device in
                    let seen = device.lastSeen?.text ?? "-"
                    return Phrase(
                        en: "  not yet: \(names.title(device)), last seen \(seen)"
                            + (device.isRevoked ? ", access taken away" : ""),
                        es: "  falta: \(names.title(device)), visto \(seen)"
                            + (device.isRevoked ? ", acceso retirado" : ""))
                }
        }
        if !isWashed { lines.append(Erasing.unwashed) }
        let none = Phrase(en: "Nobody was erased.", es: "No se ha suprimido a nadie.")
        try options.terminal.show(
            notes.map { note in
                Document(
                    customer: note.customer.description, at: note.at.text, by: note.actor,
                    records: note.records, devices: note.devices,
                    missing: devices(note).map {
                        .init(
                            device: $0.id.description, account: names.login($0), name: $0.name,
                            lastSeen: $0.lastSeen?.text, revoked: $0.isRevoked)
                    }
                        + unknown(note).map {
                            .init(
                                device: $0.description, account: nil, name: nil, lastSeen: nil,
                                revoked: nil)
                        })
            }, lines.isEmpty ? [none] : lines)
    }
}

/// What serving and restoring have to do with erasures.
enum Erasing {
    /// Writes into the ledger what it lacks of what the store knows.
    static func mendLedger(of hub: Hub, _ terminal: ServerTerminal) async throws {
        let mended: Int
        do {
            mended = try await hub.mendLedger()
        } catch {
            guard error.store?.code == .damaged else { throw error }
            throw damaged(error.store?.detail ?? "")
        }
        if mended > 0 {
            terminal.note(
                Phrase(
                    en: "\(ErasureFile.fileName) was missing or older than the store: \(mended) "
                        + "erasures were written into it again. If there is a later one, put it in "
                        + "its place and start again: it may know of more.",
                    es: "\(ErasureFile.fileName) faltaba o era anterior al almacén: se volvieron a "
                        + "anotar \(mended) supresiones. Si hay uno posterior, póngalo en su lugar y "
                        + "empiece de nuevo: puede saber de más."))
        }
    }

    /// Erases again whom the ledger names and the store has.
    static func replay(in hub: Hub, _ terminal: ServerTerminal) async throws {
        try await mendLedger(of: hub, terminal)
        let count: Int
        do {
            count = try await hub.replayErasures()
        } catch {
            guard error.store?.code == .damaged else { throw error }
            throw damaged(error.store?.detail ?? "")
        }
        if count > 0 {
            terminal.note(
                Phrase(
                    en: "Erased again, from \(ErasureFile.fileName): \(count)",
                    es: "Suprimidos de nuevo, según \(ErasureFile.fileName): \(count)"))
        }
    }

    static func damaged(_ detail: String) -> ServerTerminal.Failure {
        ServerTerminal.Failure(
            .store, "damagedLedger",
            Phrase(
                en: "the ledger of erasures is damaged (\(detail)); without it people who were "
                    + "erased could come back, put a good copy in its place",
                es: "el registro de supresiones está dañado (\(detail)); sin él podrían volver "
                    + "personas cuyos datos se suprimieron, ponga una copia buena"))
    }

    /// Whom a code or an id means. One code may be of somebody who was deleted and of whoever got it
    /// later.
    static func customer(named name: String, in hub: Hub) async throws -> RecordID {
        let found = try await hub.erasable(codeOrID: name)
        if found.count == 1 { return found[0] }
        guard !found.isEmpty else {
            throw ServerTerminal.Failure(
                .notFound, "unknownCustomer",
                Phrase(
                    en: "there is no customer and no referral \(name), nor was there one that is "
                        + "deleted; check the code, or give the id, the e-mail, or the telephone "
                        + "with + and the country's code",
                    es: "no hay un cliente ni un referido \(name), ni lo hubo que esté eliminado; "
                        + "revise el código, o dé el identificador, el correo, o el teléfono con + "
                        + "y el código del país"))
        }
        let ids = found.map(\.description).joined(separator: ", ")
        guard !Hub.isContactPoint(name) else {
            throw ServerTerminal.Failure(
                .refusedByRule, "severalCustomers",
                Phrase(
                    en: "\(name) is the telephone or e-mail of several customers, deleted ones "
                        + "among them; give the id of the one that is meant: \(ids)",
                    es: "\(name) es el teléfono o correo de varios clientes, también eliminados; "
                        + "dé el identificador del que se trata: \(ids)"))
        }
        throw ServerTerminal.Failure(
            .refusedByRule, "severalCustomers",
            Phrase(
                en:
                    "\(name) is the code of several customers, deleted ones among them; give the id "
                    + "of the one that is meant: \(ids)",
                es: "\(name) es el código de varios clientes, también eliminados; dé el "
                    + "identificador del que se trata: \(ids)"))
    }

    /// Somebody was reading all the while.
    static let unwashed = Phrase(
        en:
            "The log of the database still holds something of it, because another program is reading "
            + "the store; try again with: ronda-server erasures",
        es: "El diario de la base todavía tiene algo de ello, porque otro programa está leyendo el "
            + "almacén; intente de nuevo con: ronda-server supresiones")

    static func unknown(_ customer: RecordID) -> ServerTerminal.Failure {
        ServerTerminal.Failure(
            .notFound, "unknownCustomer",
            Phrase(
                en: "there is no customer \(customer); see: ronda-server erasures",
                es: "no hay un cliente \(customer); vea: ronda-server supresiones"))
    }
}
