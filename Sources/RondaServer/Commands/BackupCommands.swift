internal import ArgumentParser
internal import Foundation
internal import RondaHub
internal import RondaModel
internal import RondaSQLite
internal import RondaStore
internal import RondaStoreSQLite

struct BackupCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the whole store to a file, also while it is served / "
            + "Copiar todo el almacén a un archivo, también mientras atiende",
        discussion: """
            The copy is verified before it gets its name. Devices are told what it holds: what a \
            verified backup has, they need not keep for ever.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "The file to write; it must not exist / El archivo; no debe existir.")
    var file: String

    private struct Document: Encodable {
        let file: String
        let erasures: String
        let bytes: Int
        let records: Int
        let commits: Int
        let devices: Int
    }

    func run() async throws {
        guard !Disk.exists(file) else {
            throw ServerTerminal.Failure(
                .refusedByRule, "alreadyThere",
                Phrase(
                    en: "\(file) exists already and was left as it is; choose another name",
                    es: "\(file) ya existe y se dejó como estaba; elija otro nombre"))
        }
        guard Disk.exists(Disk.folder(of: file)) else {
            throw ServerTerminal.Failure(
                .notFound, "noDirectory",
                Phrase(
                    en: "there is no directory for \(file); make it first",
                    es: "no existe el directorio para \(file); créelo primero"))
        }
        let store = try SQLiteStore.open(in: options.data)
        let hub = Hub(
            store: store, ledger: ErasureFile(directory: options.data), surroundings: .system)
        // Beside the file, so that it is the same disk and gets its name in one step.
        let part = "\(file).part-\(UInt32.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: part) }
        // A backup holds what the store holds: it is nobody else's to read.
        let mask = umask(0o077)
        defer { _ = umask(mask) }
        do throws(StoreError) {
            try await store.backUp(to: part)
        } catch {
            throw ServerTerminal.Failure(error, path: error.code == .damaged ? options.data : file)
        }
        let copy = try SQLiteStore.openCopy(at: part)
        let check = await StoreCheck.of(copy)
        guard check.isWhole else {
            check.lines().forEach(options.terminal.note)
            throw ServerTerminal.Failure(
                .store, "notWhole",
                Phrase(
                    en: "the copy is not whole, so no backup was made; look at the store with: "
                        + "ronda-server verify --data \(options.data)",
                    es: "la copia no está completa, así que no se hizo el respaldo; revise el "
                        + "almacén con: ronda-server verify --data \(options.data)"))
        }
        // After the store was copied: it may know of more erasures than that, never of fewer. And
        // before the copy has its name: none stands there without its ledger.
        try await Erasing.mendLedger(of: hub, options.terminal)
        let ledger = ErasureFile(besideBackup: file)
        do {
            try ErasureFile(directory: options.data).copy(to: ledger)
        } catch let error as StoreError where error.code == .damaged {
            throw Erasing.damaged(error.detail)
        }
        try FileManager.default.moveItem(atPath: part, toPath: file)
        try Disk.synchronize(directory: Disk.folder(of: file))
        try await hub.noteBackup(copy, by: options.actor, to: file)
        let bytes = Disk.size(of: file)
        let counts = check.counts
        try options.terminal.show(
            Document(
                file: file, erasures: ledger.path, bytes: bytes, records: check.records,
                commits: check.commits,
                devices: check.devices),
            [
                Phrase(
                    en: "Wrote and verified \(file): \(counts.en), \(bytes) bytes. Keep it on "
                        + "another machine, with \(ledger.path).",
                    es: "Se escribió y comprobó \(file): \(counts.es), \(bytes) bytes. Guárdelo en "
                        + "otra máquina, con \(ledger.path).")
            ])
    }
}

struct VerifyCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Whether a store or a backup is whole / Si un almacén o un respaldo está completo"
    )

    @OptionGroup var options: CommonOptions

    @Argument(help: "A backup; without it, the store in --data / Un respaldo.")
    var file: String?

    private struct Document: Encodable {
        let path: String
        let whole: Bool
        let records: Int
        let commits: Int
        let devices: Int
        let problems: [String]
    }

    func run() async throws {
        let store =
            if let file {
                try BackupFile.open(file)
            } else {
                try SQLiteStore.open(in: options.data)
            }
        let path = file ?? options.data
        let check = await StoreCheck.of(store)
        let counts = check.counts
        let problems = Phrase.count(
            check.problems.count, one: Phrase(en: "problem:", es: "problema:"),
            many: Phrase(en: "problems:", es: "problemas:"))
        let verdict =
            check.isWhole
            ? Phrase(
                en: "\(path) is whole: \(counts.en).", es: "\(path) está completo: \(counts.es).")
            : Phrase(
                en: "\(path) is NOT whole; \(problems.en)",
                es: "\(path) NO está completo; \(problems.es)")
        try options.terminal.show(
            Document(
                path: path, whole: check.isWhole, records: check.records, commits: check.commits,
                devices: check.devices, problems: check.problems), [verdict] + check.lines())
        if !check.isWhole { throw ExitCode(ServerTerminal.Exit.store.rawValue) }
    }
}

/// A file that somebody says is a backup.
enum BackupFile {
    static func open(_ path: String) throws -> SQLiteStore {
        do throws(StoreError) {
            return try SQLiteStore.openCopy(at: path)
        } catch {
            throw failure(error, path)
        }
    }

    static func failure(_ error: StoreError, _ path: String) -> ServerTerminal.Failure {
        switch error.code {
        case .notFound:
            ServerTerminal.Failure(
                .notFound, "fileNotFound",
                Phrase(
                    en: "there is no backup \(path); check the name",
                    es: "no hay un respaldo \(path); revise el nombre"))
        case .damaged, .unreadable:
            damaged(path)
        default: ServerTerminal.Failure(error, path: path)
        }
    }

    static func damaged(_ path: String) -> ServerTerminal.Failure {
        ServerTerminal.Failure(
            .store, "damaged",
            Phrase(
                en: "\(path) is damaged or is not a backup of Ronda; nothing was changed, use "
                    + "another one",
                es: "\(path) está dañado o no es un respaldo de Ronda; no se cambió nada, use otro"
            ))
    }
}
