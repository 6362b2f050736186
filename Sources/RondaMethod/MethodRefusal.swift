package import RondaModel

/// Why something is not done. Each kind is a closed list, and its sentence says what to do next.
///
/// These are questions of the method, asked at the keyboard before a capture. The hub never asks
/// them: what happened is recorded, and what follows from it is computed.
package protocol MethodRefusal: Error, Sendable, Hashable, CaseIterable {
    var phrase: Phrase { get }
}

extension MethodRefusal {
    /// The stable name used in JSON.
    package var name: String { "\(self)" }
}
