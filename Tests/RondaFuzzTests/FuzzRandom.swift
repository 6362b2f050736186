import Foundation
import RondaMerge
import RondaModel

/// SplitMix64 (Steele, Lea, Flood 2014): an input is its seed, so that a failure can be had again.
struct FuzzRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

// Drawn here and not with `Int.random(in:using:)`, which may draw otherwise in a later Swift.
extension FuzzRandom {
    /// From 0 up to, not with, `end`; 0 where there is nothing to choose.
    mutating func below(_ end: Int) -> Int {
        end < 2 ? 0 : Int(next().multipliedFullWidth(by: UInt64(end)).high)
    }

    mutating func chance(_ one: Int) -> Bool { below(one) == 0 }

    mutating func pick<Element>(_ all: [Element], or other: Element) -> Element {
        all.isEmpty ? other : all[below(all.count)]
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// The edges of every width, small ones, and anything between.
    mutating func number() -> UInt64 {
        switch below(4) {
        case 0: UInt64(below(20))
        case 1: 1 << UInt64(below(64))
        case 2: (1 << UInt64(below(64))) &- 1
        default:
            pick([.max, .max - 1, 1 << 63, 0x7fff_ffff, 0xffff_ffff, 1 << 48, next()], or: 0)
        }
    }

    mutating func id() -> RecordID { RecordID(high: next(), low: next()) }

    /// One of a few, so that tables of ids are used.
    mutating func familiarID() -> RecordID { RecordID(high: 1, low: UInt64(below(5))) }

    mutating func text() -> String {
        pick(
            ["a", "", "José", "Jose\u{301}", "😀\n\t\"\\", "\u{0}", "{}", "tel:+523312345678"],
            or: "")
            + String(repeating: "x", count: below(30))
    }

    mutating func anyValue() -> Value {
        switch below(9) {
        case 0: .text(text())
        case 1: .integer(Int64(bitPattern: number()))
        case 2: .real(pick([0, -0.5, .infinity, .nan, 1e300, 0.1], or: 0))
        case 3: .boolean(chance(2))
        case 4: .instant(Instant(milliseconds: Int64(bitPattern: number())))
        case 5: .date(CivilDate(days: Int32(truncatingIfNeeded: number())))
        case 6: .option(UInt32(truncatingIfNeeded: number()))
        case 7:
            .status(
                option: UInt32(truncatingIfNeeded: number()),
                round: UInt32(truncatingIfNeeded: number()))
        default: .ref(chance(3) ? id() : familiarID())
        }
    }
}
