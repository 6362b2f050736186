package import RondaClient
internal import RondaMethod
package import RondaModel

/// Why a command did not do what was asked: one sentence, one exit code, one stable name.
package struct TerminalError: Error, Sendable, Hashable {
    package let status: ExitReason
    /// The stable name in JSON.
    package let code: String
    package let phrase: Phrase

    package init(_ status: ExitReason, _ code: String, en: String, es: String) {
        self.status = status
        self.code = code
        phrase = Phrase(en: en, es: es)
    }

    static func usage(en: String, es: String) -> TerminalError {
        TerminalError(.usage, "usage", en: en, es: es)
    }

    static func notFound(en: String, es: String) -> TerminalError {
        TerminalError(.notFound, "notFound", en: en, es: es)
    }

    /// The sentence with one more clause.
    func adding(en: String, es: String) -> TerminalError {
        TerminalError(status, code, en: phrase.en + en, es: phrase.es + es)
    }
}

extension TerminalError {
    /// A rule of the method says no: exit code 7, and the sentence says what to do next.
    init(_ refusal: some MethodRefusal) {
        let phrase = refusal.phrase
        self.init(.refusedByRule, refusal.name, en: phrase.en, es: phrase.es)
    }

    package init(_ error: ClientError) {
        self.init(
            Self.status(of: error), error.code.rawValue, en: error.phrase.en, es: error.phrase.es)
    }

    private static func status(of error: ClientError) -> ExitReason {
        switch error.code {
        case .notLoggedIn: .notPermitted
        case .unknownRecord: .notFound
        case .refused:
            error.problems.contains { $0.code == .notPermitted } ? .notPermitted : .refusedByRule
        case .offline: .offline
        case .server:
            switch error.serverCode {
            case "badCredential", "badCode", "fork", "revoked": .notPermitted
            case "busy", "full", "fault": .offline
            default: .otherError
            }
        case .store, .alreadySyncing: .store
        case .cancelled: .interrupted
        case .badBundle: .usage
        case .alreadyLoggedIn, .serverBehind, .insecure, .noBundleKey: .otherError
        }
    }

    init(any error: any Error) {
        switch error {
        case let error as TerminalError: self = error
        case let error as ClientError: self.init(error)
        case is CancellationError:
            self.init(.interrupted, "cancelled", en: "interrupted", es: "interrumpido")
        default:
            self.init(
                .otherError, "fault",
                en: "something unexpected failed (\(type(of: error))); nothing is lost, try again "
                    + "and tell the office if it goes on",
                es: "falló algo inesperado (\(type(of: error))); nada se pierde, intente de nuevo "
                    + "y avise a la oficina si sigue")
        }
    }
}
