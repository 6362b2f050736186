import Foundation
import Testing

@Suite("Setting up may be interrupted at any moment and begun again", .timeLimit(.minutes(2)))
struct InterruptedSetupTests {
    private struct Imported: Decodable {
        struct File: Decodable {
            let imported: Int
            let known: Int
        }
        let customers: File
    }

    /// Kills the program after a while drawn, or once a file of its store has come or grown.
    private func strike(
        _ program: RunningProgram, watching path: String, growth: Int = 1, thousands: Int = 100,
        _ dice: inout Dice
    ) {
        if dice.below(3) > 0 {
            let enough = size(of: path) + 1 + dice.below(growth)
            while !program.hasEnded && size(of: path) < enough {}
        }
        dice.dawdle(thousands: thousands)
        program.signal(SIGKILL)
    }

    /// -1 for a file that is not there.
    private func size(of path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? -1
    }

    @Test("ronda-server init, killed, leaves a store or room for one")
    func initialising() async throws {
        var dice = Dice("init kills")
        var unusable: [String] = []
        for round in 0..<16 {
            let office = try Office()
            let file = office.data + "/hub.sqlite" + ["", "-wal", ""][round % 3]
            let program = try RunningProgram(
                .server, ["init", "--data", office.data, "--json"], scratch: office.root)
            strike(program, watching: file, &dice)
            _ = await program.outcome()
            let status = try await office.run("status")
            if status.status == 0 { continue }
            let again = try await office.run("init")
            if again.status != 0 { unusable.append("\(round): \(again.errors)") }
        }
        #expect(unusable.isEmpty)
    }

    @Test("ronda-server import, killed, goes on where it was, with nothing twice")
    func importing() async throws {
        var dice = Dice("import kills")
        let office = try Office()
        try await office.expectDone("init")
        let rows = 2_500
        let territories = try office.write(
            "code,country,main_city\nMX-14,MX,Guadalajara\n", to: "territories.csv")
        let customers = try office.write(
            Office.customerHeader + (0..<rows).map { Office.customerLine("C\($0)") }.joined(),
            to: "customers.csv")
        let words = ["import", "--territories", territories, "--customers", customers]
        var kills = 0
        for _ in 0..<6 {
            let program = try RunningProgram(
                .server, words + ["--data", office.data, "--json"], scratch: office.root)
            strike(
                program, watching: office.data + "/hub.sqlite-wal", growth: 400_000,
                thousands: 1_000, &dice)
            kills += await program.outcome().wasKilled ? 1 : 0
        }
        let stored = try await office.status().records["customer"] ?? 0
        print("import kills: \(kills) kills, \(stored) rows were in")
        let last = try await office.run(words)
        #expect(last.status == 0, "\(last.output)\(last.errors)")
        let answer = try last.decode(Imported.self).customers
        #expect(answer.known == stored)
        #expect(answer.imported == rows - stored)
        let status = try await office.status()
        #expect(status.records["customer"] == rows)
        #expect(status.refused == 0)
    }

    @Test("ronda login, killed, takes the same code again, and there is one device")
    func login() async throws {
        var dice = Dice("login kills")
        let office = try await Office.prepared()
        let server = try await office.serve()
        for round in 0..<8 {
            let who = "ana-\(round)"
            let code = try await office.code(for: "ana")
            let words = ["login", "--server", server.url]
            let program = try office.start(who, words, input: code)
            strike(
                program,
                watching: office.home(of: who) + "/ronda.sqlite" + ["", "-wal"][round % 2], &dice)
            _ = await program.outcome()
            let again = try await office.start(who, words, input: code).outcome()
            let isDone = again.status == 0
            // The first may have finished before it was killed.
            let wasDone =
                again.status == 1
                && (try? again.decode(ErrorAnswer.self).error.code) == "alreadyLoggedIn"
            #expect(isDone || wasDone, "\(round): \(again.output)\(again.errors)")
            let sync = try await office.ronda(who, "sync")
            #expect(sync.status == 0, "\(round): \(sync.output)\(sync.errors)")
        }
        await server.stop()
    }
}
