import RondaModel
import Testing

@testable import RondaScreen

@Suite("What the screen looks like")
struct ScreenPictureTests {
    static let cases = ScreenWorld.sizes.flatMap { size in
        Language.allCases.map { (size, $0) }
    }

    private func name(_ what: String, _ size: ScreenSize, _ language: Language) -> String {
        "\(what)-\(size.width)x\(size.height)-\(language.rawValue)"
    }

    @Test("the morning, at both sizes and in both languages", arguments: cases)
    func morning(_ size: ScreenSize, _ language: Language) throws {
        var model = ScreenWorld.model(language, size)
        let request = try #require(model.request)
        let lines = ["Floristería Núñez (C0001)", "teléfonos  33 1234 5671"]
        _ = model.update(.page(DetailPage(request, lines.map { .init($0) })))
        try Golden.expect(model.picture, name("morning", size, language))
    }

    @Test("a visit being typed, with a problem said beside its question", arguments: cases)
    func form(_ size: ScreenSize, _ language: Language) throws {
        var model = ScreenWorld.typing(language, size)
        let effects = model.press(.down)
        let form = try #require(model.form)
        #expect(effects == [.check(form)])
        _ = model.update(.checked(form, form.problems { _, _ in nil }))
        try Golden.expect(model.picture, name("form", size, language))
    }

    @Test("all that keeps a form from being saved is listed", arguments: cases)
    func problems(_ size: ScreenSize, _ language: Language) throws {
        var model = ScreenWorld.typing(language, size)
        model.press([.pageDown, .up] + ScreenWorld.keys("mañana") + [.function(2)])
        let form = try #require(model.form)
        let past = Phrase(en: "“mañana” needs its hour too", es: "a «mañana» le falta la hora")
        _ = model.update(.incomplete(form, form.problems { _, _ in past }))
        try Golden.expect(model.picture, name("problems", size, language))
    }

    @Test("the keys", arguments: cases)
    func help(_ size: ScreenSize, _ language: Language) throws {
        var model = ScreenWorld.model(language, size)
        model.press(.character("?"))
        try Golden.expect(model.picture, name("help", size, language))
    }

    @Test("where nothing can be shown, that is said in words", arguments: Language.allCases)
    func narrow(_ language: Language) {
        var model = ScreenWorld.typing(language, ScreenSize(width: 20, height: 24))
        let words = model.draw().lines.map { $0.trimmed }.joined(separator: " ")
        #expect(words.contains(language == .spanish ? "Muy angosto" : "Too narrow"))
        _ = model.update(.resized(ScreenWorld.sizes[0]))
        #expect(model.picture.contains("que llegara a tiempo"))
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
