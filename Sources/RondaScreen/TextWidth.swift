/// How many columns a text takes on a terminal, and how it is broken into lines.
package enum TextWidth {
    /// A letter with its accents is one column; East Asian wide characters and emoji are two.
    package static func of(_ text: some StringProtocol) -> Int {
        text.reduce(0) { $0 + of(character: $1) }
    }

    package static func of(character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        switch scalar.value {
        case 0..<0x20, 0x7f, 0x200B...0x200F, 0xFE00...0xFE0F: return 0
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }

    package static func padded(_ text: String, to width: Int, atRight: Bool = false) -> String {
        let gap = String(repeating: " ", count: max(0, width - of(text)))
        return atRight ? gap + text : text + gap
    }

    /// The lines of a text no wider than `width`: broken between words where that is possible.
    package static func wrap(_ text: String, to width: Int) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .flatMap { wrapLine($0, to: max(1, width)) }
    }

    private static func wrapLine(_ line: Substring, to width: Int) -> [String] {
        if of(line) <= width { return [String(line)] }
        var lines: [String] = []
        var current = ""
        for word in line.split(separator: " ") {
            if !current.isEmpty && of(current) + 1 + of(word) > width {
                lines.append(current)
                current = ""
            }
            if of(word) <= width {
                current += current.isEmpty ? String(word) : " \(word)"
                continue
            }
            var pieces = pieces(of: word, width: width)
            current = pieces.popLast() ?? ""
            lines += pieces
        }
        if !current.isEmpty { lines.append(current) }
        return lines
    }

    /// A word longer than the line.
    private static func pieces(of word: Substring, width: Int) -> [String] {
        var pieces: [String] = []
        var current = ""
        for character in word {
            if of(current) + of(character: character) > width && !current.isEmpty {
                pieces.append(current)
                current = ""
            }
            current.append(character)
        }
        return pieces + [current]
    }
}
