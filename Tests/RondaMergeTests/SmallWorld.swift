import RondaMerge
import RondaModel
import Testing

/// One merge rule on a real record: the field that has it, another field beside it, and what is
/// written there. Of the four things a commit can do, two write the first field.
struct SmallCase: Sendable, CustomTestStringConvertible {
    let rule: MergeRule
    /// The name of the record in the vectors' stage, and of its two fields.
    let record: String
    let field: String
    let other: String
    /// The two values of the first field. Of a set, the element that is added or removed.
    let values: [Value]
    /// What each of the three people writes into the other field.
    let others: [Value]

    var testDescription: String { rule.rawValue }

    private static let causes: [Value] = [.option(1), .option(2)]
    private static let moments = (1...3).map { number in
        Value.instant(Instant(milliseconds: 1_741_964_400_000 + number * 60_000))
    }
    private static let cities: [Value] = [.text("Bogotá"), .text("Cali"), .text("Medellín")]

    static let all = [
        SmallCase(
            rule: .latest, record: "c1", field: "street", other: "city",
            values: [.text("Calle 1"), .text("Calle 2")], others: cities),
        SmallCase(
            rule: .office, record: "k1", field: "brokenCause", other: "keptAt", values: causes,
            others: moments),
        // The one that is further along has the lower round.
        SmallCase(
            rule: .furthest, record: "r1", field: "state", other: "relation",
            values: [.status(option: 1, round: 1), .status(option: 3, round: 0)], others: cities),
        SmallCase(
            rule: .protective, record: "c1", field: "marketingConsent", other: "street",
            values: causes, others: cities),
        SmallCase(
            rule: .first, record: "k1", field: "owedBy", other: "keptAt", values: causes,
            others: moments),
        SmallCase(
            rule: .least, record: "k1", field: "keptAt", other: "releasedAt",
            values: Array(moments.prefix(2)), others: moments),
        SmallCase(
            rule: .greatest, record: "c1", field: "largest", other: "city",
            values: [.integer(10), .integer(20)], others: cities),
        SmallCase(
            rule: .union, record: "c1", field: "tags", other: "phones", values: [.text("a")],
            others: cities),
    ]
}

/// What a commit does to the one record.
enum SmallAction: Int, CaseIterable, Sendable {
    case low, high, other, delete

    /// The first person is a rep, who may not delete; the others are of the office.
    static func allowed(person: Int) -> [SmallAction] {
        person == 0 ? allCases.dropLast() : allCases
    }
}

/// Who does what, and at which place of the order in which people first arrive.
///
/// Three people have two commits each. Their stamps are fixed: the second and the third begin at the
/// same millisecond.
struct Assignment: Sendable {
    static let count = 6 * 9 * 16 * 16
    private static let places = [
        [0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0],
    ]
    static let minutes: [Int64] = [10, 40, 20, 30, 20, 50]

    let number: Int
    /// By place: who arrives first, who is the second person to arrive, and the third.
    let people: [Int]
    /// By commit: those of the first person, of the second, of the third.
    let actions: [SmallAction]

    init(_ number: Int) {
        self.number = number
        people = Self.places[number % 6]
        var rest = number / 6
        actions = (0..<6).map { commit in
            let choices = SmallAction.allowed(person: commit / 2)
            defer { rest /= choices.count }
            return choices[rest % choices.count]
        }
    }
}

/// A set of the six commits, by number: bit 0 is the first commit of the first person. Bit 6 stands
/// for the commit that made the record.
typealias Commits = UInt8

/// One arrival: which commit, and how many arrivals its device had pulled when it captured it.
struct Arrival: Hashable, Sendable {
    let commit: Int
    let known: Int
}

/// What can be said of the record without versions and without an order of arrival.
struct SmallState: Hashable, Sendable {
    /// The writes that stand in the two fields, and the one that is shown (-1: none; in sets too).
    var standing: [Commits] = [0, 0]
    var shown: [Int] = [-1, -1]
    var lives: Commits = 0
    var deletions: Commits = 0
}

/// Everything that three devices with two commits each can do to a record: every order in which the
/// commits can arrive, and every state that a device can have pulled before each capture.
///
/// A trace is a list of arrivals. Its beginnings are traces of shorter histories, and each arrival
/// is checked, so those are checked too. Where an assignment says who does what, the place of a
/// device is where it first arrives, and the assignment says who stands there: over all assignments
/// each trace comes up once. Without one, who arrives and what they do is tried out at each arrival.
struct SmallWorld {
    static let traces = 6_928
    private static let all: ClosedRange<Int> = 0...5

    let small: SmallCase
    /// `nil`: everybody does everything they may.
    let assignment: Assignment?
    let stage: SmallStage
    /// After how many arrivals a trace ends.
    var length = 6
    /// Told of each trace that has come to its end.
    let onTrace: ([Arrival], SmallState, [Verdict]) -> Void

    private struct Node {
        var record: StoredRecord
        /// By commit: what it does, once it has arrived.
        var actions: [SmallAction]
        var arrivals: [Arrival] = []
        var verdicts: [Verdict] = []
        /// The version of the record after so many arrivals.
        var versions: [UInt64]
        var counts = [0, 0, 0]
        var known = [0, 0, 0]
        var accepted: Commits = 0
        /// By commit: the accepted ones it had seen.
        var sees: [Commits] = [0, 0, 0, 0, 0, 0]
        var places = 0
    }

