import Foundation
import RondaClient
import RondaModel
import Synchronization
import Testing

@testable import RondaTerminal

@Suite("Syncing and settling conflicts from the terminal")
struct SyncCommandTests {
    /// Both reps correct the same address without having seen each other.
    private func collided() async throws -> TerminalWorld {
        let world = try await TerminalWorld()
        for device in ["ana", "luis"] { try await world.join(device) }
        _ = await world.run("ana", "customer", "edit", "C0001", "--street", "Calle 10")
        world.advance(hours: 1)
        _ = await world.run("luis", "customer", "edit", "C0001", "--street", "Carrera 43A")
        #expect(await world.run("ana", "sync").status == .done)
        #expect(await world.run("luis", "sync").status == .conflicts)
        #expect(await world.run("ana", "sync").status == .conflicts)
        return world
    }

    private func street(_ world: TerminalWorld, _ device: String) async throws -> String? {
        try await world.run(device, "customer", "show", "C0001", "--json")
            .json([String: Any].self)["street"] as? String
    }

    @Test("both values are listed with author, name, time and device, on both devices")
    func list() async throws {
        let world = try await collided()
        for device in ["ana", "luis"] {
            let run = await world.run(device, "conflicts", "list", "--json")
            #expect(run.status == .conflicts)
            let rows = try run.json([[String: Any]].self)
            let row = try #require(rows.first)
            #expect(rows.count == 1 && row["entity"] as? String == "customer")
            #expect(row["field"] as? String == "street")
            let values = try #require(row["values"] as? [[String: Any]])
            #expect(values.map { $0["value"] as? String } == ["Carrera 43A", "Calle 10"])
            #expect(values.map { $0["authorName"] as? String } == ["Luis Ortega", "Ana Restrepo"])
            #expect(values.allSatisfy { ($0["at"] as? String)?.hasSuffix("Z") == true })
        }
        let screen = await world.run("ana", "conflictos", language: "es", terminal: true)
        for word in ["dirección", "Carrera 43A", "Calle 10", "Luis Ortega", "Ana Restrepo"] {
            #expect(screen.out.contains(word))
        }
    }

    @Test(
        "a conflict is settled by number or name, keeping either value or writing a third",
        arguments: [
            (["1", "--keep", "1"], "Carrera 43A"), (["1", "--keep", "2"], "Calle 10"),
            (["C0001.street", "--keep", "2"], "Calle 10"),
            (["c0001.dirección", "--value", "Avenida 3"], "Avenida 3"),
        ])
    func resolve(arguments: [String], expected: String) async throws {
        let world = try await collided()
        let run = await world.run("ana", ["conflicts", "resolve"] + arguments + ["--json"])
        #expect(run.status == .done)
        #expect(try run.json([String: Any].self)["conflicts"] as? Int == 0)
        #expect(try await street(world, "ana") == expected)
        for device in ["ana", "luis"] {
            #expect(await world.run(device, "sync").status == .done)
            #expect(await world.run(device, "conflicts", "--json").out == "[]\n")
            #expect(try await street(world, device) == expected)
        }
    }

    @Test("a conflict that is not there, or a choice that is none, is refused")
    func wrongChoices() async throws {
        let world = try await collided()
        for (arguments, status) in [
            (["2", "--keep", "1"], ExitReason.notFound),
            (["C0001.city", "--keep", "1"], .notFound),
            (["1", "--keep", "3"], .usage), (["1"], .usage),
            (["1", "--keep", "1", "--value", "x"], .usage),
        ] {
            #expect(await world.run("ana", ["conflicts", "resolve"] + arguments).status == status)
        }
    }

