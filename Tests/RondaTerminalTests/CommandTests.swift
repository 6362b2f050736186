import Foundation
import RondaModel
import Testing

@testable import RondaTerminal

@Suite("Commands, typed into terminals of one hub")
struct CommandTests {
    @Test("before login every command says so and ends with 4")
    func notLoggedIn() async throws {
        let world = try await TerminalWorld()
        for command in [[], ["status"], ["sync"], ["customer", "find", "x"], ["conflictos"]] {
            let run = await world.run("ana", command)
            #expect(run.status == .notPermitted)
            #expect(run.out.isEmpty && run.err.hasPrefix("ronda: "))
        }
        let wrong = await world.run("ana", "login", "--server", "http://hub", answers: ["NOPE"])
        #expect(wrong.status == .notPermitted)
        #expect(wrong.err.contains("code"))
        for command in [["today"], ["status"], ["sync"]] {
            #expect(await world.run("ana", command).status == .notPermitted)
        }
    }

    @Test("wrong usage ends with 2, and with --json the reason is a document")
    func usage() async throws {
        let world = try await TerminalWorld()
        for command in [
            ["fly"], ["promise", "add"], ["today", "--lang", "fr"], ["visit", "new", "--what"],
        ] {
            #expect(await world.run("ana", command).status == .usage)
        }
        let run = await world.run("ana", "promise", "add", "--json", "--lang", "es")
        let document = try run.json([String: [String: String]].self)
        #expect(document["error"]?["code"] == "usage")
        #expect(run.err.hasPrefix("ronda: no se entendió la orden"))
        #expect(await world.run("ana", "--help").status == .done)
        #expect(await world.run("ana", "help", "visita").out.contains("nueva"))
    }

