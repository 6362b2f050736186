import Foundation
import RondaModel
import Testing

@testable import RondaScreen

/// A model with what a rep has in the morning, and keys to press.
enum ScreenWorld {
    static let sizes = [ScreenSize(width: 80, height: 24), ScreenSize(width: 120, height: 40)]
    static let programmes = [
        FormField.Choice(name: "ORO", label: Phrase(en: "Gold Club", es: "Club Oro"))
    ]

    static func model(
        _ language: Language = .spanish, _ size: ScreenSize = sizes[0]
    ) -> ScreenModel {
        var model = ScreenModel(language: language, size: size)
        model.title = "Ana Peña · mar 24 nov"
        _ = model.begin()
        _ = model.update(.rows(.agenda, rows, isCut: false, query: ""))
        _ = model.update(.rows(.customers, rows, isCut: true, query: ""))
        for panel in [Panel.promises, .cases, .conflicts] {
            _ = model.update(.rows(panel, [], isCut: false, query: ""))
        }
        _ = model.update(
            .status(
                ScreenStatus(pending: 4, accepted: 12, refused: 0, waiting: 1, conflicts: 0)))
        _ = model.update(.network(.live))
        return model
    }

    static let rows = [
        PanelRow(
            id: "visit:1", text: "09:00 Floristería Núñez", customer: "1", name: "Floristería Núñez"
        ),
        PanelRow(
            id: "promise:2", text: "! vencida 16:00 llamar a Rosa, 東京 Café", style: .alert,
            customer: "2", name: "東京 Café"),
        PanelRow(
            id: "followUp:3", text: "Primer contacto tras la venta: Óptica Peña", customer: "3",
            name: "Óptica Peña"),
    ]

    static func form(_ kind: ScreenForm.Kind = .visit) -> ScreenForm {
        ScreenForm(
            kind, customer: "1", name: "Floristería Núñez", begunAt: 0, programmes: programmes)
    }

    static func keys(_ text: String) -> [Key] { text.map { .character($0) } }

    /// A form of which something is typed already.
    static func typing(_ language: Language, _ size: ScreenSize) -> ScreenModel {
        var model = model(language, size)
        _ = model.update(.opened(form(), isDraft: false))
        model.press(keys("que llegara a tiempo") + [.down] + keys("2") + [.down, .down, .down])
        model.press(keys("nueve"))
        return model
    }
}

extension ScreenModel {
    @discardableResult
    mutating func press(_ keys: [Key]) -> [ScreenEffect] {
        keys.flatMap { update(.key($0)) }
    }

    @discardableResult
    mutating func press(_ keys: Key...) -> [ScreenEffect] { press(keys) }

    var picture: String { draw().lines.joined(separator: "\n") }
}

/// Pictures that were looked at once and found right, in files beside the tests.
enum Golden {
    static func expect(
        _ picture: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Golden/\(name).txt")
        let text =
            picture.split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in String(line.reversed().drop { $0 == " " }.reversed()) }
            .joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["RONDA_RECORD_GOLDEN"] == "1" {
            try Data(text.utf8).write(to: file)
        }
        let expected = try String(contentsOf: file, encoding: .utf8)
        #expect(text == expected, "\(name)", sourceLocation: sourceLocation)
    }
}
