import RondaMerge
import RondaModel
import RondaStore
import RondaStoreSQLite
import Testing

@Suite("A transaction of the central store")
struct TransactionTests {
    private struct Oops: Error {}

    private let directory: TemporaryDirectory
    private let store: SQLiteStore
    private let scope = RecordID(high: 8, low: 8)

    init() throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore.create(in: directory.path, hub: testHub)
    }

    /// Puts a new customer at the scope's next position.
    private static func add(
        _ number: UInt64, to scope: RecordID, in store: any StoreWriter
    ) throws {
        let seq = try store.nextSeq(of: scope)
        try store.put(
            customer(
                number, name: "\(number)",
                placements: [Placement(scope: scope, seq: seq, arrived: seq)]), replacing: nil)
    }

    private func stream(
        after: UInt64 = 0, limit: Int = .max, stopAfter: Int = .max
    ) async throws -> [UInt64] {
        try await store.read { [scope] store in
            var numbers: [UInt64] = []
            try store.stream(of: scope, after: after, tracing: true, limit: limit) { row in
                numbers.append(row.id.low)
                return numbers.count < stopAfter
            }
            return numbers
        }
    }

    @Test("a savepoint that throws undoes its own writes and positions, and nothing else")
    func savepoint() async throws {
        try await store.write { [scope] store in
            try Self.add(1, to: scope, in: store)
            #expect(throws: Oops.self) {
                try store.savepoint {
                    try Self.add(2, to: scope, in: store)
                    try Self.add(3, to: RecordID(high: 9, low: 9), in: store)
                    throw Oops()
                }
            }
            let kept = try store.savepoint {
                try Self.add(4, to: scope, in: store)
                return true
            }
            #expect(kept)
        }
        #expect(try await stream() == [1, 4])
        let heads = try await store.read { try $0.scopes() }
        #expect(heads.map(\.id) == [scope])
        #expect(heads.map(\.seq) == [2])
        #expect(try await store.read { try $0.counts() }.records == [.customer: 2])
    }

    @Test("a constraint broken inside a savepoint leaves the rest of the transaction usable")
    func constraint() async throws {
        try await store.write { [scope] store in
            try Self.add(1, to: scope, in: store)
            #expect(throws: (any Error).self) {
                try store.savepoint { try Self.add(1, to: scope, in: store) }
            }
            try Self.add(2, to: scope, in: store)
        }
        #expect(try await stream() == [1, 2])
        // The position that the undone write had taken is free again.
        #expect(try await store.read { try $0.scopes() }.map(\.seq) == [2])
    }

    @Test("a transaction that throws leaves nothing")
    func rollback() async throws {
        await #expect(throws: Oops.self) {
            try await store.write { [scope] store in
                try Self.add(1, to: scope, in: store)
                _ = try store.savepoint { try Self.add(2, to: scope, in: store) }
                throw Oops()
            }
        }
        #expect(try await stream() == [])
        #expect(try await store.read { try $0.scopes() } == [])
    }

    @Test("a record moved stands in the stream once, at its new position")
    func moving() async throws {
        try await store.write { [scope] store in
            for number in 1...3 as ClosedRange<UInt64> {
                try Self.add(number, to: scope, in: store)
            }
            let old = try store.record(RecordID(high: 5, low: 1))
            let seq = try store.nextSeq(of: scope)
            try store.put(
                customer(
                    1, name: "moved", version: 2,
                    placements: [Placement(scope: scope, seq: seq, arrived: 1)]),
                replacing: old)
        }
        #expect(try await stream() == [2, 3, 1])
        #expect(try await stream(after: 3) == [1])
        let record = try await store.read { try $0.record(RecordID(high: 5, low: 1)) }
        #expect(record?.version == 2)
        #expect(record?.placements == [Placement(scope: scope, seq: 4, arrived: 1)])
        #expect(record?.shown(3) == .one(.text("moved")))
    }

    @Test("a page of a stream ends only between two positions")
    func limits() async throws {
        try await store.write { [scope] store in
            for numbers in [[1], [2, 3, 4], [5]] as [[UInt64]] {
                let seq = try store.nextSeq(of: scope)
                for number in numbers {
                    try store.put(
                        customer(
                            number, name: "a",
                            placements: [Placement(scope: scope, seq: seq, arrived: seq)]),
                        replacing: nil)
                }
            }
        }
        #expect(try await stream(limit: 1) == [1])
        #expect(try await stream(limit: 2) == [1, 2, 3, 4])
        #expect(try await stream(limit: 3) == [1, 2, 3, 4])
        #expect(try await stream(limit: 5) == [1, 2, 3, 4, 5])
        #expect(try await stream(after: 1, limit: 1) == [2, 3, 4])
        #expect(try await stream(stopAfter: 2) == [1, 2])
        #expect(try await stream(after: 3) == [])
    }

    @Test("accounts, devices, codes and the journal are read back as they were put")
    func others() async throws {
        let id = RecordID(high: 1, low: 1)
        let account = Account(
            id: id, login: "ana", name: "Ana", role: .rep,
            territories: [scope, RecordID(high: 2, low: 2)])
        var device = Device(id: id, account: id, name: "phone", secretHash: [1, 2, 3])
        var code = EnrolmentCode(
            codeHash: [4], account: id, expiresAt: Instant(milliseconds: 5))
        let entry = JournalEntry(
            device: id, number: 1, author: id, receivedAt: Instant(milliseconds: 6), commit: [7],
            verdict: .refused(1, Refusal(.unknownRecord, entity: .customer, record: id, field: 2)))
        try await store.write { [device, code] store in
            try store.put(account)
            try store.put(device)
            try store.put(code)
            try store.append(entry)
        }
        device.lastNumber = .max
        device.chain = ChainHash(id: scope)
        device.lastSeen = Instant(milliseconds: 8)
        code.device = id
        try await store.write { [device, code] store in
            try store.put(device)
            try store.put(code)
        }
        try await store.read { [device, code] store in
            #expect(try store.account(id) == account)
            #expect(try store.account(login: "ana") == account)
            #expect(try store.account(login: "nobody") == nil)
            #expect(try store.device(id) == device)
            #expect(try store.device(secretHash: [1, 2, 3]) == device)
            #expect(try store.device(secretHash: []) == nil)
            #expect(try store.code(hash: [4]) == code)
            #expect(try store.journal(device: id, number: 1) == entry)
            #expect(try store.journal(device: id, number: 2) == nil)
            let counts = try store.counts()
            #expect(counts.accounts == 1)
            #expect(counts.devices == 1)
            #expect(counts.refused == 1)
        }
    }

    @Test("the records that wait for a person are found, and only those")
    func conflicts() async throws {
        try await store.write { [scope] store in
            try Self.add(1, to: scope, in: store)
            var record = customer(2, name: "a", placements: [])
            record.marks.append(record.marks[0])
            record.registers[3] = .siblings([
                Sibling(value: .text("a"), mark: 0), Sibling(value: .text("b"), mark: 1),
            ])
            try store.put(record, replacing: nil)
        }
        let waiting = try await store.read { store in
            var ids: [UInt64] = []
            try store.conflicted { ids.append($0.id.low) }
            return ids
        }
        #expect(waiting == [2])
        #expect(try await store.read { try $0.counts() }.conflicts == 1)
    }
}
