import Foundation
import RondaMerge
import RondaModel
import RondaStore

/// A directory of this test's own, gone when the test is over.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "ronda-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The name and the bytes of every file in it.
    func contents() throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        return try Dictionary(
            uniqueKeysWithValues: names.map {
                ($0, try Data(contentsOf: URL(filePath: path + "/" + $0)))
            })
    }
}

let testHub = HubIdentity(
    id: RecordID(high: 1, low: 2), epoch: 0xfedc_ba98_7654_3210,
    key: Array(repeating: 1, count: 32))

/// A customer with one value in one field, standing in a scope.
func customer(
    _ number: UInt64, name: String, version: UInt64 = 1, placements: [Placement]
) -> StoredRecord {
    var record = StoredRecord(
        id: RecordID(high: 5, low: number), entity: .customer, creator: RecordID(high: 6, low: 6),
        version: version,
        marks: [
            Mark(
                version: version, number: 1, stamp: Stamp(milliseconds: 9),
                device: RecordID(high: 7, low: 7), author: RecordID(high: 6, low: 6),
                isOffice: false, seqs: placements.map(\.seq))
        ],
        registers: Array(repeating: .empty, count: EntitySchema.customer.fields.count),
        lives: [0], placements: placements)
    record.registers[3] = .siblings([Sibling(value: .text(name), mark: 0)])
    return record
}
