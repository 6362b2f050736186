/// How a part of the screen looks. The style only helps: the words must say it all.
package enum Style: Sendable, Hashable, Codable {
    case plain, strong, alert, good, quiet, chosen, title
}

package struct ScreenSize: Sendable, Hashable {
    package let width: Int
    package let height: Int

    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

/// What is on the screen: a grid, in which a wide character takes two cells.
package struct Canvas: Sendable, Hashable {
    package struct Point: Sendable, Hashable {
        package let x: Int
        package let y: Int
    }

    /// Text in one style, from this column on.
    package struct Run: Sendable, Hashable {
        package let x: Int
        package var text: String
        package let style: Style
    }

    private struct Spot: Sendable, Hashable {
        /// Nothing in the second cell of a wide character.
        var character: Character? = " "
        var style = Style.plain
    }

    package let size: ScreenSize
    /// Where the person types; `nil` where they do not.
    package var cursor: Point?
    private var spots: [[Spot]]

    package init(_ size: ScreenSize) {
        self.size = size
        spots = Array(
            repeating: Array(repeating: Spot(), count: max(0, size.width)),
            count: max(0, size.height))
    }

    /// Writes from (`x`, `y`) on, no wider than `width` and never beyond the edge. What does not
    /// fit is said by an ellipsis.
    package mutating func put(
        _ text: String, x: Int, y: Int, width: Int = .max, style: Style = .plain
    ) {
        guard spots.indices.contains(y), x >= 0, x < size.width else { return }
        let room = min(width, size.width - x)
        var at = x
        for character in Self.clipped(text, to: room) {
            let columns = TextWidth.of(character: character)
            if columns == 0 { continue }
            release(at, y)
            if columns == 2 { release(at + 1, y) }
            spots[y][at] = Spot(character: character, style: style)
            if columns == 2 { spots[y][at + 1] = Spot(character: nil, style: style) }
            at += columns
        }
    }

    /// Blanks the other half of a wide character that is about to be written over.
    private mutating func release(_ x: Int, _ y: Int) {
        if spots[y][x].character == nil { spots[y][x - 1].character = " " }
        if x + 1 < size.width, spots[y][x + 1].character == nil {
            spots[y][x + 1].character = " "
        }
    }

    /// Gives a stretch of a line one look, whatever is written there.
    package mutating func fill(x: Int, y: Int, width: Int, style: Style) {
        guard spots.indices.contains(y) else { return }
        for column in max(0, x)..<max(0, x, min(size.width, x + width)) {
            spots[y][column].style = style
        }
    }

    /// The text, or as much of it as fits with an ellipsis behind.
    package static func clipped(_ text: String, to width: Int) -> String {
        if TextWidth.of(text) <= width { return text }
        var clipped = ""
        var used = 0
        for character in text {
            let columns = TextWidth.of(character: character)
            if used + columns > width - 1 { break }
            clipped.append(character)
            used += columns
        }
        return width > 0 ? clipped + "…" : ""
    }

    /// Every line with exactly the width of the screen.
    package var lines: [String] {
        spots.map { String($0.compactMap(\.character)) }
    }

    package func runs(y: Int) -> [Run] {
        var runs: [Run] = []
        for (x, spot) in spots[y].enumerated() {
            guard let character = spot.character else { continue }
            if runs.last?.style == spot.style {
                runs[runs.count - 1].text.append(character)
            } else {
                runs.append(Run(x: x, text: String(character), style: spot.style))
            }
        }
        return runs
    }
}
