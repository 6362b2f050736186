internal import Crypto

/// Device secrets and enrolment codes: random, never stored, known to the hub by their hash only.
package enum Secret {
    package static func hash(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

    private static let selectorCharacters = 5

    /// 50 bits in ten characters that are hard to mistake for one another (Crockford's base 32).
    package static func code(random: UInt64) -> String {
        let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        return String((0..<10).map { alphabet[Int(random >> UInt64($0 * 5) & 31)] })
    }

    /// The first half of a code, which tells it from other codes. Empty when there is no second.
    package static func selector(of code: String) -> String {
        code.count > selectorCharacters ? String(code.prefix(selectorCharacters)) : ""
    }

    /// As it is shown: in two halves.
    package static func grouped(code: String) -> String {
        let selector = selector(of: code)
        return selector.isEmpty ? code : "\(selector)-\(code.dropFirst(selector.count))"
    }

    /// How a person may type a code: any case, with spaces or dashes, O for 0, I and L for 1.
    package static func normalised(code: String) -> String {
        String(
            code.uppercased().compactMap { character in
                switch character {
                case "O": "0"
                case "I", "L": "1"
                case "-", " ": nil
                default: character
                }
            })
    }
}
