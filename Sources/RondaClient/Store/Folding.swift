/// Text as people search it: without case and without accents.
package enum Folding {
    /// Lower-cases and drops the accents of the Latin letters; `ñ` becomes `n`, so that a keyboard
    /// without it finds *Muñoz* too. Runs of spaces become one.
    package static func fold(_ text: String) -> String {
        var folded = String.UnicodeScalarView()
        var wasSpace = true
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x41...0x5A: append(Unicode.Scalar(UInt8(scalar.value + 32)))
            case 0x21...0x7E: append(scalar)
            case 0x300...0x36F: break  // combining marks
            case 0...0x20, 0xA0:
                if !wasSpace { folded.append(" ") }
                wasSpace = true
            default:
                for base in base(of: scalar).unicodeScalars { append(base) }
            }
        }
        if folded.last == " " { folded.removeLast() }
        return String(folded)

        func append(_ scalar: Unicode.Scalar) {
            folded.append(scalar)
            wasSpace = false
        }
    }

    private static func base(of scalar: Unicode.Scalar) -> String {
        let lower = scalar.properties.lowercaseMapping
        return plain[lower] ?? lower
    }

    private static let plain: [String: String] = {
        var table = ["ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "’": "'"]
        let accented = [
            "a": "áàâäãåāăą", "c": "çćč", "d": "ď", "e": "éèêëēęě", "g": "ğ", "i": "íìîïīı",
            "l": "ľĺ", "n": "ñńň", "o": "óòôöõōő", "r": "ř", "s": "śšş", "t": "ťţ",
            "u": "úùûüūůű", "y": "ýÿ", "z": "źžż",
        ]
        for (letter, variants) in accented {
            for variant in variants { table[String(variant)] = letter }
        }
        return table
    }()
}
