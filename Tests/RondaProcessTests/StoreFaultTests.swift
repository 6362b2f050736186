import Foundation
import GRDB
import RondaClient
import RondaProtobuf
import SwiftProtobuf
import Testing

@Suite("Stores that cannot be used are left alone, in a plain sentence", .timeLimit(.minutes(2)))
struct StoreFaultTests {
    /// Exit status 8, one sentence for people, and the same in JSON in both languages.
    private func expectStoreFault(
        _ outcome: RunningProgram.Outcome, code: String? = nil, _ comment: Comment,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(outcome.status == 8, comment, sourceLocation: sourceLocation)
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count == 1, "\(comment): \(lines)", sourceLocation: sourceLocation)
        #expect(!outcome.errors.contains("Error"), comment, sourceLocation: sourceLocation)
        guard let error = try? outcome.decode(ErrorAnswer.self).error else {
            Issue.record("\(comment): \(outcome.output)", sourceLocation: sourceLocation)
            return
        }
        #expect(!error.en.isEmpty && error.en != error.es, comment, sourceLocation: sourceLocation)
        if let code { #expect(error.code == code, comment, sourceLocation: sourceLocation) }
    }

    @Test("a second server on the same store ends with a sentence, and the first goes on")
    func second() async throws {
        let office = try await Office.prepared()
        let server = try await office.serve()
        let second = try await office.run("serve", "--port", "0")
        expectStoreFault(second, code: "inUse", "second server")
        #expect(second.errors.contains("already serving"))
        let client = try await RawClient(office, login: "ana", url: server.url)
        #expect(try await client.send("GET", "/v1/health").status == 200)
        await server.kill()
        // The lock goes with the process, however it ends.
        await (try await office.serve()).stop()
    }

