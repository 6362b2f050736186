import Foundation
import GRDB
import RondaMerge
import RondaModel
import RondaStore
import RondaStoreSQLite
import Synchronization
import Testing

@Suite("Making and opening a central store")
struct OpeningTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.path + "/" + SQLiteStore.fileName }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func openError() -> StoreError? {
        #expect(throws: StoreError.self) { try SQLiteStore.open(in: directory.path) }
    }

    @Test("a store made is opened again with its identity")
    func reopen() async throws {
        let nested = directory.path + "/not/there/yet"
        do {
            let store = try SQLiteStore.create(in: nested, hub: testHub)
            #expect(try await store.read { try $0.hub() } == testHub)
        }
        let store = try SQLiteStore.open(in: nested)
        #expect(try await store.read { try $0.hub() } == testHub)
    }

    @Test("a store is not made over anything that is there")
    func alreadyThere() throws {
        try Data("anything".utf8).write(to: URL(filePath: path))
        let before = try directory.contents()
        let stranger = #expect(throws: StoreError.self) {
            try SQLiteStore.create(in: directory.path, hub: testHub)
        }
        #expect(stranger?.code == .damaged)
        #expect(try directory.contents() == before)
    }

    @Test("a store is made where the making of one was cut short, and then not made again")
    func cutShort() async throws {
        try Data().write(to: URL(filePath: path))
        do {
            let store = try SQLiteStore.create(in: directory.path, hub: testHub)
            #expect(try await store.read { try $0.hub() } == testHub)
        }
        let again = #expect(throws: StoreError.self) {
            try SQLiteStore.create(in: directory.path, hub: testHub)
        }
        #expect(again?.code == .alreadyThere)
    }

    @Test("a store is not made where nothing can be written")
    func unwritable() {
        let error = #expect(throws: StoreError.self) {
            try SQLiteStore.create(in: "/dev/null/store", hub: testHub)
        }
        #expect(error?.code == .readOnly)
    }

    @Test("no store is told from a damaged one")
    func notFound() throws {
        #expect(openError()?.code == .notFound)
        #expect(try directory.contents() == [:])
    }

    @Test("garbage is called damaged and left as it is", arguments: [0, 3, 100, 10_000])
    func garbage(count: Int) throws {
        try Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) })
            .write(to: URL(filePath: path))
        let before = try directory.contents()
        #expect(openError()?.code == .damaged)
        #expect(try directory.contents() == before)
    }

    @Test("a stranger's database is called damaged and left as it is")
    func stranger() throws {
        do {
            let database = try DatabaseQueue(path: path)
            try database.write { database in
                try database.execute(sql: "CREATE TABLE theirs(a); INSERT INTO theirs VALUES (1)")
            }
            try database.close()
        }
        let before = try directory.contents()
        #expect(openError()?.code == .damaged)
        #expect(try directory.contents() == before)
    }

    @Test("a store of a later format is told apart and left as it is")
    func newerFormat() throws {
        do {
            _ = try SQLiteStore.create(in: directory.path, hub: testHub)
        }
        do {
            let database = try DatabaseQueue(path: path)
            try database.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA user_version = 999")
                try database.checkpoint(.truncate)
            }
            try database.close()
        }
        let before = try directory.contents()[SQLiteStore.fileName]
        #expect(openError()?.code == .newerFormat)
        #expect(try directory.contents()[SQLiteStore.fileName] == before)
    }

    @Test("a store is not replaced while anybody has it open, nor opened while it is replaced")
    func locked() throws {
        var store: SQLiteStore? = try SQLiteStore.create(in: directory.path, hub: testHub)
        var second: SQLiteStore? = try SQLiteStore.open(in: directory.path)
        func alone() -> StoreError.Code? {
            do throws(StoreError) {
                _ = try SQLiteStore.lock(directory: directory.path, isShared: false)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(alone() == .inUse)
        withExtendedLifetime(store) { store = nil }
        #expect(alone() == .inUse)
        withExtendedLifetime(second) { second = nil }
        #expect(alone() == nil)
        let lock = try SQLiteStore.lock(directory: directory.path, isShared: false)
        withExtendedLifetime(lock) { #expect(openError()?.code == .inUse) }
    }

    /// Makes the store what the first edition would have left.
    private func makeOld() throws {
        let database = try DatabaseQueue(path: path)
        try database.write { database in
            try Self.dropParts(in: database)
            try Self.dropErasure(in: database)
            try Self.dropSecurity(in: database)
            try Self.dropTerritories(in: database)
            let gained = [
                "hub": ["generation", "key", "renewed"], "scope": ["floor", "sum"],
                "record": ["deleted"],
                "device": ["epoch", "complete_to", "covered", "copies", "queued"],
            ]
            for (table, columns) in gained {
                for column in columns {
                    try database.execute(sql: "ALTER TABLE \(table) DROP COLUMN \(column)")
                }
            }
            for table in ["waiting", "expected", "failure", "incident"] {
                try database.execute(sql: "DROP TABLE \(table)")
            }
            try database.execute(sql: "PRAGMA user_version = 1")
        }
        try database.close()
    }

    /// Opens the store several times while somebody else writes, so that all have looked at it before
    /// one may change it.
    private func openedAtOnce(_ count: Int) throws -> Set<HubIdentity> {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let writer = try DatabasePool(path: path, configuration: configuration)
        // With something in its log, or opening it would have to write.
        try writer.write { try $0.execute(sql: "UPDATE hub SET epoch = epoch") }
        try writer.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let (directory, path) = (directory.path, path)
        let hubs = Mutex<[HubIdentity]>([])
        let group = DispatchGroup()
        for _ in 0..<count {
            DispatchQueue.global().async(group: group) {
                // What each would sign with, as it finds it.
                guard let store = try? SQLiteStore.open(in: directory),
                    let hub = try? DatabaseQueue(path: path).read(Self.identity)
                else { return }
                withExtendedLifetime(store) { hubs.withLock { $0.append(hub) } }
            }
        }
        // Too short a time would only let a fault go unseen.
        Thread.sleep(forTimeInterval: 1)
        try writer.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        group.wait()
        let found = hubs.withLock { $0 }
        #expect(found.count == count)
        return Set(found)
    }

    private static func identity(_ database: Database) throws -> HubIdentity {
        let row = try Row.fetchOne(database, sql: "SELECT id, epoch, key, renewed FROM hub")
        let found = try #require(row)
        return HubIdentity(
            id: RecordID(bytes: found["id"] as Data) ?? .zero,
            epoch: UInt64(bitPattern: found["epoch"]), key: Array(found["key"] as Data))
    }

    @Test("a store of the first format is brought to the present one by one of several processes")
    func upgrade() async throws {
        do {
            let store = try SQLiteStore.create(in: directory.path, hub: testHub)
            try await store.write { store in
                for number in 1...200 as ClosedRange<UInt64> {
                    let seq = try store.nextSeq(of: .zero)
                    try store.put(
                        customer(
                            number, name: "Rosa",
                            placements: [Placement(scope: .zero, seq: seq, arrived: seq)]),
                        replacing: nil)
                }
            }
        }
        try makeOld()
        let hubs = try openedAtOnce(4)
        // One key for all: what one has signed the others would have to stand by.
        #expect(hubs.count == 1)
        let store = try SQLiteStore.open(in: directory.path)
        #expect(try await store.read { try $0.counts() }.records[.customer] == 200)
    }

    @Test("a store cut short fails as damaged, not as anything else")
    func truncated() async throws {
        do {
            let store = try SQLiteStore.create(in: directory.path, hub: testHub)
            try await store.write { store in
                for number in 1...50 as ClosedRange<UInt64> {
                    let seq = try store.nextSeq(of: .zero)
                    try store.put(
                        customer(
                            number, name: String(repeating: "x", count: 200),
                            placements: [Placement(scope: .zero, seq: seq, arrived: seq)]),
                        replacing: nil)
                }
            }
            try await store.checkpoint()
        }
        let whole = try Data(contentsOf: URL(filePath: path))
        try whole.prefix(whole.count / 2).write(to: URL(filePath: path))
        let error = await #expect(throws: StoreError.self) {
            let store = try SQLiteStore.open(in: directory.path)
            try await store.read { store in
                try store.records(of: .customer) { _ in }
            }
        }
        #expect(error?.code == .damaged)
    }
}

extension OpeningTests {
    /// Takes from a store what later formats added.
    private func setBack(to format: Int) throws {
        let database = try DatabaseQueue(path: path)
        try database.writeWithoutTransaction { database in
            try Self.dropParts(in: database)
            if format < 5 {
                try Self.dropErasure(in: database)
            } else if format < 6 {
                try database.execute(sql: "ALTER TABLE erasure DROP COLUMN washed")
            }
            if format < 4 { try Self.dropSecurity(in: database) }
            if format < 3 { try Self.dropTerritories(in: database) }
            try database.execute(sql: "PRAGMA user_version = \(format)")
            try database.checkpoint(.truncate)
        }
        try database.close()
    }

    /// What the seventh format added.
    private static func dropParts(in database: Database) throws {
        try database.execute(
            sql: """
                DROP INDEX placement_part; DROP INDEX tombstone_erasure;
                ALTER TABLE placement DROP COLUMN part; ALTER TABLE hub DROP COLUMN part_rules;
                ALTER TABLE tombstone DROP COLUMN unmade;
                """)
    }

    /// What the fifth format added.
    private static func dropErasure(in database: Database) throws {
        try database.execute(
            sql: """
                DROP TABLE erasure; DROP TABLE tombstone; DROP TABLE due; DROP TABLE suppressed;
                ALTER TABLE journal DROP COLUMN redacted;
                """)
    }

    /// What the fourth format added.
    private static func dropSecurity(in database: Database) throws {
        try database.execute(
            sql: """
                DROP TABLE audit; DROP TABLE password; DROP INDEX code_selector;
                ALTER TABLE device DROP COLUMN app; ALTER TABLE device DROP COLUMN schema;
                ALTER TABLE device DROP COLUMN clock_offset;
                ALTER TABLE device DROP COLUMN access_ends;
                ALTER TABLE device DROP COLUMN revoked;
                ALTER TABLE code DROP COLUMN selector; ALTER TABLE code DROP COLUMN issued_at;
                ALTER TABLE code DROP COLUMN failures;
                """)
    }

    /// What the third format added.
    private static func dropTerritories(in database: Database) throws {
        try database.execute(
            sql: """
                DROP TABLE team; DROP TABLE root; ALTER TABLE hub DROP COLUMN assignment;
                ALTER TABLE placement DROP COLUMN gone; ALTER TABLE account DROP COLUMN teams;
                ALTER TABLE account DROP COLUMN stays; ALTER TABLE device DROP COLUMN floor;
                ALTER TABLE journal DROP COLUMN floor;
                """)
    }

    @Test(
        "a store of an earlier format is brought up to date, and a backup of one is only read",
        arguments: [2, 3, 4, 5, 6])
    func earlierFormat(_ format: Int) async throws {
        let stay = Stay(scope: .zero)
        do {
            let store = try SQLiteStore.create(in: directory.path, hub: testHub)
            try await store.write { store in
                var ana = Account(
                    id: RecordID(high: 0, low: 1), login: "ana", name: "Ana", role: .rep,
                    territories: [.zero])
                ana.stays = [stay, Stay(scope: ana.id)]
                try store.put(ana)
            }
        }
        try setBack(to: format)
        let before = try directory.contents()[SQLiteStore.fileName]
        do {
            let copy = try SQLiteStore.openCopy(at: path)
            #expect(try await copy.read { try $0.audit(since: nil, last: 10) } == [])
            #expect(try await copy.read { try $0.accounts() }.map(\.login) == ["ana"])
        }
        #expect(try directory.contents()[SQLiteStore.fileName] == before)
        let store = try SQLiteStore.open(in: directory.path)
        let entry = AuditEntry(at: Instant(milliseconds: 5), actor: "marta", act: .purge)
        try await store.write { try $0.append(entry) }
        let read = try await store.read { try $0.audit(since: nil, last: 10) }
        #expect(read.map(\.n) == [1] && read.map(\.act) == [.purge])
        #expect(try await store.read { try $0.erasures() } == [])
        let accounts = try await store.read { try $0.accounts() }
        #expect(accounts.map(\.login) == ["ana"])
        #expect(accounts.first?.stays.contains(stay) == true)
    }

    /// A customer, an open promise and two visits, one of them done with, at one position.
    private func fillParts() async throws {
        let store = try SQLiteStore.create(in: directory.path, hub: testHub)
        try await store.write { store in
            let seq = try store.nextSeq(of: .zero)
            let placements = [Placement(scope: .zero, seq: seq, arrived: seq)]
            let rosa = customer(1, name: "Rosa", placements: placements)
            try store.put(rosa, replacing: nil)
            let state = try #require(Schema.current[.visit]?.position(named: "state"))
            for (number, entity, option) in [
                (2, EntityID.commitment, nil), (3, .visit, VisitState.planned),
                (4, .visit, .completed),
            ] as [(UInt64, EntityID, VisitState?)] {
                let fields = try #require(Schema.current[entity]).fields.count
                var record = StoredRecord(
                    id: RecordID(high: 5, low: number), entity: entity, creator: .zero, version: 1,
                    marks: rosa.marks, registers: Array(repeating: .empty, count: fields),
                    lives: [0], placements: placements)
                if let option {
                    let value = Value.status(option: option.rawValue, round: 0)
                    record.registers[state] = .siblings([Sibling(value: value, mark: 0)])
                }
                try store.put(record, replacing: nil)
            }
        }
    }

    private func parts(_ store: SQLiteStore) async throws -> [[UInt64]] {
        try await store.read { store in
            try ReadingPart.allCases.map { part in
                var ids: [UInt64] = []
                try store.records(in: part, of: .zero, after: 0, through: 9) { row in
                    ids.append(row.id.low)
                    return true
                }
                return ids
            }
        }
    }

    @Test("places say in which part they are read, in a store of the sixth format too")
    func parts() async throws {
        try await fillParts()
        #expect(try await parts(try SQLiteStore.open(in: directory.path)) == [[2, 3], [1], [4]])
        try setBack(to: 6)
        let copy = try SQLiteStore.openCopy(at: path)
        #expect(try await parts(copy) == [[2, 3], [1], [4]])
        #expect(try await parts(try SQLiteStore.open(in: directory.path)) == [[2, 3], [1], [4]])
    }

    @Test("another schema that says otherwise what is urgent is heeded when the store is opened")
    func otherParts() async throws {
        try await fillParts()
        let now = Schema.current
        let entities = now.entities.map { entity in
            guard entity.id == .visit else { return entity }
            return EntitySchema(
                entity.id, entity.name, identity: entity.identity, scope: entity.scope,
                follow: entity.follow, creators: entity.creators, deleters: entity.deleters,
                en: entity.label.en, es: entity.label.es, fields: entity.fields)
        }
        let other = Schema(version: now.version, namespace: now.namespace, entities: entities)
        let opened = try SQLiteStore.open(in: directory.path, schema: other)
        #expect(try await parts(opened) == [[2], [1], [3, 4]])
        #expect(try await parts(try opened.copy(schema: now)) == [[2, 3], [1], [4]])
        #expect(try await parts(try SQLiteStore.open(in: directory.path)) == [[2, 3], [1], [4]])
    }

    @Test("what may be under several customers stood, in the third format, where it left")
    func stays() async throws {
        let (scope, other) = (RecordID(high: 7, low: 1), RecordID(high: 7, low: 2))
        let id = RecordID(high: 7, low: 3)
        let schema = Schema.current
        let entity = try #require(schema.entities.first { $0.id == .referral })
        #expect(entity.keepsStays)
        var record = StoredRecord(
            id: id, entity: entity.id, creator: .zero, version: 1,
            marks: [
                Mark(
                    version: 1, number: 1, stamp: Stamp(milliseconds: 1), device: .zero,
                    author: .zero, isOffice: false, seqs: [1])
            ], registers: Array(repeating: .empty, count: entity.fields.count), lives: [0],
            placements: [Placement(scope: other, seq: 1, arrived: 1)])
        record.born = 2
        record.departures = [Departure(scope: scope, seq: 1, assignment: 5)]
        do {
            let store = try SQLiteStore.create(in: directory.path, hub: testHub)
            try await store.write { [record] store in
                _ = try store.nextSeq(of: other)
                _ = try store.nextSeq(of: scope)
                try store.put(record, replacing: nil)
            }
        }
        try setBack(to: 3)
        let store = try SQLiteStore.open(in: directory.path)
        let read = try #require(try await store.read { try $0.record(id) })
        #expect(read.stays == [Stay(scope: scope, from: 2, until: 5)])
        #expect(read.departures == record.departures && read.placements == record.placements)
        // Who sees the scope saw it there, before it left and not after.
        for (known, saw) in [(UInt64(4), true), (5, false)] {
            let sight = Sight(stays: [Stay(scope: scope)], known: known)
            #expect(sight.saw(read, standing: [other], since: 0) == saw)
        }
    }
}
