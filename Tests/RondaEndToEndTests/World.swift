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

/// A hub in memory of the test, and devices that talk to it without a network in between.
final class World: Sendable {
    let directory: String
    private let current: Mutex<Hub>
    private let ledger: ErasureFile
    private let time = Mutex(Int64(1_790_000_000_000))

    init(limits: Limits = Limits()) async throws {
        directory = FileManager.default.temporaryDirectory.path + "/ronda-e2e-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        let store = try SQLiteStore.create(in: directory + "/hub", hub: Hub.identity(Self.machine))
        ledger = ErasureFile(directory: directory)
        current = Mutex(
            Hub(store: store, limits: limits, ledger: ledger, surroundings: Self.machine))
        _ = try await hub.submitAsSystem([
            ["MX-14", "AR-05"].map { code in
                var territory = Territory(id: World.territoryID(code))
                territory.code = code
                territory.country = String(code.prefix(2))
                return Change(creating: territory)
            }
        ])
    }

    private static let machine = Surroundings(
        now: { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) },
        random: { .random(in: 0 ... .max) })

    static func territoryID(_ code: String) -> RecordID {
        Schema.current.derivedID(of: .territory) { _ in .text(code) } ?? .zero
    }

    static func customerID(_ code: String) -> RecordID {
        .derived(namespace: Schema.current.namespace, name: "customer \(code)")
    }

    var hub: Hub { current.withLock { $0 } }

    /// A copy of the hub's store as it is now.
    func backup() throws -> SQLiteStore {
        guard let store = hub.store as? SQLiteStore else { throw StoreError(.failed, "no store") }
        return try store.copy()
    }

    /// A hub on a store of these bytes, whatever they are.
    static func hub(at directory: String, bytes: Data) throws -> Hub {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try bytes.write(to: URL(filePath: directory + "/" + SQLiteStore.fileName))
        return Hub(store: try SQLiteStore.open(in: directory), surroundings: machine)
    }

    /// Puts a backup in the place of the hub's store; `isNoticed` as whoever restores it should.
    func restore(_ backup: SQLiteStore, isNoticed: Bool = true) async throws {
        let hub = Hub(
            store: try backup.copy(), limits: hub.limits, ledger: ledger,
            surroundings: Self.machine)
        if isNoticed { try await hub.renewHistory() }
        _ = try await hub.replayErasures()
        current.withLock { $0 = hub }
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// Ten milliseconds later than the last time anybody asked.
    func now() -> Instant {
        Instant(
            milliseconds: time.withLock {
                $0 += 10; return $0
            })
    }

    func customer(_ code: String, territory: String = "MX-14") async throws -> RecordID {
        var customer = Customer(id: World.customerID(code))
        customer.territory = World.territoryID(territory)
        customer.code = code
        customer.name = "Cliente \(code)"
        customer.street = "Calle Vieja 1"
        customer.phones = ["+523312345678"]
        let verdicts = try await hub.submitAsSystem([[Change(creating: customer)]])
        try #require(verdicts.allSatisfy { $0.refusal == nil })
        return customer.id
    }

    func programme(bonus: Int = 100) async throws -> RecordID {
        let id = try #require(Schema.current.derivedID(of: .programme) { _ in .text("ORO") })
        var programme = Programme(id: id)
        programme.code = "ORO"
        programme.name = "Club Oro"
        programme.welcomeBonus = bonus
        _ = try await hub.submitAsSystem([[Change(creating: programme)]])
        return id
    }

    var surroundings: DeviceSurroundings {
        DeviceSurroundings(
            now: { [weak self] in self?.now() ?? Instant(milliseconds: 0) },
            random: { .random(in: 0 ... .max) }, uptime: { (1, 1) }, sleep: { _ in })
    }

    func isRecovering() async throws -> Bool {
        let now = now()
        return try await hub.store.read { try $0.isRecovering(at: now) }
    }

    /// The same store a second time, as somebody makes who copies its directory.
    func copy(of device: TestDevice) throws -> TestDevice {
        TestDevice(
            store: try LocalStore.inMemory(surroundings: surroundings, content: device.store),
            transport: HubTransport(self))
    }

    func device(
        _ login: String, role: Role = .rep, territories: [String] = ["MX-14"]
    ) async throws -> TestDevice {
        _ = try await hub.addAccount(
            login: login, name: login, role: role, territoryCodes: role == .rep ? territories : [])
        let (code, _) = try await hub.newCode(login: login)
        let transport = HubTransport(self)
        let store = try LocalStore.open(
            at: directory + "/" + login, create: true, surroundings: surroundings)
        _ = try await store.login(
            server: "test", code: code, deviceName: login, transport: transport)
        return TestDevice(store: store, transport: transport)
    }
}