    @Test("a visit with all that came out of it is one commit")
    func visitInOneCommit() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        let run = await world.run(
            "ana", "visit", "new", "--customer", "C0001", "--reality", "below",
            "--impediment-cause",
            "companyError", "--repurchase", "6", "--referral-asked", "yes", "--promise",
            "cambiar la nevera", "--due", "jueves 16h", "--referral-name", "Rosa Núñez",
            "--referral-phone", "300 555 0101", "--enrol", "CLUB", "--json")
        #expect(run.status == .done)
        let saved = try run.json([String: Any].self)
        #expect(saved["missingAspects"] as? [String] == ["backing"])
        #expect((saved["records"] as? [String])?.count == 6)
        #expect(saved["pending"] as? Int == 1)
        let page = try await world.run("ana", "customer", "show", "C0001", "--json")
            .json([String: Any].self)
        #expect(page["points"] as? Int == 100)
        #expect((page["promises"] as? [Any])?.count == 1)
        #expect((page["visits"] as? [Any])?.count == 1)
        #expect((page["unsent"] as? [Any])?.count == 6)
        #expect((page["openConflicts"] as? [Any])?.isEmpty == true)
        #expect(page["street"] as? String == "Calle 10 # 4-3")
        #expect(page["kind"] is NSNull)
        let id = try #require(saved["id"] as? String)
        let shown = await world.run("ana", "visita", "ver", String(id.prefix(18)), "--json")
        #expect(try shown.json([String: Any].self)["reality"] as? String == "below")
    }

    @Test("a visit says which aspects it lacks, in the person's language")
    func incompleteVisit() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        let run = await world.run(
            "ana", "visita", "nueva", "--customer", "c0001", "--reality", "superó",
            "--repurchase", "9", language: "es_CO", terminal: true)
        #expect(run.line.contains("incompleta: faltan las referencias, el respaldo de la empresa"))
        #expect(run.err == "1 cambio por enviar: ronda sync\n")
        let planned = await world.run(
            "ana", "visit", "new", "--customer", "C0001", "--at", "jueves 16h", "--no-input",
            "--json")
        #expect(try planned.json([String: Any].self)["state"] as? String == "planned")
        let future = await world.run(
            "ana", "visit", "new", "--customer", "C0001", "--at", "jueves 16h", "--reality", "met")
        #expect(future.status == .refusedByRule)
    }

    @Test("on a terminal the guided visit asks, skips what is empty and asks again what is wrong")
    func guidedVisit() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        let run = await world.run(
            "ana", "visita", "nueva", "--customer", "C0001", language: "es",
            answers: [
                "Una nevera más grande", "2", "s", "9", "3", "cambiar la puerta", "ayer 10:00",
                "jueves 10h", "11", "8", "", "s", "Pedro Páramo", "12", "301 555 0199", "", "", "s",
                "",
            ], terminal: true)
        #expect(run.status == .done)
        #expect(run.line.contains("promesa para jue 26 nov, 10:00; referido Pedro Páramo"))
        #expect(run.err.contains("un número de la lista") && run.err.contains("¿Pidió referidos?"))
        let visits = try await world.run("ana", "visit", "list", "--json").json(
            [[String: Any]].self)
        let visit = try #require(visits.first)
        #expect(visit["missingAspects"] as? [String] == [])
        #expect(visit["impedimentCause"] as? String == "companyError")
        #expect(visit["crossSellIdeas"] as? [String] == [])
        let silent = await world.run("ana", "visit", "new", "--customer", "C0001", "--no-input")
        #expect(!silent.err.contains("?"))
    }

    @Test("a promise is due in the future; kept in time and kept late are told apart")
    func promises() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        let past = await world.run(
            "ana", "promise", "add", "--customer", "C0001", "--due", "ayer 10:00", "algo")
        #expect(past.status == .refusedByRule)
        let impossible = await world.run(
            "ana", "promise", "add", "--customer", "C0001", "--due", "2026-02-30 10:00", "algo",
            language: "es")
        #expect(impossible.status == .usage)
        #expect(impossible.err == "ronda: no existe el día «2026-02-30 10:00»\n")
        for due in ["+2h", "+30h"] {
            let made = await world.run(
                "ana", "promesa", "nueva", "--customer", "C0001", "--due", due, "llamar", "a",
                "Rosa")
            #expect(made.status == .done)
        }
        world.advance(hours: 3)
        let rows = try await world.run("ana", "promise", "--json").json([[String: Any]].self)
        #expect(rows.map { $0["state"] as? String } == ["overdue", "open"])
        #expect(rows[0]["words"] as? String == "llamar a Rosa")
        let list = await world.run("ana", "promesa", "lista", language: "es", terminal: true)
        #expect(list.out.contains("VENCIDA"))
        for (row, state) in zip(rows, ["keptLate", "kept"]) {
            let id = try #require(row["id"] as? String)
            let kept = await world.run(
                "ana", "promise", "keep", id, "--evidence", "hecho", "--json")
            #expect(try kept.json([String: Any].self)["state"] as? String == state)
            world.advance(hours: 1)
            let again = await world.run("ana", "promise", "keep", id, "--json")
            #expect(try again.json([String: Any].self)["state"] as? String == state)
        }
        #expect(await world.run("ana", "promise", "list", "--json").out == "[]\n")
        let all = try await world.run("ana", "promise", "list", "--all", "--json").json([Any].self)
        #expect(all.count == 2)
    }

    @Test("a referral warns before saving, saves all the same, and claims once for each rep")
    func referrals() async throws {
        let world = try await TerminalWorld()
        for device in ["ana", "luis"] { try await world.join(device) }
        let add = [
            "referral", "add", "--customer", "C0001", "--name", "Rosa", "--phone", "300 555 0101",
        ]
        let first = await world.run("ana", add)
        #expect(first.status == .done && !first.err.contains("warning"))
        let second = await world.run("ana", add)
        #expect(second.status == .done)
        #expect(second.err.contains("warning: this referral is already here: Rosa"))
        #expect(second.err.contains("already yours") || second.err.contains("was already"))
        let other = await world.run(
            "luis", "referido", "nuevo", "--customer", "C0002", "--name", "Rosa Núñez", "--phone",
            "+57 3005550101", "--relation", "hermana")
        #expect(other.status == .done)
        for device in ["ana", "luis", "ana"] { _ = await world.run(device, "sync") }
        let rows = try await world.run("ana", "referral", "list", "--json").json(
            [[String: Any]].self)
        let row = try #require(rows.first)
        #expect(rows.count == 1 && row["contactPoint"] as? String == "tel:+573005550101")
        #expect((row["referrers"] as? [String])?.count == 2)
        let claims = try #require(row["claims"] as? [[String: Any]])
        #expect(Set(claims.map { $0["repName"] as? String }) == ["Ana Restrepo", "Luis Ortega"])
        let customer = await world.run(
            "ana", "referral", "add", "--customer", "C0001", "--name", "Cafetería", "--phone",
            "60 4038 5091")
        #expect(customer.status == .done)
        #expect(customer.err.contains("Cafetería San Gabriel (C0002) is already a customer"))
        let neither = await world.run(
            "ana", "referral", "add", "--customer", "C0001", "--name", "Nadie")
        #expect(neither.status == .usage)
    }

    @Test("the programme must be named when there are several")
    func programmes() async throws {
        let world = try await TerminalWorld(programmes: [("CLUB", 100), ("VIP", 0)])
        try await world.join("ana")
        let open = await world.run("ana", "enrol", "--customer", "C0001")
        #expect(open.status == .usage && open.err.contains("CLUB, VIP"))
        let vip = await world.run(
            "ana", "enrol", "--customer", "C0001", "--programme", "vip", "--json")
        let saved = try vip.json([String: Any].self)
        #expect(saved["points"] as? Int == 0 && (saved["records"] as? [Any])?.count == 1)
        let none = await world.run("ana", "enrol", "--customer", "C0001", "--programme", "nada")
        #expect(none.status == .notFound)
    }

    @Test("two reps who enrol the same customer pay the welcome points once")
    func enrolment() async throws {
        let world = try await TerminalWorld()
        for device in ["ana", "luis"] { try await world.join(device) }
        for (device, card) in [("ana", "11"), ("luis", "22")] {
            let run = await world.run(device, "inscribir", "--customer", "C0001", "--card", card)
            #expect(run.status == .done)
        }
        for device in ["ana", "luis", "ana"] { _ = await world.run(device, "sync") }
        for device in ["ana", "luis"] {
            let page = try await world.run(device, "customer", "show", "C0001", "--json")
                .json([String: Any].self)
            #expect(page["points"] as? Int == 100)
            let enrolments = try #require(page["enrolments"] as? [[String: Any]])
            #expect(enrolments.map { $0["cards"] as? [String] } == [["11", "22"]])
        }
        let again = await world.run("ana", "enrol", "--customer", "C0001")
        #expect(again.err.contains("already enrolled"))
    }

    @Test("customers are found without accents and edited without doubling a phone")
    func customers() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        let found = try await world.run("ana", "cliente", "buscar", "nunez", "--json")
            .json([[String: Any]].self)
        #expect(found.map { $0["code"] as? String } == ["C0001"])
        #expect(await world.run("ana", "customer", "find", "zzz").status == .notFound)
        let edit = await world.run(
            "ana", "customer", "edit", "C0001", "--street", " Carrera 43A ", "--add-phone",
            "604 038 5090", "--add-phone", "300 123 4567", "--note", "timbre dañado", "--json")
        #expect(edit.status == .done)
        let page = try await world.run("ana", "customer", "show", "C0001", "--json")
            .json([String: Any].self)
        #expect(page["phones"] as? [String] == ["+573001234567", "+576040385090"])
        #expect(page["street"] as? String == "Carrera 43A")
        let remove = await world.run(
            "ana", "customer", "edit", "C0001", "--remove-phone", "300-123-4567", "--street", "")
        #expect(remove.status == .done)
        let missing = await world.run("ana", "customer", "edit", "C0001", "--remove-phone", "1")
        #expect(missing.status == .notFound)
        #expect(await world.run("ana", "customer", "edit", "C0001").status == .usage)
        #expect(await world.run("ana", "customer", "show", "aaaa").status == .notFound)
        #expect(await world.run("ana", "customer", "show", "00000000aaaa").status == .usage)
        let cleared = await world.run("ana", "customer", "edit", "C0001", "--name", "")
        #expect(cleared.status == .refusedByRule)
    }

    @Test("wrong usage is explained in the language asked for, and says where to look")
    func explained() async throws {
        let world = try await TerminalWorld()
        for (words, en, es) in [
            (["fly"], "there is no command “fly”; see: ronda --help", "no hay una orden «fly»"),
            (["fly", "home"], "there is no command “fly”", "no hay una orden «fly»"),
            (["today", "fly"], "“fly” is one word too many", "sobra «fly»"),
            (["tray", "show", "abc"], "“abc” is no value for", "«abc» no es un valor para"),
            (["visit", "list", "--what"], "there is no option --what", "no hay una opción --what"),
            (["login", "--server"], "a value is missing for", "falta el valor de"),
        ] {
            #expect(await world.run("ana", words).err.contains(en), "\(words)")
            let spanish = await world.run("ana", words + ["--lang", "es"])
            #expect(spanish.err.contains(es), "\(words)")
            #expect(!spanish.err.contains("Unexpected") && !spanish.err.contains("invalid"))
            let document = try await world.run("ana", words + ["--json", "--lang", "es"])
                .json([String: [String: String]].self)
            #expect(document["error"]?["es"]?.contains(es) == true, "\(words)")
        }
        #expect(await !world.run("ana", "fly").err.contains("Usage: ronda today"))
    }

    @Test("a name that fits nobody is answered with what to do")
    func nobody() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        let run = await world.run("ana", "customer", "show", "C9999", language: "es")
        #expect(run.status == .notFound && run.err.contains("sincronice: ronda sync"))
    }

    @Test("an address that is none is answered with how one looks, and with nothing of queues")
    func address() async throws {
        let world = try await TerminalWorld()
        world.setOffline(true)
        let run = await world.run(
            "ana", "login", "--server", "http://hub", language: "es", answers: ["ABCD1234"])
        #expect(run.status == .offline)
        #expect(run.err.contains("inicie sesión de nuevo con el mismo código"))
        #expect(!run.err.contains("en cola"))
    }
}
