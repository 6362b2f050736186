import Foundation
import RondaClient
import RondaHub
import RondaModel
import Testing

@testable import RondaTerminal

@Suite("How much history a device keeps, from the terminal")
struct HistoryBudgetCommandTests {
    /// Ana's customer has seven purchases and a promise that is open.
    private func world() async throws -> TerminalWorld {
        let world = try await TerminalWorld()
        try await world.join("ana")
        let customer = RecordID(high: 0xaaaa_0000, low: 9)
        let changes = (0..<7).map { index in
            var purchase = Purchase(
                id: .derived(namespace: Schema.current.namespace, name: "purchase \(index)"))
            purchase.customer = customer
            purchase.date = CivilDate(days: Int32(20_000 + index))
            purchase.amount = 1_000
            return Change(creating: purchase)
        }
        let verdicts = try await world.hub().submitAsSystem([changes])
        try #require(verdicts.allSatisfy { $0.refusal == nil })
        return world
    }

    private func absent(_ run: TerminalWorld.Run) throws -> [String: Int]? {
        try run.json([String: Any].self)["absentHistory"] as? [String: Int]
    }

    @Test("what is not on the device is said at the end of a sync and by status, with what to do")
    func said() async throws {
        let world = try await world()
        let run = await world.run("ana", "sync", "--historial", "3", language: "es", terminal: true)
        #expect(run.status == .done)
        #expect(
            run.line.contains(
                "No está en este equipo: 4 registros de historial (compra: 4); para tener más: "
                    + "ronda sync --historial N, o --historial todo."))
        let status = await world.run("ana", "status", language: "es", terminal: true)
        #expect(status.out.contains("3 registros como mucho"))
        #expect((status.out + status.err).contains("4 registros de historial (compra: 4)"))
        let json = await world.run("ana", "status", "--json")
        #expect(try absent(json) == ["purchase": 4])
        #expect(try json.json([String: Any].self)["historyBudget"] as? Int == 3)
        #expect(await world.run("ana", "sync", "--json").line.contains("\"absentHistory\":4"))
        // Kept until it is changed.
        let all = await world.run("ana", "sync", "--history", "all")
        #expect(all.status == .done && !all.line.contains("ot on this device"))
        let after = await world.run("ana", "status", "--json")
        #expect(try absent(after) == [:])
        #expect(try after.json([String: Any].self)["historyBudget"] is NSNull)
    }

    @Test("notes on a terminal are broken between words; for a program they are one line")
    func wrapped() async throws {
        let world = try await world()
        _ = await world.run("ana", "sync", "--history", "3")
        let screen = await world.run("ana", "status", language: "es", terminal: true)
        #expect(screen.err.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(screen.errLine.contains("para tener más: ronda sync --historial N"))
        let piped = await world.run("ana", "status", language: "es")
        #expect(piped.err.split(separator: "\n").count < screen.err.split(separator: "\n").count)
        let error = await world.run("ana", "customer", "show", "C9", language: "es", terminal: true)
        #expect(error.err.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test("kinds of which nothing is here are left to programs")
    func zeros() async throws {
        let world = try await world()
        let screen = await world.run("ana", "status", language: "es", terminal: true)
        #expect(screen.out.contains("territorio") && !screen.out.contains("encuesta"))
        #expect(!screen.out.contains("renegociación"))
        #expect(await world.run("ana", "status").out.contains("records.renegotiation\t0"))
    }

    @Test("purchases that are not here are not said to be none")
    func purchasesElsewhere() async throws {
        let world = try await world()
        _ = await world.run("ana", "sync", "--history", "0")
        let page = await world.run("ana", "cliente", "ver", "C0001", language: "es", terminal: true)
        #expect(page.line.contains("compras") && page.line.contains("ninguna en este equipo"))
        let none = await world.run("ana", "cliente", "ver", "C0002", language: "es", terminal: true)
        #expect(none.line.contains("ninguna") && !none.line.contains("ninguna en este equipo"))
    }

    @Test("a customer's page says what it lacks, and gets it when asked")
    func fetched() async throws {
        let world = try await world()
        _ = await world.run("ana", "sync", "--history", "0")
        let page = await world.run("ana", "cliente", "ver", "C0001", language: "es", terminal: true)
        #expect(page.line.contains("7 registros de historial (compra: 7)"))
        #expect(page.line.contains("--traer"))
        world.setOffline(true)
        let offline = await world.run("ana", "customer", "show", "C0001", "--fetch")
        #expect(offline.status == .offline && offline.err.contains("no answer"))
        world.setOffline(false)
        let fetched = await world.run("ana", "customer", "show", "C0001", "--fetch", "--json")
        #expect(fetched.status == .done)
        #expect(try absent(fetched) == [:])
        let purchases = try fetched.json([String: Any].self)["purchases"] as? [String: Any]
        #expect(purchases?["count"] as? Int == 7)
        let again = await world.run("ana", "cliente", "ver", "C0001", "--traer", language: "es")
        #expect((again.out + again.err).contains("0 registros de historial llegaron"))
        _ = await world.run("ana", "sync")
        let third = await world.run(
            "ana", "customer", "show", "C0001", "--fetch", terminal: true)
        #expect((third.out + third.err).contains("7 records of history came"))
        #expect(await world.run("ana", "customer", "show", "C9", "--fetch").status == .notFound)
    }

    @Test("what is no number is refused, and changes nothing", arguments: ["-1", "viel", "1.5"])
    func wrong(_ text: String) async throws {
        let world = try await world()
        let run = await world.run("ana", "sync", "--history=\(text)")
        #expect(run.status == .usage && run.err.contains("--history 20000"))
        let json = try await world.run("ana", "status", "--json").json([String: Any].self)
        #expect(json["historyBudget"] as? Int == 20_000)
    }
}
