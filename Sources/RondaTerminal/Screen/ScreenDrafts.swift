internal import Foundation
internal import RondaModel
internal import RondaScreen

/// Forms that are not finished, each in a file of its own beside the store. A file is always whole:
/// the program may be killed at any moment, and at most the key that was being pressed is lost.
struct ScreenDrafts: Sendable {
    let home: String

    private var directory: String { home + "/drafts" }

    private func path(_ kind: ScreenForm.Kind, _ customer: String) -> String {
        "\(directory)/\(kind.rawValue)-\(customer).json"
    }

    func keep(_ form: ScreenForm) throws(TerminalError) {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            let path = path(form.kind, form.customer)
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            try encoder.encode(form).write(to: URL(filePath: path), options: .atomic)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: path)
        } catch {
            throw TerminalError(
                .store, "draft",
                en: "the draft cannot be kept on this disk (full or read-only?); it is still here: "
                    + "save it with F2 before you leave",
                es: "no se puede guardar el borrador en este disco (¿lleno o de solo lectura?); "
                    + "sigue aquí: guárdelo con F2 antes de salir")
        }
    }

    func draft(_ kind: ScreenForm.Kind, _ customer: String) -> ScreenForm? {
        read(path(kind, customer))
    }

    /// The draft that was typed in last.
    func latest() -> ScreenForm? {
        // No folder, no drafts.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let dated = names.filter { $0.hasSuffix(".json") }.map { name in
            let path = "\(directory)/\(name)"
            // One that is gone in the meantime is no draft.
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            return (path: path, at: attributes?[.modificationDate] as? Date ?? .distantPast)
        }
        return dated.sorted { ($0.at, $0.path) > ($1.at, $1.path) }.lazy
            .compactMap { read($0.path) }.first
    }

    private func read(_ path: String) -> ScreenForm? {
        // None there, or one of another version: a new form begins.
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
        // What cannot be read stays on the disk until the next draft of the same customer.
        return try? JSONDecoder().decode(ScreenForm.self, from: data)
    }

    func drop(_ form: ScreenForm) throws {
        let path = path(form.kind, form.customer)
        if FileManager.default.fileExists(atPath: path) {
            try FileManager.default.removeItem(atPath: path)
        }
    }
}
