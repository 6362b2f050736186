import Foundation
import RondaSimulation
import Testing

/// Many worlds take minutes in a debug build: `RONDA_SIM_LONG=1` runs them all.
private let isLong = ProcessInfo.processInfo.environment["RONDA_SIM_LONG"] != nil

@Suite struct SeedTests {
    @Test("worlds in trouble come to rest, with nothing lost and both sides agreeing")
    func clean() async throws {
        let simulation = try await Simulation()
        for seed in UInt64(1)...(isLong ? 100 : 5) {
            let outcome = await simulation.run(Story(seed: seed))
            #expect(outcome.violation == nil, "ronda-sim --from \(seed) --seeds 1 --trace")
        }
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

    /// One for each class of invariant; the numbers are how many seeds it may take.
    @Test(
        "a planted bug is found", .enabled(if: isLong),
        arguments: [
            (PlantedBug.forgottenCommit, 10), (.lostJournal, 10), (.wrongVerdict, 20),
            (.positionTwice, 10), (.lostDelta, 10), (.silentRestore, 60), (.hiddenFork, 60),
            (.judgedTwice, 10), (.forgottenFloor, 200), (.wrongRule, 60), (.trustedClock, 60),
            (.earlyWatermark, 10),
        ] as [(PlantedBug, UInt64)])
    func finds(_ bug: PlantedBug, within most: UInt64) async throws {
        let simulation = try await Simulation(bug: bug)
        for seed in 1...most {
            let outcome = await simulation.run(Story(seed: seed))
            if outcome.violation != nil { return }
        }
        Issue.record("\(bug) was not found in \(most) seeds")
    }

    @Test("what goes wrong is told in a short story that goes wrong too", .enabled(if: isLong))
    func shrinks() async throws {
        let simulation = try await Simulation(bug: .lostJournal)
        let outcome = await simulation.run(Story(seed: 1))
        try #require(outcome.violation != nil)
        let short = await simulation.shrunk(outcome)
        #expect(short.violation != nil)
        #expect(short.story.steps.count < outcome.story.steps.count)
        let again = await simulation.run(short.story)
        #expect(again.violation == short.violation)
    }
}
