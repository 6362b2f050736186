import RondaMerge
import RondaModel
import Testing

@Suite("Laws of duplicates")
struct DuplicatesLawTests {
    /// Some twenty customers that share few keys, with decisions of every kind.
    private func twins(_ seed: UInt64) -> [Twin] {
        var random = SeededGenerator(seed: seed)
        let ids = (1...20).map { RecordID(UInt64($0)) }
        return ids.map { id in
            let keys = (0..<Int.random(in: 0...2, using: &random)).map { _ in
                "+52155000\(Int.random(in: 0..<12, using: &random))"
            }
            let isMerged = Int.random(in: 0..<6, using: &random) == 0
            let others = (0..<Int.random(in: 0...1, using: &random)).compactMap { _ in
                ids.randomElement(using: &random)
            }
            return Twin(
                id: id, keys: Set(keys),
                mergedInto: isMerged ? ids.randomElement(using: &random) : nil,
                notSameAs: Set(others).subtracting([id]))
        }
    }

    /// By the meaning of the words: whether somebody has still to say if two customers are one.
    private func isOpen(_ a: Twin, _ b: Twin, _ twins: [Twin]) -> Bool {
        let duplicates = Duplicates(twins)
        let (x, y) = (duplicates.target(of: a.id), duplicates.target(of: b.id))
        if x == y || a.keys.isDisjoint(with: b.keys) { return false }
        return !isApart(x, y, twins)
    }

    private func isApart(_ x: RecordID, _ y: RecordID, _ twins: [Twin]) -> Bool {
        let duplicates = Duplicates(twins)
        return twins.contains { twin in
            twin.notSameAs.contains { other in
                let pair = [duplicates.target(of: twin.id), duplicates.target(of: other)]
                return pair == [x, y] || pair == [y, x]
            }
        }
    }

    @Test("the order in which customers are read changes nothing", arguments: 1...UInt64(60))
    func order(seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ 1000)
        let twins = twins(seed)
        #expect(
            Duplicates(twins).cases() == Duplicates(twins.shuffled(using: &random)).cases())
    }

    @Test(
        "two customers are in a case together when nobody has said what they are",
        arguments: 1...UInt64(60))
    func complete(seed: UInt64) {
        let twins = twins(seed)
        let duplicates = Duplicates(twins)
        let cases = duplicates.cases()
        for (index, a) in twins.enumerated() {
            for b in twins[(index + 1)...] where isOpen(a, b, twins) {
                let pair = Set([duplicates.target(of: a.id), duplicates.target(of: b.id)])
                #expect(cases.contains { pair.isSubset(of: $0.customers) })
            }
        }
        for found in cases {
            #expect(found.customers.count > 1 && found.customers == found.customers.sorted())
            #expect(!found.keys.isEmpty)
            // What has been answered is not asked again.
            for a in found.customers {
                for b in found.customers where a != b {
                    #expect(!isApart(a, b, twins))
                }
            }
            for customer in found.customers {
                #expect(duplicates.target(of: customer) == customer)
                // Nobody is in a case for no open question.
                let aliases = twins.filter { duplicates.target(of: $0.id) == customer }
                #expect(aliases.contains { a in twins.contains { isOpen(a, $0, twins) } })
            }
        }
        #expect(Set(cases.map(\.customers)).count == cases.count)
    }

    @Test("answers end a case, and taking them back brings it again", arguments: 1...UInt64(60))
    func answers(seed: UInt64) throws {
        var twins = twins(seed)
        let before = Duplicates(twins).cases()
        guard let pair = before.first(where: { $0.customers.count == 2 }) else { return }
        let first = try #require(twins.firstIndex { $0.id == pair.customers[0] })
        let kept = twins[first].mergedInto
        twins[first].mergedInto = pair.customers[1]
        let merged = Duplicates(twins)
        #expect(merged.target(of: pair.customers[0]) == merged.target(of: pair.customers[1]))
        #expect(!merged.cases().contains { $0.customers == pair.customers })
        twins[first].mergedInto = kept
        #expect(Duplicates(twins).cases() == before)
        twins[first].notSameAs.insert(pair.customers[1])
        #expect(!Duplicates(twins).cases().contains { $0.customers == pair.customers })
        twins[first].notSameAs.remove(pair.customers[1])
        #expect(Duplicates(twins).cases() == before)
    }

    @Test("mergers that were decided apart and close a ring leave one customer")
    func ring() {
        let twins = [
            Twin(id: RecordID(3), keys: ["a"], mergedInto: RecordID(2)),
            Twin(id: RecordID(2), keys: ["a"], mergedInto: RecordID(3)),
            Twin(id: RecordID(9), keys: ["a"], mergedInto: RecordID(3)),
            Twin(id: RecordID(4), keys: [], mergedInto: RecordID(77)),
        ]
        let duplicates = Duplicates(twins)
        for id: UInt64 in [2, 3, 9] { #expect(duplicates.target(of: RecordID(id)) == RecordID(2)) }
        #expect(duplicates.cases().isEmpty)
        // Whom one cannot see cannot stand for anybody.
        #expect(duplicates.target(of: RecordID(4)) == RecordID(4))
    }
}
