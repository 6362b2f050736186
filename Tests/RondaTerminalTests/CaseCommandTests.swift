import RondaMethod
import RondaModel
import Testing

@testable import RondaTerminal

@Suite("Cases in seven steps, at the keyboard")
struct CaseCommandTests {
    private func world() async throws -> TerminalWorld {
        let world = try await TerminalWorld()
        try await world.join("ana")
        return world
    }

    private func registered(
        _ world: TerminalWorld, _ more: String..., words: String = "la nevera llegó rayada"
    ) async throws -> String {
        let run = await world.run(
            "ana", ["case", "new", "--customer", "C0001", "--json"] + more + [words])
        #expect(run.status == .done, "\(run.err)")
        return try #require(try run.json([String: Any].self)["id"] as? String)
    }

    /// Steps 1 to 6, each by what is next.
    private static let untilAction = [
        ["--words", "lo que me dice es importante"],
        ["--words", "llegó rayada", "--feels", "enojo", "--wants", "otra"],
        ["--expects", "que la cambien"],
        ["--words", "usted recibió una nevera rayada", "--confirmed", "sí"],
        ["--chosen", "cambiarla", "--meets", "yes"],
        ["--promise", "llevar la otra", "--due", "+5h"],
    ]

    private func step(
        _ world: TerminalWorld, _ id: String, _ flags: [String], lang: String = "en"
    ) async -> TerminalWorld.Run {
        await world.run("ana", ["case", "step", id, "--lang", lang] + flags)
    }

    @Test("domain §1.5: the seven steps lead to the close, and each says what comes next")
    func wholeWay() async throws {
        let world = try await world()
        let id = try await registered(world)
        for (index, flags) in Self.untilAction.enumerated() {
            let run = await step(world, id, flags)
            #expect(run.status == .done, "step \(index + 1): \(run.err)")
        }
        var page = try await world.run("ana", "queja", "ver", id, "--json").json([String: Any].self)
        #expect(page["state"] as? String == "acting" && page["next"] as? String == "check1")
        #expect((page["promises"] as? [[String: Any]])?.first?["origin"] as? String == "caseStep")
        let early = await world.run(
            "ana", "case", "close", id, "--outcome", "solvedAsExpected", "--lang", "es")
        #expect(early.status == .refusedByRule)
        #expect(early.err.contains("primero verifique con el cliente (paso 7), dos veces"))
        #expect(early.err.contains("Sigue: 7. primera verificación: ronda caso paso"))
        world.advance(hours: 4)
        #expect(await step(world, id, ["--satisfied", "partly"]).status == .done)
        let still = await world.run(
            "ana", "caso", "cerrar", id, "--outcome", "solvedAsExpected", "--json")
        #expect(still.status == .refusedByRule)
        let error = try still.json([String: [String: String]].self)
        #expect(error["error"]?["code"] == "secondCheckMissing")
        #expect(error["error"]?["en"]?.contains("a second time (step 7), then close it") == true)
        world.advance(hours: 70)
        #expect(await step(world, id, ["--satisfied", "sí"]).status == .done)
        #expect(await world.run("ana", "case", "close", id).err.contains("say how it ended"))
        let closed = await world.run("ana", "case", "close", id, "--outcome", "solvedAsExpected")
        #expect(closed.status == .done)
        page = try await world.run("ana", "case", "show", id, "--json").json([String: Any].self)
        #expect(page["state"] as? String == "closed")
        #expect(await world.run("ana", "case", "list", "--json").out == "[]\n")
        let again = await world.run("ana", "case", "close", id, "--outcome", "goodwill")
        #expect(again.status == .refusedByRule && again.err.contains("the case is over"))
    }

    @Test(
        "domain §1.5: a step waits for the ones before it, and for what it must hold",
        arguments: [
            (0, ["--step", "2", "--words", "x"], "respectFirst", "primero demuestre respeto"),
            (3, ["--step", "5", "--chosen", "x", "--meets", "yes"], "restateFirst", "(paso 4)"),
            (3, ["--words", "x"], "confirmationMissing", "indique si el cliente lo confirmó"),
            (
                4, ["--chosen", "x", "--meets", "no"], "alternativesMissing",
                "anote las alternativas"
            ),
            (5, ["--words", "x"], "noPromise", "agregue la promesa"),
            (5, ["--promise", "x"], "noDueTime", "necesita un día y una hora"),
            (
                5, ["--promise", "x", "--due", "ayer 10:00"], "past",
                "una promesa vence en el futuro"
            ),
            (6, ["--words", "x"], "satisfactionMissing", "indique si el cliente quedó satisfecho"),
        ])
    func refused(done: Int, flags: [String], code: String, words: String) async throws {
        let world = try await world()
        let id = try await registered(world)
        for flags in Self.untilAction.prefix(done) {
            #expect(await step(world, id, flags).status == .done)
        }
        let run = await step(world, id, flags + ["--json"], lang: "es")
        #expect(run.status == .refusedByRule)
        let document = try run.json([String: [String: String]].self)
        #expect(document["error"]?["code"] == code)
        #expect(document["error"]?["es"]?.contains(words) == true, "\(run.out)")
    }

