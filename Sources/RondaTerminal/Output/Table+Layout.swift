internal import RondaModel
internal import RondaScreen

/// A table as lines no wider than the terminal.
extension Table {
    private static let gap = 2
    /// A column is squeezed to its longest word, if that is within these bounds.
    private static let leastWidths = 8...20

    /// Without the columns that only programs read.
    var forPeople: Table {
        let shown = columns.indices.filter { !columns[$0].isForPrograms }
        return Table(
            kind: kind, columns: shown.map { columns[$0] },
            rows: rows.map { row in shown.map { row[$0] } })
    }

    func lines(width: Int, wording: Wording, paint: Paint) -> [String] {
        let titles = columns.map { wording($0.title) }
        let widths = widths(titles: titles, within: width)
        let head = line(
            titles.map { Cell($0, tone: .quiet) }, widths: widths, paint: paint)
        return head + rows.flatMap { line($0, widths: widths, paint: paint) }
    }

    private func widths(titles: [String], within total: Int) -> [Int] {
        var widths = columns.indices.map { column in
            rows.reduce(TextWidth.of(titles[column])) { widest, row in
                max(widest, row[column].text.split(separator: "\n").map(TextWidth.of).max() ?? 0)
            }
        }
        let least = columns.indices.map { column in
            let words = ([titles[column]] + rows.map { $0[column].text }).flatMap {
                $0.split(whereSeparator: \.isWhitespace).map { TextWidth.of($0) }
            }
            let longest = words.max() ?? 0
            return min(max(longest, Self.leastWidths.lowerBound), Self.leastWidths.upperBound)
        }
        let gaps = Self.gap * max(0, columns.count - 1)
        while widths.reduce(gaps, +) > total {
            let squeezable = columns.indices.filter {
                columns[$0].wraps && widths[$0] > least[$0]
            }
            guard let widest = squeezable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
        return widths
    }

    private func line(_ cells: [Cell], widths: [Int], paint: Paint) -> [String] {
        let wrapped = columns.indices.map { column in
            columns[column].wraps
                ? TextWidth.wrap(cells[column].text, to: widths[column])
                : [cells[column].text]
        }
        let height = wrapped.map(\.count).max() ?? 0
        return (0..<height).map { row in
            var line = ""
            for column in columns.indices {
                let text = row < wrapped[column].count ? wrapped[column][row] : ""
                let isLast = column == columns.count - 1
                let shown =
                    isLast && !columns[column].isNumber
                    ? text
                    : TextWidth.padded(text, to: widths[column], atRight: columns[column].isNumber)
                line += paint(shown, text.isEmpty ? .plain : cells[column].tone)
                if !isLast { line += String(repeating: " ", count: Self.gap) }
            }
            // Unpainted blanks at the end of a line only get in the way of copying it.
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}

/// Colour, when there is any.
struct Paint: Sendable {
    let isOn: Bool

    func callAsFunction(_ text: String, _ tone: Cell.Tone) -> String {
        guard isOn, !text.isEmpty else { return text }
        let code =
            switch tone {
            case .plain: ""
            case .strong: "1"
            case .alert: "1;31"
            case .good: "32"
            case .quiet: "2"
            }
        return code.isEmpty ? text : "\u{1b}[\(code)m\(text)\u{1b}[0m"
    }
}
