import Foundation
import RondaMerge
import RondaModel
import Testing

/// Small enough to be tried out whole.
///
/// A *trace* is a list of arrivals: whose commit, what it does, and how much of the others' work it
/// had seen. Every run walks through
/// - all traces of three arrivals: every person and every act at each arrival, 7,013 commits planned
///   for each rule;
/// - all whole traces, of six arrivals, of `usual` assignments for each rule. An assignment says who
///   does what; there are 13,824, each with 6,928 traces, of some 480 histories that differ in who
///   had seen what.
///
/// `scripts/exhaustive N` walks through all traces of N arrivals in a release build: 5 take minutes, 6
/// are all there are and take hours.
@Suite("Histories of three devices with two commits each")
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
        var interesting = SmallTraces()
        var planned = 0
        for assignment in assignments(of: small, count: Self.usual) {
            var traces = 0
            let world = SmallWorld(small: small, assignment: assignment, stage: stage) {
                arrivals, state, verdicts in
                traces += 1
                interesting.offer(arrivals, state, verdicts, assignment)
            }
            let (failure, count) = world.walk()
            try #require(failure == nil)
            try #require(traces == SmallWorld.traces)
            planned += count
        }
        #expect(planned == Self.usual * 8_547)
        try compare(interesting, small, stage)
    }

    /// By number of arrivals: how many commits are planned in all traces with all their beginnings.
    /// Counted by a program that knows nothing of merging.
    private static let planned = [
        1: 11, 2: 253, 3: 7_013, 4: 209_541, 5: 5_589_381, 6: 101_362_053,
    ]

    @Test(
        "so it does with every beginning: each person and each act, at each arrival",
        arguments: SmallCase.all)
    func everyBeginning(_ small: SmallCase) throws {
        let length = Self.environment["RONDA_EXHAUSTIVE_LENGTH"].flatMap { Int($0) } ?? 3
        let world = SmallWorld(
            small: small, assignment: nil, stage: try SmallStage(small), length: length
        ) { _, _, _ in }
        let (failure, planned) = world.walk()
        #expect(failure == nil)
        #expect(planned == Self.planned[length])
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
