import RondaModel
import Testing

/// SplitMix64 (Steele, Lea and Flood 2014): the seed is the argument of the test.
private struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    mutating func id() -> RecordID {
        // Now and then words of zeros or ones, where borrowing between the halves would show.
        let words: [UInt64] = [next(), next(), 0, .max]
        return RecordID(
            high: words.randomElement(using: &self) ?? 0,
            low: words.randomElement(using: &self) ?? 0
        )
    }
}

@Suite("The checksum of a scope and the ranges of its comparison")
struct ChecksumTests {
    /// The bits of an id, the most significant first.
    private func bits(_ id: RecordID) -> [UInt64] {
        [id.high, id.low].flatMap { word in (0..<64).map { word >> UInt64(63 - $0) & 1 } }
    }

    @Test("a range holds exactly the ids that begin with the same bits", arguments: 1...UInt64(50))
    func ranges(seed: UInt64) {
        var random = Random(state: seed)
        let id = random.id()
        for count in stride(from: 0, through: 128, by: 4) {
            let range = id.range(bits: count)
            #expect(range.contains(id))
            #expect(
                bits(range.lowerBound) == bits(id).prefix(count)
                    + Array(repeating: 0, count: 128 - count))
            #expect(
                bits(range.upperBound) == bits(id).prefix(count)
                    + Array(repeating: 1, count: 128 - count))
            for _ in 0..<20 {
                let other = random.id()
                let begins = bits(other).prefix(count) == bits(id).prefix(count)
                #expect(range.contains(other) == begins)
                // And one that differs from it in one bit.
                let place = Int.random(in: 0..<128, using: &random)
                let flipped =
                    place < 64
                    ? RecordID(high: id.high ^ 1 << UInt64(63 - place), low: id.low)
                    : RecordID(high: id.high, low: id.low ^ 1 << UInt64(127 - place))
                #expect(range.contains(flipped) == (place >= count))
            }
        }
    }

    @Test(
        "sixteen children take a range apart, without gap and without overlap",
        arguments: 1...UInt64(50))
    func children(seed: UInt64) {
        var random = Random(state: seed &* 3)
        let id = random.id()
        for count in stride(from: 0, to: 128, by: 4) {
            let range = id.range(bits: count)
            let parts = (0..<16).map { id.child($0, at: count).range(bits: count + 4) }
            #expect(parts.first?.lowerBound == range.lowerBound)
            #expect(parts.last?.upperBound == range.upperBound)
            for (left, right) in zip(parts, parts.dropFirst()) {
                let (low, isOver) = left.upperBound.low.addingReportingOverflow(1)
                let next = RecordID(high: left.upperBound.high &+ (isOver ? 1 : 0), low: low)
                #expect(right.lowerBound == next)
            }
            #expect(parts[id.nibble(at: count)].contains(id))
            for nibble in 0..<16 {
                let child = id.child(nibble, at: count)
                #expect(child.nibble(at: count) == nibble)
                #expect(child == parts[nibble].lowerBound)
            }
        }
    }

    @Test("the sum of a scope does not depend on order, and taking a record out undoes it")
    func additive() {
        var random = Random(state: 4)
        let records = (0..<50).map { _ in (random.id(), UInt64.random(in: 1...9, using: &random)) }
        func sum(_ records: [(RecordID, UInt64)]) -> UInt64 {
            records.reduce(0) { $0 &+ Checksum.of($1.0, version: $1.1) }
        }
        #expect(sum(records) == sum(records.shuffled(using: &random)))
        #expect(
            sum(records) &- Checksum.of(records[0].0, version: records[0].1)
                == sum(Array(records.dropFirst())))
        #expect(sum(Array(records.prefix(20))) &+ sum(Array(records.dropFirst(20))) == sum(records))
    }

    @Test("each half of the id and the version count, each in its own place")
    func different() {
        var random = Random(state: 5)
        var sums = Set<UInt64>()
        let words = (0..<12).map { _ in random.next() } + [0, 1, .max]
        for high in words {
            for low in words {
                for version: UInt64 in [1, 2, 1 << 32 + 1] {
                    sums.insert(Checksum.of(RecordID(high: high, low: low), version: version))
                }
            }
        }
        #expect(sums.count == words.count * words.count * 3)
    }
}
