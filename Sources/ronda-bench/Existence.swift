import Foundation
import RondaClient
import RondaHub
import RondaModel
import RondaServer
import RondaWire

/// What an answer's time tells of records that the account does not see: an edit of one that is there,
/// beside an edit of one that is not. Both are refused with the same words.
enum Existence {
    private static let commitsPerBatch = 100

    static func run(_ bench: Workbench) async throws -> [Measurement] {
        let seeded = try await SeededHub.make(
            in: bench.path("hub"), customers: 2_000 / bench.scale, purchases: 0)
        let hidden = try await hide(2_000 / bench.scale, in: seeded)
        let (identity, _) = try await seeded.device("rep")
        var writer = Writer()
        var pairs = Pairs()
        for pair in 0..<41 {
            let ids = (0..<commitsPerBatch).map { hidden[(pair * 97 + $0) % hidden.count] }
            let there = writer.edits(of: ids)
            let absent = writer.edits(of: ids.map { _ in seeded.hub.surroundings.mint() })
            // The first to run finds colder caches: they take turns.
            let first = try await time(pair % 2 == 0 ? there : absent, identity.device, seeded)
            let second = try await time(pair % 2 == 0 ? absent : there, identity.device, seeded)
            let (ours, limit) = pair % 2 == 0 ? (first, second) : (second, first)
            pairs.add(ours: ours, limit: limit, fsync: bench.fsync())
        }
        return [
            pairs.measurement(
                "hidden.edit", unit: "µs", reach: 1.1, direction: .atMost,
                note: "a refused edit of a record out of sight, beside one that is not there")
        ]
    }

    /// Customers of a territory that the rep does not have.
    private static func hide(_ count: Int, in seeded: SeededHub) async throws -> [RecordID] {
        var territory = Territory(id: Importer.territoryID("C"))
        territory.code = "C"
        territory.country = "MX"
        let customers = (0..<count).map { index in
            var customer = Customer(id: seeded.hub.surroundings.mint())
            customer.territory = territory.id
            customer.name = "Rosa Elena \(index) Paredes"
            customer.phones = ["+52133\(10_000_000 + index)"]
            customer.street = "Calle \(index)"
            return customer
        }
        let batches = stride(from: 0, to: count, by: 1_000).map {
            customers[$0..<min($0 + 1_000, count)].map { Change(creating: $0) }
        }
        let verdicts = try await seeded.hub.submitAsSystem(
            [[Change(creating: territory)]] + batches)
        guard verdicts.allSatisfy({ $0.refusal == nil }) else {
            throw BenchFailure("seeding was refused")
        }
        return customers.map(\.id)
    }

    /// - Returns: microseconds for one commit.
    private static func time(
        _ commits: [Commit], _ device: RecordID, _ seeded: SeededHub
    ) async throws -> Double {
        let seconds = try await Workbench.time {
            let verdicts = try await seeded.hub.submit(commits, as: device)
            guard verdicts.allSatisfy({ $0.refusal?.code == .unknownRecord }) else {
                throw BenchFailure("not refused as unknown: \(verdicts)")
            }
        }
        return seconds / Double(commits.count) * 1_000_000
    }

    /// One device's chain of edits.
    private struct Writer {
        private var previous = ChainHash.start
        private var number: UInt64 = 0

        mutating func edits(of records: [RecordID]) -> [Commit] {
            records.map { record in
                number += 1
                let change = Change(
                    entity: .customer, record: record, base: 0,
                    sets: [FieldWrite(8, .text("Calle \(number)"))])
                let commit = Commit(
                    number: number, stamp: Stamp(milliseconds: 1_790_000_000_000 + Int64(number)),
                    schema: 1, previous: previous, changes: [change])
                previous = commit.chainHash
                return commit
            }
        }
    }
}
