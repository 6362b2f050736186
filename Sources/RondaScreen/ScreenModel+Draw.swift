internal import RondaModel

/// The picture of the model. Whatever the size, each line has exactly its width.
extension ScreenModel {
    package func draw() -> Canvas {
        var canvas = Canvas(size)
        guard let layout = ScreenLayout(size) else {
            drawTooNarrow(on: &canvas)
            return canvas
        }
        drawTitle(on: &canvas)
        switch mode {
        case .help: drawHelp(layout, on: &canvas)
        case .form: drawForm(layout, on: &canvas)
        case .problems(let chosen): drawProblems(layout, chosen, on: &canvas)
        case .browse, .search, .offer:
            drawLists(layout, on: &canvas)
            drawDetail(layout, on: &canvas)
        }
        drawBottom(layout, on: &canvas)
        return canvas
    }

    /// Where nothing can be shown, that is said, and that nothing is lost.
    private func drawTooNarrow(on canvas: inout Canvas) {
        let least = ScreenLayout.least
        let words = text(
            Phrase(
                en: "Too narrow: make it \(least.width)×\(least.height) or more. Nothing is lost.",
                es: "Muy angosto: agrándelo a \(least.width)×\(least.height) o más. Nada se pierde."
            ))
        for (row, line) in TextWidth.wrap(words, to: max(1, size.width)).enumerated() {
            canvas.put(line, x: 0, y: row)
        }
    }

    private func drawTitle(on canvas: inout Canvas) {
        let right = text(network.phrase)
        let width = TextWidth.of(right)
        canvas.put(" Ronda · \(title)", x: 0, y: 0, width: size.width - width - 2)
        canvas.put(right, x: size.width - width - 1, y: 0)
        canvas.fill(x: 0, y: 0, width: size.width, style: .title)
    }

    // MARK: Bottom

    private func drawBottom(_ layout: ScreenLayout, on canvas: inout Canvas) {
        let row = layout.messageRow
        if mode == .search {
            let prompt = " " + text(Phrase(en: "Find: ", es: "Buscar: "))
            canvas.put(prompt + query, x: 0, y: row, width: size.width - 1, style: .strong)
            canvas.cursor = Canvas.Point(
                x: min(size.width - 1, TextWidth.of(prompt + query)), y: row)
        } else if mode == .offer, let form {
            let kind = form.kind.title
            let offer = Phrase(
                en: "A draft is here: \(kind.en), \(form.name). Enter goes on, Esc leaves it.",
                es: "Hay un borrador: \(kind.es), \(form.name). Enter lo retoma, Esc lo deja.")
            canvas.put(" " + text(offer), x: 0, y: row, style: .strong)
        } else if isSaving {
            canvas.put(
                " " + text(Phrase(en: "saving…", es: "guardando…")), x: 0, y: row, style: .strong)
        } else if let message {
            drawMessage(message, layout, on: &canvas)
        } else {
            canvas.put(" " + text(hint), x: 0, y: row, style: .quiet)
        }
        let counts = status.map { text($0.phrase) } ?? "…"
        canvas.put(" " + counts, x: 0, y: layout.statusRow)
        if let status, status.refused + status.conflicts > 0 {
            canvas.fill(x: 0, y: layout.statusRow, width: size.width, style: .alert)
        }
    }

    /// A long sentence takes lines from the page above it, until the next key.
    private func drawMessage(
        _ message: ScreenMessage, _ layout: ScreenLayout, on canvas: inout Canvas
    ) {
        let lines = TextWidth.wrap(message.text, to: size.width - 2)
            .prefix(layout.body.count / 2)
        for (index, line) in lines.enumerated() {
            let y = layout.messageRow - lines.count + 1 + index
            canvas.put(TextWidth.padded(" " + line, to: size.width), x: 0, y: y)
            canvas.fill(x: 0, y: y, width: size.width, style: message.style)
        }
    }

    /// What the keys do here, in one line.
    private var hint: Phrase {
        switch mode {
        case .form:
            if let form, let problem = problems[form.field.name] { return problem }
            if let form {
                let hint = form.field.hint
                return Phrase(
                    en: "\(hint.en) — F2 saves, Esc keeps the draft",
                    es: "\(hint.es) — F2 guarda, Esc deja el borrador")
            }
            return Phrase(en: "", es: "")
        case .problems:
            return Phrase(
                en: "Enter goes to the question, Esc back to the form",
                es: "Enter va a la pregunta, Esc vuelve al formulario")
        case .help: return Phrase(en: "any key goes back", es: "cualquier tecla vuelve")
        default: break
        }
        if panel == .conflicts {
            return isReading
                ? Phrase(
                    en: "1, 2 … keeps that value · Esc back · ? keys",
                    es: "1, 2 … deja ese valor · Esc volver · ? teclas")
                : Phrase(
                    en: "Enter settles one · s sync · ? keys · q quit",
                    es: "Enter para resolver · s sincronizar · ? teclas · q salir")
        }
        return Phrase(
            en: "n visit · p promise · r referral · i enrol · / find · ? keys · q quit",
            es: "n visita · p promesa · r referido · i inscribir · / buscar · ? teclas · q sale"
        )
    }