    /// Files that are no store, by what they are.
    private static let garbage: [(name: String, bytes: Data)] = [
        ("text", Data("Querido diario, hoy vendí mucho.\n".utf8)),
        ("noise", Data((0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) })),
        ("zeros", Data(count: 8_192)),
        ("a cut header", Data("SQLite format 3\0".utf8)),
        ("a header and zeros", Data("SQLite format 3\0".utf8) + Data(count: 8_176)),
    ]

    @Test("a hub file of garbage is reported and stays byte for byte", arguments: garbage)
    func garbageHub(name: String, bytes: Data) async throws {
        let office = try Office()
        try FileManager.default.createDirectory(
            atPath: office.data, withIntermediateDirectories: true)
        let path = try office.write(bytes, to: "hub/hub.sqlite")
        let territories = try office.write("code,country,main_city\n", to: "territories.csv")
        for words in [
            ["status"], ["serve", "--port", "0"], ["init"],
            ["import", "--territories", territories],
            ["user", "add", "--login", "a", "--name", "A", "--role", "office"],
        ] {
            expectStoreFault(try await office.run(words), "\(name): \(words[0])")
            #expect(FileManager.default.contents(atPath: path) == bytes, "\(words[0])")
            let files = try FileManager.default.contentsOfDirectory(atPath: office.data)
            #expect(files == ["hub.sqlite"], "\(words[0])")
        }
    }

    @Test("a device file of garbage is reported and stays byte for byte", arguments: garbage)
    func garbageDevice(name: String, bytes: Data) async throws {
        let office = try Office()
        try FileManager.default.createDirectory(
            atPath: office.home(of: "ana"), withIntermediateDirectories: true)
        let path = try office.write(bytes, to: "ana/ronda.sqlite")
        for words in [
            ["status"], ["sync"], ["today"], ["export-state"],
            ["visit", "new", "--customer", "C1", "--note", "x", "--no-input"],
            ["login", "--server", "http://127.0.0.1:9"],
        ] {
            let outcome = try await office.start("ana", words, input: "ABCDEFGH").outcome()
            expectStoreFault(outcome, "\(name): \(words[0])")
            #expect(FileManager.default.contents(atPath: path) == bytes, "\(words[0])")
            let files = try FileManager.default.contentsOfDirectory(
                atPath: office.home(of: "ana"))
            #expect(files == ["ronda.sqlite"], "\(words[0])")
        }
    }

    @Test("a damaged page of the hub: commands say so, the server answers 500 and stays up")
    func damagedHub() async throws {
        let office = try await Office.prepared()
        let enrolment = try await office.code(for: "ana")
        try Self.overwritePage(of: "record", in: office.data + "/hub.sqlite")
        let territories = try office.write(
            "code,country,main_city\nMX-21,MX,Puebla\n", to: "more.csv")
        let imported = try await office.run("import", "--territories", territories)
        expectStoreFault(imported, "import")
        let code = try imported.decode(ErrorAnswer.self).error.code
        #expect(code == "damaged")
        let server = try await office.serve()
        let login = try await office.ronda(
            "ana", "login", "--server", server.url, input: enrolment)
        #expect(login.status == 0, "\(login.output)\(login.errors)")
        let sync = try await office.ronda("ana", "sync")
        #expect(sync.status == 6, "\(sync.output)\(sync.errors)")
        #expect(try sync.decode(ErrorAnswer.self).error.code == "server")
        let client = try await RawClient(office, login: "office", url: server.url)
        let answer = try await client.post(try RawClient.request().serializedData())
        #expect(answer.status == 500)
        #expect(try answer.problem().code == "fault")
        #expect(try await client.send("GET", "/v1/health").status == 200)
        await server.stop()
    }

    @Test("a damaged page of the device: commands that meet it say so, what is queued can be sent")
    func damagedDevice() async throws {
        let office = try await Office.prepared()
        let server = try await office.serve()
        try await office.login("ana", url: server.url)
        #expect(try await office.ronda("ana", "sync").status == 0)
        let saved = try await office.ronda(
            "ana", "promise", "add", "--customer", "C1", "--due", "+3d", "Llamar")
        #expect(saved.status == 0, "\(saved.output)\(saved.errors)")
        try Self.overwritePage(of: "territory", in: office.home(of: "ana") + "/ronda.sqlite")
        let outcome = try await office.ronda("ana", "export-state")
        expectStoreFault(outcome, code: "store", "export-state")
        let sync = try await office.ronda("ana", "sync")
        #expect(sync.status == 0, "\(sync.output)\(sync.errors)")
        #expect(try await office.status().records["commitment"] == 1)
        await server.stop()
    }

    /// Overwrites the root page of a table in the file itself, with nothing left in the log.
    private static func overwritePage(of table: String, in path: String) throws {
        let queue = try DatabaseQueue(path: path)
        let (page, size) = try queue.writeWithoutTransaction { database in
            _ = try database.checkpoint(.truncate)
            let page = try Int.fetchOne(
                database, sql: "SELECT rootpage FROM sqlite_master WHERE name = ?",
                arguments: [table])
            return (page, try Int.fetchOne(database, sql: "PRAGMA page_size"))
        }
        try queue.close()
        let number = try #require(page)
        let bytes = try #require(size)
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seek(toOffset: UInt64((number - 1) * bytes))
        try file.write(contentsOf: Data(repeating: 0xA5, count: bytes))
        try file.close()
    }

    @Test("a home that cannot be written is told apart from one that is empty")
    func unusableHome() async throws {
        let office = try Office()
        // Below a regular file nobody can make a directory, not even root.
        let home = try office.write("", to: "file") + "/home"
        let login = try await office.ronda(
            "ana", "login", "--home", home, "--server", "http://127.0.0.1:9", input: "ABCDEFGH")
        expectStoreFault(login, code: "store", "login")
        #expect(login.errors.contains(home))
        let status = try await office.ronda("ana", "status", "--home", home)
        #expect(status.status == 4, "\(status.output)\(status.errors)")
        let initialised = try await office.run(["init"], data: home)
        expectStoreFault(initialised, code: "readOnly", "init")
    }
}
