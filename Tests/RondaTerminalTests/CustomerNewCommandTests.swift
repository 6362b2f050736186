import RondaModel
import Testing

@testable import RondaTerminal

@Suite("New customers, their habits, people and needs, at the keyboard")
struct CustomerNewCommandTests {
    private func world() async throws -> TerminalWorld {
        let world = try await TerminalWorld()
        try await world.join("ana")
        return world
    }

    @Test("a customer of the rep's territory is there at once, and at the hub after a sync")
    func saved() async throws {
        let world = try await world()
        let run = await world.run(
            "ana", "cliente", "nuevo", "Panadería", "La Espiga", "--phone", "300 555 7788",
            "--city", "Envigado", "--kind", "empresa", "--national-id", "900.123.456-7", "--json")
        #expect(run.status == .done, "\(run.err)")
        let id = try #require(try run.json([String: Any].self)["id"] as? String)
        let page = try await world.run("ana", "customer", "show", id, "--json")
            .json([String: Any].self)
        #expect(page["phones"] as? [String] == ["+573005557788"])
        #expect(page["country"] as? String == "CO" && page["kind"] as? String == "company")
        #expect(page["territoryCode"] as? String == "CO-02")
        #expect(await world.run("ana", "sync").status == .done)
        #expect(
            await world.run("ana", "customer", "new", "X", "--territory", "MX-1").status == .usage)
    }

    @Test(
        "who may be meant already is said before saving, by whatever tells",
        arguments: [
            (["Otra", "--phone", "(604) 038-5090"], "phone", "C0001"),
            (["Nueva", "--email", "ROSA@espiga.co"], "email", "Espiga"),
            (["Otra", "--national-id", "900123456-7"], "nationalId", "Trigo"),
            (["Otra", "--national-id", "900.123.456-7"], "nationalId", "Espiga"),
            (["floristeria", "nunez"], "name", "C0001"),
            (["Floristería Núñez de la 10"], "name", "C0001"),
        ])
    func duplicates(typed: [String], ground: String, name: String) async throws {
        let world = try await world()
        _ = await world.run(
            "ana", "customer", "new", "La Espiga SAS", "--email", "rosa@espiga.co",
            "--national-id", "900.123.456-7")
        _ = await world.run("ana", "customer", "new", "El Trigo SAS", "--national-id", "9001234567")
        let refused = await world.run("ana", ["customer", "new", "--lang", "es"] + typed)
        #expect(refused.status == .refusedByRule)
        #expect(refused.err.contains("ya es cliente") && refused.err.contains(name))
        #expect(refused.err.contains("no se guardó nada: si es otro, use --yes"))
        let run = await world.run("ana", ["customer", "new", "--yes", "--json"] + typed)
        #expect(run.status == .done)
        let matches = try run.json([String: Any].self)["duplicates"] as? [[String: Any]]
        #expect(matches?.first?["grounds"] as? [String] == [ground])
    }

    @Test("somebody else is not taken for one who shares a word or a part of a number")
    func others() async throws {
        let world = try await world()
        for typed in [["Floristería Gómez"], ["Núñez"], ["Otra", "--phone", "604 038 50"]] {
            let run = await world.run("ana", ["customer", "new"] + typed)
            #expect(run.status == .done, "\(run.err)")
        }
    }

    @Test("on a terminal a person decides")
    func asked() async throws {
        let world = try await world()
        let typed = ["customer", "new", "Floristería Núñez", "--lang", "es"]
        let no = await world.run("ana", typed, answers: ["n"], terminal: true)
        #expect(no.status == .refusedByRule && no.err.contains("¿Es otro?"))
        let yes = await world.run("ana", typed, answers: ["s"], terminal: true)
        #expect(yes.status == .done)
        let found = try await world.run("ana", "customer", "find", "nunez", "--json")
            .json([Any].self)
        #expect(found.count == 2)
    }

    @Test("a referral who is a customer by telephone or by name is said, and saved all the same")
    func referral() async throws {
        let world = try await world()
        let run = await world.run(
            "ana", "referral", "add", "--customer", "C0002", "--name", "Floristeria Nuñez",
            "--phone", "300 111 2233", "--lang", "es")
        #expect(
            run.status == .done && run.err.contains("ya es cliente en Medellín: el mismo nombre"))
    }

    @Test("domain §1.2: the basic question is a grid of fourteen, each with who asked and when")
    func habits() async throws {
        let world = try await world()
        let run = await world.run(
            "ana", "cliente", "hábitos", "C0001", "compra", "cuándo", "los lunes", "--lang", "es")
        #expect(run.status == .done && run.out.contains("habitProfile"))
        #expect(run.err.contains("faltan 13 de 14"))
        _ = await world.run("ana", "customer", "habits", "C0001", "uses", "withWhom", "su hija")
        let page = try await world.run("ana", "customer", "habits", "C0001", "--json")
            .json([String: Any].self)
        let answers = try #require(page["answers"] as? [[String: Any]])
        #expect(answers.map { $0["question"] as? String } == ["when", "withWhom"])
        #expect(answers[0]["askedBy"] as? String == "Ana Restrepo")
        let guided = await world.run(
            "ana", "customer", "habits", "C0001", "--ask", answers: ["pan", ""], terminal: true)
        #expect(guided.line.contains("11 of 14 still to ask"))
        let wrong = await world.run("ana", "customer", "habits", "C0001", "sells", "what", "x")
        #expect(wrong.status == .usage)
    }

    @Test("the people of a customer have roles; what is added is added once")
    func contacts() async throws {
        let world = try await world()
        let run = await world.run(
            "ana", "customer", "contact", "add", "C0001", "Rosa Núñez", "--role", "decisor",
            "--role", "payer", "--phone", "300 222 3344", "--birthday", "1980-05-31", "--json")
        #expect(run.status == .done, "\(run.err)")
        let id = try #require(try run.json([String: Any].self)["id"] as? String)
        let edit = await world.run(
            "ana", "cliente", "contacto", "editar", id, "--role", "user", "--position", "dueña")
        #expect(edit.status == .done)
        let rows = try await world.run("ana", "customer", "contact", "list", "C0001", "--json")
            .json([[String: Any]].self)
        #expect((rows.first?["roles"] as? [String])?.count == 3)
        #expect(rows.first?["phones"] as? [String] == ["+573002223344"])
        let day = await world.run(
            "ana", "customer", "contact", "edit", id, "--birthday", "31/5/80", "--lang", "es")
        #expect(day.status == .usage && day.err.contains("no es un día"))
        // She may be met again as a customer: her number is known.
        let again = await world.run("ana", "customer", "new", "Rosa", "--phone", "3002223344")
        #expect(again.status == .refusedByRule && again.err.contains("C0001"))
    }

    @Test("needs are listed by level, and are met once")
    func needs() async throws {
        let world = try await world()
        for (words, level) in [("asesoría", "esperado"), ("que haya quien atienda", "basic")] {
            let run = await world.run(
                "ana", "customer", "need", "add", "C0001", words, "--level", level)
            #expect(run.status == .done)
        }
        let rows = try await world.run("ana", "cliente", "necesidad", "lista", "C0001", "--json")
            .json([[String: Any]].self)
        #expect(rows.map { $0["level"] as? String } == ["basic", "expected"])
        let id = try #require(rows[0]["id"] as? String)
        #expect(await world.run("ana", "customer", "need", "met", id).status == .done)
    }
}
