internal import RondaMethod
internal import RondaModel

/// A promise's state on a list. A device cannot tell that everybody has been heard, so here nothing
/// is called broken: at most it is presumed so, and somebody still has to settle it.
extension PromiseState {
    /// Still to be kept, renegotiated or released by somebody.
    var isUnsettled: Bool { isOpen || self == .presumedBroken || self == .broken }

    /// The mark stands in words, not in colour alone.
    func cell(in wording: Wording) -> Cell {
        let tone: Cell.Tone =
            switch self {
            case .overdue, .presumedBroken, .broken: .alert
            case .due: .strong
            case .open: .plain
            case .kept, .keptLate, .renegotiated, .released: .quiet
            }
        return Cell(wording(label), plain: rawValue, tone: tone)
    }
}
