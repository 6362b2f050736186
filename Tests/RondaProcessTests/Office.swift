import Foundation
import RondaClient
import RondaModel
import RondaServer
import Testing

/// A store made, filled and served by the real `ronda-server`, in a directory of the test.
final class Office: Sendable {
    struct Status: Decodable, Hashable, Sendable {
        let records: [String: Int]
        let conflicts: Int
        let accounts: Int
        let commits: Int
        let refused: Int
    }

    private struct Code: Decodable {
        let code: String
    }

    let root: String
    var data: String { root + "/hub" }

    /// A directory without a store.
    init() throws {
        root = FileManager.default.temporaryDirectory.path + "/ronda-process-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Three reps of MX-14, an office account and three customers.
    static func prepared(reps: [String] = ["ana"]) async throws -> Office {
        let office = try Office()
        try await office.expectDone("init")
        let territories = try office.write(
            "code,country,main_city\nMX-14,MX,Guadalajara\n", to: "territories.csv")
        let customers = try office.write(
            Self.customerHeader + (1...3).map { Self.customerLine("C\($0)") }.joined(),
            to: "customers.csv")
        try await office.expectDone(
            "import", "--territories", territories, "--customers", customers)
        for rep in reps {
            try await office.expectDone(
                "user", "add", "--login", rep, "--name", rep, "--role", "rep", "--territory",
                "MX-14")
        }
        try await office.expectDone(
            "user", "add", "--login", "office", "--name", "Oficina", "--role", "office")
        return office
    }

    static let customerHeader = """
        code,kind,name,contact,phone,email,street,city,latitude,longitude,country,territory,since,\
        consent_marketing

        """

    static func customerLine(_ code: String, name: String = "Peña", since: String = "2024-02-03")
        -> String
    {
        "\(code),person,\(name) \(code),,,,Calle 1,Guadalajara,,,MX,MX-14,\(since),\n"
    }

    func write(_ text: String, to name: String) throws -> String {
        try write(Data(text.utf8), to: name)
    }

    func write(_ bytes: Data, to name: String) throws -> String {
        let path = root + "/" + name
        try bytes.write(to: URL(filePath: path))
        return path
    }
}

// MARK: - The programs

extension Office {
    /// `ronda-server` with the store of this office, and JSON.
    func run(_ words: String...) async throws -> RunningProgram.Outcome {
        try await run(words)
    }

    func run(_ words: [String], data: String? = nil) async throws -> RunningProgram.Outcome {
        try await RunningProgram.run(
            .server, words + ["--data", data ?? self.data, "--json"], scratch: root)
    }

    @discardableResult
    func expectDone(_ words: String...) async throws -> RunningProgram.Outcome {
        let outcome = try await run(words)
        try #require(
            outcome.status == 0,
            "ronda-server \(words.joined(separator: " ")): \(outcome.output)\(outcome.errors)")
        return outcome
    }

    func serve(port: Int = 0, _ options: String...) async throws -> ServerProcess {
        try await ServerProcess(data: data, port: port, scratch: root, options: options)
    }

    func status() async throws -> Status {
        try await expectDone("status").decode(Status.self)
    }

    func code(for login: String) async throws -> String {
        try await expectDone("device", "code", "--login", login).decode(Code.self).code
    }

    /// `ronda` on the device of `who`.
    func ronda(
        _ who: String, _ words: String..., input: String? = nil
    ) async throws -> RunningProgram.Outcome {
        try await start(who, words, input: input).outcome()
    }

    func start(
        _ who: String, _ words: [String], input: String? = nil
    ) throws -> RunningProgram {
        try RunningProgram(
            .ronda, words + ["--json"], environment: ["RONDA_HOME": home(of: who)],
            scratch: root, input: input)
    }

    func home(of who: String) -> String { root + "/" + who }

    /// Logs `ronda` in, through the given address.
    func login(_ who: String, url: String) async throws {
        let outcome = try await ronda(
            who, "login", "--server", url, input: try await code(for: who))
        try #require(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }

    /// A device in the test process, logged in.
    func device(
        _ login: String, url: String, directory: String? = nil
    ) async throws -> (store: LocalStore, transport: any Transport) {
        let transport = try Self.transport(to: url)
        let store = try LocalStore.open(at: directory ?? home(of: login), create: true)
        _ = try await store.login(
            server: url, code: try await code(for: login), deviceName: login, transport: transport)
        return (store, transport)
    }

    /// What a device of the office sees that has just been set up.
    func everything(url: String) async throws -> (visits: [Visit], promises: [Commitment]) {
        let device = try await device("office", url: url, directory: root + "/\(UUID().uuidString)")
        let report = try await device.store.sync(over: device.transport)
        #expect(report.isComplete)
        return try await device.store.read {
            (try $0.records(Visit.self), try $0.records(Commitment.self))
        }
    }

    static func transport(to url: String) throws -> any Transport {
        #if os(Linux)
            try CurlTransport(server: url, maximumResponseBytes: 32 << 20)
        #else
            try URLSessionTransport(server: url, maximumResponseBytes: 32 << 20)
        #endif
    }

    static let customer = Importer.customerID("C1")
    static let due = Instant(milliseconds: 1_900_000_000_000)
}
