internal import Foundation
internal import RondaModel
internal import RondaStoreSQLite

/// Files that must be where they should be also after the power fails.
enum Disk {
    /// The files of a store in WAL mode: the main one first, so that nobody ever finds it without
    /// what its log still holds.
    static let storeFiles = ["", "-wal", "-shm"].map { SQLiteStore.fileName + $0 }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    static func folder(of path: String) -> String {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        return folder.isEmpty ? "." : folder
    }

    /// Makes the names in a directory as durable as the files.
    static func synchronize(directory: String) throws(StoreError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError(.readOnly, "cannot open \(directory)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw StoreError(.failed, "cannot synchronise \(directory)")
        }
    }

    static func synchronize(file: String) throws {
        let handle = try FileHandle(forUpdating: URL(filePath: file))
        try handle.synchronize()
        try handle.close()
    }

    /// `20261122T072036Z`
    static func name(of instant: Instant) -> String {
        let date = Date(timeIntervalSince1970: Double(instant.milliseconds / 1_000))
        return date.formatted(.iso8601).filter { !"-:".contains($0) }
    }

    static func size(of path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    }

    /// Directories in which a restore prepares the new store, and to which it moves the old one.
    static let (preparing, aside) = ("restoring-", "replaced-")

    static func leftovers(_ prefix: String, in data: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: data)) ?? []
        return names.filter { $0.hasPrefix(prefix) }.sorted().map { "\(data)/\($0)" }
    }

    /// Whether there is no store in `data` because a restore was cut off half way.
    static func restoreWasInterrupted(in data: String) -> Bool {
        !exists("\(data)/\(SQLiteStore.fileName)")
            && !(leftovers(preparing, in: data) + leftovers(aside, in: data)).isEmpty
    }

    static func interrupted(_ data: String) -> ServerTerminal.Failure {
        ServerTerminal.Failure(
            .store, "restoreInterrupted",
            Phrase(
                en: "a restore of \(data) was interrupted; nothing is lost, run it again: "
                    + "ronda-server restore FILE --replace",
                es: "una restauración de \(data) quedó a medias; nada se perdió, repítala: "
                    + "ronda-server restore ARCHIVO --replace"))
    }
}
