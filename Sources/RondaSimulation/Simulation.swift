internal import RondaStore
internal import RondaStoreSQLite

/// Runs worlds.
package struct Simulation: Sendable {
    private let plain: Shelf
    private let organised: Shelf
    private let bug: PlantedBug?

    package init(bug: PlantedBug? = nil) async throws {
        plain = try await Shelf(.make())
        organised = try await Shelf(.make(isOrganised: true))
        self.bug = bug
    }

    package struct Outcome: Sendable {
        package let story: Story
        /// What must not have been; `nil` when all was well.
        package let violation: String?
        package let trace: Trace
    }

    /// Lives through a story and checks it. The same story has the same outcome.
    package func run(_ story: Story) async -> Outcome {
        let world: World
        let shelf = story.isOrganised ? organised : plain
        do {
            world = try World(story, template: shelf.template, shelf: shelf, bug: bug)
        } catch {
            return Outcome(story: story, violation: "no world: \(error)", trace: Trace())
        }
        var wrong: String?
        do {
            try await world.live(story)
        } catch let violation as Violation {
            wrong = violation.what
        } catch {
            wrong = "unexpected: \(error)"
        }
        world.close()
        return Outcome(story: story, violation: wrong, trace: world.trace)
    }

    /// The shortest story this finds that goes wrong like `outcome` did: steps are left out, ever
    /// fewer at a time, as long as something still goes wrong.
    package func shrunk(_ outcome: Outcome, mostRuns: Int = 400) async -> Outcome {
        var best = outcome
        var runs = 0
        var size = max(1, best.story.steps.count / 2)
        while runs < mostRuns {
            var start = 0
            var hasShrunk = false
            while start < best.story.steps.count, runs < mostRuns {
                var story = best.story
                story.steps.removeSubrange(start..<min(start + size, story.steps.count))
                runs += 1
                let tried = await run(story)
                if tried.violation != nil {
                    best = tried
                    hasShrunk = true
                } else {
                    start += size
                }
            }
            if size == 1 && !hasShrunk { break }
            size = max(1, size / 2)
        }
        return best
    }
}

extension World {
    /// The story, healing, and quiet.
    func live(_ story: Story) async throws {
        for machine in machines.prefix(2) { try await sync(machine, dies: nil) }
        for (index, step) in story.steps.enumerated() {
            try await run(step)
            if index % 16 == 15 {
                let journal = try await journal()
                try checkNothingLost(in: journal)
                try await checkWatermarks(in: journal)
            }
        }
        trace.count(network.faults)
        try await heal()
        try await checkAgreement()
        try await addDigest()
    }

    /// What the world came to, so that traces that are the same mean worlds that are the same.
    private func addDigest() async throws {
        let scopes = try await network.store.read { try $0.scopes() }
        for scope in scopes { trace.add("scope \(scope.number) at \(scope.seq): \(scope.sum)") }
    }
}
