import Foundation
import RondaModel
import Testing

@testable import RondaTerminal

@Suite("The server's signed receipt")
struct ReceiptCommandTests {
    private func delivered() async throws -> TerminalWorld {
        let world = try await TerminalWorld()
        try await world.join("ana")
        _ = await world.run("ana", "customer", "edit", "C0001", "--city", "Bello")
        #expect(await world.run("ana", "sync").status == .done)
        return world
    }

    @Test("before anything was delivered it says so")
    func nothing() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        for (language, words) in [
            ("en", "nothing has been delivered yet"), ("es", "todavía no se ha entregado nada"),
        ] {
            let run = await world.run("ana", "receipt", language: language)
            #expect(run.status == .notFound && run.err.contains(words))
        }
    }

    @Test("it names what was delivered, and is checked against what is kept here")
    func show() async throws {
        let world = try await delivered()
        let receipt = try await world.run("ana", "receipt", "--json").json([String: Any].self)
        #expect(receipt["number"] as? Int == 1 && receipt["valid"] as? Bool == true)
        #expect(receipt["matches"] as? String == "same")
        let english = await world.run("ana", "receipt", terminal: true)
        #expect(english.out.contains("Valid: the server has captures 1 to 1."))
        let spanish = await world.run("ana", "constancia", language: "es", terminal: true)
        #expect(spanish.out.contains("Válida: el servidor tiene las capturas 1 a 1."))
    }

    @Test("a saved receipt is checked; one that was tampered with is not valid")
    func check() async throws {
        let world = try await delivered()
        let saved = await world.run("ana", "receipt", "--json").out
        let whole = try world.file(saved, "whole.json")
        #expect(await world.run("ana", "receipt", "check", whole).status == .done)
        let forged = try world.file(
            saved.replacing("\"number\":1", with: "\"number\":2"), "forged.json")
        for (language, words) in [("en", "Not valid"), ("es", "No es válida")] {
            let run = await world.run(
                "ana", "receipt", "check", forged, language: language, terminal: true)
            #expect(run.status == .otherError && run.out.contains(words))
        }
        try await world.join("luis")
        let other = try await world.run("luis", "constancia", "verificar", whole, "--json")
            .json([String: Any].self)
        #expect(other["matches"] as? String == "otherDevice" && other["valid"] as? Bool == true)
    }

    @Test("what is no receipt, or is not there, is said")
    func wrongFile() async throws {
        let world = try await delivered()
        let broken = try world.file("{\"hub\": 7}", "broken.json")
        #expect(await world.run("ana", "receipt", "check", broken).status == .usage)
        #expect(await world.run("ana", "receipt", "check", broken + "x").status == .notFound)
    }
}
