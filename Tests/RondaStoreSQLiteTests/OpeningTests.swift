import Foundation
import GRDB
import RondaMerge
import RondaModel
import RondaStore
import RondaStoreSQLite
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
    /// Takes from a store what format 3 added.
    private func setBack() throws {
        let database = try DatabaseQueue(path: path)
        try database.writeWithoutTransaction { database in
            try database.execute(
                sql: """
                    DROP TABLE audit; DROP TABLE password; DROP INDEX code_selector;
                    ALTER TABLE device DROP COLUMN app; ALTER TABLE device DROP COLUMN schema;
                    ALTER TABLE device DROP COLUMN clock_offset;
                    ALTER TABLE device DROP COLUMN access_ends;
                    ALTER TABLE device DROP COLUMN revoked;
                    ALTER TABLE code DROP COLUMN selector; ALTER TABLE code DROP COLUMN issued_at;
                    ALTER TABLE code DROP COLUMN failures;
                    PRAGMA user_version = 2
                    """)
            try database.checkpoint(.truncate)
        }
        try database.close()
    }

    @Test("a store of the second format is brought up to date, and a backup of one is only read")
    func secondFormat() async throws {
        do {
            let store = try SQLiteStore.create(in: directory.path, hub: testHub)
            try await store.write { store in
                try store.put(
                    Account(
                        id: .zero, login: "ana", name: "Ana", role: .rep, territories: [.zero]))
            }
        }
        try setBack()
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
        #expect(try await store.read { try $0.accounts() }.map(\.login) == ["ana"])
    }
}
