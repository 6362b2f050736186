import Foundation
import RondaClient
import RondaModel
import Testing

@testable import RondaTerminal

@Suite("What a device says when the server or the device was set back")
struct HistoryCommandTests {
    @Test("after a restore, what was lost is offered again, and it is said")
    func restored() async throws {
        let world = try await TerminalWorld()
        for device in ["ana", "luis"] { try await world.join(device) }
        let backup = try world.backup()
        _ = await world.run("ana", "customer", "edit", "C0001", "--city", "Bello")
        #expect(await world.run("ana", "sync").status == .done)
        world.advance(hours: 1)
        try await world.restore(backup)
        let sync = await world.run("ana", "sync", "--json")
        let report = try sync.json([String: Any].self)
        #expect(sync.status == .done && report["restored"] as? Bool == true)
        let status = await world.run("ana", "status", language: "es", terminal: true)
        #expect(status.err.contains("el servidor fue restaurado y aún espera"))
        let luis = await world.run("luis", "sync", terminal: true)
        #expect(luis.line.contains("The server had been restored from a backup"))
        #expect(await world.run("ana", "sync").status == .done)
        let after = try await world.run("ana", "status", "--json").json([String: Any].self)
        #expect(after["serverRecovering"] as? Bool == false)
        let customer = try await world.run("luis", "customer", "show", "C0001", "--json")
            .json([String: Any].self)
        #expect(customer["city"] as? String == "Bello")
    }

    @Test("a device the restored server does not know comes back with a new code")
    func unknown() async throws {
        let world = try await TerminalWorld()
        let backup = try world.backup()
        try await world.join("ana")
        _ = await world.run("ana", "customer", "edit", "C0001", "--city", "Bello")
        #expect(await world.run("ana", "sync").status == .done)
        _ = await world.run("ana", "customer", "edit", "C0002", "--city", "Itagüí")
        world.advance(hours: 1)
        try await world.restore(backup)
        for (language, words) in [
            ("en", "ask the office for a code"), ("es", "pida un código a la oficina"),
        ] {
            let run = await world.run("ana", "sync", language: language)
            #expect(run.status == .notPermitted && run.err.contains(words))
            let status = await world.run("ana", "status", language: language, terminal: true)
            #expect(status.err.contains(words))
        }
        let wrong = await world.run("ana", "login", "--server", "http://hub", answers: ["NOPE"])
        #expect(wrong.status == .notPermitted)
        let code = try await world.code("ana")
        let login = await world.run(
            "ana", "login", "--server", "http://hub", "--json", answers: [code])
        #expect(login.status == .done, "\(login.err)")
        #expect(try login.json([String: Any].self)["returned"] as? Bool == true)
        let sync = await world.run("ana", "sync", "--json")
        #expect(sync.status == .done, "\(sync.err)\(sync.out)")
        try await world.join("luis")
        for (customer, city) in [("C0001", "Bello"), ("C0002", "Itagüí")] {
            let page = try await world.run("luis", "customer", "show", customer, "--json")
                .json([String: Any].self)
            #expect(page["city"] as? String == city)
        }
    }

    @Test("a copied store goes on as a device of its own, and both are told")
    func copied() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        try world.copy("ana", to: "ana-copy")
        _ = await world.run("ana", "customer", "edit", "C0001", "--city", "Bello")
        #expect(await world.run("ana", "sync").status == .done)
        _ = await world.run("ana-copy", "customer", "edit", "C0002", "--city", "Itagüí")
        let copy = await world.run("ana-copy", "sync", "--json")
        #expect(copy.status == .done, "\(copy.err)")
        #expect(try copy.json([String: Any].self)["renamed"] as? Bool == true)
        let original = await world.run("ana", "sync", language: "es", terminal: true)
        #expect(original.line.contains("Se encontró otra copia de este almacén"))
        let status = try await world.run("ana", "status", "--json").json([String: Any].self)
        #expect(status["copies"] as? Int == 1)
    }
}

@Suite("A record deleted by one and edited by another")
struct ContestedDeletionTests {
    private func contested() async throws -> TerminalWorld {
        let world = try await TerminalWorld()
        for device in ["ana", "office"] { try await world.join(device) }
        let id = RecordID(high: 0xaaaa_0000, low: 9)
        try await world.capture("office") { try $0.delete(Customer.self, id) }
        _ = await world.run("ana", "customer", "edit", "C0001", "--city", "Bello")
        #expect(await world.run("ana", "sync").status == .done)
        #expect(await world.run("office", "sync").status == .conflicts)
        #expect(await world.run("ana", "sync").status == .conflicts)
        return world
    }

    @Test("it is listed on both devices, in both languages")
    func list() async throws {
        let world = try await contested()
        for device in ["ana", "office"] {
            let rows = try await world.run(device, "conflicts", "--json")
                .json([[String: Any]].self)
            #expect(rows.count == 1 && rows[0]["contestedDeletion"] as? Bool == true)
            #expect(rows[0]["title"] as? String == "Floristería Núñez")
        }
        let english = await world.run("ana", "conflicts", "show", "C0001", terminal: true)
        #expect(english.out.contains("deleted by one person, edited by another"))
        let spanish = await world.run("ana", "conflictos", language: "es", terminal: true)
        #expect(spanish.out.contains("eliminó"))
    }

    @Test("a rep may keep it, and may not let the deletion stand")
    func keep() async throws {
        let world = try await contested()
        for (words, status) in [
            ([], ExitReason.usage), (["--keep", "--delete"], .usage), (["--keep", "2"], .usage),
            (["--value", "x"], .usage), (["--delete"], .notPermitted),
        ] {
            let run = await world.run("ana", ["conflicts", "settle", "1"] + words)
            #expect(run.status == status, "\(words): \(run.err)")
        }
        let kept = await world.run("ana", "conflictos", "resolver", "C0001", "--keep", "--json")
        #expect(kept.status == .done, "\(kept.err)")
        #expect(try kept.json([String: Any].self)["conflicts"] as? Int == 0)
        for device in ["ana", "office", "ana"] {
            #expect(await world.run(device, "sync").status == .done)
        }
        let page = await world.run("office", "customer", "show", "C0001")
        #expect(page.status == .done)
    }

    @Test("the office may let the deletion stand")
    func delete() async throws {
        let world = try await contested()
        let run = await world.run("office", "conflicts", "resolve", "1", "--delete")
        #expect(run.status == .done, "\(run.err)")
        for device in ["office", "ana"] {
            #expect(await world.run(device, "sync").status == .done)
            #expect(await world.run(device, "customer", "show", "C0001").status == .notFound)
        }
    }
}
