import Foundation
import RondaClient
import RondaModel
import Testing

@Suite("The server may be killed at any moment", .timeLimit(.minutes(2)))
struct ServerKillTests {
    /// What a device was told is saved.
    private struct Captured: Sendable {
        var visits: [RecordID: String] = [:]
        var promises: [RecordID: String] = [:]
        var commits = 0
    }

    @Test("thirty kills under load: everything captured is stored once, and nothing waits")
    func kills() async throws {
        var dice = Dice("server kills")
        let logins = ["ana", "beto", "carla"]
        let office = try await Office.prepared(reps: logins + ["diego"])
        var server = try await office.serve()
        let before = try await office.status()
        let traffic = Traffic()
        var devices: [(login: String, store: LocalStore, transport: any Transport)] = []
        for login in logins {
            let device = try await office.device(login, url: server.url)
            _ = try await device.store.sync(over: device.transport)
            devices.append((login, device.store, device.transport))
        }
        try await office.login("diego", url: server.url)
        #expect(try await office.ronda("diego", "sync").status == 0)
        var clientKills = 0
        var notes: Set<Int> = []
        let captured = try await withThrowingTaskGroup(of: Captured.self) { group in
            defer { traffic.end() }
            for (login, store, transport) in devices {
                let dice = dice.split()
                group.addTask {
                    // Whoever fails ends it for all: nobody waits for requests that never come.
                    defer { traffic.end() }
                    return try await Self.work(
                        login, store, WatchedTransport(inner: transport, traffic: traffic),
                        traffic, dice)
                }
            }
            for round in 1...30 {
                await traffic.waitForRequests(traffic.started + 1 + dice.below(12))
                if traffic.isOver { break }
                dice.dawdle(thousands: 40)
                // Now and then a client dies with it, at whatever it was doing.
                let client = try office.start("diego", round % 2 == 0 ? ["sync"] : Self.note(round))
                if round % 3 == 0 {
                    dice.dawdle(thousands: 2_000)
                } else {
                    dice.dawdle(thousands: 40)
                }
                client.signal(SIGKILL)
                let end = await client.outcome()
                clientKills += end.wasKilled ? 1 : 0
                if !end.wasKilled && round % 2 == 1 && end.status == 0 { notes.insert(round) }
                let outcome = await server.kill()
                #expect(outcome.wasKilled, "ended by itself: \(outcome.errors)")
                server = try await office.serve(port: server.port)
                traffic.serverIsBack()
            }
            traffic.end()
            return try await group.reduce(into: [Captured]()) { $0.append($1) }
        }
        for device in devices {
            let report = try await device.store.sync(over: device.transport)
            #expect(report.isComplete)
            let status = try await device.store.read { try $0.status() }
            #expect(status.pending == 0)
            #expect(status.refused == 0)
        }
        #expect(clientKills >= 10)
        let last = try await office.ronda("diego", "sync")
        #expect(last.status == 0, "\(last.output)\(last.errors)")
        var stored = try await office.everything(url: server.url)
        let after = try await office.status()
        // What the program that was killed had said to be saved is there, and nothing twice; what it
        // had not said may be there too.
        let mark = Self.mark
        let told = stored.visits.filter { $0.note?.hasPrefix(mark) == true }.compactMap(\.note)
        #expect(Set(told).count == told.count)
        #expect(Set(notes.map { "\(mark)\($0)" }).isSubset(of: told))
        stored.visits.removeAll { $0.note?.hasPrefix(mark) == true }
        let visits = captured.reduce(into: [:]) { $0.merge($1.visits) { $1 } }
        let promises = captured.reduce(into: [:]) { $0.merge($1.promises) { $1 } }
        // As lists and not as dictionaries first: a record that came twice must show.
        #expect(stored.visits.count == visits.count)
        #expect(stored.promises.count == promises.count)
        #expect(stored.visits.reduce(into: [:]) { $0[$1.id] = $1.note } == visits)
        #expect(stored.promises.reduce(into: [:]) { $0[$1.id] = $1.words } == promises)
        #expect(Set(stored.promises.compactMap(\.words)).count == promises.count)
        #expect(after.commits - before.commits == captured.reduce(told.count) { $0 + $1.commits })
        #expect(after.refused == 0)
        print("server kills: \(visits.count) visits, \(promises.count) promises")
        await server.stop()
    }

    private static let mark = "diego "

    private static func note(_ round: Int) -> [String] {
        ["visit", "new", "--customer", "C1", "--note", "\(mark)\(round)", "--no-input"]
    }

    /// Captures and syncs without end; without a server it captures on, and waits for one before
    /// the queue grows for ever.
    private static func work(
        _ login: String, _ store: LocalStore, _ transport: WatchedTransport, _ traffic: Traffic,
        _ given: Dice
    ) async throws -> Captured {
        var dice = given
        var captured = Captured()
        while !traffic.isOver {
            for _ in 0...dice.below(4) {
                try await capture("\(login) \(captured.commits)", store, &captured, &dice)
            }
            let generation = traffic.generation
            do throws(ClientError) {
                _ = try await store.sync(over: transport)
            } catch {
                guard error.isRetryable else { throw error }
                for _ in 0...dice.below(8) {
                    try await capture("\(login) \(captured.commits)", store, &captured, &dice)
                }
                // A connection that died with the last server is no sign that this one is gone.
                if (try? await store.sync(over: transport)) == nil {
                    await traffic.waitForServer(after: generation)
                }
            }
        }
        return captured
    }

    private static func capture(
        _ words: String, _ store: LocalStore, _ captured: inout Captured, _ dice: inout Dice
    ) async throws {
        let withVisit = dice.below(3) == 0
        let receipt = try await store.capture { capture in
            var promise = capture.new(Commitment.self)
            promise.customer = Office.customer
            promise.words = words
            promise.dueAt = Office.due
            if withVisit {
                var visit = capture.new(Visit.self)
                visit.customer = Office.customer
                visit.at = Office.due
                visit.state = .completed
                visit.note = words
                promise.visit = try capture.create(visit)
            }
            try capture.create(promise)
        }
        let records = try #require(receipt?.records)
        captured.commits += 1
        captured.promises[try #require(records.last)] = words
        if withVisit { captured.visits[try #require(records.first)] = words }
    }
}
