import RondaHub
import RondaModel
import RondaStore
import Testing

@testable import RondaTerminal

@Suite("A device whose access has ended")
struct SurrenderCommandTests {
    private func revoked() async throws -> TerminalWorld {
        let world = try await TerminalWorld()
        try await world.join("ana")
        _ = await world.run("ana", "customer", "edit", "C0001", "--city", "Envigado")
        _ = await world.run(
            "ana", "promise", "add", "--customer", "C0001", "--due", "+3d", "llamar")
        let hub = try world.hub()
        let device = try #require(try await hub.devices().first)
        try await hub.revokeDevice(device.device.id)
        return world
    }

    @Test("is told so in both languages, keeps everything, and hands it in to the office")
    func surrender() async throws {
        let world = try await revoked()
        // Nobody has told the device yet.
        #expect(await world.run("ana", "surrender").status == .usage)
        let sync = await world.run("ana", "sync", "--json")
        #expect(sync.status == .notPermitted)
        let error = try #require(try sync.json([String: [String: String]].self)["error"])
        #expect(error["code"] == "revoked" && error["en"]?.contains("ronda surrender") == true)
        #expect(error["es"]?.contains("ronda entregar") == true)
        #expect(error["es"]?.contains("2 cambios esperan aquí") == true)
        let status = try await world.run("ana", "status", "--json").json([String: Any].self)
        #expect(status["revoked"] as? Bool == true && status["pending"] as? Int == 2)

        world.setOffline(true)
        #expect(await world.run("ana", "surrender").status == .offline)
        world.setOffline(false)
        let run = await world.run("ana", "entregar", language: "es", terminal: true)
        #expect(run.status == .done, "\(run.err)")
        #expect(run.out.contains("2 cambios se entregaron"))
        let tray = try await world.run("ana", "tray", "--json").json([[String: Any]].self)
        #expect(tray.map { $0["code"] as? String } == ["revoked", "revoked"])
        #expect(tray.map { $0["disposition"] as? String } == ["office", "office"])
        let again = try await world.run("ana", "surrender", "--json").json([String: Any].self)
        #expect(again["surrendered"] as? Int == 0 && again["complete"] as? Bool == true)
    }

    @Test("gets its access back, and learns what the office has decided")
    func back() async throws {
        let world = try await revoked()
        #expect(await world.run("ana", "sync").status == .notPermitted)
        #expect(await world.run("ana", "surrender").status == .done)
        let hub = try world.hub()
        let device = try #require(try await hub.devices().first).device.id
        for entry in try await hub.store.read({ try $0.tray() }) {
            #expect(
                try await hub.retry(device: device, number: entry.number)?.outcome == .accepted)
        }
        try await hub.restoreAccess(device)
        #expect(await world.run("ana", "sync").status == .done)
        let status = try await world.run("ana", "status", "--json").json([String: Any].self)
        #expect(status["revoked"] as? Bool == false && status["refused"] as? Int == 0)
        let customer = try await world.run("ana", "customer", "show", "C0001", "--json")
            .json([String: Any].self)
        #expect(customer["city"] as? String == "Envigado")
    }
}

@Suite("Where the server is")
struct ServerCommandTests {
    @Test("an address that anybody on the way can read is warned of, in both languages")
    func exposed() async throws {
        let world = try await TerminalWorld()
        let code = try await world.code("ana")
        let english = await world.run(
            "ana", "login", "--server", "http://ronda.example", answers: [code])
        #expect(english.status == .done && english.err.contains("not protected"))
        #expect(await !world.run("ana", "sync").err.contains("not protected"))
        let other = try await world.code("luis")
        let spanish = await world.run(
            "luis", "entrar", "--server", "http://ronda.example", language: "es",
            answers: [other], terminal: true)
        #expect(spanish.status == .done && spanish.err.contains("no está protegida"))
        #expect(spanish.err.contains("Código de un solo uso:"))
        let third = try await world.code("ana")
        let safe = await world.run(
            "ana2", "login", "--server", "https://ronda.example", answers: [third])
        #expect(safe.status == .done && !safe.err.contains("not protected"))
    }

    @Test("it is shown, moved and kept")
    func move() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        let moved = await world.run("ana", "servidor", "--set", "https://ronda.example", "--json")
        #expect(moved.status == .done)
        let shown = try await world.run("ana", "server", "--json").json([String: Any].self)
        #expect(shown["server"] as? String == "https://ronda.example")
        #expect(shown["pin"] is String == false)
    }
}