    // MARK: Lists

    /// The open list has all the room that the titles of the others leave.
    private func drawLists(_ layout: ScreenLayout, on canvas: inout Canvas) {
        var y = layout.body.lowerBound
        let room = layout.body.count - Panel.allCases.count
        for panel in Panel.allCases {
            let isOpen = panel == self.panel
            let list = lists[panel] ?? PanelList()
            let count = list.isRead ? " (\(list.rows.count)\(list.isCut ? "+" : ""))" : ""
            let filter = panel == .customers && !query.isEmpty ? " /\(query)" : ""
            canvas.put(
                "\(isOpen ? "▾" : "▸") \(panel.rawValue + 1) \(text(panel.title))\(count)\(filter)",
                x: 0, y: y, width: layout.listWidth, style: isOpen ? .title : .plain)
            y += 1
            guard isOpen else { continue }
            if list.rows.isEmpty && list.isRead {
                canvas.put(
                    "  " + text(panel.nothing), x: 0, y: y, width: layout.listWidth, style: .quiet)
            }
            let window = list.window(room)
            for (line, index) in window.enumerated() {
                let row = list.rows[index]
                let isChosen = index == list.index
                canvas.put(
                    (isChosen ? "> " : "  ") + row.text, x: 0, y: y + line,
                    width: layout.listWidth, style: row.style)
                if isChosen {
                    canvas.fill(
                        x: 0, y: y + line, width: layout.listWidth,
                        style: isReading ? .strong : .chosen)
                }
            }
            y += room
        }
    }

    private func drawDetail(_ layout: ScreenLayout, on canvas: inout Canvas) {
        for y in layout.body {
            canvas.put("│", x: layout.listWidth, y: y, style: isReading ? .title : .quiet)
        }
        guard let detail else { return }
        let lines = detail.lines.dropFirst(scroll)
        for (y, line) in zip(layout.body, lines) {
            canvas.put(
                line.text, x: layout.listWidth + 2, y: y, width: layout.detailWidth,
                style: line.style)
        }
        if lines.count > layout.body.count {
            let more = text(Phrase(en: "▾ more: Enter, then j", es: "▾ hay más: Enter y luego j"))
            canvas.put(
                TextWidth.padded(more, to: layout.detailWidth), x: layout.listWidth + 2,
                y: layout.body.upperBound - 1,
                width: layout.detailWidth, style: .quiet)
        }
    }

    // MARK: Help

    private func drawHelp(_ layout: ScreenLayout, on canvas: inout Canvas) {
        let keys: [(String, Phrase)] = [
            ("↑ ↓ j k", Phrase(en: "another line", es: "otra línea")),
            (
                "Tab ← → h l",
                Phrase(en: "another panel; 1 to 5 too", es: "otro panel; también 1 a 5")
            ),
            ("Enter", Phrase(en: "into the page at the right", es: "entrar a la página derecha")),
            ("Esc", Phrase(en: "back; what was typed stays", es: "volver; lo escrito se conserva")),
            ("/", Phrase(en: "find a customer", es: "buscar un cliente")),
            ("n", Phrase(en: "new visit to the chosen customer", es: "visita al cliente elegido")),
            (
                "p r i",
                Phrase(en: "promise, referral, enrolment", es: "promesa, referido, inscripción")
            ),
            (
                "1 2 …",
                Phrase(en: "in a conflict: keep that value", es: "en un conflicto: dejar ese valor")
            ),
            ("s", Phrase(en: "sync now", es: "sincronizar ahora")),
            ("q", Phrase(en: "quit", es: "salir")),
            ("F2", Phrase(en: "in a form: save it", es: "en un formulario: guardar")),
            ("Ctrl-S", Phrase(en: "in a form: keep the draft", es: "en un formulario: borrador")),
            ("Ctrl-Z", Phrase(en: "back to the shell; fg returns", es: "a la terminal; fg vuelve")),
        ]
        canvas.put(
            " " + text(Phrase(en: "Keys", es: "Teclas")), x: 0, y: layout.body.lowerBound,
            style: .title)
        for (y, key) in zip(layout.body.dropFirst(), keys) {
            canvas.put(key.0, x: 3, y: y, width: 14, style: .strong)
            canvas.put(text(key.1), x: 18, y: y)
        }
    }
}
