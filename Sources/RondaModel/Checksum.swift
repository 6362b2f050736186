/// The sum by which a device and the hub see whether they hold the same records (SPEC §4.7):
/// additive, so that each write keeps it up to date whatever the order.
package enum Checksum {
    /// What one live record at one version adds.
    package static func of(_ record: RecordID, version: UInt64) -> UInt64 {
        mixed(mixed(mixed(record.high) &+ record.low) &+ version)
    }

    /// The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
    /// Generators", 2014).
    private static func mixed(_ number: UInt64) -> UInt64 {
        var bits = number
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        return bits ^ bits >> 31
    }
}

extension RecordID {
    /// The first and the last id that begin with the first `bits` bits of this one.
    package func range(bits: Int) -> ClosedRange<RecordID> {
        let high = bits >= 64 ? UInt64.max : bits == 0 ? 0 : ~(UInt64.max >> UInt64(bits))
        let low =
            bits <= 64 ? 0 : bits >= 128 ? UInt64.max : ~(UInt64.max >> UInt64(bits - 64))
        let first = RecordID(high: self.high & high, low: self.low & low)
        return first...RecordID(high: first.high | ~high, low: first.low | ~low)
    }

    /// The four bits after the first `bits`.
    package func nibble(at bits: Int) -> Int {
        let word = bits < 64 ? high : low
        return Int(word >> UInt64(60 - bits % 64) & 15)
    }

    /// This id with its four bits after the first `bits` set, and nothing after them.
    package func child(_ nibble: Int, at bits: Int) -> RecordID {
        let first = range(bits: bits).lowerBound
        let shifted = UInt64(nibble) << UInt64(60 - bits % 64)
        return bits < 64
            ? RecordID(high: first.high | shifted, low: first.low)
            : RecordID(high: first.high, low: first.low | shifted)
    }
}