    /// Walks through all traces; the first thing that is not as it should be, and how many
    /// commits were planned.
    func walk() -> (failure: String?, planned: Int) {
        var planned = 0
        let root = Node(
            record: stage.record,
            actions: assignment?.actions ?? Array(repeating: .low, count: 6),
            versions: [stage.record.version])
        return (step(root, &planned), planned)
    }

    private func step(_ node: Node, _ planned: inout Int) -> String? {
        if node.arrivals.count == length {
            onTrace(node.arrivals, stage.state(of: node.record), node.verdicts)
            return nil
        }
        for place in 0..<min(assignment == nil ? 3 : node.places + 1, 3) {
            let person = assignment?.people[place] ?? place
            guard node.counts[person] < 2 else { continue }
            for known in node.known[person]...node.arrivals.count {
                for action in choices(of: person, node) {
                    var next = node
                    next.places = max(node.places, place + 1)
                    next.actions[person * 2 + node.counts[person]] = action
                    planned += 1
                    if let failure = arrive(person, known: known, at: &next) {
                        return "\(next.actions), \(next.arrivals): \(failure)"
                    }
                    if let failure = step(next, &planned) { return failure }
                }
            }
        }
        return nil
    }

    private func choices(of person: Int, _ node: Node) -> [SmallAction] {
        if let assignment { return [assignment.actions[person * 2 + node.counts[person]]] }
        return SmallAction.allowed(person: person)
    }

    private func arrive(_ person: Int, known: Int, at node: inout Node) -> String? {
        let commit = person * 2 + node.counts[person]
        let before = node.record
        let earlier = node.accepted
        let plan = stage.plan(
            node.actions[commit], by: person, number: node.counts[person] + 1,
            base: node.versions[known], minute: Assignment.minutes[commit], on: node.record)
        node.counts[person] += 1
        node.known[person] = known
        var seen: Commits = 0
        for arrival in node.arrivals.prefix(known) { seen |= 1 << Commits(arrival.commit) }
        if commit % 2 == 1 { seen |= 1 << Commits(commit - 1) }
        node.sees[commit] = seen & node.accepted
        node.arrivals.append(Arrival(commit: commit, known: known))
        node.verdicts.append(plan.verdict)
        if let planned = plan.records.first {
            node.record = planned.record
            node.accepted |= 1 << Commits(commit)
        }
        node.versions.append(node.record.version)
        let meaning = SmallMeaning(
            small: small, actions: node.actions, accepted: node.accepted, sees: node.sees)
        if meaning.isRefused(commit, among: earlier) != plan.records.isEmpty {
            return "refused: \(plan.verdict)"
        }
        if plan.records.isEmpty {
            return plan.verdict.refusal?.code == .fixedValue ? nil : "refused: \(plan.verdict)"
        }
        let expected = meaning.state()
        let state = stage.state(of: node.record)
        if state != expected { return "\(state), not \(expected)" }
        if node.record.version != before.version + 1 { return "version \(node.record.version)" }
        return problem(with: plan.verdict, of: commit, meaning, state, node, earlier: earlier)
            ?? problem(settledBy: commit, node, earlier: earlier)
    }

    /// What a verdict must tell, and must not.
    private func problem(
        with verdict: Verdict, of commit: Int, _ meaning: SmallMeaning, _ state: SmallState,
        _ node: Node, earlier: Commits
    ) -> String? {
        if verdict.versions != [node.record.version] { return "versions \(verdict.versions)" }
        var conflicts: [Merge] = []
        for index in 0...1 where meaning.writes(commit, index) {
            let field = stage.fields[index]
            // Values that are equal are no conflict, however many wrote them.
            if !field.isSet, meaning.differ(state.standing[index], index) {
                conflicts.append(
                    Merge(
                        record: node.record.id, field: field.number,
                        kind: field.review ? .conflict : .parallel))
            }
        }
        if state.lives != 0 && state.deletions != 0 {
            conflicts.append(Merge(record: node.record.id, field: 0, kind: .conflict))
        }
        let told = verdict.merges
        let parallel = Merge(record: node.record.id, field: 0, kind: .parallel)
        if (verdict.outcome == .merged) == told.isEmpty { return "\(verdict.outcome)" }
        if !conflicts.isEmpty { return told == conflicts ? nil : "told \(told)" }
        let unseen = earlier & ~node.sees[commit]
        if unseen == 0 { return told.isEmpty ? nil : "told \(told)" }
        let elsewhere = (0...1).contains { index in
            !meaning.writes(commit, index) && state.standing[index] & unseen != 0
        }
        if elsewhere { return told == [parallel] ? nil : "told \(told)" }
        return told.isEmpty || told == [parallel] ? nil : "told \(told)"
    }

    /// Whoever had seen everything settles it: of what the commit writes it stands alone. Facts
    /// that do not change are not for settling: both stay.
    private func problem(settledBy commit: Int, _ node: Node, earlier: Commits) -> String? {
        guard node.sees[commit] == earlier else { return nil }
        if node.record.isContested { return "contested by somebody who had seen all" }
        if node.record.isDeleted != (node.actions[commit] == .delete) { return "existence" }
        let open = stage.fields.indices.contains { index in
            SmallMeaning.writes(node.actions[commit], index)
                && stage.fields[index].rule != .first
                && !node.record.differing(stage.positions[index]).isEmpty
        }
        return open ? "a conflict after its settlement" : nil
    }
}