    @Test("without network the work stays queued and the exit code says so")
    func offline() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        _ = await world.run("ana", "customer", "edit", "C0001", "--city", "Envigado")
        world.setOffline(true)
        let run = await world.run("ana", "sync", "--json", language: "es")
        #expect(run.status == .offline)
        let error = try #require(try run.json([String: [String: String]].self)["error"])
        #expect(error["code"] == "offline" && error["es"]?.contains("1 cambio espera aquí") == true)
        world.setOffline(false)
        let later = await world.run("ana", "sync", "--json")
        let report = try later.json([String: Any].self)
        #expect(report["accepted"] as? Int == 1 && report["complete"] as? Bool == true)
        #expect(
            Set(report.keys) == [
                "accepted", "merged", "refused", "received", "exchanges", "pending", "complete",
                "waiting", "restored", "copied", "renamed", "repaired", "left", "erased",
                "handedOver", "absentHistory", "historyCut", "continued",
            ])
    }

    @Test("the last line of a sync says that the day is safely in")
    func lastLine() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        let spanish = await world.run("ana", "sincronizar", language: "es", terminal: true)
        #expect(spanish.out.hasSuffix("Su día está a salvo en el servidor.\n"))
        let english = await world.run("ana", "sync", terminal: true)
        #expect(english.out.hasSuffix("Your day is safely on the server.\n"))
        #expect(english.err.contains("records received"))
        let piped = await world.run("ana", "sync")
        #expect(piped.out.split(separator: "\n").allSatisfy { $0.contains("\t") })
        #expect(piped.err == "Your day is safely on the server.\n")
    }

    @Test("status has the keys that scripts rely on")
    func status() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        let status = try await world.run("ana", "estado", "--json").json([String: Any].self)
        let keys: Set = [
            "pending", "accepted", "merged", "refused", "conflicts", "records", "lastSync",
            "account", "role", "server", "device", "waiting", "serverRecovering",
            "unknownToServer", "copies",
        ]
        #expect(keys.isSubset(of: Set(status.keys)))
        #expect(status["accountName"] as? String == "Ana Restrepo")
        #expect((status["records"] as? [String: Int])?["customer"] == 2)
    }

    @Test("two devices that have synced export the same bytes, in order of entity and id")
    func exportState() async throws {
        let world = try await collided()
        _ = await world.run(
            "luis", "referral", "add", "--customer", "C0002", "--name", "Rosa",
            "--email", "Rosa@Example.com")
        for device in ["luis", "ana"] { _ = await world.run(device, "sync") }
        let ana = await world.run("ana", "export-state", "--json")
        let luis = await world.run("luis", "export-state", "--json")
        #expect(ana.status == .done && ana.out == luis.out)
        let records = try ana.json([[String: Any]].self)
        let numbers = Dictionary(
            uniqueKeysWithValues: Schema.current.entities.map { ($0.name, $0.id.rawValue) })
        let keys = records.map { record -> String in
            let number = numbers[record["entity"] as? String ?? ""] ?? 0
            return (number < 10 ? "0" : "") + "\(number) \(record["id"] as? String ?? "")"
        }
        #expect(keys == keys.sorted() && records.count > 6)
        let customer = try #require(
            records.first {
                $0["code"] as? String == "C0001" && $0["name"] as? String == "Floristería Núñez"
            })
        let siblings = try #require((customer["siblings"] as? [String: [Any]])?["street"])
        #expect(siblings.count == 2)
    }

    @Test("every reading command gives one JSON document, and differs between the languages")
    func everyCommand() async throws {
        let world = try await collided()
        _ = await world.run(
            "ana", "promise", "add", "--customer", "C0001", "--due", "+3d", "llamar")
        _ = await world.run("ana", "visit", "new", "--customer", "C0001", "--reality", "met")
        _ = await world.run("ana", "enrol", "--customer", "C0001")
        let visits = try await world.run("ana", "visit", "list", "--json").json(
            [[String: Any]].self)
        let visit = try #require(visits.first?["id"] as? String)
        for command in [
            [], ["today"], ["customer", "find", "a"], ["customer", "show", "C0001"],
            ["visit", "list"], ["visit", "show", visit], ["promise", "list", "--all"],
            ["referral", "list"], ["sync"], ["status"], ["conflicts", "list"],
            ["conflicts", "show", "1"], ["tray", "list"],
        ] {
            let json = await world.run("ana", command + ["--json"])
            _ = try json.json(Any.self)
            #expect(json.err.isEmpty, "\(command)")
            let english = await world.run("ana", command, terminal: true)
            let spanish = await world.run("ana", command + ["--lang", "es"], terminal: true)
            #expect(!english.out.isEmpty && english.out != spanish.out, "\(command)")
            for line in spanish.out.split(separator: "\n") {
                #expect(line.replacing(#/\u{1b}\[[0-9;]*m/#, with: "").count <= 80, "\(command)")
            }
        }
        #expect(await world.run("ana", "tray", "show", "9").status == .notFound)
    }

    @Test("what the server refuses ends with 9 and is in the tray with its reason")
    func refused() async throws {
        let world = try await TerminalWorld()
        for device in ["ana", "luis"] { try await world.join(device) }
        try await world.unassign("luis")
        _ = await world.run("luis", "customer", "edit", "C0001", "--city", "Bello")
        let sync = await world.run("luis", "sync", "--json", language: "es")
        #expect(sync.status == .refusedByServer)
        #expect(try sync.json([String: Any].self)["refused"] as? Int == 1)
        let tray = await world.run("luis", "bandeja", "--json")
        let items = try tray.json([[String: Any]].self)
        let item = try #require(items.first)
        #expect(item["contents"] as? [String] == ["customer"] && item["code"] is String)
        let number = try #require(item["n"] as? Int)
        let shown = await world.run("luis", "tray", "show", "\(number)", terminal: true)
        #expect(shown.status == .done && shown.out.contains("reason"))
        #expect(shown.out.contains("Bello"))
    }

    @Test("one record is not several")
    func singular() {
        var report = SyncReport()
        (report.received, report.accepted) = (1, 1)
        #expect(
            SyncView.progress(report)
                == Phrase(
                    en: "1 record received, 1 change sent",
                    es: "1 registro recibido, 1 cambio enviado"))
        (report.received, report.accepted) = (0, 2)
        #expect(SyncView.progress(report).es == "0 registros recibidos, 2 cambios enviados")
    }

    /// Waits for an answer until it is cancelled.
    private struct SilentTransport: Transport {
        let asked: AsyncStream<Void>.Continuation

        func send(
            _ request: TransportRequest
        ) async throws(TransportError) -> TransportResponse {
            asked.yield()
            for await _ in AsyncStream<Void>(unfolding: { try? await Task.sleep(for: .seconds(60)) }
            ) {
                break
            }
            throw TransportError(.cancelled, detail: "by the test")
        }
    }

    @Test("who interrupts it is told that nothing is lost", .timeLimit(.minutes(1)))
    func interrupted() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        _ = await world.run("ana", "customer", "edit", "C0001", "--city", "Envigado")
        let said = Mutex("")
        var context = world.context(
            "ana", language: "es", answers: [], terminal: false, out: { _ in },
            err: { text in said.withLock { $0 += text } })
        let (asked, sign) = AsyncStream<Void>.makeStream()
        context.makeTransport = { _ throws(TransportError) in SilentTransport(asked: sign) }
        context.interrupts = { asked }
        #expect(await Terminal.run(["sync"], in: context) == .interrupted)
        let text = said.withLock { $0 }
        #expect(text.contains("interrumpido; nada se pierde"))
        #expect(text.contains("1 cambio espera aquí"))
        // The lock is free again, and what was queued goes out.
        #expect(await world.run("ana", "sync").status == .done)
    }
}
