package import RondaModel

/// What became of a promise, or of one term of it (domain §2.4).
package enum PromiseState: String, Sendable, CaseIterable {
    case open
    /// To be kept today.
    case due
    /// Not kept as far as is known here; a device that has not synced may know better.
    case overdue
    case kept, keptLate
    /// The customer agreed, in time, to another term.
    case renegotiated
    /// Not kept, and every device that could say otherwise has spoken.
    case broken
    /// Not kept, and those devices were waited for long enough. Late evidence still corrects it.
    case presumedBroken
    case released

    package var isOpen: Bool { self == .open || self == .due || self == .overdue }

    package var label: Phrase {
        switch self {
        case .open: Phrase(en: "open", es: "abierta")
        case .due: Phrase(en: "DUE TODAY", es: "PARA HOY")
        case .overdue: Phrase(en: "OVERDUE", es: "VENCIDA")
        case .kept: Phrase(en: "kept", es: "cumplida")
        case .keptLate: Phrase(en: "kept late", es: "cumplida tarde")
        case .renegotiated: Phrase(en: "renegotiated", es: "renegociada")
        case .broken: Phrase(en: "BROKEN", es: "INCUMPLIDA")
        case .presumedBroken: Phrase(en: "presumed broken", es: "presuntamente incumplida")
        case .released: Phrase(en: "released", es: "liberada")
        }
    }
}
