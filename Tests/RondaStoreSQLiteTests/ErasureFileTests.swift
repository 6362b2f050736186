import Foundation
import RondaMerge
import RondaModel
import RondaStore
import RondaStoreSQLite
import Testing

@Suite("The ledger of erasures")
struct ErasureFileTests {
    private let directory: TemporaryDirectory
    private var file: ErasureFile { ErasureFile(directory: directory.path) }

    private func entry(_ number: UInt64) -> LedgerEntry {
        LedgerEntry(
            hub: RecordID(high: 1, low: 1), at: Instant(milliseconds: Int64(number)),
            actor: "marta", customer: RecordID(high: 2, low: number),
            records: [
                Erasure.Listed(
                    id: RecordID(high: 2, low: number), entity: .customer,
                    scopes: [RecordID(high: 3, low: 3)],
                    due: [RecordID(high: 5, low: 1), RecordID(high: 5, low: number)]),
                Erasure.Listed(id: RecordID(high: 4, low: number), entity: .visit, scopes: []),
            ], suppressed: [[1, 2, 3]])
    }

    private func rewrite(_ change: (inout Data) -> Void) throws {
        var bytes = try Data(contentsOf: URL(filePath: file.path))
        change(&bytes)
        try bytes.write(to: URL(filePath: file.path))
    }

    init() throws { directory = try TemporaryDirectory() }

    @Test("keeps what was written, in order; where there is none nobody was erased")
    func keeps() throws {
        #expect(try file.entries() == [])
        try file.append(entry(1))
        try file.append(entry(2))
        #expect(try file.entries() == [entry(1), entry(2)])
    }

    @Test("keeps what several write at once, every line of it")
    func atOnce() async throws {
        try file.append(entry(0))
        let file = file
        try await withThrowingTaskGroup { group in
            for writer in 0..<4 {
                let entries = (1...25).map { entry(UInt64(writer * 100 + $0)) }
                group.addTask { for entry in entries { try file.append(entry) } }
            }
            try await group.waitForAll()
        }
        let customers = try file.entries().map(\.customer.description)
        #expect(customers.count == 101 && Set(customers).count == 101)
    }

    @Test("a line cut short is passed over, and gives way to the next")
    func cut() throws {
        try file.append(entry(1))
        try file.append(entry(2))
        try rewrite { $0.removeLast(7) }
        #expect(try file.entries() == [entry(1)])
        try file.append(entry(3))
        #expect(try file.entries() == [entry(1), entry(3)])
    }

    @Test("a file cut off in its first line is empty")
    func cutAtOnce() throws {
        try file.append(entry(1))
        try rewrite { $0 = $0.prefix(5) }
        #expect(try file.entries() == [])
        try file.append(entry(2))
        #expect(try file.entries() == [entry(2)])
    }

    @Test("a byte that has changed is not passed over")
    func damaged() throws {
        try file.append(entry(1))
        try file.append(entry(2))
        try rewrite { $0[60] ^= 1 }
        let error = #expect(throws: StoreError.self) { try file.entries() }
        #expect(error?.code == .damaged)
    }

    @Test("what cannot be read, or is no whole ledger, is not written over")
    func leftAlone() throws {
        try file.append(entry(1))
        try file.append(entry(2))
        // Another file in its place, and a line that was damaged.
        for change in [{ (bytes: inout Data) in bytes[3] ^= 1 }, { $0[60] ^= 1 }] {
            let good = try Data(contentsOf: URL(filePath: file.path))
            try rewrite(change)
            let bad = try Data(contentsOf: URL(filePath: file.path))
            let error = #expect(throws: StoreError.self) { try file.append(entry(3)) }
            #expect(error?.code == .damaged)
            #expect(try Data(contentsOf: URL(filePath: file.path)) == bad)
            try good.write(to: URL(filePath: file.path))
        }
        // Nothing can be read of what is no file; before, that was taken for an empty one.
        let other = ErasureFile(directory: directory.path + "/other")
        try FileManager.default.createDirectory(
            atPath: other.path, withIntermediateDirectories: true)
        #expect(throws: StoreError.self) { try other.append(entry(1)) }
        #expect(try file.entries() == [entry(1), entry(2)])
    }

    @Test("is copied beside a backup, and taken over from there")
    func copied() throws {
        let beside = ErasureFile(besideBackup: directory.path + "/night.sqlite")
        try file.copy(to: beside)
        #expect(beside.isThere && !file.isThere)
        #expect(try beside.entries() == [])
        try file.append(entry(2))
        try file.append(entry(3))
        try file.copy(to: beside)
        #expect(try beside.entries() == [entry(2), entry(3)])
        try rewrite { $0[60] ^= 1 }
        #expect(throws: StoreError.self) { try file.copy(to: beside) }
        #expect(try beside.entries() == [entry(2), entry(3)])
        try FileManager.default.removeItem(atPath: file.path)
        try file.append(entry(3))
        try file.take(from: beside)
        #expect(try file.entries() == [entry(3), entry(2)])
    }
}
