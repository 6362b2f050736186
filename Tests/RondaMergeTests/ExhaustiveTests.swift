import Foundation
import RondaMerge
import RondaModel
import Testing

/// Design §13.2: small enough to be tried out whole.
///
/// An assignment says who does what: there are 13,824 of them for each rule. Each has 6,928 traces,
/// of some 480 histories that differ in who had seen what. A debug run walks through all traces of
/// `usual` assignments for each rule. `RONDA_EXHAUSTIVE=n` walks through n, which a release build
/// does in n times 0.1 seconds for each rule; 13824 are all.
@Suite("Every history of three devices with two commits each")
struct ExhaustiveTests {
    private static let usual = 2
    private static let environment = ProcessInfo.processInfo.environment

    /// The assignments of a rule, in an order in which neighbours have little in common.
    private func assignments(of small: SmallCase, count: Int) -> [Assignment] {
        let rule = SmallCase.all.firstIndex { $0.rule == small.rule } ?? 0
        return (0..<count).map {
            Assignment((rule * 1_741 + 5_003 + $0 * 6_007) % Assignment.count)
        }
    }

    @Test("means what its definition says, in whatever order it arrives", arguments: SmallCase.all)
    func everyTrace(_ small: SmallCase) throws {
        let stage = try SmallStage(small)
        let asked = Self.environment["RONDA_EXHAUSTIVE"].flatMap { Int($0) } ?? Self.usual
        var interesting = SmallTraces()
        var planned = 0
        for (index, assignment) in assignments(of: small, count: asked).enumerated() {
            var traces = 0
            let world = SmallWorld(small: small, assignment: assignment, stage: stage) {
                arrivals, state, verdicts in
                traces += 1
                if index < Self.usual {
                    interesting.offer(arrivals, state, verdicts, assignment)
                }
            }
            let (failure, count) = world.walk()
            try #require(failure == nil)
            try #require(traces == SmallWorld.traces)
            planned += count
        }
        #expect(planned == asked * 8_547)
        try compare(interesting, small, stage)
    }

    /// The vectors of the interesting traces are as they were written, and no others are there.
    private func compare(
        _ interesting: SmallTraces, _ small: SmallCase, _ stage: SmallStage
    ) throws {
        let vectors = small.kinds.compactMap { kind in
            interesting.best[kind].map { SmallVector(small: small, stage: stage, trace: $0) }
        }
        for vector in vectors {
            let text = try vector.text()
            if Self.environment["RONDA_WRITE_VECTORS"] == "1" {
                try text.write(to: vector.file, atomically: true, encoding: .utf8)
            }
            let written = try? String(contentsOf: vector.file, encoding: .utf8)
            #expect(
                written == text, "\(vector.file.lastPathComponent): RONDA_WRITE_VECTORS=1 writes it"
            )
        }
        let present = try Contract.vectors("plan").map(\.lastPathComponent)
            .filter { $0.hasPrefix("exhaustive-\(small.rule.rawValue)-") }
        #expect(Set(present) == Set(vectors.map(\.file.lastPathComponent)))
    }
}
