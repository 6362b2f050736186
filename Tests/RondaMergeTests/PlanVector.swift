import RondaMerge
import RondaModel

/// A vector of the kind `plan` (`Protocol/vectors/README.md`).
struct PlanVector {
    let json: JSON
    private let names: VectorNames
    private let now: Int64

    init(_ json: JSON, schema: Schema? = nil) throws {
        self.json = json
        let read: Schema =
            if let schema { schema } else { try SchemaFile(overlay: json["schema"]).schema() }
        names = try VectorNames(json, schema: read)
        guard json["kind"]?.text == "plan", let now = json["now"]?.int else {
            throw VectorNames.Unknown(description: "a plan vector without kind or now")
        }
        self.now = now
    }

    /// What a replay came to: what each step is told, and the records in `state`.
    struct Outcome {
        var told: [JSON] = []
        var state: [(name: String, record: JSON)] = []
    }

    /// The hub as `given` leaves it.
    func stage() throws -> PlanJournal {
        var journal = PlanJournal(
            names: names, generation: json["generation"]?.uint ?? 0,
            isRecovering: json["recovering"]?.flag ?? false)
        for step in json["given"]?.items ?? [] {
            let generation = journal.generation
            journal.generation = step["generation"]?.uint ?? generation
            let (entry, _) = try take(step, into: &journal)
            journal.generation = generation
            guard entry.verdict.refusal == nil, entry.verdict.waitsFor == nil else {
                throw VectorNames.Unknown(description: "given, but \(entry.verdict)")
            }
        }
        return journal
    }

    /// Replays the vector, the steps in the order given.
    func replay(order: [Int]? = nil) throws -> Outcome {
        var journal = try stage()
        let steps = json["steps"]?.items ?? []
        var outcome = Outcome()
        for index in order ?? Array(steps.indices) {
            outcome.told.append(try act(steps[index], in: &journal))
        }
        for named in json["state"]?.members ?? [] {
            let record = journal.records[try names.record(named.key).id]
            outcome.state.append((named.key, record.map { names.said($0) } ?? .null))
        }
        return outcome
    }

    private func take(
        _ step: JSON, into journal: inout PlanJournal
    ) throws -> (PlanJournal.Entry, released: [PlanJournal.Entry]) {
        guard let device = names.devices[step["device"]?.text ?? ""] else {
            throw VectorNames.Unknown(description: "a device in \(step.flat)")
        }
        let commit = try names.commit(step, assignment: try journal.mark(step["assignment"]))
        let received = step["received"]?.int ?? now
        let entry = PlanJournal.Entry(
            device: device.id, person: device.person, commit: commit,
            receivedAt: Instant(milliseconds: received),
            clockOffset: step["deviceTime"]?.int.map { $0 - received } ?? 0,
            former: (step["former"]?.items ?? []).compactMap(\.uint),
            verdict: Verdict(number: commit.number, outcome: .accepted))
        let index = journal.entries.count
        let released = journal.add(entry)
        return (journal.entries[index], released)
    }

    /// Does one step and says what is told of it.
    private func act(_ step: JSON, in journal: inout PlanJournal) throws -> JSON {
        var told: JSON = .members([])
        var released: [PlanJournal.Entry] = []
        func commit(_ key: String) throws -> (device: RecordID, number: UInt64) {
            guard let device = names.devices[step[key]?["device"]?.text ?? ""],
                let number = step[key]?["number"]?.uint
            else { throw VectorNames.Unknown(description: "a commit in \(step.flat)") }
            return (device.id, number)
        }
        if step["changes"] != nil {
            let (entry, others) = try take(step, into: &journal)
            told = names.said(entry.verdict, of: entry.commit)
            released = others
        } else if step["retry"] != nil {
            let retried = try commit("retry")
            let (entry, others) = try journal.retry(
                device: retried.device, number: retried.number)
            told = names.said(entry.verdict, of: entry.commit)
            released = others
        } else if step["discard"] != nil {
            let discarded = try commit("discard")
            released = try journal.discard(device: discarded.device, number: discarded.number)
        } else if step["closeRecovery"] != nil {
            released = journal.closeRecovery()
        } else if let person = step["person"]?.text, let scopes = step["scopes"] {
            journal.assign(
                person, Set(try scopes.items.map { try names.record($0.text ?? "").id }))
        } else if let customer = step["erase"]?.text {
            released = journal.erase(
                try names.record(customer).id, at: Instant(milliseconds: now))
        } else if let mark = step["mark"]?.text {
            journal.marks[mark] = journal.assignment
        } else if let device = names.devices[step["assured"]?.text ?? ""] {
            journal.assure(device.id, try journal.mark(step["assignment"]))
        } else {
            throw VectorNames.Unknown(description: "a step \(step.flat)")
        }
        if released.isEmpty { return told }
        let also = released.map { entry in
            JSON.members(
                [
                    ("device", .string(names.deviceName(entry.device))),
                    ("number", .integer(entry.commit.number)),
                ] + names.said(entry.verdict, of: entry.commit).members.map { ($0.key, $0.value) })
        }
        return .members(told.members.map { ($0.key, $0.value) } + [("released", .array(also))])
    }
}

