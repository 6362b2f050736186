import RondaModel

/// What a history means, by definition: from who had seen what, and from nothing else. No order of
/// arrival, no versions, nothing of the code under test.
struct SmallMeaning {
    let small: SmallCase
    let actions: [SmallAction]
    let accepted: Commits
    /// By commit: the accepted ones it had seen.
    let sees: [Commits]

    static func writes(_ action: SmallAction, _ field: Int) -> Bool {
        switch action {
        case .low, .high: field == 0
        case .other: field == 1
        case .delete: false
        }
    }

    func writes(_ commit: Int, _ field: Int) -> Bool { Self.writes(actions[commit], field) }

    private func value(_ commit: Int, _ field: Int) -> Value {
        field == 1
            ? small.others[commit / 2]
            : small.values[min(actions[commit].rawValue, small.values.count - 1)]
    }

    private func members(_ commits: Commits) -> [Int] {
        (0..<6).filter { commits & 1 << Commits($0) != 0 }
    }

    private func commits(_ members: some Sequence<Int>) -> Commits {
        members.reduce(0) { $0 | 1 << Commits($1) }
    }

    /// Those that no other of `others` had seen.
    private func unseen(_ writes: [Int], by others: [Int]) -> [Int] {
        writes.filter { write in
            !others.contains { $0 != write && sees[$0] & 1 << Commits(write) != 0 }
        }
    }

    /// Whether the commit changes a fact that it had seen, among the commits accepted before it.
    func isRefused(_ commit: Int, among earlier: Commits) -> Bool {
        guard small.rule == .first, writes(commit, 0) else { return false }
        let facts = firsts(members(earlier)).filter { sees[commit] & 1 << Commits($0) != 0 }
        return !facts.isEmpty && !facts.contains { value($0, 0) == value(commit, 0) }
    }

    /// Of a fact that does not change: those who had seen one only repeated it.
    private func firsts(_ commits: [Int]) -> [Int] {
        let writers = commits.filter { writes($0, 0) }
        return writers.filter { write in
            !writers.contains { sees[write] & 1 << Commits($0) != 0 }
        }
    }

    func differ(_ standing: Commits, _ field: Int) -> Bool {
        Set(members(standing).map { value($0, field) }).count > 1
    }

    func state() -> SmallState {
        var state = SmallState()
        let all = members(accepted)
        for field in 0...1 {
            let standing = standing(all, field)
            state.standing[field] = commits(standing)
            if small.rule != .union { state.shown[field] = shown(standing, field) }
        }
        for commit in unseen(all, by: all) {
            if actions[commit] == .delete {
                state.deletions |= 1 << Commits(commit)
            } else {
                state.lives |= 1 << Commits(commit)
            }
        }
        return state
    }

    private func rule(_ field: Int) -> MergeRule {
        if field == 0 { return small.rule }
        switch small.other {
        case "keptAt", "releasedAt": return .least
        case "phones": return .union
        default: return .latest
        }
    }

    private func standing(_ all: [Int], _ field: Int) -> [Int] {
        let writers = all.filter { writes($0, field) }
        switch rule(field) {
        case .first: return firsts(all)
        case .least, .greatest:
            let best = shown(writers, field)
            return best < 0 ? [] : [best]
        case .union where field == 1:
            // Each person has an element of their own.
            return writers.filter { write in
                unseen([write], by: writers.filter { $0 / 2 == write / 2 }) == [write]
            }
        case .union:
            // `low` adds the element, `high` removes it.
            return unseen(writers.filter { actions[$0] == .low }, by: writers)
        default: return unseen(writers, by: writers)
        }
    }

    /// The one of them that is shown, or -1.
    private func shown(_ standing: [Int], _ field: Int) -> Int {
        standing.reduce(-1) { best, commit in
            best < 0 || isBetter(commit, best, field) ? commit : best
        }
    }

    private func isBetter(_ left: Int, _ right: Int, _ field: Int) -> Bool {
        let (a, b) = (Assignment.minutes[left], Assignment.minutes[right])
        // The device ids ascend with the people.
        let isLater = a == b ? left > right : a > b
        func isOffice(_ commit: Int) -> Bool { commit >= 2 }
        let (p, q) = (value(left, field), value(right, field))
        switch rule(field) {
        case .first: return !isLater
        case .office where isOffice(left) != isOffice(right): return isOffice(left)
        case .least where p != q: return p < q
        case .greatest where p != q: return p > q
        case .least, .greatest: return !isLater
        // The first of the two values has the higher round.
        case .furthest where p != q: return p == small.values[0]
        // The second of the two values has the higher rank.
        case .protective where p != q: return p == small.values[1]
        default: return isLater
        }
    }
}
