/// Every drawn thing of a world comes from here, and from nothing else: the same seed draws the same.
///
/// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
package struct Draw: Sendable, RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        return bits ^ bits >> 31
    }

    /// A number below `bound`, which is more than 0. The bias of the remainder does not matter here.
    package mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    package mutating func within(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    /// True `count` times in a hundred.
    package mutating func percent(_ count: Int) -> Bool { below(100) < count }

    package mutating func one<Element>(of choices: [Element]) -> Element {
        choices[below(choices.count)]
    }

    /// A generator of its own, so that what one part draws does not move what another draws.
    package mutating func split() -> Draw { Draw(seed: next()) }
}
