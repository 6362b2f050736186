#if os(Linux)
    import Foundation
    import RondaClient
    import RondaModel
    import Testing

    @Suite("The client may be killed at any moment", .timeLimit(.minutes(2)))
    struct ClientKillTests {
        @Test("what a command saved is there once, whenever ronda is killed")
        func kills() async throws {
            var dice = Dice("client kills")
            let office = try await Office.prepared()
            let server = try await office.serve()
            let proxy = try Proxy(to: server.port)
            defer { proxy.stop() }
            let before = try await office.status()
            try await office.login("ana", url: proxy.url)
            #expect(try await office.ronda("ana", "sync").status == 0)
            var saved: [RecordID: String] = [:]
            var kills = 0
            for round in 0..<30 {
                let note = "visita \(round)"
                let visit = try office.start("ana", Self.visit(note))
                if round % 2 == 1 { strike(visit, in: office, &dice) }
                let outcome = await visit.outcome()
                kills += outcome.wasKilled ? 1 : 0
                if !outcome.wasKilled {
                    try #require(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
                    saved[try #require(RecordID(try outcome.decode(SavedAnswer.self).id))] = note
                }
                kills += try await killedSync(office, proxy, &dice) ? 1 : 0
            }
            print("client kills: \(kills) kills, \(saved.count) visits saved")
            #expect(kills >= 10)
            let last = try await office.ronda("ana", "sync")
            #expect(last.status == 0, "\(last.output)\(last.errors)")
            let status = try await office.ronda("ana", "status").decode(StatusAnswer.self)
            #expect(status.pending == 0)
            #expect(status.refused == 0)
            let stored = try await office.everything(url: server.url)
            let notes = stored.visits.reduce(into: [:]) { $0[$1.id] = $1.note }
            #expect(saved.allSatisfy { notes[$0.key] == $0.value })
            // A visit whose command was killed may be there, but once and whole.
            #expect(Set(notes.values).count == stored.visits.count)
            #expect(stored.visits.count >= saved.count)
            #expect(
                stored.promises.reduce(into: [:]) { $0[$1.visit] = $1.words }
                    == stored.visits.reduce(into: [:]) { $0[$1.id] = $1.note })
            #expect(stored.promises.count == stored.visits.count)
            #expect(try await office.status().commits - before.commits == stored.visits.count)
            #expect(status.accepted == stored.visits.count)
            await server.stop()
        }

        private static func visit(_ note: String) -> [String] {
            [
                "visit", "new", "--customer", "C1", "--note", note, "--promise", note, "--due",
                "+3d", "--no-input",
            ]
        }

        /// Kills it once it has begun to write, or at a moment drawn, whichever comes first.
        private func strike(_ program: RunningProgram, in office: Office, _ dice: inout Dice) {
            let log = office.home(of: "ana") + "/ronda.sqlite-wal"
            let before = size(of: log)
            if dice.below(2) == 0 {
                while !program.hasEnded && size(of: log) == before {}
            }
            dice.dawdle(thousands: 1_500)
            program.signal(SIGKILL)
        }

        private func size(of path: String) -> Int {
            (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        }

        /// A sync that is killed at one of the moments the network sees, or soon after one; the
        /// moments beyond the last let it end.
        private func killedSync(
            _ office: Office, _ proxy: Proxy, _ dice: inout Dice
        ) async throws -> Bool {
            let moment = 1 + dice.below(6)
            var blowDice = dice.split()
            let pause = blowDice.below(2) == 0 ? 0 : 200
            let sync = try office.start("ana", ["sync"])
            let drawn = blowDice
            proxy.strike(atMoment: moment) {
                var dice = drawn
                dice.dawdle(thousands: pause)
                sync.signal(SIGKILL)
            }
            let outcome = await sync.outcome()
            if !outcome.wasKilled {
                #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            }
            proxy.strike(atMoment: .max) {}
            return outcome.wasKilled
        }
    }
#endif
