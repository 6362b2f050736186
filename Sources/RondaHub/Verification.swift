internal import Foundation
internal import RondaMerge
package import RondaModel
internal import RondaProtobuf
package import RondaStore
internal import RondaWire
internal import SwiftProtobuf

/// Whether a store is whole: every chain unbroken, every record readable and standing where it says,
/// every sum right (SPEC §9.4).
package struct Verification: Sendable, Hashable {
    package private(set) var records = 0
    package private(set) var commits = 0
    package private(set) var devices = 0
    /// What is wrong, in English, without contents; empty for a whole store.
    package private(set) var problems: [String] = []

    package static func of(
        _ store: any CentralStore, schema: Schema = .current
    ) async throws -> Verification {
        try await store.read { store in
            var verification = Verification()
            try verification.checkRecords(store, schema: schema)
            try verification.checkChains(store)
            return verification
        }
    }

    private mutating func checkRecords(_ store: any StoreReader, schema: Schema) throws {
        let heads = Dictionary(
            try store.scopes().map { ($0.id, $0) },
            uniquingKeysWith: { first, _ in
                problems.append("two scopes have the id \(first.id)")
                return first
            })
        var sums: [RecordID: UInt64] = [:]
        var found: [String] = []
        for entity in schema.entities {
            try store.records(of: entity.id) { record in
                records += 1
                for placement in record.placements {
                    guard let head = heads[placement.scope], placement.seq <= head.seq else {
                        found.append("record \(record.id) stands beyond its scope")
                        continue
                    }
                    if !record.isDeleted {
                        sums[placement.scope, default: 0] &+=
                            Checksum.of(record.id, version: record.version)
                    }
                }
            }
        }
        for (scope, head) in heads.sorted(by: { $0.key < $1.key }) {
            if sums[scope] ?? 0 != head.sum { found.append("scope \(scope): its sum is wrong") }
            var standing: UInt64 = 0
            let all = RecordID.zero.range(bits: 0)
            try store.standing(in: scope, from: all.lowerBound, to: all.upperBound) {
                standing &+= Checksum.of($0, version: $1)
            }
            if standing != sums[scope] ?? 0 {
                found.append("scope \(scope): its stream and its records differ")
            }
        }
        problems += found
    }

    private mutating func checkChains(_ store: any StoreReader) throws {
        var found: [String] = []
        for device in try store.devices() {
            devices += 1
            var (number, chain) = (UInt64(0), ChainHash.start)
            try store.journal(of: device.id) { entry in
                commits += 1
                number += 1
                if entry.number != number {
                    found.append("device \(device.id): commit \(number) is missing")
                    number = entry.number
                }
                defer { chain = entry.chain }
                if entry.isRedacted { return }
                let commit = try WireCommit(serializedBytes: entry.commit)
                if commit.previous.isEmpty
                    ? chain != .start : ChainHash(id: RecordID(data: commit.previous)) != chain
                {
                    found.append("device \(device.id): commit \(number) does not follow on")
                }
            }
            if number != device.lastNumber || chain != device.chain {
                found.append("device \(device.id): its chain does not end where it should")
            }
        }
        problems += found
    }
}
