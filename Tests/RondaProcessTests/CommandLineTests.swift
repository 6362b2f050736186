import Foundation
import Testing

@Suite("The command lines of the programs", .timeLimit(.minutes(2)))
struct CommandLineTests {
    @Test(
        "ronda-server explains wrong usage in the language asked for, with --json as a document",
        arguments: [
            (["purge", "--older-than", "abc"], "no es un valor para"),
            (["fly"], "no hay una opción --json"),
            (["status", "--fly"], "no hay una opción --fly"),
            (["user", "add", "--login"], "falta el valor de"),
        ] as [([String], String)])
    func usage(_ words: [String], _ es: String) async throws {
        let office = try Office()
        let outcome = try await RunningProgram.run(
            .server, words + ["--json", "--lang", "es"], scratch: office.root)
        #expect(outcome.status == 2)
        let error = try outcome.decode(ErrorAnswer.self).error
        #expect(error.code == "usage" && error.es.contains(es) && !error.es.contains("invalid"))
        #expect(outcome.errors.hasPrefix("ronda-server: no se entendió la orden"))
    }

    @Test("ronda-server tells its version, and lists the tray without being told to")
    func defaults() async throws {
        let office = try await Office.prepared()
        let version = try await RunningProgram.run(.server, ["--version"], scratch: office.root)
        #expect(version.status == 0 && version.output.hasPrefix("ronda-server "))
        #expect(try await office.expectDone("tray").output.contains("["))
    }

    @Test("serving on what is no address of this machine is said without the program's inside")
    func address() async throws {
        let office = try await Office.prepared()
        let outcome = try await office.run("serve", "--host", "999.1.1.1", "--port", "0")
        #expect(outcome.status == 2)
        let error = try outcome.decode(ErrorAnswer.self).error
        #expect(error.code == "badAddress" && !error.es.contains("Error"))
    }

    #if os(Linux)
        @Test("a sync that is interrupted says so and ends with 130", arguments: [SIGINT, SIGTERM])
        func interrupted(_ signal: Int32) async throws {
            let office = try await Office.prepared()
            let server = try await office.serve()
            let proxy = try Proxy(to: server.port)
            defer { proxy.stop() }
            try await office.login("ana", url: proxy.url)
            #expect(try await office.ronda("ana", "sync").status == 0)
            // The server takes the request and never answers.
            kill(server.processID, SIGSTOP)
            let sync = try office.start("ana", ["sync"])
            await withCheckedContinuation { continuation in
                proxy.strike(atMoment: 1) { continuation.resume() }
            }
            sync.signal(signal)
            let outcome = await sync.outcome()
            kill(server.processID, SIGCONT)
            #expect(!outcome.wasKilled && outcome.status == 130)
            #expect(try outcome.decode(ErrorAnswer.self).error.en.contains("nothing is lost"))
            #expect(try await office.ronda("ana", "sync").status == 0)
            await server.stop()
        }
    #endif

    @Test(
        "ronda-sim refuses what it cannot count, and tells how to see a violation again",
        arguments: [
            ["--seeds=-1"], ["--seeds=0"], ["--from", "18446744073709551615", "--seeds", "2"],
        ])
    func simulationBounds(_ words: [String]) async throws {
        let office = try Office()
        let outcome = try await RunningProgram.run(.simulation, words, scratch: office.root)
        #expect(!outcome.wasKilled && outcome.status == 64)
    }

    @Test("ronda-sim tells how to see a violation again, with the bug that was planted")
    func replay() async throws {
        struct Told: Decodable {
            let from: UInt64
            let bug: String
            let replay: String
        }
        let office = try Office()
        let outcome = try await RunningProgram.run(
            .simulation, ["--bug", "lostJournal", "--seeds", "5", "--shrink", "10", "--json"],
            scratch: office.root)
        #expect(outcome.status == 1)
        let told = try outcome.decode(Told.self)
        #expect(told.from == 1 && told.bug == "lostJournal")
        #expect(told.replay.hasPrefix("ronda-sim --from "))
        #expect(told.replay.hasSuffix("--seeds 1 --bug lostJournal"))
    }
}
