import Foundation
import RondaClient
import RondaHub
import RondaModel
import RondaProtobuf
import RondaStore
import RondaStoreSQLite
import RondaWire
import SwiftProtobuf
import Synchronization
import Testing

@testable import RondaTerminal

/// A hub in this process with two reps of one territory, and the terminals they type into.
final class TerminalWorld: Sendable {
    struct Run: Sendable {
        let status: ExitReason
        let out: String
        let err: String

        /// What was said, without its line breaks.
        var line: String { out.split(whereSeparator: \.isNewline).joined(separator: " ") }
        var errLine: String { err.split(whereSeparator: \.isNewline).joined(separator: " ") }

        func json<Document>(_ type: Document.Type) throws -> Document {
            try #require(
                JSONSerialization.jsonObject(with: Data(out.utf8), options: .fragmentsAllowed)
                    as? Document)
        }
    }

    private struct State {
        var now: Int64
        var counter: UInt64 = 0
        var isOffline = false
    }

    private let directory = NSTemporaryDirectory() + "ronda-terminal-" + UUID().uuidString
    private let state = Mutex(State(now: WhenParserTests.now.milliseconds))
    private let hubBox = Mutex<Hub?>(nil)
    private let storeBox = Mutex<SQLiteStore?>(nil)

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    static let codes = ["C0001", "C0002"]

    /// - Parameter programmes: with the welcome bonus of each.
    init(programmes: [(code: String, bonus: Int64)] = [("CLUB", 100)]) async throws {
        let store = try SQLiteStore.create(
            in: directory + "/hub",
            hub: HubIdentity(
                id: RecordID(high: 1, low: 1), epoch: 7, key: Array(repeating: 1, count: 32)))
        let hub = Hub(
            store: store, surroundings: Surroundings(now: { self.now }, random: { self.random() }))
        hubBox.withLock { $0 = hub }
        storeBox.withLock { $0 = store }
        let verdicts = try await hub.submitAsSystem([try Self.catalogue(programmes)])
        #expect(verdicts.allSatisfy { $0.outcome == .accepted })
        for (login, name) in [("ana", "Ana Restrepo"), ("luis", "Luis Ortega")] {
            _ = try await hub.addAccount(
                login: login, name: name, role: .rep, territoryCodes: ["CO-02"])
        }
        _ = try await hub.addAccount(
            login: "office", name: "Oficina", role: .office, territoryCodes: [])
    }

    private static func catalogue(
        _ programmes: [(code: String, bonus: Int64)]
    ) throws -> [Change] {
        let schema = Schema.current
        let territoryID = try #require(schema.derivedID(of: .territory) { _ in .text("CO-02") })
        var territory = Territory(id: territoryID)
        (territory.code, territory.country, territory.mainCity) = ("CO-02", "CO", "Medellín")
        var changes = [Change(creating: territory)]
        for (code, bonus) in programmes {
            let id = try #require(schema.derivedID(of: .programme) { _ in .text(code) })
            var programme = Programme(id: id)
            (programme.code, programme.name) = (code, "Club \(code)")
            programme.welcomeBonus = Int(bonus)
            changes.append(Change(creating: programme))
        }
        for (index, code) in codes.enumerated() {
            var customer = Customer(id: RecordID(high: 0xaaaa_0000 + UInt64(index), low: 9))
            customer.territory = territoryID
            (customer.code, customer.country, customer.city) = (code, "CO", "Medellín")
            customer.name = index == 0 ? "Floristería Núñez" : "Cafetería San Gabriel"
            customer.street = "Calle 10 # 4-3"
            customer.phones = ["+57604038509\(index)"]
            changes.append(Change(creating: customer))
        }
        return changes
    }

    // MARK: Time, chance, network

    var now: Instant { state.withLock { Instant(milliseconds: $0.now) } }
    func advance(hours: Int64) { state.withLock { $0.now += hours * 3_600_000 } }
    func setOffline(_ isOffline: Bool) { state.withLock { $0.isOffline = isOffline } }
    fileprivate var isOffline: Bool { state.withLock { $0.isOffline } }

    private func random() -> UInt64 {
        state.withLock { state in
            state.counter += 1
            // The finaliser of SplitMix64: distinct counters give distinct, well spread words.
            var word = state.counter &* 0x9e37_79b9_7f4a_7c15
            word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
            return word ^ word >> 31
        }
    }

    /// Takes every territory from a rep.
    func unassign(_ login: String) async throws { try await assign([], to: login) }

    /// Gives a rep the territory of all customers back.
    func reassign(_ login: String) async throws {
        let id = Schema.current.derivedID(of: .territory) { _ in .text("CO-02") }
        try await assign([try #require(id)], to: login)
    }

    private func assign(_ territories: Set<RecordID>, to login: String) async throws {
        try await hub().store.write { store in
            guard let account = try store.account(login: login) else { return }
            try store.put(
                Account(
                    id: account.id, login: login, name: account.name, role: .rep,
                    territories: territories))
        }
    }

    func hub() throws -> Hub { try #require(hubBox.withLock { $0 }) }

    /// What a backup of the hub would hold now.
    func backup() throws -> SQLiteStore {
        try #require(storeBox.withLock { $0 }).copy()
    }

    /// Puts a backup in place of the hub.
    func restore(_ backup: SQLiteStore) async throws {
        let hub = Hub(
            store: backup, surroundings: Surroundings(now: { self.now }, random: { self.random() }))
        try await hub.renewHistory()
        hubBox.withLock { $0 = hub }
        storeBox.withLock { $0 = backup }
    }

    /// A file for what a command wrote.
    func file(_ text: String, _ name: String = "receipt.json") throws -> String {
        let path = "\(directory)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    /// Copies the whole directory of a device, as somebody does who takes that for a backup.
    func copy(_ device: String, to other: String) throws {
        try FileManager.default.copyItem(
            atPath: "\(directory)/\(device)", toPath: "\(directory)/\(other)")
    }

    /// What the office enters.
    func enter(_ changes: [Change]) async throws {
        let verdicts = try await hub().submitAsSystem([changes])
        try #require(verdicts.allSatisfy { $0.refusal == nil }, "\(verdicts)")
    }

    /// Captures on a device what no command does.
    func capture(
        _ device: String, _ body: @Sendable (inout Capture) throws -> Void
    ) async throws {
        let store = try LocalStore.open(
            at: "\(directory)/\(device)", surroundings: surroundings)
        try await store.capture(body)
    }

    private var surroundings: DeviceSurroundings {
        DeviceSurroundings(
            now: { self.now }, random: { self.random() }, uptime: { (1, 1) }, sleep: { _ in })
    }

    // MARK: Typing

    func context(
        _ device: String, language: String, answers: [String], terminal: Bool,
        out: @escaping @Sendable (String) -> Void, err: @escaping @Sendable (String) -> Void
    ) -> CommandContext {
        let answers = AnswerQueue(answers)
        return CommandContext(
            environment: ["RONDA_HOME": "\(directory)/\(device)", "LANG": language],
            hostName: "portátil", readLine: { answers.next() }, write: out, writeError: err,
            isInputTerminal: terminal, isOutputTerminal: terminal, isErrorTerminal: terminal,
            width: 80, timeZone: WhenParserTests.bogota,
            surroundings: surroundings,
            makeTransport: { _ throws(TransportError) in HubTransport(world: self) })
    }

    /// Types one command on a device, as a shell would pass it.
    func run(
        _ device: String, _ arguments: String..., language: String = "en_GB",
        answers: [String] = [], terminal: Bool = false
    ) async -> Run {
        await run(device, arguments, language: language, answers: answers, terminal: terminal)
    }

    func run(
        _ device: String, _ arguments: [String], language: String = "en_GB",
        answers: [String] = [], terminal: Bool = false
    ) async -> Run {
        let (out, err) = (TextBox(), TextBox())
        let context = context(
            device, language: language, answers: answers, terminal: terminal,
            out: { out.append($0) }, err: { err.append($0) })
        let status = await Terminal.run(arguments, in: context)
        return Run(status: status, out: out.text, err: err.text)
    }

    /// A one-time code for a device.
    func code(_ login: String) async throws -> String {
        try await hub().newCode(login: login).code
    }

    /// Logs a device in and syncs it.
    func join(_ device: String) async throws {
        let login = ["luis", "office"].first { device.hasPrefix($0) } ?? "ana"
        let code = try await code(login)
        let entered = await run(device, "login", "--server", "http://hub", answers: [code])
        try #require(entered.status == .done, "\(entered.err)")
        let synced = await run(device, "sync")
        try #require(synced.status == .done, "\(synced.err)")
    }
}

private final class TextBox: Sendable {
    private let content = Mutex("")
    func append(_ more: String) { content.withLock { $0 += more } }
    var text: String { content.withLock { $0 } }
}

private final class AnswerQueue: Sendable {
    private let answers: Mutex<[String]>
    init(_ answers: [String]) { self.answers = Mutex(answers) }
    func next() -> String? { answers.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
}

/// The hub's calls without a network between.
private struct HubTransport: Transport {
    let world: TerminalWorld

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        if world.isOffline { throw TransportError(.unreachable, detail: "test network is down") }
        do {
            return TransportResponse(status: 200, body: Array(try await answer(request)))
        } catch {
            let error = HubError(error)
            var problem = WireProblem()
            problem.code = error.code.rawValue
            (problem.en, problem.es) = (error.phrase.en, error.phrase.es)
            return TransportResponse(
                status: 400, body: (try? Array(problem.serializedData())) ?? [])
        }
    }

    private func answer(_ request: TransportRequest) async throws -> Data {
        func header(_ name: String) -> String? { request.headers.first { $0.name == name }?.value }
        var body = Data(request.body)
        if header("content-encoding") == "gzip" {
            body = try Gzip.expand(body, mostBytes: 8 << 20)
        }
        let hub = try world.hub()
        let token = header("authorization")?.split(separator: " ").last.map(String.init)
        let secret = token.flatMap { Data(base64Encoded: $0) }.map { Array($0) }
        switch request.path {
        case "/v1/exchange":
            return try await hub.exchange(
                WireExchangeRequest(serializedBytes: body), secret: secret ?? []
            ).serializedData()
        case "/v1/bundles":
            return try await hub.deliver(WireBundle(serializedBytes: body)).serializedData()
        case "/v1/compare":
            return try await hub.compare(
                WireCompareRequest(serializedBytes: body), secret: secret ?? []
            ).serializedData()
        default:
            return try await hub.enrol(WireEnrolRequest(serializedBytes: body), secret: secret)
                .serializedData()
        }
    }
}
