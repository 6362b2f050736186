internal import Crypto
internal import Foundation
internal import RondaMerge
internal import RondaModel

/// By what somebody who was erased is recognised when somebody brings them back: hashes that say
/// nothing to who does not have the hub's key.
struct Suppression {
    private let key: SymmetricKey

    /// `seed` is the secret of the hub.
    init(seed: [UInt8]) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: seed), info: Data("ronda suppression v1".utf8),
            outputByteCount: 32)
    }

    func hash(_ contactPoint: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Data(contactPoint.utf8), using: key))
    }
}

extension StoredRecord {
    /// How the person whom the record is about can be reached, each in its one spelling.
    var contactPoints: Set<String> {
        switch entity {
        case .customer:
            let customer = Customer(id: id, fields: shownValues)
            // What is no contact point recognises nobody.
            let phones = customer.phones.compactMap {
                try? ContactPoint.phone($0, country: customer.country)
            }
            return Set(phones + customer.emails.compactMap { try? ContactPoint.email($0) })
        case .referral:
            return Set([Referral(id: id, fields: shownValues).contactPoint].compactMap(\.self))
        default: return []
        }
    }
}
