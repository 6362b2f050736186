package import RondaModel

/// How far a case is (domain §2.4). It is computed from what happened, and stored nowhere.
package enum CaseState: String, Sendable, CaseIterable {
    case registered, acknowledged, understood, solutionAgreed, acting, checkedOnce
    /// Both check-backs are done: it may be closed.
    case checkedTwice
    case closed, reopened, withdrawn

    package var isOver: Bool { self == .closed || self == .withdrawn }

    package var label: Phrase {
        switch self {
        case .registered: Phrase(en: "registered", es: "registrado")
        case .acknowledged: Phrase(en: "acknowledged", es: "recibido con respeto")
        case .understood: Phrase(en: "understood", es: "entendido")
        case .solutionAgreed: Phrase(en: "solution agreed", es: "solución acordada")
        case .acting: Phrase(en: "acting", es: "en acción")
        case .checkedOnce: Phrase(en: "checked once", es: "verificado una vez")
        case .checkedTwice: Phrase(en: "checked twice", es: "verificado dos veces")
        case .closed: Phrase(en: "closed", es: "cerrado")
        case .reopened: Phrase(en: "REOPENED", es: "REABIERTO")
        case .withdrawn: Phrase(en: "withdrawn", es: "retirado")
        }
    }
}

/// What a case asks a person to decide. Nothing is lost meanwhile: both sides stand.
package enum CaseReview: Sendable, Hashable {
    /// The customer expects something else than what the solution answers.
    case expectationChanged(step: RecordID)
    /// Closed with several outcomes; the worst for the company is shown.
    case outcomesDiffer(events: [RecordID])
    /// One remedy was given in several amounts.
    case remediesDiffer(events: [RecordID])
    /// Somebody closed it, and it cannot be closed.
    case notClosed(event: RecordID, CaseRefusal)
}
