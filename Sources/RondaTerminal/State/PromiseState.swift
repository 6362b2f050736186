internal import RondaModel

/// What became of a promise, computed from its facts. Never "broken": work done in the mountains
/// may not have arrived yet, and only the office's indicators may say so.
enum PromiseState: String, Sendable, CaseIterable {
    case overdue, open, keptLate, kept, released

    init(_ promise: Commitment, now: Instant) {
        let due = promise.dueAt ?? now
        if let kept = promise.keptAt {
            self = kept <= due ? .kept : .keptLate
        } else if promise.releasedAt != nil {
            self = .released
        } else {
            self = due < now ? .overdue : .open
        }
    }

    var isOpen: Bool { self == .open || self == .overdue }

    /// The mark stands in words, not in colour alone.
    var label: Phrase {
        switch self {
        case .overdue: Phrase(en: "OVERDUE", es: "VENCIDA")
        case .open: Phrase(en: "open", es: "abierta")
        case .keptLate: Phrase(en: "kept late", es: "cumplida tarde")
        case .kept: Phrase(en: "kept", es: "cumplida")
        case .released: Phrase(en: "released", es: "liberada")
        }
    }

    func cell(in wording: Wording) -> Cell {
        Cell(
            wording(label), plain: rawValue,
            tone: self == .overdue ? .alert : isOpen ? .plain : .quiet)
    }
}
