import Foundation
import RondaHub
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaStoreSQLite
import Synchronization
import Testing

/// SplitMix64 (Steele, Lea, Flood 2014). The seed is the argument of the test, so a failure names it.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

/// A directory of this test's own, gone when the test is over.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "ronda-hub-" + UUID().uuidString
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A clock that stands still until it is told, and random numbers from a seed.
final class TestSurroundings: Sendable {
    private let state: Mutex<(now: Int64, random: SeededGenerator)>

    init(seed: UInt64 = 1) {
        state = Mutex((now: 1_700_000_000_000, random: SeededGenerator(seed: seed)))
    }

    var now: Instant { state.withLock { Instant(milliseconds: $0.now) } }
    func advance(milliseconds: Int64) { state.withLock { $0.now += milliseconds } }
    func id() -> RecordID {
        state.withLock {
            .minted(milliseconds: $0.now, random: ($0.random.next(), $0.random.next()))
        }
    }
    func secret() -> [UInt8] { id().bytes + id().bytes }

    var real: Surroundings {
        Surroundings(
            now: { self.now }, random: { self.state.withLock { $0.random.next() } })
    }
}

/// A hub with two territories, a programme, a rep in each territory and somebody in the office.
struct TestWorld: Sendable {
    let directory = TemporaryDirectory()
    let surroundings = TestSurroundings()
    let store: SQLiteStore
    let ledger = TestLedger()
    let hub: Hub

    static let north = territory("north")
    static let south = territory("south")
    static let programme =
        Schema.current.derivedID(of: .programme) { _ in .text("club") } ?? .zero

    private static func territory(_ code: String) -> RecordID {
        Schema.current.derivedID(of: .territory) { _ in .text(code) } ?? .zero
    }

    init(
        limits: Limits = Limits(), epoch: UInt64 = 77,
        wrap: (SQLiteStore) -> any CentralStore = { $0 }
    ) async throws {
        store = try SQLiteStore.create(
            in: directory.path,
            hub: HubIdentity(
                id: RecordID(high: 1, low: 1), epoch: epoch, key: Array(repeating: 1, count: 32)))
        hub = Hub(
            store: wrap(store), limits: limits, ledger: ledger, surroundings: surroundings.real)
        let territories = [("north", Self.north), ("south", Self.south)].map { code, id in
            Change(
                entity: .territory, record: id,
                sets: [FieldWrite(1, .text(code)), FieldWrite(2, .text("VE"))])
        }
        let programme = Change(
            entity: .programme, record: Self.programme,
            sets: [FieldWrite(1, .text("club")), FieldWrite(2, .text("Club"))])
        _ = try await hub.submitAsSystem([territories + [programme]])
        for (login, role, codes) in [
            ("ana", Role.rep, ["north"]), ("luis", .rep, ["south"]), ("olga", .office, []),
        ] {
            _ = try await hub.addAccount(
                login: login, name: login, role: role, territoryCodes: codes)
        }
    }

    /// A new device of this account, enrolled.
    func device(of login: String) async throws -> TestDevice {
        let secret = surroundings.secret()
        let code = try await hub.newCode(login: login).code
        let enrolled = try await hub.enrol(by: .code(code), secret: secret, name: "phone")
        return TestDevice(
            id: enrolled.device.id, account: enrolled.account.id, secret: secret,
            surroundings: surroundings)
    }

    /// The customer a rep of the territory makes; every device that syncs afterwards has it.
    func customer(by device: inout TestDevice, in territory: RecordID) async throws -> RecordID {
        let id = device.capture(creating: { customer in
            customer.territory = territory
            customer.name = "Rosa"
        })
        try await device.sync(with: hub)
        return id
    }

    func record(_ id: RecordID) async throws -> StoredRecord {
        try #require(try await store.read { try $0.record(id) })
    }

    /// Every record the account of the device may see, as the store has it.
    func visible(to device: TestDevice) async throws -> [RecordID: StoredRecord] {
        try await store.read { store in
            let account = try #require(try store.account(device.account))
            let scopes = account.territories.union([Schema.current.catalogue])
            var records: [RecordID: StoredRecord] = [:]
            for entity in Schema.current.entities {
                try store.records(of: entity.id) { record in
                    let isSeen =
                        account.role == .office
                        || record.placements.contains { scopes.contains($0.scope) }
                    if isSeen { records[record.id] = record }
                }
            }
            return records
        }
    }

    /// The whole state of the hub without what depends on the order of arrival.
    func meaning() async throws -> [RecordID: RecordMeaning] {
        let office = try await device(of: "olga")
        return try await visible(to: office).mapValues(RecordMeaning.init)
    }
}

/// What a record says, and the conflicts it holds, whatever the order in which it came to be.
struct RecordMeaning: Hashable {
    struct Trace: Hashable {
        let value: Value?
        let author: RecordID
        let device: RecordID
        let stamp: Stamp
    }

    let entity: EntityID
    let version: UInt64
    let values: FieldValues
    let siblings: [Int: Set<Trace>]
    let isDeleted: Bool
    let isContested: Bool
    let scopes: Set<RecordID>

    init(_ record: StoredRecord) {
        entity = record.entity
        version = record.version
        values = record.shownValues
        var siblings: [Int: Set<Trace>] = [:]
        for (position, register) in record.registers.enumerated() {
            guard case .siblings(let all) = register else { continue }
            siblings[position] = Set(
                all.map { sibling in
                    let mark = record.marks[sibling.mark]
                    return Trace(
                        value: sibling.value, author: mark.author, device: mark.device,
                        stamp: mark.stamp)
                })
        }
        self.siblings = siblings
        isDeleted = record.isDeleted
        isContested = record.isContested
        scopes = Set(record.placements.map(\.scope))
    }
}
