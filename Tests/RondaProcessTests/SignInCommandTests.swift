import Foundation
import RondaClient
import RondaProtobuf
import SwiftProtobuf
import Testing

@Suite("Codes, passwords and rates at the edge", .timeLimit(.minutes(2)))
struct SignInCommandTests {
    private struct CodeLine: Decodable {
        let login: String
        let selector: String
        let state: String
        let failures: Int
    }

    private func codes(_ office: Office) async throws -> [CodeLine] {
        try await office.expectDone("codes").decode([CodeLine].self)
    }

    @Test("codes are listed by their first half only, cancelled, and locked by guesses")
    func codeList() async throws {
        let office = try await Office.prepared(reps: ["ana", "beto"])
        let server = try await office.serve()
        let client = try await RawClient(office, login: "beto", url: server.url)
        let code = try await office.code(for: "ana")
        let line = try #require(try await codes(office).first)
        #expect(line.login == "ana" && line.state == "open" && code.hasPrefix(line.selector))
        let listed = try await office.say("codigos", language: "es")
        #expect(listed.output.contains("abierto") && !listed.output.contains(code.suffix(5)))
        for number in 1...5 {
            let wrong = code.prefix(5) + (code.hasSuffix("\(number)") ? "0" : "\(number)")
            let padded = wrong.padding(toLength: 10, withPad: "Z", startingAt: 0)
            #expect(
                try await client.enrol(code: padded, secret: [UInt8](repeating: 9, count: 32))
                    .status == 403)
        }
        #expect(try await codes(office).map(\.state) == ["locked"])
        let late = try await client.enrol(code: code, secret: [UInt8](repeating: 9, count: 32))
        #expect(late.status == 403)
        // Another one, in place of the locked one, and cancelled before anybody uses it.
        let next = try await office.code(for: "ana")
        #expect(try await codes(office).map(\.state) == ["open"])
        try await office.expectDone("codes", "cancel", "ana")
        #expect(try await codes(office).isEmpty)
        #expect(
            try await client.enrol(code: next, secret: [UInt8](repeating: 9, count: 32)).status
                == 403)
        #expect(try await office.run("codes", "cancel", "nadie").status == 3)
        await server.stop()
    }

    @Test("a network that sends wrong codes waits; a right one from it is heard all the same")
    func wrongCodes() async throws {
        let office = try await Office.prepared()
        let server = try await office.serve()
        let client = try await RawClient(office, login: "ana", url: server.url)
        let code = try await office.code(for: "ana")
        let statuses = try await withThrowingTaskGroup(of: (Int, String?).self) { group in
            for number in 0..<110 {
                group.addTask {
                    // A connection each: they wait together.
                    let transport = try Office.transport(to: server.url)
                    let other = RawClient(transport: transport, secret: client.secret)
                    let answer = try await other.enrol(
                        code: String(format: "ZZZZZ%05d", number),
                        secret: [UInt8](repeating: 8, count: 32))
                    return (answer.status, answer.headers["retry-after"])
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count { $0.0 == 403 } == 100)
        #expect(statuses.count { $0.0 == 429 } == 10)
        #expect(statuses.allSatisfy { $0.0 == 403 || Int($0.1 ?? "") ?? 0 > 0 })
        #expect(
            try await client.enrol(code: code, secret: [UInt8](repeating: 8, count: 32)).status
                == 200)
        await server.stop()
    }

    @Test("a device that asks too much is told to wait")
    func rate() async throws {
        let office = try await Office.prepared()
        let server = try await office.serve("--requests-per-second", "1")
        let client = try await RawClient(office, login: "ana", url: server.url)
        let empty = try RawClient.request().serializedData()
        // Fifty at once, and one more for each second that this takes.
        var answer = try await client.post(empty)
        var count = 1
        while answer.status == 200, count < 1_000 {
            answer = try await client.post(empty)
            count += 1
        }
        #expect(count > 50 && answer.status == 429 && answer.headers["retry-after"] == "1")
        #expect(try answer.problem().code == "busy")
        #expect(try await office.run("serve", "--requests-per-second=-1").status == 2)
        await server.stop()
    }

    @Test("the code comes in at a prompt or on standard input, not on the command line")
    func prompt() async throws {
        let office = try await Office.prepared()
        let server = try await office.serve()
        for words in [["--code", "-"], []] {
            let code = try await office.code(for: "ana")
            let home = ["RONDA_HOME": office.root + "/\(UUID().uuidString)"]
            let login = try await RunningProgram(
                .ronda, ["login", "--server", server.url, "--json"] + words, environment: home,
                scratch: office.root, input: code.lowercased() + "\n"
            ).outcome()
            #expect(login.status == 0, "\(login.output)\(login.errors)")
        }
        let code = try await office.code(for: "ana")
        for words in [["--code", code], ["--code=\(code)"]] {
            let shown = try await office.start(
                "eva", ["login", "--server", server.url] + words
            ).outcome()
            #expect(shown.status == 2 && !"\(shown.output)\(shown.errors)".contains(code))
            #expect(try shown.decode(ErrorAnswer.self).error.es.contains("Quite --code"))
        }
        // Nothing was sent: it is still good.
        #expect(try await codes(office).last?.state == "open")
        let none = try await office.ronda("nobody", "login", "--server", server.url)
        #expect(none.status == 2)
        await server.stop()
    }

    @Test("a password comes in on standard input, and nothing tells it")
    func password() async throws {
        let office = try await Office.prepared()
        func set(_ login: String, _ input: String?) async throws -> RunningProgram.Outcome {
            try await RunningProgram(
                .server, ["account", "password", login, "--data", office.data, "--json"],
                scratch: office.root, input: input
            ).outcome()
        }
        let outcome = try await set("office", "caballo batería grapa\n")
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(try await set("office", "corta\n").status == 7)
        #expect(try await set("nadie", "caballo batería grapa\n").status == 3)
        #expect(try await set("office", nil).status == 2)
        let audit = try await office.expectDone("audit").output
        #expect(audit.contains("account.password") && !audit.contains("caballo"))
        let store = try Data(contentsOf: URL(filePath: office.data + "/hub.sqlite"))
        #expect(store.range(of: Data("caballo".utf8)) == nil)
    }
}
