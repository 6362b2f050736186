internal import ArgumentParser
internal import Foundation
internal import RondaSimulation

/// Lives through the worlds of many seeds and says which of them went wrong.
@main
struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ronda-sim",
        abstract: "Simulates hubs and devices in trouble; the same seed is the same world.")

    @Option(help: "How many seeds.") var seeds = 1_000
    @Option(help: "The first seed.") var from: UInt64 = 1
    @Option(help: "How many worlds at a time.") var workers = 2
    @Option(help: "A bug to plant: \(PlantedBug.allCases.map(\.rawValue).joined(separator: ", ")).")
    var bug: String?
    @Option(help: "How many runs the shortening of a story may take.") var shrink = 400
    @Flag(help: "Write the result as JSON.") var json = false
    @Flag(help: "Write what happened in each world.") var trace = false
    @Flag(help: "Go on after a violation.") var keepGoing = false
    @Flag(help: "Say on standard error which seeds are under way, for when one ends the program.")
    var progress = false

    func validate() throws {
        guard seeds > 0, workers > 0 else {
            throw ValidationError("--seeds and --workers must be above 0")
        }
        guard !from.addingReportingOverflow(UInt64(seeds)).overflow else {
            throw ValidationError("--from \(from) with --seeds \(seeds) goes beyond \(UInt64.max)")
        }
    }

    /// How to live through one seed again, with the same bug.
    fileprivate func replay(_ seed: UInt64) -> String {
        "ronda-sim --from \(seed) --seeds 1" + (bug.map { " --bug \($0)" } ?? "")
    }

    func run() async throws {
        let planted = try bug.map { name in
            guard let bug = PlantedBug(rawValue: name) else {
                throw ValidationError("there is no bug \(name)")
            }
            return bug
        }
        if !json { print("seed \(from)\(seeds > 1 ? " to \(from + UInt64(seeds) - 1)" : "")") }
        let start = Date()
        var summary = Summary()
        let simulation = try await Simulation(bug: planted)
        await withTaskGroup(of: Simulation.Outcome.self) { group in
            var next = from
            // Which worlds a trap may have been in.
            var underWay: Set<UInt64> = []
            let end = from + UInt64(seeds)
            func begin() {
                guard next < end, keepGoing || summary.violations.isEmpty else { return }
                let seed = next
                next += 1
                underWay.insert(seed)
                note(underWay)
                group.addTask { await simulation.run(Story(seed: seed)) }
            }
            for _ in 0..<workers { begin() }
            while let outcome = await group.next() {
                underWay.remove(outcome.story.seed)
                summary.add(outcome)
                if trace { tell(outcome) }
                if let violation = outcome.violation, !json {
                    // At once: a long run may be cut short.
                    FileHandle.standardOutput.write(
                        Data("seed \(outcome.story.seed): \(violation)\n".utf8))
                }
                begin()
            }
        }
        summary.seconds = Date().timeIntervalSince(start)
        if let first = summary.first {
            summary.shortest = await simulation.shrunk(first, mostRuns: shrink)
        }
        try report(summary)
        if summary.first != nil { throw ExitCode(1) }
    }

    /// Where several worlds go on at once, standard error says which: a trap does not.
    private func note(_ seeds: Set<UInt64>) {
        guard workers > 1, progress else { return }
        let list = seeds.sorted().map(String.init).joined(separator: " ")
        FileHandle.standardError.write(Data("under way: \(list)\n".utf8))
    }

    private func tell(_ outcome: Simulation.Outcome) {
        print("seed \(outcome.story.seed)")
        for line in outcome.trace.lines { print("  \(line)") }
        print("  hash \(String(outcome.trace.hash, radix: 16))")
    }

    private func report(_ summary: Summary) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            print(String(decoding: try encoder.encode(summary.told(self)), as: UTF8.self))
            return
        }
        if let first = summary.first, let shortest = summary.shortest {
            print("replay: \(replay(first.story.seed)) --trace")
            print("in short (\(shortest.story.steps.count) steps): \(shortest.violation ?? "")")
            for line in shortest.trace.lines { print("  \(line)") }
        }
        let told = summary.told(self)
        print(
            "\(told.seeds) seeds, \(told.violations.count) violations, "
                + "\(Int(told.seedsPerSecond)) seeds/s, hash \(told.hash)")
        for (fault, count) in told.faults.sorted(by: { $0.key < $1.key }) {
            print("  \(fault): \(count)")
        }
    }
}

/// What came of many seeds.
private struct Summary {
    struct Wrong: Encodable {
        let seed: UInt64
        let what: String
    }

    struct Told: Encodable {
        let from: UInt64
        let bug: String?
        let seeds: Int
        let seconds: Double
        let seedsPerSecond: Double
        let violations: [Wrong]
        let replay: String?
        let story: [String]?
        let faults: [String: Int]
        /// Of all traces, in whatever order they came.
        let hash: String
    }

    var seconds = 0.0
    var shortest: Simulation.Outcome?
    private(set) var first: Simulation.Outcome?
    private(set) var violations: [Wrong] = []
    private var count = 0
    private var faults: [String: Int] = [:]
    private var hash: UInt64 = 0

    mutating func add(_ outcome: Simulation.Outcome) {
        count += 1
        hash = hash &+ outcome.trace.hash
        faults.merge(outcome.trace.faults) { $0 + $1 }
        guard let what = outcome.violation else { return }
        violations.append(Wrong(seed: outcome.story.seed, what: what))
        violations.sort { $0.seed < $1.seed }
        if first.map({ outcome.story.seed < $0.story.seed }) ?? true { first = outcome }
    }

    func told(_ asked: Main) -> Told {
        Told(
            from: asked.from, bug: asked.bug, seeds: count, seconds: seconds,
            seedsPerSecond: seconds > 0 ? Double(count) / seconds : 0, violations: violations,
            replay: first.map { asked.replay($0.story.seed) },
            story: shortest?.trace.lines, faults: faults, hash: String(hash, radix: 16))
    }
}
