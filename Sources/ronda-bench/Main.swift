import ArgumentParser
import Foundation

@main
struct RondaBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ronda-bench",
        abstract: "Measure Ronda beside the raw limit, in one run",
        discussion: """
            Build with -c release. Every ratio compares two things measured in turn in this run, \
            so it may be carried to another machine; the absolute figures may not.
            """)

    @Flag(name: .long, help: "An array of measurements as JSON.")
    var json = false

    @Option(name: .long, help: "Divide the sizes by this, to try the bench itself.")
    var scale = 1

    @Argument(
        help:
            "Groups to run: capture, exchange, existence, fairness, hub, live, sync, wire. All when none is named."
    )
    var groups: [String] = []

    func run() async throws {
        let bench = try Workbench(scale: max(1, scale))
        defer { bench.clean() }
        let all = ["wire", "capture", "hub", "exchange", "existence", "live", "fairness", "sync"]
        let wanted = groups.isEmpty ? all : groups
        var results: [Measurement] = []
        for group in wanted {
            let fresh: [Measurement]
            switch group {
            case "wire": fresh = try WireSize.run(bench)
            case "capture": fresh = try await Captures.run(bench)
            case "hub": fresh = try await HubApply.run(bench)
            case "exchange": fresh = try await Exchanges.run(bench)
            case "existence": fresh = try await Existence.run(bench)
            case "live": fresh = try await Live.run(bench)
            case "fairness": fresh = try await Fairness.run(bench)
            case "sync": fresh = try await FirstSync.run(bench)
            default: throw ValidationError("no group \(group); there are \(all)")
            }
            results += fresh
            if !json { for result in fresh { print(Self.line(result)) } }
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            print(String(decoding: try encoder.encode(results), as: UTF8.self))
        }
    }

    private static func line(_ result: Measurement) -> String {
        let sign = result.direction == .atLeast ? "≥" : "≤"
        let mark = result.isReached ? "ok " : "NOT"
        let figures = String(
            format: "%12.1f %-12@ limit %12.1f  ratio %6.2f %@ %4.2f", result.value,
            result.unit as NSString, result.limit, result.ratio, sign as NSString, result.reach)
        let fsync =
            result.fsyncMicroseconds > 0
            ? String(format: "  fsync %.0f µs", result.fsyncMicroseconds) : ""
        let id = result.id.padding(toLength: 20, withPad: " ", startingAt: 0)
        return "\(mark) \(id)\(figures)\(fsync)  \(result.note)"
    }
}
