import RondaModel
import Testing

@testable import RondaTerminal

@Suite("Promises and their due times, at the keyboard")
struct PromiseCommandTests {
    /// A promise of a fresh device, due in so many hours.
    private func made(_ world: TerminalWorld, dueIn hours: Int = 4) async throws -> String {
        let run = await world.run(
            "ana", "promise", "add", "--customer", "C0001", "--due", "+\(hours)h", "llamar",
            "--json"
        )
        return try #require(try run.json([String: Any].self)["id"] as? String)
    }

    private func world() async throws -> TerminalWorld {
        let world = try await TerminalWorld()
        try await world.join("ana")
        return world
    }

    @Test("domain §2.4: agreed in time, the promise goes on to its new due time")
    func renegotiated() async throws {
        let world = try await world()
        let id = try await made(world)
        world.advance(hours: 1)
        let run = await world.run(
            "ana", "promesa", "renegociar", String(id.prefix(13)), "--due", "+30h", "--agreement",
            "dijo que sí por teléfono", language: "es_CO", terminal: true)
        #expect(run.status == .done && run.line.contains("renegociada: llamar"))
        #expect(run.err == "2 cambios por enviar: ronda sync\n")
        world.advance(hours: 5)
        let rows = try await world.run("ana", "promise", "--json").json([[String: Any]].self)
        #expect(rows.map { $0["state"] as? String } == ["open"])
        #expect(rows[0]["renegotiations"] as? Int == 1)
        #expect(rows[0]["dueAt"] as? String != rows[0]["currentDueAt"] as? String)
        let page = try await world.run("ana", "promise", "show", id, "--json")
            .json([String: Any].self)
        let terms = try #require(page["terms"] as? [[String: Any]])
        #expect(terms.map { $0["state"] as? String } == ["renegotiated", "open"])
    }

    @Test("without the customer's word, or too late, it is saved and what that means is said")
    func warned() async throws {
        let world = try await world()
        let id = try await made(world)
        let alone = await world.run(
            "ana", "promise", "renegotiate", id, "--due", "+30h", language: "es", terminal: true)
        #expect(alone.status == .done)
        #expect(
            alone.err.split(separator: "\n").joined(separator: " ")
                .contains("sin el acuerdo del cliente la promesa se incumple al vencer"))
        let second = try await made(world)
        world.advance(hours: 6)
        let late = await world.run(
            "ana", "promise", "renegotiate", second, "--due", "+50h", "--agreement", "aceptó",
            "--json")
        #expect(late.status == .done)
        #expect(try late.json([String: Any].self)["warning"] as? String == "tooLate")
    }

    @Test("a new due time that has passed, or a settled promise, is refused with 7")
    func refused() async throws {
        let world = try await world()
        let id = try await made(world)
        let past = await world.run(
            "ana", "promise", "renegotiate", id, "--due", "ayer 10:00", "--agreement", "sí")
        #expect(past.status == .refusedByRule)
        #expect(past.err.contains("the new due time has passed already; give one"))
        let pastEs = await world.run(
            "ana", "promise", "renegotiate", id, "--due", "ayer 10:00", "--lang", "es")
        #expect(pastEs.err.contains("el nuevo plazo ya pasó; indique uno"))
        _ = await world.run("ana", "promise", "keep", id, "--evidence", "hecho")
        let settled = await world.run(
            "ana", "promise", "renegotiate", id, "--due", "+5d", "--agreement", "sí", "--json")
        #expect(settled.status == .refusedByRule)
        let document = try settled.json([String: [String: String]].self)
        #expect(document["error"]?["code"] == "settled")
        let release = await world.run("ana", "promise", "release", id, "--lang", "es")
        #expect(release.status == .refusedByRule && release.err.contains("ya está resuelta"))
    }

    @Test("a released promise leaves the list, and is not kept afterwards")
    func released() async throws {
        let world = try await world()
        let id = try await made(world)
        let run = await world.run("ana", "promesa", "liberar", id, "--evidence", "ya lo compró")
        #expect(run.status == .done)
        #expect(await world.run("ana", "promise", "--json").out == "[]\n")
        let kept = await world.run("ana", "promise", "keep", id, "--lang", "es")
        #expect(kept.status == .refusedByRule)
        #expect(kept.err.contains("el cliente lo liberó de esta promesa"))
    }

    @Test("keeping a promise without evidence asks for it")
    func evidence() async throws {
        let world = try await world()
        let id = try await made(world)
        let bare = await world.run("ana", "promise", "keep", id, "--lang", "es")
        #expect(bare.err.contains("Anote en qué se ve"))
        let with = await world.run("ana", "promise", "keep", id, "--evidence", "foto", "--json")
        #expect(try with.json([String: Any].self)["evidence"] as? [String] == ["foto"])
    }
}