    @Test("what was repeated and not confirmed is repeated again before a solution")
    func unconfirmed() async throws {
        let world = try await world()
        let id = try await registered(world)
        for flags in Self.untilAction.prefix(3) { _ = await step(world, id, flags) }
        #expect(await step(world, id, ["--words", "x", "--confirmed", "no"]).status == .done)
        let run = await step(world, id, ["--step", "5", "--chosen", "x", "--meets", "yes"])
        #expect(run.status == .refusedByRule && run.err.contains("repeat it again (step 4)"))
        #expect(await step(world, id, Self.untilAction[3]).status == .done)
        #expect(await step(world, id, Self.untilAction[4]).status == .done)
    }

    @Test("the action makes two check-backs with their times, and each check settles its own")
    func checkBacks() async throws {
        let world = try await world()
        let id = try await registered(world)
        for flags in Self.untilAction { _ = await step(world, id, flags) }
        func due() async throws -> [[String: Any]] {
            let today = try await world.run("ana", "today", "--json").json([String: Any].self)
            return try #require(today["followUps"] as? [[String: Any]])
        }
        #expect(try await due().map { $0["rule"] as? String } == ["checkBack"])
        let screen = await world.run("ana", "hoy", language: "es", terminal: true)
        #expect(screen.out.contains("verificación de un caso"))
        world.advance(hours: 4)
        _ = await step(world, id, ["--satisfied", "yes"])
        #expect(try await due().isEmpty)
        world.advance(hours: 72)
        #expect(try await due().count == 1)
        let soon = await step(world, id, ["--satisfied", "yes", "--at", "2026-11-01 08:00"])
        #expect(soon.status == .refusedByRule && soon.err.contains("comes later than the first"))
        _ = await step(world, id, ["--satisfied", "yes"])
        #expect(try await due().isEmpty)
    }

    @Test("domain §2.4: a customer who is not satisfied after the end opens it again by saying so")
    func reopened() async throws {
        let world = try await world()
        let id = try await registered(world)
        for flags in Self.untilAction { _ = await step(world, id, flags) }
        for _ in 0..<2 {
            world.advance(hours: 5)
            _ = await step(world, id, ["--satisfied", "yes"])
        }
        #expect(await world.run("ana", "case", "reopen", id).err.contains("the case is not over"))
        _ = await world.run("ana", "case", "close", id, "--outcome", "goodwill")
        world.advance(hours: 5)
        let over = await step(world, id, ["--words", "x"])
        #expect(over.status == .refusedByRule && over.err.contains("the case is over"))
        let run = await step(world, id, ["--satisfied", "no", "--json"])
        #expect(try run.json([String: Any].self)["state"] as? String == "reopened")
    }

    @Test("the same complaint told twice is said, linked when asked, and never merged")
    func same() async throws {
        let world = try await world()
        let first = try await registered(world)
        world.advance(hours: 1)
        let run = await world.run(
            "ana", "queja", "nueva", "--customer", "C0001", "otra vez", language: "es",
            terminal: true)
        #expect(run.status == .done && run.errLine.contains("parece la misma queja"))
        let second = try await registered(world, "--same-as", first)
        let other = try await registered(world, words: "otra cosa")
        let linked = await world.run("ana", "caso", "suceso", other, "misma", second)
        #expect(linked.status == .done)
        let list = try await world.run("ana", "case", "--json").json([[String: Any]].self)
        #expect(list.count == 4)
    }

    @Test("nobody handles a complaint about themselves")
    func subject() async throws {
        let world = try await world()
        let own = try await registered(world, "--about", "Ana Restrepo")
        let page = try await world.run("ana", "case", "show", own, "--json")
            .json([String: Any].self)
        #expect(page["ownerName"] as? String == "")
        let run = await world.run(
            "ana", "case", "new", "--customer", "C0001", "--about", "luis", "--owner", "luis",
            "--lang", "es", "tardó")
        #expect(run.status == .refusedByRule && run.err.contains("asígnelo a otra"))
    }

    @Test("on a terminal the next step asks for what it needs")
    func guided() async throws {
        let world = try await world()
        let id = try await registered(world)
        for flags in Self.untilAction.prefix(4) { _ = await step(world, id, flags) }
        let run = await world.run(
            "ana", "queja", "paso", id, language: "es",
            answers: ["cambiarla", "n", "un vale", "una reparación", ""], terminal: true)
        #expect(run.status == .done && run.err.contains("¿Qué alternativa ofreció?"))
        #expect(run.errLine.contains("Sigue: 6. emprenda una acción y sígala: ronda caso paso"))
        let event = await world.run("ana", "case", "event", id, "escalado", "--level", "4")
        #expect(event.status == .usage)
        #expect(
            await world.run("ana", "case", "event", id, "escalated", "--level", "2").status == .done
        )
        let page = try await world.run("ana", "case", "show", id, "--json").json([String: Any].self)
        #expect(page["level"] as? Int == 2)
        let customer = await world.run("ana", "cliente", "ver", "C0001", "--lang", "es")
        #expect(customer.out.contains("solutionAgreed"))
    }
}
