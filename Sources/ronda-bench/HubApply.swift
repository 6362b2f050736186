import CRawSQLite
import Foundation
import RondaClient
import RondaHub
import RondaModel
import RondaServer
import RondaWire

/// Planning and applying at the hub, beside a plain read, write and journal insert for each commit.
enum HubApply {
    static func run(_ bench: Workbench) async throws -> [Measurement] {
        let customers = 10_000 / bench.scale
        var pairs = Pairs()
        for _ in 0..<5 {
            let seeded = try await SeededHub.make(
                in: bench.path("hub"), customers: customers, purchases: 0)
            let (identity, _) = try await seeded.device("rep")
            let batches = commits(editing: seeded.customers)
            let ours = try await Workbench.time {
                for batch in batches {
                    let verdicts = try await seeded.hub.submit(batch, as: identity.device)
                    guard verdicts.allSatisfy({ $0.refusal == nil }), verdicts.count == batch.count
                    else { throw BenchFailure("a commit was refused") }
                }
            }
            let limit = try bench.raw(
                raw_read_modify_write(
                    bench.path("raw.sqlite"), bench.pragmas, nil, customers, customers, 100, 340,
                    130))
            pairs.add(
                ours: Double(customers) / ours, limit: Double(customers) / limit,
                fsync: bench.fsync())
        }
        return [
            pairs.measurement("hub.apply", unit: "commits/s", reach: 0.4, direction: .atLeast)
        ]
    }

    /// One edit of one field for each customer, a hundred commits to the batch.
    static func commits(editing customers: [RecordID]) -> [[Commit]] {
        var previous = ChainHash.start
        var number: UInt64 = 0
        // In an order that has nothing to do with that of the ids.
        let scattered = customers.indices.sorted { ($0 &* 7_919) % 9_973 < ($1 &* 7_919) % 9_973 }
        return stride(from: 0, to: scattered.count, by: 100).map { start in
            scattered[start..<min(start + 100, scattered.count)].map { index in
                number += 1
                let change = Change(
                    entity: .customer, record: customers[index], base: 1,
                    sets: [FieldWrite(8, .text("Calle Reforma \(index), Col. Centro"))])
                let commit = Commit(
                    number: number, stamp: Stamp(milliseconds: 1_790_000_000_000 + Int64(number)),
                    schema: 1, previous: previous, changes: [change])
                previous = commit.chainHash
                return commit
            }
        }
    }
}
