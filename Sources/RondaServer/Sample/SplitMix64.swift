/// Sebastiano Vigna's SplitMix64: small, seeded, and the same on every machine.
package struct SplitMix64: Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

// Drawn here and not with `Int.random(in:using:)` and its kin: the standard library does not promise
// that they keep drawing the same values, and a sample must stay the same from one Swift to the next.
extension SplitMix64 {
    /// From the range, which must not be empty. The bias of a range this small does not show.
    mutating func number(in range: ClosedRange<Int>) -> Int {
        let width = UInt64(range.upperBound - range.lowerBound) + 1
        return range.lowerBound + Int(next().multipliedFullWidth(by: width).high)
    }

    /// True in about `percent` of a hundred cases.
    mutating func chance(_ percent: Int) -> Bool {
        number(in: 1...100) <= percent
    }

    /// From an array, which must not be empty.
    mutating func element<Element>(of elements: [Element]) -> Element {
        elements[number(in: 0...(elements.count - 1))]
    }

    mutating func digits(_ count: Int) -> String {
        var text = ""
        for _ in 0..<count { text += String(number(in: 0...9)) }
        return text
    }
}