// MARK: - Comparing

extension PlanVector {
    /// Where the replay differs from what the vector says.
    func differences() throws -> [String] {
        var found: [String] = []
        let outcome = try replay()
        for (index, step) in (json["steps"]?.items ?? []).enumerated() {
            let expected = Self.canonical(step["expect"] ?? .members([]), like: nil)
            let actual = Self.canonical(outcome.told[index], like: step["expect"])
            if expected != actual {
                found.append("step \(index): expected \(expected.flat), got \(actual.flat)")
            }
        }
        found += differences(of: outcome.state, in: "", withVersions: true)
        for order in json["orders"]?.items ?? [] {
            let indices = order.items.compactMap { $0.int.map { Int($0) } }
            guard indices.sorted() == Array(outcome.told.indices) else {
                throw VectorNames.Unknown(description: "order \(order.flat)")
            }
            found += differences(
                of: try replay(order: indices).state, in: "order \(order.flat) ",
                withVersions: false)
        }
        return found
    }

    private func differences(
        of state: [(name: String, record: JSON)], in place: String, withVersions: Bool
    ) -> [String] {
        zip(json["state"]?.members ?? [], state).compactMap { named, actual in
            var (expected, got) = (Self.sorted(named.value), Self.sorted(actual.record))
            if expected["stands"] == nil { got = got.without("stands") }
            if !withVersions {
                (expected, got) = (expected.without("version"), got.without("version"))
            }
            if expected == got { return nil }
            return "\(place)\(named.key): expected \(expected.flat), got \(got.flat)"
        }
    }

    /// `at` counts only where it is said, and merges in any order.
    private static func canonical(_ told: JSON, like expected: JSON?) -> JSON {
        .object(
            told.members.compactMap { member in
                switch member.key {
                case "at" where expected != nil && expected?["at"] == nil: return nil
                case "merges":
                    let merges = member.value.items.map(sorted).sorted { $0.flat < $1.flat }
                    return JSON.Member(key: "merges", value: .array(merges))
                case "released":
                    let others = expected?["released"]?.items ?? []
                    let all = member.value.items.enumerated().map { index, item in
                        canonical(
                            item,
                            like: expected == nil
                                ? nil : others.indices.contains(index) ? others[index] : item)
                    }
                    return JSON.Member(key: "released", value: .array(all))
                default: return member
                }
            })
    }

    /// A record with its lists in one order, as far as their order means nothing.
    private static func sorted(_ state: JSON) -> JSON {
        .object(
            state.members.map { member in
                let value: JSON =
                    switch member.value {
                    case .object where member.key == "set" || member.value["set"] == nil:
                        sorted(member.value)
                    case .object:
                        .members([
                            (
                                "set",
                                .array(
                                    (member.value["set"]?.items ?? []).sorted {
                                        $0.flat < $1.flat
                                    })
                            )
                        ])
                    case .array(let items) where member.key == "stands":
                        .array(items.sorted { $0.flat < $1.flat })
                    case .array(let items):
                        .array(
                            Array(items.prefix(1))
                                + items.dropFirst().sorted { $0.flat < $1.flat })
                    default: member.value
                    }
                return JSON.Member(key: member.key, value: value)
            })
    }
}

extension JSON {
    func without(_ key: String) -> JSON {
        .object(members.filter { $0.key != key })
    }
}
