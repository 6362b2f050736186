internal import RondaModel

/// What the bottom line always says: where everything that was captured here stands.
package struct ScreenStatus: Sendable, Hashable {
    package var pending: Int
    package var accepted: Int
    package var refused: Int
    /// Kept by the server until it can be judged.
    package var waiting: Int
    package var conflicts: Int

    package init(pending: Int, accepted: Int, refused: Int, waiting: Int, conflicts: Int) {
        self.pending = pending
        self.accepted = accepted
        self.refused = refused
        self.waiting = waiting
        self.conflicts = conflicts
    }

    var captured: Int { pending + accepted + refused + waiting }

    var phrase: Phrase {
        Phrase(
            en: "captured \(captured) · to send \(pending) · accepted \(accepted) · "
                + "refused \(refused) · conflicts \(conflicts)",
            es: "capturado \(captured) · por enviar \(pending) · aceptado \(accepted) · "
                + "rechazado \(refused) · en conflicto \(conflicts)")
    }
}

/// Whether the server answers.
package enum NetworkState: Sendable, Hashable {
    case unknown, syncing, live, polling, offline
    /// Only a person can help; it was said.
    case stopped

    var phrase: Phrase {
        switch self {
        case .unknown: Phrase(en: "connecting", es: "conectando")
        case .syncing: Phrase(en: "syncing", es: "sincronizando")
        case .live: Phrase(en: "live", es: "en vivo")
        case .polling: Phrase(en: "connected", es: "conectado")
        case .offline: Phrase(en: "no network", es: "sin red")
        case .stopped: Phrase(en: "sync stopped", es: "sincronización detenida")
        }
    }
}

/// A sentence to the person.
package struct ScreenMessage: Sendable, Hashable {
    package let text: String
    package let style: Style

    package init(_ text: String, _ style: Style = .plain) {
        self.text = text
        self.style = style
    }
}
