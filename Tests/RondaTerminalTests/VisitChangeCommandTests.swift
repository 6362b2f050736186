import RondaModel
import Testing

@testable import RondaTerminal

@Suite("Visits that are done, corrected and called off, at the keyboard")
struct VisitChangeCommandTests {
    private func world(_ devices: String...) async throws -> TerminalWorld {
        let world = try await TerminalWorld()
        for device in devices { try await world.join(device) }
        return world
    }

    private func planned(_ world: TerminalWorld) async throws -> String {
        let run = await world.run(
            "ana", "visit", "new", "--customer", "C0001", "--at", "+2h", "--json", "--no-input")
        return try #require(try run.json([String: Any].self)["id"] as? String)
    }

    private func state(_ world: TerminalWorld, _ id: String) async throws -> String? {
        try await world.run("ana", "visit", "show", id, "--json")
            .json([String: Any].self)["state"] as? String
    }

    @Test("domain §2.4: planned, then completed once it took place, with what came out of it")
    func done() async throws {
        let world = try await world("ana")
        let id = try await planned(world)
        let early = await world.run("ana", "visit", "done", id, "--reality", "met", "--lang", "es")
        #expect(early.status == .refusedByRule)
        #expect(early.err.contains("esta visita aún no ocurre; complétela cuando se haya hecho"))
        world.advance(hours: 3)
        let run = await world.run(
            "ana", "visita", "cerrar", id, "--reality", "superó", "--repurchase", "9",
            "--referral-asked", "no", "--handoff-ok", "sí", "--moment", "complains: se calmó",
            "--moment", "refuses/mala noticia", "--request", "entrega el domingo", "--signal",
            "asksPayment", "--objection", "distrust", "--json")
        #expect(run.status == .done, "\(run.err)")
        #expect(try run.json([String: Any].self)["missingAspects"] as? [String] == [])
        let page = try await world.run("ana", "visit", "show", id, "--json")
            .json([String: Any].self)
        #expect(page["state"] as? String == "completed")
        #expect(page["signals"] as? [String] == ["asksPayment"])
        let moments = try #require(page["moments"] as? [[String: Any]])
        #expect(Set(moments.map { $0["result"] as? String }) == ["se calmó", nil])
        #expect(moments.contains { $0["special"] as? String == "badNews" })
        let requests = try #require(page["specialRequests"] as? [[String: Any]])
        #expect(requests.first?["wanted"] as? String == "entrega el domingo")
        let again = await world.run("ana", "visit", "done", id)
        #expect(again.status == .refusedByRule && again.err.contains("already completed") == false)
        #expect(again.err.contains("this visit is completed; record another one"))
        let screen = await world.run("ana", "visita", "ver", id, language: "es", terminal: true)
        #expect(screen.out.contains("Momentos de verdad") && screen.out.contains("se calmó"))
    }

    @Test("a visit is corrected field by field, and what it still lacks is said")
    func edited() async throws {
        let world = try await world("ana")
        let run = await world.run(
            "ana", "visit", "new", "--customer", "C0001", "--reality", "met", "--json")
        let id = try #require(try run.json([String: Any].self)["id"] as? String)
        let edit = await world.run(
            "ana", "visit", "edit", id, "--reality", "below", "--impediment", "yes", "--lang", "es")
        #expect(edit.status == .done && edit.err.contains("indique la causa del impedimento"))
        let page = try await world.run("ana", "visit", "show", id, "--json")
            .json([String: Any].self)
        #expect(page["reality"] as? String == "below")
        let same = await world.run("ana", "visit", "edit", id, "--reality", "below")
        #expect(same.err.contains("Nothing differs"))
        let plan = try await planned(world)
        let answers = await world.run("ana", "visit", "edit", plan, "--reality", "met")
        #expect(answers.status == .refusedByRule && answers.err.contains("ronda visit done"))
    }

    @Test("a planned visit is cancelled, missed or moved, and no more completed")
    func cancelled() async throws {
        let world = try await world("ana")
        let id = try await planned(world)
        let run = await world.run(
            "ana", "visita", "cancelar", id, "--because", "llueve", "--lang", "es")
        #expect(run.status == .done && run.err.contains("cancelada"))
        #expect(try await state(world, id) == "cancelled")
        world.advance(hours: 3)
        let done = await world.run("ana", "visit", "done", id, "--lang", "es")
        #expect(done.status == .refusedByRule)
        #expect(done.err.contains("esta visita no se realizó; planifique otra"))
        let missed = try await planned(world)
        #expect(await world.run("ana", "visit", "cancel", missed, "--no-show").status == .done)
        #expect(try await state(world, missed) == "noShow")
        let moved = try await planned(world)
        let past = await world.run("ana", "visit", "cancel", moved, "--to", "ayer 10:00")
        #expect(past.status == .refusedByRule)
        #expect(await world.run("ana", "visit", "cancel", moved, "--to", "+3d").status == .done)
        #expect(try await state(world, moved) == "rescheduled")
        let visits = try await world.run("ana", "visit", "list", "--json").json(
            [[String: Any]].self)
        #expect(visits.count { $0["state"] as? String == "planned" } == 1)
    }

    @Test(
        "domain §2.4: who completes what somebody else planned tells a visit of their own beside it"
    )
    func plannedByAnother() async throws {
        let world = try await world("ana", "luis")
        let id = try await planned(world)
        for device in ["ana", "luis"] { _ = await world.run(device, "sync") }
        world.advance(hours: 3)
        let run = await world.run("luis", "visit", "done", id, "--reality", "met", "--json")
        #expect(run.status == .done, "\(run.err)")
        let own = try #require(try run.json([String: Any].self)["id"] as? String)
        let page = try await world.run("luis", "visit", "show", own, "--json")
            .json([String: Any].self)
        #expect(page["plan"] as? String == id && page["madeByName"] as? String == "Luis Ortega")
    }
}
