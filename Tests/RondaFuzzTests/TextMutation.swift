/// What is done to valid JSON.
enum TextMutation {
    private static let tokens = [
        "{", "}", "[", "]", ",", ":", "\"", "null", "true", "0", "-1", "1e999", "-0", "1.5",
        "\\ud800",
        "\\u0000", "\u{feff}", "{}", "[]", "\"\"", "18446744073709551616", "-9223372036854775809",
        "\"NaN\"", "\"number\":", "\"ids\":", "\"commits\":", "\"AAAA\"", "0x1", "/*", "\u{0}",
        "[[[[[[[[[[[[[[[[", "{\"a\":{\"a\":{\"a\":{\"a\":",
    ]

    static func mutated(_ text: [UInt8], with other: [UInt8], _ random: inout FuzzRandom) -> [UInt8]
    {
        var result = text
        for _ in 0...random.below(3) {
            let place = random.below(result.count)
            let chunk = place..<min(result.count, place + 1 + random.below(12))
            switch random.below(7) {
            case 0: result.replaceSubrange(chunk, with: random.pick(tokens, or: "").utf8)
            case 1: result.insert(contentsOf: random.pick(tokens, or: "").utf8, at: place)
            case 2: result.removeSubrange(chunk)
            case 3: result.insert(contentsOf: result[chunk], at: place)
            case 4: result = Array(result[..<place] + other[random.below(other.count)...])
            case 5: if !result.isEmpty { result[place] = UInt8(truncatingIfNeeded: random.next()) }
            default:
                // A value in place of a value: digits are what most of the messages are made of.
                let digits = result.indices.filter { (48...57).contains(result[$0]) }
                guard let digit = digits.isEmpty ? nil : digits[random.below(digits.count)] else {
                    break
                }
                result.replaceSubrange(digit...digit, with: random.pick(tokens, or: "").utf8)
            }
        }
        return result
    }
}
