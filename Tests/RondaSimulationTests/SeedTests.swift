import Foundation
import RondaSimulation
import Testing

/// How many worlds a run lives through; a debug build takes about 0.2 seconds for each.
private let seeds =
    ProcessInfo.processInfo.environment["RONDA_SIM_SEEDS"].flatMap { UInt64($0) } ?? 20

@Suite struct SeedTests {
    @Test("worlds in trouble come to rest, with nothing lost and both sides agreeing")
    func clean() async throws {
        let simulation = try await Simulation()
        for seed in 1...seeds {
            let outcome = await simulation.run(Story(seed: seed))
            #expect(outcome.violation == nil, "ronda-sim --from \(seed) --seeds 1 --trace")
        }
    }

    @Test("whatever people do in a world, they manage to do in some")
    func everyAct() async throws {
        let simulation = try await Simulation()
        var missing = Act.names
        for seed in UInt64(1)...60 where !missing.isEmpty {
            let done = await simulation.run(Story(seed: seed)).trace.faults
            missing = missing.filter { done["captured \($0)"] == nil }
        }
        #expect(missing == [])
    }

    @Test("whatever the office does, and whoever carries work for others, is done in some world")
    func everyOfficeAct() async throws {
        let simulation = try await Simulation()
        var missing = Set(DeviceAct.names.map { "office \($0)" }).union(OrganisationAct.names)
        missing.insert("bundles delivered again")
        var story = UInt64(0)
        while story < 120, !missing.isEmpty {
            story += 1
            let drawn = Story(seed: story)
            guard drawn.hasOfficeActs else { continue }
            let done = await simulation.run(drawn).trace.faults
            missing = missing.filter { done[$0] == nil }
        }
        #expect(missing == [])
    }

    @Test("the same seed is the same world")
    func repeats() async throws {
        let (one, other) = (try await Simulation(), try await Simulation())
        for seed in UInt64(1)...5 {
            let first = await one.run(Story(seed: seed)).trace
            let second = await other.run(Story(seed: seed)).trace
            #expect(first.hash == second.hash)
            #expect(first.lines == second.lines)
        }
    }

    /// One for each class of invariant: the first seed that is tried, and how many it may take.
    private static let bugs: [(PlantedBug, from: UInt64, within: UInt64)] = [
        (.forgottenCommit, 1, 10), (.lostJournal, 1, 10), (.wrongVerdict, 3, 10),
        (.positionTwice, 1, 20), (.lostDelta, 1, 10), (.silentRestore, 5, 40),
        (.hiddenFork, 7, 40), (.judgedTwice, 1, 10), (.forgottenFloor, 590, 40),
        (.wrongRule, 6, 60), (.trustedClock, 3, 40), (.earlyWatermark, 1, 10),
        (.hiddenDeparture, 18, 40), (.hiddenErasure, 12, 20),
        (.ignoredLedger, 59, 40), (.keptRefused, 760, 40),
        (.ignoredProof, 1, 400), (.forgottenRevocation, 1, 20), (.bundleTwice, 1, 20),
        (.keptSight, 40, 40),
    ]

    @Test("a planted bug is found", arguments: bugs)
    func finds(_ bug: PlantedBug, from first: UInt64, within most: UInt64) async throws {
        let simulation = try await Simulation(bug: bug)
        for seed in first..<first + most {
            let outcome = await simulation.run(Story(seed: seed))
            if outcome.violation != nil { return }
        }
        Issue.record("\(bug) was not found in \(most) seeds from \(first)")
    }

    @Test("every planted bug has its test")
    func all() {
        #expect(Set(Self.bugs.map(\.0)) == Set(PlantedBug.allCases))
    }

    @Test("what goes wrong is told in a short story that goes wrong too")
    func shrinks() async throws {
        let simulation = try await Simulation(bug: .lostJournal)
        let outcome = await simulation.run(Story(seed: 2))
        try #require(outcome.violation != nil)
        let short = await simulation.shrunk(outcome, mostRuns: 40)
        #expect(short.violation != nil)
        #expect(short.story.steps.count * 2 <= outcome.story.steps.count)
        let again = await simulation.run(short.story)
        #expect(again.violation == short.violation)
    }
}
