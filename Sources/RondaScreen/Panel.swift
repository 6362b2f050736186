package import RondaModel

/// The lists at the left, from the top down.
package enum Panel: Int, Sendable, Hashable, CaseIterable {
    case agenda, customers, promises, cases, conflicts

    package var title: Phrase {
        switch self {
        case .agenda: Phrase(en: "Agenda", es: "Agenda")
        case .customers: Phrase(en: "Customers", es: "Clientes")
        case .promises: Phrase(en: "Promises", es: "Promesas")
        case .cases: Phrase(en: "Cases", es: "Casos")
        case .conflicts: Phrase(en: "Conflicts", es: "Conflictos")
        }
    }

    /// What stands in an empty list.
    var nothing: Phrase {
        switch self {
        case .agenda: Phrase(en: "Nothing for today.", es: "Nada para hoy.")
        case .customers: Phrase(en: "Nobody like that here.", es: "No hay nadie así aquí.")
        case .promises: Phrase(en: "No open promises.", es: "No hay promesas abiertas.")
        case .cases: Phrase(en: "No open cases.", es: "No hay casos abiertos.")
        case .conflicts: Phrase(en: "No conflicts.", es: "No hay conflictos.")
        }
    }

    func moved(by step: Int) -> Panel {
        let count = Self.allCases.count
        return Self.allCases[(rawValue + step + count) % count]
    }
}

/// One line of a list.
package struct PanelRow: Sendable, Hashable {
    /// What it is, unlike any other row of its list.
    package let id: String
    package let text: String
    package let style: Style
    /// Whom a new visit or promise is about, and what they are called.
    package let customer: String?
    package let name: String

    package init(
        id: String, text: String, style: Style = .plain, customer: String? = nil, name: String = ""
    ) {
        self.id = id
        self.text = text
        self.style = style
        self.customer = customer
        self.name = name
    }
}

/// One list, with the row that is chosen.
package struct PanelList: Sendable, Hashable {
    package private(set) var rows: [PanelRow] = []
    package private(set) var index = 0
    /// More rows than are shown exist.
    package private(set) var isCut = false
    /// Not read yet: empty for now only.
    package private(set) var isRead = false

    package var chosen: PanelRow? { rows.indices.contains(index) ? rows[index] : nil }

    mutating func move(by step: Int) {
        index = max(0, min(rows.count - 1, index + step))
    }

    /// Takes other rows; the chosen one stays chosen wherever it is now.
    mutating func take(_ new: [PanelRow], isCut: Bool) {
        let old = chosen?.id
        rows = new
        (self.isCut, isRead) = (isCut, true)
        index = new.firstIndex { $0.id == old } ?? max(0, min(index, new.count - 1))
    }

    /// The rows that fit, with the chosen one among them.
    func window(_ height: Int) -> Range<Int> {
        let first = max(0, min(index - height / 2, rows.count - height))
        return first..<min(rows.count, first + max(0, height))
    }
}

/// All about the chosen row, in lines made for a width.
package struct DetailPage: Sendable, Hashable {
    package struct Line: Sendable, Hashable {
        package let text: String
        package let style: Style

        package init(_ text: String, _ style: Style = .plain) {
            self.text = text
            self.style = style
        }
    }
    package let request: DetailRequest
    package let lines: [Line]

    package init(_ request: DetailRequest, _ lines: [Line]) {
        self.request = request
        self.lines = lines
    }
}

package struct DetailRequest: Sendable, Hashable {
    package let panel: Panel
    package let row: String
    package let width: Int
}