struct TestDevice: Sendable {
    let store: LocalStore
    let transport: HubTransport

    @discardableResult
    func sync() async throws -> SyncReport { try await store.sync(over: transport) }
}

/// Carries requests straight to the hub, and loses what the test says.
final class HubTransport: Transport {
    private let hub: @Sendable () -> Hub
    /// How many of the next answers get lost on their way back.
    private let answersToLose = Mutex(0)
    /// How many answers still arrive before the next one gets lost.
    private let answersToPass = Mutex<Int?>(nil)
    /// The requests that reached the hub.
    private let delivered = Mutex(0)

    init(_ world: World) { hub = { world.hub } }
    init(_ hub: Hub) { self.hub = { hub } }

    func loseAnswers(_ count: Int) { answersToLose.withLock { $0 = count } }
    func loseOneAnswer(after passing: Int) { answersToPass.withLock { $0 = passing } }
    var deliveredCount: Int { delivered.withLock { $0 } }

    func send(
        _ request: TransportRequest
    ) async throws(TransportError) -> TransportResponse {
        let response = await answer(request)
        delivered.withLock { $0 += 1 }
        let isLost = answersToLose.withLock { left in
            defer { left = max(0, left - 1) }
            return left > 0
        }
        let isNext = answersToPass.withLock { left in
            defer { left = left.flatMap { $0 == 0 ? nil : $0 - 1 } }
            return left == 0
        }
        if isLost || isNext { throw TransportError(.interrupted, detail: "lost by the test") }
        return response
    }

    private func answer(_ request: TransportRequest) async -> TransportResponse {
        do {
            let hub = hub()
            let token = request.headers.first { $0.name == "authorization" }?.value
            let secret = token.map {
                Array(Data(base64Encoded: String($0.dropFirst("Bearer ".count))) ?? Data())
            }
            let isPacked = request.headers.contains { $0.name == "content-encoding" }
            let plain =
                isPacked
                ? try Gzip.expand(Data(request.body), mostBytes: 8 << 20) : Data(request.body)
            let body: [UInt8]
            switch request.path {
            case "/v1/devices":
                body = try await hub.enrol(
                    WireEnrolRequest(serializedBytes: plain), secret: secret
                ).serializedBytes()
            case "/v1/bundles":
                body = try await hub.deliver(WireBundle(serializedBytes: plain))
                    .serializedBytes()
            case "/v1/compare":
                body = try await hub.compare(
                    WireCompareRequest(serializedBytes: plain), secret: secret ?? []
                ).serializedBytes()
            default:
                body = try await hub.exchange(
                    WireExchangeRequest(serializedBytes: plain), secret: secret ?? []
                ).serializedBytes()
            }
            return TransportResponse(status: 200, body: body)
        } catch let error as HubError {
            var problem = WireProblem()
            problem.code = error.code.rawValue
            problem.detail = error.detail
            problem.en = error.phrase.en
            problem.es = error.phrase.es
            return TransportResponse(
                status: 400, body: (try? problem.serializedBytes()) ?? [])
        } catch {
            return TransportResponse(status: 500)
        }
    }
}
