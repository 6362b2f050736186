internal import ArgumentParser
internal import Foundation
internal import RondaHub
internal import RondaModel
internal import RondaSQLite
internal import RondaStore
internal import RondaStoreSQLite

struct RestoreCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup in place of the store / Poner un respaldo en lugar del almacén",
        discussion: """
            Whatever was captured since the backup is still on the devices, and each offers it \
            again with its next sync. Nothing is deleted: a store that is in the way is moved aside.

            Lo capturado desde el respaldo sigue en los equipos, y cada uno lo reenvía en su próxima \
            sincronización. No se borra nada: el almacén anterior se aparta.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "What ronda-server backup wrote / Lo que escribió ronda-server backup.")
    var file: String

    @Flag(help: "Move the store in --data aside / Apartar el almacén que está en --data.")
    var replace = false

    private struct Document: Encodable {
        let data: String
        let file: String
        let records: Int
        let commits: Int
        let devices: Int
        let generation: UInt64
        /// The devices that have not offered again yet.
        let expected: Int
        /// Where the store that was in place is now.
        let replaced: String?
        /// Devices whose access was ended again; `nil` where nobody could tell which: then those that
        /// were revoked since the backup have it.
        let accessEnded: Int?
        /// Codes that nobody had used when the backup was made.
        let cancelledCodes: Int
    }

    /// What is ready to be put in place.
    private struct Prepared {
        let check: StoreCheck
        let generation: UInt64
        let expected: Int
        let accessEnded: Int?
        let codes: Int
    }

    func run() async throws {
        // Read before anything is touched; the copy that is put in place is verified as well.
        let checked = await StoreCheck.of(try BackupFile.open(file))
        guard checked.isWhole else {
            checked.lines().forEach(options.terminal.note)
            throw BackupFile.damaged(file)
        }
        let data = options.data
        try makeDirectory(data)
        let locks = (try ServeLock.take(in: data), try ServeLock.alone(in: data))
        defer { withExtendedLifetime(locks) {} }
        sweep(data)
        let isOccupied =
            Disk.exists("\(data)/\(Self.moving)")
            || Disk.storeFiles.contains { Disk.exists("\(data)/\($0)") }
        guard replace || !isOccupied else {
            throw ServerTerminal.Failure(
                .refusedByRule, "alreadyThere",
                Phrase(
                    en: "there is a store in \(data); --replace moves it aside and keeps it",
                    es: "hay un almacén en \(data); --replace lo aparta y lo conserva"))
        }
        let time = Disk.name(of: Surroundings.system.now())
        let fresh = "\(data)/\(Disk.preparing)\(time)-\(UInt16.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: fresh) }
        let unfinished = try finishMove(from: data, at: time)
        let prepared = try await prepare(in: fresh)
        let replaced = try moveStore(from: data, at: time) ?? unfinished
        try FileManager.default.moveItem(
            atPath: "\(fresh)/\(SQLiteStore.fileName)", toPath: "\(data)/\(SQLiteStore.fileName)")
        try Disk.synchronize(directory: data)
        try options.terminal.show(
            Document(
                data: data, file: file, records: prepared.check.records,
                commits: prepared.check.commits, devices: prepared.check.devices,
                generation: prepared.generation, expected: prepared.expected, replaced: replaced,
                accessEnded: prepared.accessEnded, cancelledCodes: prepared.codes),
            lines(prepared, replaced: replaced))
    }

    /// Copies the backup into a directory of its own, verifies the copy and gives it a new history:
    /// what is put in place afterwards is ready to be served.
    private func prepare(in fresh: String) async throws -> Prepared {
        try makeDirectory(fresh)
        let path = "\(fresh)/\(SQLiteStore.fileName)"
        do {
            try FileManager.default.copyItem(atPath: file, toPath: path)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        } catch {
            throw ServerTerminal.Failure(
                .store, "cannotCopy",
                Phrase(
                    en: "\(file) could not be copied to \(options.data); nothing was changed, "
                        + "check that there is space",
                    es:
                        "no se pudo copiar \(file) a \(options.data); no se cambió nada, revise que "
                        + "haya espacio"))
        }
        let result = try await renew(in: fresh)
        // The store is closed; what its log held is in the file.
        guard Disk.size(of: path + "-wal") == 0 else {
            throw StoreError(.inUse, "the new store is still open")
        }
        try Disk.synchronize(file: path)
        return result
    }

    private func renew(in fresh: String) async throws -> Prepared {
        let store = try SQLiteStore.open(in: fresh)
        let check = await StoreCheck.of(store)
        guard check.isWhole else {
            check.lines().forEach(options.terminal.note)
            throw BackupFile.damaged(file)
        }
        let hub = Hub(
            store: store, ledger: ErasureFile(directory: options.data), surroundings: .system)
        // Above the history it replaces as well: no version is given twice.
        let replaced = openReplaced()
        let generation = await generation(of: replaced)
        try await hub.renewHistory(above: generation, by: options.actor, from: file)
        let ended = await endAccess(in: hub, asIn: replaced)
        let codes = try await hub.removeUnusedCodes(by: options.actor)
        try await takeLedger(for: hub, from: replaced)
        try await Erasing.replay(in: hub, options.terminal)
        let recovery = try await Recovery.of(store)
        try await store.checkpoint()
        return Prepared(
            check: check, generation: recovery.generation, expected: recovery.missing.count,
            accessEnded: ended, codes: codes)
    }

    /// Who was erased since the backup the ledger in place knows, and the store that is replaced: the
    /// one may be gone or an older one, the other past reading. The ledger that was copied with the
    /// backup knows less than either.
    private func takeLedger(for hub: Hub, from replaced: SQLiteStore?) async throws {
        let (ledger, beside) = (
            ErasureFile(directory: options.data), ErasureFile(besideBackup: file)
        )
        let wasThere = ledger.isThere
        do {
            // Whatever cannot be read from here on is the store.
            _ = try ledger.entries()
            if beside.isThere { try ledger.take(from: beside) }
        } catch let error as StoreError where error.code == .damaged {
            throw Erasing.damaged(error.detail)
        }
        if try await takeErasures(of: hub, from: replaced) || wasThere { return }
        let name = "\(options.data)/\(ErasureFile.fileName)"
        options.terminal.note(
            beside.isThere
                ? Phrase(
                    en: "Of erasures only those are known that were done before the backup "
                        + "(\(beside.path)). If there is a later \(ErasureFile.fileName), put it in "
                        + "place as \(name) before anybody syncs.",
                    es: "De las supresiones sólo se conocen las anteriores al respaldo "
                        + "(\(beside.path)). Si hay un \(ErasureFile.fileName) posterior, póngalo "
                        + "como \(name) antes de que alguien sincronice.")
                : Phrase(
                    en:
                        "There is no ledger of erasures, neither \(name) nor \(beside.path): nobody "
                        + "can tell who was erased since the backup. If there is one, put it in "
                        + "place as \(name) before anybody syncs.",
                    es: "No hay registro de supresiones, ni \(name) ni \(beside.path): nadie puede "
                        + "decir a quién se suprimió desde el respaldo. Si existe uno, póngalo como "
                        + "\(name) antes de que alguien sincronice."))
    }

    /// - Returns: whether the store that is replaced could be asked: it is of the same hub, and can be
    ///   read.
    private func takeErasures(of hub: Hub, from replaced: SQLiteStore?) async throws -> Bool {
        let id = try await hub.store.read { try $0.hub().id }
        // Past reading, or somebody else's, it tells nothing; what is in the ledger holds anyway.
        guard let replaced, let other = try? await replaced.read({ try $0.hub().id }), other == id,
            let known = try? await hub.erasuresNotInLedger(of: replaced)
        else { return false }
        try hub.addToLedger(known.map(\.entry))
        let lost = known.count(where: \.isLost)
        if lost > 0 {
            let erasures = Phrase.count(
                lost, one: Phrase(en: "erasure", es: "supresión"),
                many: Phrase(en: "erasures", es: "supresiones"))
            options.terminal.note(
                Phrase(
                    en: "\(ErasureFile.fileName) was missing or older than the store that was in "
                        + "place, which knew of \(erasures.en) more: now it has them.",
                    es: "\(ErasureFile.fileName) faltaba o era anterior al almacén que estaba ahí, "
                        + "que sabía de \(erasures.es) más: ya las tiene."))
        }
        return true
    }

    /// What was closed since the backup stays closed. The store that is replaced may be past reading,
    /// or not be here: then somebody has to see to it.
    /// - Returns: how many devices lost their access again; `nil` where it could not be read.
    private func endAccess(in hub: Hub, asIn replaced: SQLiteStore?) async -> Int? {
        do {
            guard let replaced else { throw StoreError(.notFound, options.data) }
            return try await hub.endAccess(asIn: replaced, by: options.actor)
        } catch {
            options.terminal.note(
                Phrase(
                    en: "The store that was in place cannot be read: devices revoked since the "
                        + "backup have access again, see: ronda-server devices",
                    es: "El almacén anterior no se puede leer: los equipos revocados desde el "
                        + "respaldo tienen acceso de nuevo, vea: ronda-server devices"))
            return nil
        }
    }

    /// The store that is replaced, or the last one that a restore which was cut short moved aside;
    /// `nil` where there is none, or none that can be read.
    private func openReplaced() -> SQLiteStore? {
        let places = [options.data] + Disk.leftovers(Disk.aside, in: options.data).reversed()
        let path = places.map { "\($0)/\(SQLiteStore.fileName)" }.first(where: Disk.exists)
        return path.flatMap { try? SQLiteStore.openCopy(at: $0) }
    }

    /// 0 where nobody can tell.
    private func generation(of store: SQLiteStore?) async -> UInt64 {
        (try? await store?.read { try $0.hub().generation }) ?? 0
    }

    private func makeDirectory(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw StoreError(.readOnly, "cannot make \(path)")
        }
    }

    /// Where the files of a store are until all of them have been moved aside.
    private static let moving = "replacing"

    /// The main file first: without it nobody takes what is left for a store.
    /// - Returns: where the store is now.
    private func moveStore(from data: String, at time: String) throws -> String? {
        guard Disk.storeFiles.contains(where: { Disk.exists("\(data)/\($0)") }) else { return nil }
        try makeDirectory("\(data)/\(Self.moving)")
        return try finishMove(from: data, at: time)
    }

    /// Brings a move that was cut short to its end, so that a store and its log stay together.
    /// - Returns: where the store is now; `nil` when there was none.
    private func finishMove(from data: String, at time: String) throws -> String? {
        let moving = "\(data)/\(Self.moving)"
        guard Disk.exists(moving) else { return nil }
        // A store that somebody has made since has files of its own.
        let isAnother =
            Disk.exists("\(moving)/\(SQLiteStore.fileName)")
            && Disk.exists("\(data)/\(SQLiteStore.fileName)")
        for name in Disk.storeFiles where !isAnother && Disk.exists("\(data)/\(name)") {
            try FileManager.default.moveItem(
                atPath: "\(data)/\(name)", toPath: "\(moving)/\(name)")
        }
        try Disk.synchronize(directory: moving)
        try Disk.synchronize(directory: data)
        let aside = "\(data)/\(Disk.aside)\(time)-\(UInt16.random(in: 0 ... .max))"
        try FileManager.default.moveItem(atPath: moving, toPath: aside)
        try Disk.synchronize(directory: data)
        return aside
    }

    /// Copies that a restore left when it was cut short: nobody else has this directory now.
    private func sweep(_ data: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: data)) ?? []
        for name in names where name.hasPrefix(Disk.preparing) {
            try? FileManager.default.removeItem(atPath: "\(data)/\(name)")
        }
    }

    private func lines(_ prepared: Prepared, replaced: String?) -> [Phrase] {
        let (counts, expected) = (prepared.check.counts, prepared.expected)
        var lines = [
            Phrase(
                en: "Restored \(file) to \(options.data): \(counts.en).",
                es: "Se restauró \(file) en \(options.data): \(counts.es).")
        ]
        if let replaced {
            lines.append(
                Phrase(
                    en: "The store that was there is kept in \(replaced).",
                    es: "El almacén que estaba ahí se conserva en \(replaced)."))
        }
        lines.append(
            Phrase(
                en: "Next: ronda-server serve. \(expected) devices offer again, with their next "
                    + "sync, what was captured since; ronda-server recovery shows which have not.",
                es: "Siga con: ronda-server serve. \(expected) equipos reenvían, en su próxima "
                    + "sincronización, lo capturado desde entonces; ronda-server recovery muestra "
                    + "cuáles faltan."))
        lines.append(
            Phrase(
                en: "A device set up after the backup needs a new code: ronda-server device code.",
                es: "Un equipo dado de alta después del respaldo necesita un código nuevo: "
                    + "ronda-server device code."))
        if prepared.codes > 0 {
            let codes = Phrase.count(
                prepared.codes,
                one: Phrase(en: "unused code is", es: "código sin usar ya no vale"),
                many: Phrase(en: "unused codes are", es: "códigos sin usar ya no valen"))
            lines.append(
                Phrase(
                    en:
                        "\(codes.en) good no more, because it may have been used since; issue others: "
                        + "ronda-server device code.",
                    es: "\(codes.es), porque pudo usarse desde entonces; emita otros: "
                        + "ronda-server device code."))
        }
        return lines
    }
}

/// Held by whoever serves a store, or puts another in its place.
enum ServeLock {
    /// Against every command that has the store open, in whatever process.
    static func alone(in data: String) throws -> FileLock {
        do {
            return try SQLiteStore.lock(directory: data, isShared: false)
        } catch {
            guard error.code == .inUse else { throw error }
            throw ServerTerminal.Failure(
                .store, "inUse",
                Phrase(
                    en: "another ronda-server command is using \(data); wait for it to end",
                    es: "otra orden de ronda-server está usando \(data); espere a que termine"))
        }
    }

    static func take(in data: String) throws -> FileLock {
        do {
            return try FileLock(path: data + "/serve.lock")
        } catch {
            guard error.code == .inUse else { throw error }
            throw ServerTerminal.Failure(
                .store, "inUse",
                Phrase(
                    en: "another ronda-server is already serving \(data); stop it first",
                    es: "otro ronda-server ya está atendiendo \(data); deténgalo primero"))
        }
    }
}
