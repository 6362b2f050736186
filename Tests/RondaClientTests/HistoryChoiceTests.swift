import RondaClient
import RondaModel
import Testing

@Suite("What a device keeps of history")
struct HistoryChoiceTests {
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
            return mixed ^ mixed >> 31
        }
    }

    private func record(_ number: UInt64, day: Int32?, version: UInt64 = 1) -> Recency {
        Recency(day: day, version: version, record: RecordID(high: 7, low: number))
    }

    @Test("the latest day first, what has no day before all; of one day the higher version")
    func order() {
        let old = record(9, day: 10, version: 4)
        let newer = record(1, day: 11)
        let again = record(2, day: 11, version: 2)
        let timeless = record(3, day: nil)
        #expect([again, timeless, old, newer].sorted() == [old, newer, again, timeless])
        let choice = HistoryChoice(
            whole: [old, newer], kept: [], outlined: [again, timeless], budget: .records(3))
        #expect(choice.wanted == [timeless.record, again.record])
        #expect(choice.dropped == [old.record])
    }

    @Test("what something unfinished refers to stays, and takes up room")
    func kept() {
        let whole = [record(1, day: 1), record(2, day: 2), record(3, day: 3)]
        let choice = HistoryChoice(
            whole: whole, kept: [whole[0].record], outlined: [record(4, day: 9)],
            budget: .records(1))
        #expect(choice.wanted == [] && choice.dropped == [whole[1].record, whole[2].record])
    }

    @Test("laws: within the budget, full, the most recent, and done once", arguments: 1...200)
    func laws(seed: UInt64) {
        var random = Generator(state: seed)
        let all = (0..<UInt64.random(in: 0...40, using: &random)).map { number in
            record(
                number,
                day: Bool.random(using: &random) ? Int32.random(in: -3...3, using: &random) : nil,
                version: .random(in: 1...3, using: &random))
        }.shuffled(using: &random)
        let here = Int.random(in: 0...all.count, using: &random)
        let (whole, outlined) = (Array(all.prefix(here)), Array(all.dropFirst(here)))
        // Customers and the like are named too, and take up no room.
        let kept = Set(whole.prefix(Int.random(in: 0...(here / 3), using: &random)).map(\.record))
            .union([RecordID(high: 1, low: 1)])
        let most = Int.random(in: 0...45, using: &random)
        let budget: HistoryBudget = seed % 7 == 0 ? .all : .records(most)
        let choice = HistoryChoice(
            whole: whole, kept: kept, outlined: outlined, budget: budget)
        let after = Set(whole.map(\.record)).subtracting(choice.dropped).union(choice.wanted)
        let keptHere = kept.intersection(whole.map(\.record))
        #expect(after.isSuperset(of: keptHere))
        #expect(Set(choice.wanted).isSubset(of: outlined.map(\.record)))
        if budget == .all {
            #expect(after.count == all.count && choice.dropped == [])
        } else {
            #expect(after.count == min(all.count, max(most, keptHere.count)))
        }
        let rest = all.filter { !after.contains($0.record) }
        let free = all.filter { after.contains($0.record) && !kept.contains($0.record) }
        if let least = free.min(), let most = rest.max() { #expect(most < least) }
        // In whatever order they are given, and again from what it has led to.
        let again = HistoryChoice(
            whole: all.filter { after.contains($0.record) }.shuffled(using: &random), kept: kept,
            outlined: rest.shuffled(using: &random), budget: budget)
        #expect(again.wanted == [] && again.dropped == [])
        let mixed = HistoryChoice(
            whole: whole.shuffled(using: &random), kept: kept,
            outlined: outlined.shuffled(using: &random), budget: budget)
        #expect(mixed == choice)
    }
}
