internal import RondaModel

/// How `ronda` ends. The numbers are documented in `ronda --help`, and scripts rely on them.
package enum ExitReason: Int32, Sendable, CaseIterable {
    case done = 0
    case otherError = 1
    case usage = 2
    case notFound = 3
    case notPermitted = 4
    /// Finished, but a person must settle conflicts.
    case conflicts = 5
    /// No network: what was captured stays queued.
    case offline = 6
    case refusedByRule = 7
    /// The local store is in use, full, damaged, read-only or of a newer format.
    case store = 8
    /// The server refused some of what was sent; it is in the tray.
    case refusedByServer = 9
    case interrupted = 130

    var meaning: Phrase {
        switch self {
        case .done: Phrase(en: "done", es: "hecho")
        case .otherError: Phrase(en: "other error", es: "otro error")
        case .usage: Phrase(en: "wrong usage", es: "orden mal escrita")
        case .notFound: Phrase(en: "not found", es: "no se encontró")
        case .notPermitted:
            Phrase(en: "not permitted or not logged in", es: "sin permiso o sin sesión")
        case .conflicts:
            Phrase(
                en: "finished, conflicts need a person", es: "terminó, hay conflictos por resolver")
        case .offline: Phrase(en: "no network, work queued", es: "sin red, trabajo en cola")
        case .refusedByRule: Phrase(en: "refused by a rule", es: "una regla no lo permite")
        case .store:
            Phrase(en: "local store locked or damaged", es: "almacén local ocupado o dañado")
        case .refusedByServer:
            Phrase(en: "some work refused by the server", es: "el servidor rechazó algo")
        case .interrupted: Phrase(en: "interrupted", es: "interrumpido")
        }
    }

    /// The lines of the help text.
    static var help: String {
        "EXIT CODES / CÓDIGOS DE SALIDA:\n"
            + allCases.map {
                let number = String($0.rawValue)
                let gap = String(repeating: " ", count: 5 - number.count)
                return "  \(number)\(gap)\($0.meaning.en) / \($0.meaning.es)"
            }.joined(separator: "\n")
    }
}
