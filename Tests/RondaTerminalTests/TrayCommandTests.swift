import Foundation
import RondaHub
import RondaModel
import RondaStore
import Testing

@testable import RondaTerminal

@Suite("Dealing with what the server refused")
struct TrayCommandTests {
    /// Luis has lost his territory: everything he captures is refused.
    private func world(_ commands: [String]...) async throws -> TerminalWorld {
        let world = try await TerminalWorld()
        for device in ["ana", "luis"] { try await world.join(device) }
        try await world.unassign("luis")
        for command in commands {
            let run = await world.run("luis", command + ["--no-input"])
            try #require(run.status == .done, "\(run.err)")
        }
        #expect(await world.run("luis", "sync").status == .refusedByServer)
        return world
    }

    private func tray(_ world: TerminalWorld) async throws -> [[String: Any]] {
        try await world.run("luis", "tray", "--json").json([[String: Any]].self)
    }

    private func number(_ item: [String: Any]?) throws -> String {
        String(try #require(item?["n"] as? Int))
    }

    private static let edit = ["customer", "edit", "C0001", "--city", "Bello"]
    private static let promise = [
        "promise", "add", "--customer", "C0001", "--due", "+3d", "llamar a Rosa",
    ]

    @Test("it is shown beside what there is now, with the reason and what to do")
    func show() async throws {
        let world = try await world(Self.edit)
        let items = try await tray(world)
        #expect(items.count == 1 && items[0]["disposition"] as? String == "open")
        #expect(items[0]["waiting"] as? Int == 0)
        let n = try number(items.first)
        let page = try await world.run("luis", "tray", "show", n, "--json")
            .json([String: Any].self)
        let change = try #require((page["changes"] as? [[String: Any]])?.first)
        #expect((change["fields"] as? [String: Any])?["city"] as? String == "Bello")
        #expect((change["now"] as? [String: Any])?["city"] as? String == "Medellín")
        let english = await world.run("luis", "tray", "show", n, terminal: true)
        for word in ["Bello", "Medellín", "to decide", "NOW"] {
            #expect(english.out.contains(word))
        }
        #expect(english.err.contains("ronda tray edit \(n)"))
        let spanish = await world.run("luis", "bandeja", "ver", n, language: "es", terminal: true)
        for word in ["por decidir", "AHORA", "CAPTURADO"] { #expect(spanish.out.contains(word)) }
        #expect(spanish.errLine.contains("ronda bandeja editar \(n)"))
    }

    @Test("a corrected change is captured again and leaves the tray")
    func edit() async throws {
        let world = try await world(Self.edit)
        let n = try number(try await tray(world).first)
        try await world.reassign("luis")
        let run = await world.run(
            "luis", "bandeja", "editar", n, "--set", "ciudad=Itagüí", "--json")
        #expect(run.status == .done, "\(run.err)")
        #expect(try run.json([String: Any].self)["disposition"] as? String == "resubmitted")
        #expect(try await tray(world).isEmpty)
        #expect(await world.run("luis", "sync").status == .done)
        _ = await world.run("ana", "sync")
        let customer = try await world.run("ana", "customer", "show", "C0001", "--json")
            .json([String: Any].self)
        #expect(customer["city"] as? String == "Itagüí")
        #expect(try await world.hub().store.read { try $0.tray() }.isEmpty)
        #expect(await world.run("luis", "tray", "show", n).status == .notFound)
    }

    @Test("on a terminal the field at fault is asked for until the answer can be used")
    func ask() async throws {
        for (language, question) in [("en", "What shall it be?"), ("es", "¿Qué debe decir?")] {
            let world = try await world(Self.promise)
            let n = try number(try await tray(world).first)
            try await world.reassign("luis")
            _ = await world.run("luis", "sync")
            let run = await world.run(
                "luis", "tray", "edit", n, language: language, answers: ["C0099", "C0002"],
                terminal: true)
            #expect(run.status == .done, "\(run.err)")
            #expect(run.err.contains(question) && run.err.contains("C0099"))
            #expect(await world.run("luis", "sync").status == .done)
            let promises = try await world.run(
                "luis", "promise", "list", "--customer", "C0002", "--json"
            ).json([[String: Any]].self)
            #expect(promises.count == 1)
        }
    }

    @Test("an empty answer leaves it in the tray")
    func noAnswer() async throws {
        let world = try await world(Self.promise)
        let n = try number(try await tray(world).first)
        let run = await world.run("luis", "tray", "edit", n, answers: [""], terminal: true)
        #expect(run.status == .otherError && run.out.contains("still in the tray"))
        #expect(try await tray(world).count == 1)
    }

    @Test("a corrected key moves the record and what names it in the same capture")
    func derivedID() async throws {
        let world = try await world([
            "referral", "add", "--customer", "C0001", "--name", "Rosa", "--phone", "300 555 0101",
        ])
        let n = try number(try await tray(world).first)
        try await world.reassign("luis")
        let run = await world.run(
            "luis", "tray", "edit", n, "--set", "contactPoint=300 555 0199", "--json")
        #expect(run.status == .done, "\(run.err)")
        let sync = await world.run("luis", "sync")
        let left = await world.run("luis", "tray", "--json").out
        #expect(sync.status == .done, "\(left)")
        let referrals = try await world.run("luis", "referral", "list", "--json")
            .json([[String: Any]].self)
        try #require(referrals.count == 1)
        #expect(referrals[0]["contactPoint"] as? String == "tel:+573005550199")
        #expect((referrals[0]["claims"] as? [Any])?.count == 1)
    }

    @Test("what waits for it goes on once it is sent again")
    func waiting() async throws {
        let world = try await world(
            ["enrol", "--customer", "C0001"], ["enrol", "--customer", "C0001", "--card", "77"])
        let items = try await tray(world)
        #expect(items.count == 1 && items[0]["waiting"] as? Int == 1)
        let status = try await world.run("luis", "status", "--json").json([String: Any].self)
        #expect(status["waiting"] as? Int == 1)
        let english = await world.run("luis", "sync", terminal: true)
        #expect(english.line.contains("1 capture is kept at the server until"))
        #expect(english.line.contains("1 refused change is in the tray"))
        let spanish = await world.run("luis", "sync", language: "es", terminal: true)
        #expect(spanish.line.contains("1 captura queda guardada en el servidor hasta"))
        try await world.reassign("luis")
        let n = try number(items.first)
        #expect(await world.run("luis", "tray", "edit", n, "--as-is").status == .done)
        #expect(await world.run("luis", "sync").status == .done)
        let after = try await world.run("luis", "status", "--json").json([String: Any].self)
        #expect(after["waiting"] as? Int == 0 && after["refused"] as? Int == 0)
        let customer = try await world.run("luis", "customer", "show", "C0001", "--json")
            .json([String: Any].self)
        let enrolments = try #require(customer["enrolments"] as? [[String: Any]])
        #expect(enrolments.count == 1 && customer["points"] as? Int == 100)
        #expect(enrolments[0]["cards"] as? [String] == ["77"])
    }

    @Test("left to the office, it stays until they have dealt with it")
    func office() async throws {
        let world = try await world(Self.edit)
        let n = try number(try await tray(world).first)
        let run = await world.run("luis", "tray", "oficina", n, "--json")
        #expect(run.status == .done)
        #expect(try run.json([String: Any].self)["disposition"] as? String == "office")
        #expect(try await tray(world).first?["disposition"] as? String == "office")
        let shown = await world.run("luis", "tray", "show", n, terminal: true)
        #expect(shown.out.contains("at the office") && shown.err.contains("with the office"))
        _ = await world.run("luis", "sync")
        let entry = try #require(try await world.hub().store.read { try $0.tray() }.first)
        #expect(entry.verdict.disposition == .office)
        try await world.reassign("luis")
        let verdict = try await world.hub().retry(device: entry.device, number: entry.number)
        #expect(verdict?.outcome == .accepted)
        #expect(await world.run("luis", "sync").status == .done)
        #expect(try await tray(world).isEmpty)
    }

    @Test("giving it up asks for the name, or for --yes where nobody can be asked")
    func discard() async throws {
        let world = try await world(Self.promise)
        let n = try number(try await tray(world).first)
        #expect(await world.run("luis", "tray", "discard", n).status == .usage)
        let wrong = await world.run(
            "luis", "tray", "discard", n, answers: ["yes"], terminal: true)
        #expect(wrong.status == .otherError && wrong.err.contains("type: Floristería Núñez"))
        #expect(try await tray(world).count == 1)
        let right = await world.run(
            "luis", "bandeja", "descartar", n, language: "es", answers: ["floristeria nunez"],
            terminal: true)
        #expect(right.status == .done && right.err.contains("escriba: Floristería Núñez"))
        #expect(try await tray(world).isEmpty)
        _ = await world.run("luis", "sync")
        #expect(try await world.hub().store.read { try $0.tray() }.isEmpty)
    }

    @Test(
        "what cannot be meant is refused, and the tray is as it was",
        arguments: [
            (["edit", "99", "--set", "city=Bello"], ExitReason.notFound),
            (["office", "99"], .notFound), (["discard", "99", "--yes"], .notFound),
            (["edit", "N"], .usage), (["edit", "N", "--set", "city"], .usage),
            (["edit", "N", "--set", "colour=red"], .usage), (["edit", "N", "--drop", "x"], .usage),
            (["edit", "N", "--set", "kind=martian"], .usage),
            (["edit", "N", "--set", "latitude=north"], .usage),
            (["edit", "N", "--set", "city=a", "--set", "city=b"], .usage),
            (["edit", "N", "--set", "city=a", "--record", "ffff"], .notFound),
            (["edit", "N", "--clear", "name"], .refusedByRule), (["edit", "x"], .usage),
        ])
    func wrong(arguments: [String], status: ExitReason) async throws {
        let world = try await world(Self.edit)
        let n = try number(try await tray(world).first)
        let words = arguments.map { $0 == "N" ? n : $0 }
        for language in ["en", "es"] {
            let run = await world.run("luis", ["tray"] + words, language: language)
            #expect(run.status == status, "\(words): \(run.err)")
            #expect(run.err.hasPrefix("ronda: "))
        }
        #expect(try await tray(world).count == 1)
    }
}
