import Foundation
import RondaHub
import RondaModel
import RondaStore
import Testing

@testable import RondaTerminal

@Suite("Unsent work as a file, from the terminal")
struct OutboxCommandTests {
    @Test("one writes it, another delivers it, and both are told what it means")
    func carried() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        let file = try world.file("", "ana.ronda")
        #expect(await world.run("ana", "outbox", "export", file).status == .refusedByRule)
        try FileManager.default.removeItem(atPath: file)
        #expect(await world.run("ana", "outbox", "export", file).status == .notFound)
        _ = await world.run("ana", "customer", "edit", "C0001", "--city", "Envigado")
        world.setOffline(true)
        let written = await world.run(
            "ana", "salida", "exportar", file, language: "es", terminal: true)
        #expect(written.status == .done, "\(written.err)")
        #expect(written.line.contains("1 cambio va en él"))
        #expect(
            await world.run("luis", "outbox", "deliver", file, "--server", "http://hub").status
                == .offline)
        world.setOffline(false)
        // Luis has no device of his own.
        let run = await world.run(
            "luis", "outbox", "deliver", file, "--server", "http://hub", "--json")
        #expect(run.status == .done, "\(run.err)")
        let delivered = try run.json([String: Any].self)
        #expect(delivered["commits"] as? Int == 1 && delivered["known"] as? Bool == false)
        let again = await world.run("ana", "salida", "entregar", file, language: "es")
        #expect(again.status == .done && again.err.contains("nada se hizo dos veces"))
        #expect(await world.run("ana", "sync").status == .done)
        let status = try await world.run("ana", "status", "--json").json([String: Any].self)
        #expect(status["pending"] as? Int == 0 && status["accepted"] as? Int == 1)
    }

    @Test("altered or no bundle at all, it is refused with a sentence, and what is unsent stays")
    func bad() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        _ = await world.run("ana", "customer", "edit", "C0001", "--city", "Envigado")
        let whole = try world.file("", "whole.ronda")
        try FileManager.default.removeItem(atPath: whole)
        #expect(await world.run("ana", "outbox", "export", whole).status == .done)
        var bytes = try Data(contentsOf: URL(filePath: whole))
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: URL(filePath: whole))
        let altered = await world.run("ana", "outbox", "deliver", whole, language: "es")
        #expect(altered.status == .otherError && altered.err.contains("fue alterado"))
        let text = try world.file("hola", "text.ronda")
        #expect(await world.run("ana", "outbox", "deliver", text).status == .usage)
        #expect(await world.run("ana", "outbox", "deliver", text + "x").status == .notFound)
        #expect(await world.run("luis", "outbox", "deliver", text).status == .notPermitted)
        let status = try await world.run("ana", "status", "--json").json([String: Any].self)
        #expect(status["pending"] as? Int == 1)
        #expect(await world.run("ana", "sync").status == .done)
    }
}
