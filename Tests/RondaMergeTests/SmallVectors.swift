import Foundation
import RondaMerge
import RondaModel

/// A trace of the exhaustive model that is worth a vector: of those of its kind, the first of the
/// richest.
struct SmallTrace: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case concurrent, contested, settled, deleted, refused
    }

    let kind: Kind
    let score: Int
    let assignment: Assignment
    let arrivals: [Arrival]
    let refused: Commits
}

/// Keeps the interesting traces among all that go by.
struct SmallTraces {
    private(set) var best: [SmallTrace.Kind: SmallTrace] = [:]

    mutating func offer(
        _ arrivals: [Arrival], _ state: SmallState, _ verdicts: [Verdict], _ assignment: Assignment
    ) {
        var refused: Commits = 0
        for (arrival, verdict) in zip(arrivals, verdicts) where verdict.outcome == .refused {
            refused |= 1 << Commits(arrival.commit)
        }
        let conflicts = verdicts.count { verdict in
            verdict.merges.contains { $0.field != 0 || $0.kind == .conflict }
        }
        let isContested = state.lives != 0 && state.deletions != 0
        let siblings = state.standing[0].nonzeroBitCount
        let kind: SmallTrace.Kind
        var score = siblings * 10 + state.standing[1].nonzeroBitCount * 3
        if refused != 0 {
            kind = .refused
            score += refused.nonzeroBitCount + conflicts
        } else if isContested {
            kind = .contested
            score += state.lives.nonzeroBitCount + state.deletions.nonzeroBitCount
        } else if state.lives == 0 {
            kind = .deleted
            score += conflicts * 10 + state.deletions.nonzeroBitCount
        } else if siblings == 1 && state.standing[1].nonzeroBitCount <= 1 && conflicts > 1 {
            kind = .settled
            score += conflicts * 10
        } else {
            kind = .concurrent
            score += conflicts
        }
        if let known = best[kind], known.score >= score { return }
        best[kind] = SmallTrace(
            kind: kind, score: score, assignment: assignment, arrivals: arrivals, refused: refused)
    }
}

extension SmallCase {
    /// The kinds that say something of the rule: a join has nothing to settle.
    var kinds: [SmallTrace.Kind] {
        switch rule {
        case .first: [.concurrent, .contested, .refused]
        case .least, .greatest, .union: [.concurrent, .contested, .deleted]
        case .latest, .office, .furthest, .protective: [.concurrent, .contested, .settled]
        }
    }
}

/// The vector of a trace.
struct SmallVector {
    let small: SmallCase
    let stage: SmallStage
    let trace: SmallTrace

    var file: URL {
        Contract.folder.appending(
            path: "vectors/plan/exhaustive-\(small.rule.rawValue)-\(trace.kind.rawValue).json")
    }

    func text() throws -> String {
        var steps = steps
        let rest = stage.json.filter { $0.0 != "kind" }
        let head: [(String, JSON?)] = [
            ("kind", .string("plan")), ("title", .string(title)),
            (
                "why",
                .string(
                    "Drawn from all traces of three devices with two commits each: only who had "
                        + "seen what may count.")
            ), ("spec", .array(["5.2", "5.3", "5.4", "5.5", "6.1"].map { .string($0) })),
        ]
        func vector(_ tail: [(String, JSON?)]) -> JSON {
            .members(head + rest + [("steps", .array(steps.map { .members($0) }))] + tail)
        }
        let state = ("state", JSON.members([(small.record, .null)]) as JSON?)
        let outcome = try PlanVector(vector([state]), schema: stage.names.schema).replay()
        for index in steps.indices { steps[index].append(("expect", outcome.told[index])) }
        let orders = orders.map { order in JSON.array(order.map { .integer($0) }) }
        return vector([
            ("orders", orders.isEmpty ? nil : .array(orders)),
            (
                "state",
                .members(outcome.state.map { ($0.name, $0.record.without("stands")) })
            ),
        ]).laidOut() + "\n"
    }

    private var title: String {
        let rule = small.rule.rawValue
        return switch trace.kind {
        case .concurrent: "Three devices, `\(rule)`: what nobody had seen stands"
        case .contested: "Three devices, `\(rule)`: edits beside deletions"
        case .settled: "Three devices, `\(rule)`: who had seen all settles it"
        case .deleted: "Three devices, `\(rule)`: deleted after all"
        case .refused: "Three devices, `\(rule)`: what is fixed stays"
        }
    }

    private var steps: [[(String, JSON?)]] {
        var versions = [stage.record.version]
        return trace.arrivals.map { arrival in
            let last = versions[versions.count - 1]
            let isRefused = trace.refused & 1 << Commits(arrival.commit) != 0
            defer { versions.append(isRefused ? last : last + 1) }
            return stage.step(
                trace.assignment.actions[arrival.commit], by: arrival.commit / 2,
                number: arrival.commit % 2 + 1, base: versions[arrival.known],
                minute: Assignment.minutes[arrival.commit])
        }
    }

    /// Other orders of arrival in which the same bases mean that the same had been seen: at most
    /// three, and none where a commit is refused.
    private var orders: [[Int]] {
        if trace.refused != 0 { return [] }
        func seen(by index: Int, in order: [Int]) -> Set<Int> {
            // The commit that made the record is seen by all; each that follows makes a version.
            Set(order.prefix(trace.arrivals[index].known).map { trace.arrivals[$0].commit })
                .subtracting([trace.arrivals[index].commit / 2].flatMap { [$0 * 2, $0 * 2 + 1] })
        }
        let plain = Array(trace.arrivals.indices)
        var found: [[Int]] = []
        func extend(_ order: [Int]) {
            if found.count == 3 { return }
            if order.count == plain.count {
                let isSame = plain.allSatisfy { seen(by: $0, in: order) == seen(by: $0, in: plain) }
                if isSame && order != plain { found.append(order) }
                return
            }
            for index in plain where !order.contains(index) {
                let commit = trace.arrivals[index].commit
                let isNext =
                    commit % 2 == 0
                    || order.contains { trace.arrivals[$0].commit == commit - 1 }
                // A device cannot have pulled what has not arrived.
                if isNext && trace.arrivals[index].known <= order.count { extend(order + [index]) }
            }
        }
        extend([])
        return found
    }
}
