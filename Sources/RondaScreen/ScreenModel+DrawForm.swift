internal import RondaModel

/// Forms: all on one page, with what is required said in words.
extension ScreenModel {
    private struct Line {
        var heading: Phrase?
        var field: Int?
    }

    func drawForm(_ layout: ScreenLayout, on canvas: inout Canvas) {
        guard let form else { return }
        let kind = text(form.kind.title)
        canvas.put(" \(kind): \(form.name)", x: 0, y: layout.body.lowerBound, style: .title)
        let lines = form.fields.enumerated().flatMap { index, field -> [Line] in
            (field.heading.map { [Line(heading: $0)] } ?? []) + [Line(field: index)]
        }
        let body = layout.body.dropFirst()
        let current = lines.firstIndex { $0.field == form.index } ?? 0
        let first = max(0, min(current - body.count / 2, lines.count - body.count))
        for (y, line) in zip(body, lines[first...]) {
            if let heading = line.heading {
                canvas.put(" " + text(heading), x: 0, y: y, style: .strong)
            }
            if let index = line.field { drawField(form, index, y: y, on: &canvas) }
        }
    }

    private func drawField(_ form: ScreenForm, _ index: Int, y: Int, on canvas: inout Canvas) {
        let field = form.fields[index]
        let isCurrent = index == form.index
        let problem = problems[field.name]
        let left = size.width >= 80 ? 34 : 28
        let mark = problem != nil ? "!" : isCurrent ? ">" : " "
        let required =
            field.isRequired ? text(Phrase(en: " (required)", es: " (obligatorio)")) : ""
        canvas.put(
            " \(mark) \(text(field.label))\(required)", x: 0, y: y, width: left,
            style: problem != nil ? .alert : isCurrent ? .strong : .plain)
        let answer = form.answer(field.name)
        let room = size.width - left - 2
        let characters = Array(answer)
        let cursor = isCurrent ? min(form.cursor, characters.count) : 0
        // As much before the cursor as fits; what follows it is clipped at the edge.
        var start = cursor
        var used = 1
        while start > 0, used + TextWidth.of(character: characters[start - 1]) <= room {
            start -= 1
            used += TextWidth.of(character: characters[start])
        }
        var shown = String(characters[start...])
        if let choice = field.choice(answer) {
            shown += "  = \(text(choice.label))"
        } else if !isCurrent, let problem {
            shown += (answer.isEmpty ? "" : "  ") + "‹\(text(problem))›"
        }
        canvas.put(
            shown.isEmpty && !isCurrent ? "·" : shown, x: left + 1, y: y, width: room,
            style: problem != nil && !isCurrent
                ? .alert : shown.isEmpty && !isCurrent ? .quiet : .plain)
        if isCurrent {
            let before = TextWidth.of(String(characters[start..<cursor]))
            canvas.cursor = Canvas.Point(x: min(size.width - 1, left + 1 + before), y: y)
        }
    }

    func drawProblems(_ layout: ScreenLayout, _ chosen: Int, on canvas: inout Canvas) {
        let fields = problemFields
        let count = fields.count
        canvas.put(
            " "
                + text(
                    Phrase(
                        en: "Not saved yet: \(count) to put right. Nothing typed is lost.",
                        es: "Aún no se guarda: \(count) por corregir. Nada de lo escrito se pierde."
                    )), x: 0, y: layout.body.lowerBound, style: .alert)
        for (y, item) in zip(layout.body.dropFirst(), fields.enumerated()) {
            let (index, field) = item
            let problem = problems[field.name].map { text($0) } ?? ""
            canvas.put(
                " \(index == chosen ? ">" : " ") \(text(field.label)) — \(problem)", x: 0, y: y,
                style: index == chosen ? .chosen : .plain)
        }
    }
}
