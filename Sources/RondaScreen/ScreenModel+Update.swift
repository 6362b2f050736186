internal import RondaModel

extension ScreenModel {
    /// What to read first.
    package func begin() -> [ScreenEffect] {
        Panel.allCases.map { .readRows($0, query: query) } + [.readStatus]
    }

    /// Takes what happened, and says what is to be done about it.
    package mutating func update(_ event: ScreenEvent) -> [ScreenEffect] {
        switch event {
        case .key(let key): return press(key)
        case .resized(let size):
            self.size = size
            return readPage()
        case .rows(let panel, let rows, let isCut, let query):
            // What was searched before is not what is asked now.
            if panel == .customers && query != self.query { return [] }
            lists[panel, default: PanelList()].take(rows, isCut: isCut)
            return panel == self.panel ? readPage() : []
        case .page(let page):
            if page.request != request { return [] }
            detail = page
            scroll = min(scroll, max(0, page.lines.count - 1))
            return []
        case .status(let status):
            self.status = status
            return []
        case .network(let state):
            network = state
            return []
        case .changed: return begin()
        case .said(let message):
            self.message = message
            return []
        case .interrupted: return [.quit]
        case .opened, .found, .checked, .incomplete, .saved, .notSaved: return take(event)
        }
    }

    private mutating func press(_ key: Key) -> [ScreenEffect] {
        message = nil
        switch mode {
        case .browse: return browse(key)
        case .search: return search(key)
        case .help:
            mode = .browse
            return []
        case .form, .problems: return fill(key)
        case .offer:
            switch key {
            case .enter:
                mode = .form
                return form.map { [.check($0)] } ?? []
            case .escape, .character("q"):
                (mode, form) = (.browse, nil)
                return []
            default: return []
            }
        }
    }

    // MARK: Lists

    private mutating func browse(_ key: Key) -> [ScreenEffect] {
        switch key {
        case .character("q"): return [.quit]
        case .character("?"): mode = .help
        case .character("/"):
            mode = .search
            return show(.customers)
        case .tab, .character("l"), .right: return show(panel.moved(by: 1))
        case .backTab, .character("h"), .left: return show(panel.moved(by: -1))
        case .character(let digit) where ("1"..."5").contains(digit) && !isSettling(digit):
            let index = (digit.wholeNumberValue ?? 1) - 1
            return show(Panel.allCases[index])
        case .enter: isReading = detail != nil
        case .escape: isReading = false
        case .character("s"):
            network = .syncing
            return [.sync]
        case .character("n"): return capture(.visit)
        case .character("p"): return capture(.promise)
        case .character("r"): return capture(.referral)
        case .character("i"): return capture(.enrolment)
        case .character(let digit) where isSettling(digit):
            guard let row = list.chosen, let number = digit.wholeNumberValue else { return [] }
            return [.settle(row: row.id, keep: number)]
        default: return move(key)
        }
        return []
    }

    /// In the page of a conflict, a digit chooses the value that stands.
    private func isSettling(_ digit: Character) -> Bool {
        panel == .conflicts && isReading && ("1"..."9").contains(digit)
    }

    private mutating func move(_ key: Key) -> [ScreenEffect] {
        let page = max(1, size.height - 8)
        let step: Int
        switch key {
        case .up, .character("k"): step = -1
        case .down, .character("j"): step = 1
        case .pageUp: step = -page
        case .pageDown, .character(" "): step = page
        case .home, .character("g"): step = -1_000_000
        case .end, .character("G"): step = 1_000_000
        default: return []
        }
        if isReading {
            scroll = max(0, min((detail?.lines.count ?? 1) - 1, scroll + step))
            return []
        }
        lists[panel, default: PanelList()].move(by: step)
        return readPage()
    }

    private mutating func show(_ panel: Panel) -> [ScreenEffect] {
        (self.panel, isReading) = (panel, false)
        return readPage()
    }

    private mutating func capture(_ kind: ScreenForm.Kind) -> [ScreenEffect] {
        guard let row = list.chosen, let customer = row.customer else {
            message = ScreenMessage(
                text(
                    Phrase(
                        en: "choose a customer first: / finds one by name, code or telephone",
                        es: "primero elija un cliente: / lo busca por nombre, código o teléfono")),
                .alert)
            return []
        }
        return [.open(kind, customer: customer, name: row.name)]
    }

    // MARK: The page at the right

    var request: DetailRequest? {
        guard let row = list.chosen, let layout = ScreenLayout(size) else { return nil }
        return DetailRequest(panel: panel, row: row.id, width: layout.detailWidth)
    }

    mutating func readPage() -> [ScreenEffect] {
        guard let request else {
            (detail, scroll) = (nil, 0)
            return []
        }
        if detail?.request.row != request.row || detail?.request.panel != request.panel {
            scroll = 0
        }
        return [.readPage(request)]
    }

    // MARK: Searching

    private mutating func search(_ key: Key) -> [ScreenEffect] {
        switch key {
        case .character(let character): query.append(character)
        case .backspace where !query.isEmpty: query.removeLast()
        case .control("u"): query = ""
        case .enter, .escape, .tab:
            mode = .browse
            return []
        case .up, .down, .pageUp, .pageDown: return move(key)
        default: return []
        }
        return [.readRows(.customers, query: query)]
    }
}
