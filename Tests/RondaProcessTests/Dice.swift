import Foundation
import RondaServer

/// Draws the moments at which tests strike. `RONDA_TEST_SEED` repeats the draws of an earlier run.
struct Dice: Sendable {
    let seed: UInt64
    private var generator: SplitMix64

    init(_ test: String) {
        let asked = ProcessInfo.processInfo.environment["RONDA_TEST_SEED"].flatMap { UInt64($0) }
        seed = asked ?? .random(in: 0...9_999_999)
        generator = SplitMix64(seed: seed)
        print("\(test): RONDA_TEST_SEED=\(seed)")
    }

    private init(seed: UInt64) {
        self.seed = seed
        generator = SplitMix64(seed: seed)
    }

    /// Another one that draws by itself.
    mutating func split() -> Dice { Dice(seed: generator.next()) }

    mutating func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(max(1, bound))) }

    /// Works for up to about `most` thousand steps, so that what comes next comes at a moment that
    /// no event marks.
    mutating func dawdle(thousands most: Int) {
        var work = SplitMix64(seed: generator.next())
        for _ in 0..<below(most * 1_000) { _ = work.next() }
    }
}
