import RondaMerge
import RondaModel
import Testing

/// SPEC §4.12: stays, and what they say of who saw what.
@Suite("Laws of whereabouts")
struct WhereaboutsLawTests {
    private static let scopes = (1...4).map { RecordID($0) }
    private static let last: UInt64 = 9

    private func stay(_ random: inout SeededGenerator) -> Stay {
        let from = UInt64.random(in: 0..<Self.last, using: &random)
        return Stay(
            scope: Self.scopes[0], from: from,
            until: Bool.random(using: &random)
                ? 0 : UInt64.random(in: from + 1...Self.last, using: &random))
    }

    private func holds(_ stay: Stay, at version: UInt64) -> Bool {
        stay.from <= version && (stay.until == 0 || version < stay.until)
    }

    @Test(
        "two stays meet when both hold at one version that is not before, whoever asks",
        arguments: 1...UInt64(200))
    func meeting(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let (a, b) = (stay(&random), stay(&random))
        for since in 0...Self.last {
            let meets = (since...Self.last).contains { holds(a, at: $0) && holds(b, at: $0) }
            #expect(a.meets(b, since: since) == meets)
            #expect(b.meets(a, since: since) == meets)
        }
        // Once they do not meet any more, they never will.
        for since in 0..<Self.last where !a.meets(b, since: since) {
            #expect(!a.meets(b, since: since + 1))
        }
    }

    /// Scopes that somebody saw, one set for each version.
    private func course(_ random: inout SeededGenerator) -> [Set<RecordID>] {
        (0...Self.last).map { _ in
            let count = Int.random(in: 0...3, using: &random)
            return Set(Self.scopes.shuffled(using: &random).prefix(count))
        }
    }

    private func stays(_ course: [Set<RecordID>], _ random: inout SeededGenerator) -> [Stay] {
        var stays = course[0].map { Stay(scope: $0) }
        for (version, scopes) in course.enumerated().dropFirst() {
            stays.become(scopes.shuffled(using: &random), at: UInt64(version))
        }
        return stays
    }

    @Test(
        "stays tell at each version what held then, and nothing twice", arguments: 1...UInt64(100))
    func becoming(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let course = course(&random)
        var stays = stays(course, &random)
        for version in 0...Self.last {
            let then = stays.filter { holds($0, at: version) }.map(\.scope)
            #expect(Set(then) == course[Int(version)])
            #expect(then.count == Set(then).count)
        }
        for stay in stays { #expect(stay.until == 0 || stay.from < stay.until) }
        // The same scopes again change nothing, in whatever order and whenever.
        let before = stays
        stays.become(course[Int(Self.last)].shuffled(using: &random), at: Self.last + 1)
        #expect(stays == before)
    }

    @Test(
        "who saw a scope, or what stood in one, is what the courses of both say",
        arguments: 1...UInt64(100))
    func seeing(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let (mine, its) = (course(&random), course(&random))
        var customer = StoredRecord(
            id: RecordID(9), entity: .customer, creator: .zero, registers: [])
        customer.stays = stays(its, &random)
        let now = its[Int(Self.last)].sorted()
        for known in 0...Self.last {
            let sight = Sight(stays: stays(mine, &random), known: known)
            for scope in Self.scopes {
                #expect(
                    sight.saw(scope: scope)
                        == mine[Int(known)...].contains { $0.contains(scope) })
            }
            for since in 0...Self.last {
                let versions = Int(max(known, since))...Int(Self.last)
                #expect(
                    sight.saw(customer, standing: now, since: since)
                        == versions.contains { !mine[$0].isDisjoint(with: its[$0]) })
            }
        }
    }

    @Test(
        "a record moved about has a departure in each scope it has left, and in none where it stands",
        arguments: 1...UInt64(60))
    func departing(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var record = StoredRecord(
            id: RecordID(9), entity: .customer, creator: .zero, registers: [])
        // Where it is told to be, and since when it is told, by scope.
        var (there, gone): ([RecordID: UInt64], [RecordID: UInt64]) = ([:], [:])
        record.marks = [
            Mark(
                version: 1, number: 1, stamp: .zero, device: .zero, author: .zero, isOffice: false,
                seqs: [])
        ]
        for (version, scopes) in course(&random).enumerated() where !scopes.isEmpty {
            let before = record
            let seq = UInt64(100 + version)
            record.move(to: scopes.shuffled(using: &random), assignment: UInt64(version)) { _ in
                seq
            }
            for (scope, _) in there where !scopes.contains(scope) {
                gone[scope] = seq
                there[scope] = nil
            }
            for scope in scopes where there[scope] == nil {
                (there[scope], gone[scope]) = (seq, nil)
            }
            #expect(Set(record.placements.map(\.scope)) == scopes)
            #expect(record.placements.allSatisfy { $0.seq == there[$0.scope] })
            #expect(record.placements.allSatisfy { $0.arrived == there[$0.scope] })
            #expect(Set(record.departures.map(\.scope)) == Set(gone.keys))
            #expect(record.departures.count == gone.count)
            #expect(record.departures.allSatisfy { $0.seq == gone[$0.scope] })
            #expect(record.departures.allSatisfy { $0.seq == 100 + $0.assignment })
            if before.marks[0].seqs.isEmpty {
                record.marks[0].seqs = record.placements.map(\.seq)
            }
            // What comes into a scope has nothing there from before.
            #expect(record.marks[0].seqs == record.placements.map(\.arrived))
            // To be told to stand where it stands does nothing.
            let standing = record
            record.move(to: standing.placements.map(\.scope), assignment: 99) { _ in 999 }
            #expect(record == standing)
        }
    }

    @Test("a mark that knows fewer places than the record has counts there from the arrival")
    func shortMark() {
        var record = StoredRecord(
            id: RecordID(9), entity: .deal, creator: .zero, registers: [],
            placements: [
                Placement(scope: RecordID(1), seq: 7, arrived: 2),
                Placement(scope: RecordID(2), seq: 8, arrived: 6),
            ])
        record.marks = [
            Mark(
                version: 1, number: 1, stamp: .zero, device: .zero, author: .zero, isOffice: false,
                seqs: [7])
        ]
        record.move(to: [RecordID(2), RecordID(1), RecordID(3)], assignment: 1) { _ in 20 }
        #expect(record.marks[0].seqs == [6, 7, 20])
        #expect(record.placements.map(\.seq) == [8, 7, 20])
    }

    @Test("only a customer has a home")
    func home() {
        let world = RoamingWork(seed: 1).world
        for record in world.records.values {
            guard let entity = world.schema[record.entity] else { continue }
            #expect((record.home(entity) != nil) == (record.entity == .customer))
        }
    }
}
