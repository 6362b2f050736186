import Foundation
import Synchronization
import Testing

@Suite("ronda sync --watch", .timeLimit(.minutes(2)))
struct WatchTests {
    /// The lines of a running program, one after another.
    private final class Lines: Sendable {
        let pipe = Pipe()
        private let stream: AsyncStream<String>

        init() {
            let (stream, lines) = AsyncStream<String>.makeStream()
            self.stream = stream
            let handle = pipe.fileHandleForReading
            Thread.detachNewThread {
                var rest = Data()
                while true {
                    let part = handle.availableData
                    rest += part
                    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                        lines.yield(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
                        rest = Data(rest[(end + 1)...])
                    }
                    if part.isEmpty { return lines.finish() }
                }
            }
        }

        /// The next line that has all these words; `nil` at the end.
        func line(with words: String...) async -> String? {
            for await line in stream where words.allSatisfy({ line.contains($0) }) { return line }
            return nil
        }
    }

    private func watch(_ office: Office, _ who: String, _ lines: Lines) throws -> RunningProgram {
        let program = try RunningProgram(
            .ronda, ["sync", "--watch", "--json"],
            environment: ["RONDA_HOME": office.home(of: who)], scratch: office.root,
            output: lines.pipe.fileHandleForWriting)
        try lines.pipe.fileHandleForWriting.close()
        return program
    }

    @Test("shows what another rep sends as it comes, and ends well when it is interrupted")
    func shows() async throws {
        let office = try await Office.prepared(reps: ["ana", "beto"])
        let server = try await office.serve()
        for rep in ["ana", "beto"] {
            try await office.login(rep, url: server.url)
            #expect(try await office.ronda(rep, "sync").status == 0)
        }
        let lines = Lines()
        let watch = try watch(office, "beto", lines)
        #expect(await lines.line(with: "\"state\":\"live\"") != nil)
        let saved = try await office.ronda(
            "ana", "visit", "new", "--customer", "C1", "--note", "una", "--no-input")
        #expect(saved.status == 0)
        #expect(try await office.ronda("ana", "sync").status == 0)
        let line = try #require(await lines.line(with: "\"change\"", "\"visit\""))
        #expect(line.contains("\"by\":\"ana\""))
        #expect(line.contains("\"kind\":\"new\""))
        // What this device captures in another process goes out by itself.
        let own = try await office.ronda(
            "beto", "visit", "new", "--customer", "C2", "--note", "dos", "--no-input")
        #expect(own.status == 0)
        let ana = Lines()
        let other = try self.watch(office, "ana", ana)
        #expect(await ana.line(with: "\"change\"", "\"visit\"", "\"by\":\"beto\"") != nil)
        for program in [watch, other] {
            program.signal(SIGINT)
            #expect(await program.outcome().status == 0)
        }
        #expect(await lines.line(with: "\"complete\":true") != nil)
        await server.stop()
    }

    @Test("a server that stops ends its streams and itself; the watch goes on without it")
    func serverStops() async throws {
        let office = try await Office.prepared()
        let server = try await office.serve()
        try await office.login("ana", url: server.url)
        let lines = Lines()
        let watch = try watch(office, "ana", lines)
        #expect(await lines.line(with: "\"state\":\"live\"") != nil)
        #expect(await server.stop().status == 0)
        #expect(await lines.line(with: "\"state\":\"offline\"") != nil)
        let again = try await office.serve(port: server.port)
        #expect(await lines.line(with: "\"state\":\"live\"") != nil)
        watch.signal(SIGTERM)
        #expect(await watch.outcome().status == 0)
        await again.stop()
    }

    private struct Made: Decodable {
        let pin: String
    }

    @Test("over TLS by a fingerprint, until the office ends the device's access: that ends it")
    func accessEnds() async throws {
        let office = try await Office.prepared()
        let pin = try await office.expectDone("certificate").decode(Made.self).pin
        let server = try await office.serve()
        let login = try await office.ronda(
            "ana", "login", "--server", server.url, "--pin", pin,
            input: try await office.code(for: "ana"))
        #expect(login.status == 0, "\(login.output)\(login.errors)")
        let lines = Lines()
        let watch = try watch(office, "ana", lines)
        #expect(await lines.line(with: "\"state\":\"live\"") != nil)
        try await office.expectDone("devices", "revoke", "ana")
        #expect(await lines.line(with: "\"error\"", "\"revoked\"") != nil)
        #expect(await watch.outcome().status != 0)
        let status = try await office.ronda("ana", "status")
        #expect(status.output.contains("\"revoked\":true"))
        await server.stop()
    }
}
