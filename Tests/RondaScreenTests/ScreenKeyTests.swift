import RondaModel
import Testing

@testable import RondaScreen

@Suite("What keys do on the screen")
struct ScreenKeyTests {
    @Test("arrows and letters move in the list, and the page follows")
    func moving() {
        var model = ScreenWorld.model()
        let effects = model.press(.character("j"))
        #expect(model.list.chosen?.id == "promise:2")
        #expect(
            effects == [.readPage(DetailRequest(panel: .agenda, row: "promise:2", width: 45))])
        model.press(.up, .up)
        #expect(model.list.index == 0)
        model.press(.character("G"))
        #expect(model.list.index == 2)
    }

    @Test("Tab goes through the panels and around; a digit goes to one")
    func panels() {
        var model = ScreenWorld.model()
        model.press(.backTab)
        #expect(model.panel == .conflicts)
        model.press(.tab, .tab)
        #expect(model.panel == .customers)
        model.press(.character("4"))
        #expect(model.panel == .cases)
    }

    @Test("searching asks with every letter, and an old answer is not shown")
    func search() {
        var model = ScreenWorld.model()
        model.press(.character("/"), .character("n"))
        #expect(model.press(.character("u")) == [.readRows(.customers, query: "nu")])
        _ = model.update(.rows(.customers, [], isCut: false, query: "n"))
        #expect(model.lists[.customers]?.rows.count == 3)
        model.press(.escape)
        #expect(model.mode == .browse && model.query == "nu")
        #expect(model.picture.contains("/nu"))
    }

    @Test("a choice is taken by its number or the beginning of its word, with or without accents")
    func choice() throws {
        let field = try #require(ScreenWorld.form().fields.first { $0.name == "reality" })
        #expect(field.choice("2")?.name == "met")
        #expect(field.choice("supero")?.name == "exceeded")
        #expect(field.choice("9") == nil && field.choice("") == nil)
        let yesNo = try #require(ScreenWorld.form().fields.first { $0.name == "handoffOk" })
        #expect(yesNo.choice("S")?.name == "yes" && yesNo.choice("sí")?.name == "yes")
    }

    @Test("what needs another answer says so, and Enter jumps to it")
    func jump() throws {
        var model = ScreenWorld.model()
        _ = model.update(.opened(ScreenWorld.form(), isDraft: false))
        model.press([.pageDown, .up] + ScreenWorld.keys("+3d") + [.function(2)])
        let form = try #require(model.form)
        #expect(form.field.name == "due")
        _ = model.update(.incomplete(form, form.problems { _, _ in nil }))
        #expect(model.problemFields.map(\.name) == ["promise"])
        model.press(.enter)
        #expect(model.form?.field.name == "promise" && model.mode == .form)
    }

    @Test("while it is being saved the form stands still; once saved it is gone")
    func saving() throws {
        var model = ScreenWorld.typing(.spanish, ScreenWorld.sizes[0])
        let form = try #require(model.form)
        #expect(model.press(.function(2)) == [.finish(form)])
        #expect(model.press(.function(2), .character("x"), .escape) == [])
        _ = model.update(.saved(form, [ScreenMessage("Visita guardada", .good)]))
        #expect(model.form == nil && model.picture.contains("Visita guardada"))
    }

    @Test("what could not be saved is still there, with the reason")
    func notSaved() throws {
        var model = ScreenWorld.typing(.spanish, ScreenWorld.sizes[0])
        let form = try #require(model.form)
        model.press(.function(2))
        _ = model.update(.notSaved(form, ScreenMessage("el disco está lleno", .alert)))
        #expect(model.form == form && model.picture.contains("el disco está lleno"))
    }

    @Test("a draft found at the start is offered: Enter goes on, Esc leaves it")
    func offered() {
        var model = ScreenWorld.model()
        _ = model.update(.found(ScreenWorld.form()))
        #expect(model.picture.contains("Hay un borrador"))
        var other = model
        model.press(.enter)
        #expect(model.mode == .form)
        other.press(.escape)
        #expect(other.mode == .browse && other.form == nil)
    }

    @Test("in the page of a conflict a digit settles it; elsewhere it is a panel")
    func settling() {
        var model = ScreenWorld.model()
        let row = PanelRow(id: "conflict:C0001.street", text: "Floristería Núñez: dirección")
        _ = model.update(.rows(.conflicts, [row], isCut: false, query: ""))
        model.press(.character("5"))
        if let request = model.request { _ = model.update(.page(DetailPage(request, []))) }
        #expect(model.press(.enter, .character("2")) == [.settle(row: row.id, keep: 2)])
    }

    @Test("a customer must be chosen before something is captured, and that is said")
    func nobody() {
        var model = ScreenWorld.model()
        #expect(model.press(.character("3"), .character("n")) == [])
        #expect(model.message?.text.contains("primero elija un cliente") == true)
    }
}
