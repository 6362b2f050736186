internal import RondaModel

/// What keys do in a form. Whatever was typed stays, whichever key comes: it is in the form, and
/// every change of it goes into the draft at once.
extension ScreenModel {
    mutating func take(_ event: ScreenEvent) -> [ScreenEffect] {
        switch event {
        case .opened(let form, let isDraft):
            // One form at a time: what is open is not replaced.
            if mode == .form { return [] }
            (self.form, mode, problems, isSaving) = (form, .form, [:], false)
            if isDraft {
                message = ScreenMessage(
                    text(Phrase(en: "your draft goes on", es: "sigue su borrador")), .good)
            }
            return isDraft ? [.check(form)] : []
        case .found(let form):
            if mode != .browse || self.form != nil { return [] }
            (self.form, mode, problems) = (form, .offer, [:])
            return []
        case .checked(let form, let problems):
            guard form == self.form else { return [] }
            self.problems = problems
            return []
        case .incomplete(let form, let problems):
            isSaving = false
            guard form == self.form else { return [] }
            (self.problems, mode) = (problems, .problems(0))
            return []
        case .notSaved(let form, let message):
            isSaving = false
            guard form == self.form else { return [] }
            self.message = message
            return []
        case .saved(let form, let messages):
            isSaving = false
            if form.customer == self.form?.customer && form.kind == self.form?.kind {
                (self.form, mode, problems) = (nil, .browse, [:])
            }
            message = messages.first
            return begin() + readPage()
        default: return []
        }
    }

    mutating func fill(_ key: Key) -> [ScreenEffect] {
        guard var form else {
            mode = .browse
            return []
        }
        // For the moment of saving the form stands still, so that all that is shown is saved.
        if isSaving { return [] }
        if case .problems(let chosen) = mode { return choose(key, chosen) }
        switch key {
        case .escape:
            (self.form, mode, problems) = (nil, .browse, [:])
            if form.isEmpty { return [] }
            message = ScreenMessage(
                text(
                    Phrase(
                        en: "the draft of \(form.name) is kept: choose them and press the same key",
                        es: "el borrador de \(form.name) queda guardado: elíjalo y pulse la misma "
                            + "tecla")), .good)
            return [.keep(form)]
        case .control("s"):
            message = ScreenMessage(
                text(Phrase(en: "the draft is kept", es: "el borrador quedó guardado")), .good)
            return [.keep(form)]
        case .function(2):
            isSaving = true
            return [.finish(form)]
        case .up, .backTab: form.go(to: form.index - 1)
        case .down, .tab, .enter: form.go(to: form.index + 1)
        case .pageUp: form.go(to: 0)
        case .pageDown: form.go(to: .max)
        default:
            if !form.press(key) {
                self.form = form
                return []
            }
            // What is being mended is judged again when the field is left.
            problems[form.field.name] = nil
            self.form = form
            return [.keep(form)]
        }
        self.form = form
        return form.isEmpty ? [] : [.check(form)]
    }

    /// Walks the list of what is wrong.
    private mutating func choose(_ key: Key, _ chosen: Int) -> [ScreenEffect] {
        let fields = problemFields
        switch key {
        case .up, .character("k"): mode = .problems(max(0, chosen - 1))
        case .down, .character("j"), .tab: mode = .problems(min(fields.count - 1, chosen + 1))
        case .enter:
            mode = .form
            if fields.indices.contains(chosen), var form,
                let index = form.fields.firstIndex(where: { $0.name == fields[chosen].name })
            {
                form.go(to: index)
                self.form = form
            }
        default: mode = .form
        }
        return []
    }
}
