internal import RondaModel
internal import RondaScreen

/// Turns an output into text, for a person or for a program.
struct Renderer: Sendable {
    let mode: OutputMode
    let wording: Wording

    func text(_ output: Output, pretty: Bool) -> String {
        switch mode {
        case .json: output.json.text(pretty: pretty) + "\n"
        case .jsonLines: jsonLines(output)
        case .csv: csv(output)
        case .plain: joined(plainLines(output.blocks, isMixed: output.isMixed))
        case .people(let width, let color):
            joined(peopleLines(output.blocks, width: width, paint: Paint(isOn: color)))
        }
    }

    /// What is said beside the data: nothing beside JSON, which holds it all. Sentences for people
    /// stand aside where a program reads the data.
    func asides(_ output: Output) -> [Phrase] {
        switch mode {
        case .json, .jsonLines: []
        case .plain, .csv:
            output.blocks.compactMap { if case .sentence(let phrase) = $0 { phrase } else { nil } }
                + output.notes
        case .people: output.notes
        }
    }

    private func joined(_ lines: [String]) -> String {
        lines.map { $0 + "\n" }.joined()
    }

    // MARK: For programs: one record a line

    private func plainLines(_ blocks: [Block], isMixed: Bool) -> [String] {
        blocks.flatMap { block -> [String] in
            switch block {
            case .sentence, .heading: []
            case .raw(let text): [text]
            case .card(let rows):
                rows.map { Self.record([$0.name, $0.cell.plain]) }
            case .table(let table):
                table.rows.map { row in
                    Self.record((isMixed ? [table.kind] : []) + row.map(\.plain))
                }
            }
        }
    }

    private static func record(_ fields: [String]) -> String {
        fields.map { field in
            String(field.map { "\t\n\r".contains($0) || $0 == "\r\n" ? " " : $0 })
        }.joined(separator: "\t")
    }

    // MARK: For people

    private func peopleLines(_ blocks: [Block], width: Int, paint: Paint) -> [String] {
        var lines: [String] = []
        for block in blocks {
            switch block {
            case .sentence(let phrase):
                lines += TextWidth.wrap(wording(phrase), to: width)
            case .raw(let text): lines.append(text)
            case .heading(let phrase):
                if !lines.isEmpty { lines.append("") }
                lines.append(paint(wording(phrase), .strong))
            case .table(let table):
                lines += table.forPeople.lines(width: width, wording: wording, paint: paint)
            case .card(let rows):
                lines += card(rows, width: width, paint: paint)
            }
        }
        return lines
    }

    private func card(_ rows: [CardRow], width: Int, paint: Paint) -> [String] {
        let rows = rows.filter { !$0.isForPrograms }
        let labels = rows.map { wording($0.label) }
        let column = labels.map { TextWidth.of($0) }.max() ?? 0
        return zip(rows, labels).flatMap { row, label in
            TextWidth.wrap(row.cell.text, to: max(20, width - column - 2)).enumerated().map {
                index, text in
                paint(TextWidth.padded(index == 0 ? label : "", to: column), .quiet) + "  "
                    + paint(text, row.cell.tone)
            }
        }
    }
}
