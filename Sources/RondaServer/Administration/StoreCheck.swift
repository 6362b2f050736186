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

    /// The problems are kept in English, as logs are; SQLite's own sentences have no other language.
    private static func spanish(_ problem: String) -> String {
        let words = [
            ("two scopes have the id", "dos ámbitos tienen el identificador"),
            ("stands beyond its scope", "está más allá de su ámbito"),
            ("its sum is wrong", "su suma no es correcta"),
            ("its stream and its records differ", "su secuencia y sus registros difieren"),
            ("is missing", "falta"), ("does not follow on", "no sigue a la anterior"),
            ("its chain does not end where it should", "su cadena no termina donde debe"),
            ("cannot be read", "no se puede leer"), ("record ", "registro "),
            ("scope ", "ámbito "), ("device ", "equipo "), ("commit ", "captura "),
        ]
        return words.reduce(problem) { $0.replacing($1.0, with: $1.1) }
    }

    /// The first problems, as lines for people.
    func lines(most: Int = 20) -> [Phrase] {
        var lines = problems.prefix(most).map { Phrase(en: "  \($0)", es: "  \(Self.spanish($0))") }
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
