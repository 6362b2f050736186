import Foundation
import GRDB
import RondaClient
import RondaHub
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaStoreSQLite
import RondaWire
import SwiftProtobuf
import Synchronization
import Testing

/// A hub in memory with people, some customers and a clock of its own.
final class FuzzWorld: Sendable {
    static let start: Int64 = 1_790_000_000_000
    static let territories = ["MX-14", "AR-05"]
    static let programme =
        Schema.current.derivedID(of: .programme) { _ in .text("ORO") } ?? .zero

    let store: SQLiteStore
    let hub: Hub

    static func territory(_ code: String) -> RecordID {
        Schema.current.derivedID(of: .territory) { _ in .text(code) } ?? .zero
    }

    static func make(seed: UInt64) async throws -> FuzzWorld {
        let world = try FuzzWorld(
            SQLiteStore.inMemory(
                hub: HubIdentity(id: Fuzzed.hub, epoch: 77, key: Fuzzed.seed)), seed: seed)
        try await world.fill()
        return world
    }

    private init(_ store: SQLiteStore, seed: UInt64, time: Int64 = start) {
        self.store = store
        let machine = Machine(random: FuzzRandom(seed: seed ^ 0xabcd), time: time)
        hub = Hub(
            store: store, surroundings: Surroundings(now: machine.now, random: machine.number))
    }

    /// The same again, so that each input meets the same hub.
    func copy(seed: UInt64) throws -> FuzzWorld {
        FuzzWorld(try store.copy(), seed: seed, time: Self.start + 1_000_000)
    }

    private func fill() async throws {
        var changes = Self.territories.map { code in
            var territory = Territory(id: Self.territory(code))
            territory.code = code
            territory.country = String(code.prefix(2))
            return Change(creating: territory)
        }
        var programme = Programme(id: Self.programme)
        programme.code = "ORO"
        programme.name = "Club Oro"
        programme.welcomeBonus = 50
        changes.append(Change(creating: programme))
        let customers = (1...UInt64(4)).map { number in
            var customer = Customer(id: RecordID(high: 7, low: number))
            customer.territory = Self.territory(Self.territories[Int(number % 2)])
            customer.name = "Cliente \(number)"
            customer.street = "Calle Vieja \(number)"
            customer.tags = ["viejo"]
            return Change(creating: customer)
        }
        for verdict in try await hub.submitAsSystem([changes, customers]) {
            try #require(verdict.refusal == nil)
        }
        _ = try await hub.addAccount(
            login: "ana", name: "Ana", role: .rep, territoryCodes: Self.territories)
        _ = try await hub.addAccount(
            login: "beto", name: "Beto", role: .rep, territoryCodes: Self.territories)
        _ = try await hub.addAccount(login: "olga", name: "Olga", role: .office, territoryCodes: [])
    }

    /// A device as people have it.
    func device(of login: String, seed: UInt64) async throws -> FuzzDevice {
        let machine = Machine(random: FuzzRandom(seed: seed), time: Self.start)
        let store = try LocalStore.inMemory(surroundings: machine.device)
        let device = FuzzDevice(store: store, transport: MutatingTransport(hub), machine: machine)
        let code = try await hub.newCode(login: login).code
        _ = try await store.login(
            server: "fuzz", code: code, deviceName: login, transport: device.transport)
        return device
    }
}

/// A clock that goes on by itself and random numbers from a seed.
final class Machine: Sendable {
    private let state: Mutex<(random: FuzzRandom, time: Int64)>

    init(random: FuzzRandom, time: Int64) {
        state = Mutex((random, time))
    }

    var now: @Sendable () -> Instant {
        {
            self.state.withLock {
                $0.time += 10
                return Instant(milliseconds: $0.time)
            }
        }
    }
    var number: @Sendable () -> UInt64 { { self.state.withLock { $0.random.next() } } }
    var device: DeviceSurroundings {
        DeviceSurroundings(now: now, random: number, uptime: { (1, 1) }, sleep: { _ in })
    }
}

struct FuzzDevice: Sendable {
    let store: LocalStore
    let transport: MutatingTransport
    let machine: Machine

    /// The same device again, at a hub that is the same again.
    func copy(at hub: Hub) throws -> FuzzDevice {
        FuzzDevice(
            store: try LocalStore.inMemory(surroundings: machine.device, content: store),
            transport: MutatingTransport(hub), machine: machine)
    }

