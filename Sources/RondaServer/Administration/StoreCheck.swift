internal import Foundation
internal import RondaHub
internal import RondaModel
internal import RondaStoreSQLite

/// Whether a store is whole, as its file and as a history.
struct StoreCheck: Sendable {
    var records = 0
    var commits = 0
    var devices = 0
    /// What is wrong, in English, without contents.
    var problems: [String] = []

    var isWhole: Bool { problems.isEmpty }

    static func of(_ store: SQLiteStore) async -> StoreCheck {
        var check = StoreCheck()
        do {
            check.problems = try await store.integrityProblems()
            let verification = try await Verification.of(store)
            check.records = verification.records
            check.commits = verification.commits
            check.devices = verification.devices
            check.problems += verification.problems
        } catch let error as StoreError {
            check.problems.append("cannot be read: \(error.code.rawValue), \(error.detail)")
        } catch {
            check.problems.append("cannot be read: \(type(of: error))")
        }
        return check
    }

    /// The first problems, as lines for people.
    func lines(most: Int = 20) -> [Phrase] {
        var lines = problems.prefix(most).map { Phrase(en: "  \($0)", es: "  \($0)") }
        if problems.count > most {
            let more = problems.count - most
            lines.append(Phrase(en: "  … and \(more) more", es: "  … y \(more) más"))
        }
        return lines
    }

    var counts: Phrase {
        let parts = [
            Phrase.count(
                records, one: Phrase(en: "record", es: "registro"),
                many: Phrase(en: "records", es: "registros")),
            .count(
                commits, one: Phrase(en: "commit", es: "captura"),
                many: Phrase(en: "commits", es: "capturas")),
            .count(
                devices, one: Phrase(en: "device", es: "equipo"),
                many: Phrase(en: "devices", es: "equipos")),
        ]
        return Phrase(
            en: parts.map(\.en).joined(separator: ", "),
            es: parts.map(\.es).joined(separator: ", "))
    }
}
