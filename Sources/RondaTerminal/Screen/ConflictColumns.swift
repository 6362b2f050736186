internal import RondaClient
internal import RondaModel
internal import RondaScreen

/// A contested field with its values side by side: one's own first, whoever wrote the others.
struct ConflictColumns {
    let row: ConflictRow
    /// The account that works here.
    let own: RecordID?
    let wording: Wording

    func blocks(width: Int) -> [Block] {
        let values = row.conflict.values
        let title = Schema.current[row.conflict.entity]?.label ?? Phrase("")
        let columns = values.indices.map { column($0, width: columnWidth(width)) }
        let height = columns.map(\.count).max() ?? 0
        let lines = (0..<height).map { line in
            columns.map { column in
                TextWidth.padded(line < column.count ? column[line] : "", to: columnWidth(width))
            }.joined(separator: " │ ")
        }
        let choices = Phrase(
            en: "Enter, then the number of the value that shall stand.",
            es: "Enter, y luego el número del valor que debe quedar.")
        return [
            .heading(title + Phrase(" \(row.title)")),
            .heading(row.conflict.fieldLabel),
            .raw(lines.joined(separator: "\n")), .sentence(choices),
        ]
    }

    private func columnWidth(_ width: Int) -> Int {
        let count = max(1, row.conflict.values.count)
        return max(8, (width - 3 * (count - 1)) / count)
    }

    private func column(_ index: Int, width: Int) -> [String] {
        let value = row.conflict.values[index]
        let whose =
            value.author == own
            ? Phrase(en: "mine", es: "mío") : Phrase(en: "theirs", es: "suyo")
        let shown = index == 0 ? Phrase(en: " (shown)", es: " (se muestra)") : Phrase("")
        let head = "\(index + 1) \(wording(whose + shown))"
        let text = row.text(value.value, in: wording)
        let nothing = wording(Phrase(en: "(nothing)", es: "(nada)"))
        return [head, String(repeating: "─", count: min(width, TextWidth.of(head)))]
            + TextWidth.wrap(text.isEmpty ? nothing : text, to: width)
            + TextWidth.wrap(row.authors[value.author] ?? "", to: width)
            + TextWidth.wrap(wording(wording.when(value.at)), to: width)
    }
}