    /// Some work of a day: new records and edits of those that are there.
    func work(_ random: inout FuzzRandom) async throws {
        let customers = try await store.read { try $0.records(Customer.self).map(\.id) }.sorted()
        for _ in 0...random.below(3) {
            let (customer, choice, text) = (
                random.pick(customers, or: .zero), random.below(4), "t\(random.below(1_000))"
            )
            try await store.capture { capture in
                switch choice {
                case 0:
                    var new = capture.new(Customer.self)
                    new.territory = FuzzWorld.territory("MX-14")
                    new.name = text
                    try capture.create(new)
                case 1:
                    var promise = capture.new(Commitment.self)
                    promise.customer = customer
                    promise.words = text
                    promise.dueAt = Instant(milliseconds: FuzzWorld.start + 1)
                    try capture.create(promise)
                case 2: try capture.update(Customer.self, customer) { $0.street = text }
                default: try capture.update(Customer.self, customer) { $0.tags = ["viejo", text] }
                }
            }
        }
    }

    /// The commits that are kept here, whatever became of them.
    func kept() throws -> Int {
        try store.withWriter { try Int.fetchOne($0, sql: "SELECT count(*) FROM outbox") ?? 0 }
    }
}

/// Carries requests straight to the hub, and spoils the answers that the test says.
final class MutatingTransport: Transport {
    private let hub: Hub
    private let spoil = Mutex<(@Sendable ([UInt8]) -> [UInt8])?>(nil)
    private let answered = Mutex(0)

    init(_ hub: Hub) {
        self.hub = hub
    }

    /// Spoils every answer from now on; with `nil`, none.
    func spoil(_ spoil: (@Sendable ([UInt8]) -> [UInt8])?) {
        self.spoil.withLock { $0 = spoil }
    }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        var response = await answer(request)
        let count = answered.withLock {
            $0 += 1
            return $0
        }
        // A conversation with a hub that lies for ever may go on for ever.
        if count > 200 { throw TransportError(.interrupted, detail: "enough") }
        if let spoil = spoil.withLock({ $0 }), response.status == 200 {
            response.body = spoil(response.body)
        }
        return response
    }

    private func answer(_ request: TransportRequest) async -> TransportResponse {
        do {
            let token = request.headers.first { $0.name == "authorization" }?.value
            let secret = token.map {
                Array(Data(base64Encoded: String($0.dropFirst("Bearer ".count))) ?? Data())
            }
            let isPacked = request.headers.contains { $0.name == "content-encoding" }
            let plain =
                isPacked
                ? try Gzip.expand(Data(request.body), mostBytes: 8 << 20) : Data(request.body)
            let body: [UInt8] =
                switch request.path {
                case "/v1/devices":
                    try await hub.enrol(WireEnrolRequest(serializedBytes: plain), secret: secret)
                        .serializedBytes()
                case "/v1/compare":
                    try await hub.compare(
                        WireCompareRequest(serializedBytes: plain), secret: secret ?? []
                    ).serializedBytes()
                default:
                    try await hub.exchange(
                        WireExchangeRequest(serializedBytes: plain), secret: secret ?? []
                    ).serializedBytes()
                }
            return TransportResponse(status: 200, body: body)
        } catch let error as HubError {
            let problem = WireProblem.with {
                ($0.code, $0.en, $0.es) = (error.code.rawValue, error.phrase.en, error.phrase.es)
                $0.detail = error.detail
            }
            return TransportResponse(status: 400, body: (try? problem.serializedBytes()) ?? [])
        } catch {
            return TransportResponse(status: 500)
        }
    }
}

extension FuzzWorld {
    /// Where the device shows something else than the hub has for its account; empty in agreement.
    func differences(from device: FuzzDevice) async throws -> [String] {
        try await differences(Customer.self, device) + differences(Commitment.self, device)
            + differences(Territory.self, device) + differences(Visit.self, device)
            + differences(Enrolment.self, device)
    }

    private func differences<R: RondaRecord>(
        _ type: R.Type, _ device: FuzzDevice
    ) async throws -> [String] {
        let identity = try #require(try await device.store.identity())
        let expected = try await store.read { store in
            let account = try #require(try store.account(identity.account))
            let visible = account.territories.union([Schema.current.catalogue])
            var records: [RecordID: FieldValues] = [:]
            try store.records(of: R.entity) { record in
                let isSeen = record.placements.contains { visible.contains($0.scope) }
                if isSeen && !record.isDeleted { records[record.id] = record.shownValues }
            }
            return records
        }
        let shown = try await device.store.read { reader in
            Dictionary(uniqueKeysWithValues: try reader.records(type).map { ($0.id, $0.fields) })
        }
        return Set(shown.keys).union(expected.keys).sorted()
            .filter { shown[$0] != expected[$0] }
            .map { id in
                let state = shown[id] == nil ? "absent" : expected[id] == nil ? "extra" : "other"
                return "\(type) \(id): \(state)"
            }
    }
}
