import RondaMerge
import RondaModel

/// Who wrote what and when: a sibling without the hub's own numbering.
struct Trace: Hashable {
    let value: Value?
    let device: RecordID
    let author: RecordID
    let stamp: Stamp
    let number: UInt64
}

/// Everything about a record that must not depend on the order in which commits arrived.
struct Snapshot: Hashable {
    var version: UInt64 = 0
    var shown: [UInt32: FieldContent] = [:]
    var siblings: [UInt32: Set<Trace>] = [:]
    var additions: [UInt32: [Value: Set<Trace>]] = [:]
    var lives: Set<Trace> = []
    var deletions: Set<Trace> = []
    var isDeleted = false
    var isContested = false
    var scopes: Set<RecordID> = []
}

extension Snapshot {
    /// What the merge made of a record.
    init(_ record: StoredRecord, schema: Schema) {
        self.init()
        func trace(_ value: Value?, _ mark: Int) -> Trace {
            let mark = record.marks[mark]
            return Trace(
                value: value, device: mark.device, author: mark.author, stamp: mark.stamp,
                number: mark.number)
        }
        version = record.version
        for (position, field) in (schema[record.entity]?.fields ?? []).enumerated() {
            shown[field.number] = record.shown(position)
            switch record.registers[position] {
            case .empty: break
            case .siblings(let all):
                siblings[field.number] = Set(all.map { trace($0.value, $0.mark) })
            case .elements(let all, _) where all.isEmpty: break
            case .elements(let all, _):
                additions[field.number] = Dictionary(
                    uniqueKeysWithValues: all.map { element in
                        (element.value, Set(element.marks.map { trace(nil, $0) }))
                    })
            }
        }
        lives = Set(record.lives.map { trace(nil, $0) })
        deletions = Set(record.deletions.map { trace(nil, $0) })
        isDeleted = record.isDeleted
        isContested = record.isContested
        scopes = Set(record.placements.map(\.scope))
    }
}

extension Snapshot {
    /// The first thing in which two snapshots of a record differ.
    func difference(from other: Snapshot) -> String {
        let numbers = Set(shown.keys).union(siblings.keys).union(additions.keys).sorted()
        for number in numbers {
            if shown[number] != other.shown[number] { return "shown in field \(number)" }
            if siblings[number] != other.siblings[number] { return "siblings in field \(number)" }
            if additions[number] != other.additions[number] { return "elements in \(number)" }
        }
        if version != other.version { return "version" }
        if scopes != other.scopes { return "scopes" }
        return "existence"
    }
}

/// The meaning of a history, computed from who had seen what and from nothing else: no order of
/// arrival, no versions, none of the code under test.
struct ReferenceModel {
    let history: History

    private struct Write {
        let event: Event
        let value: Value?
    }

    private func trace(_ write: Write, value: Value?) -> Trace {
        let person = history.people[write.event.person]
        return Trace(
            value: value, device: person.device, author: person.author,
            stamp: write.event.commit.stamp, number: write.event.commit.number)
    }

    /// Those that no other of `others` had seen.
    private func unseen(_ writes: [Write], by others: [Write]) -> [Write] {
        writes.filter { write in !others.contains { History.sees($0.event, write.event) } }
    }

    func snapshots() -> [RecordID: Snapshot] {
        let records = Set(history.events.flatMap { $0.commit.changes.map(\.record) })
        return Dictionary(uniqueKeysWithValues: records.map { ($0, snapshot(of: $0)) })
    }

    private func snapshot(of record: RecordID) -> Snapshot {
        var touches: [(event: Event, change: Change)] = []
        for event in history.events {
            for change in event.commit.changes where change.record == record {
                touches.append((event, change))
            }
        }
        var snapshot = Snapshot()
        snapshot.version = UInt64(touches.count)
        let all = touches.map { Write(event: $0.event, value: nil) }
        for (touch, write) in zip(touches, all) where !unseen([write], by: all).isEmpty {
            if touch.change.deletes {
                snapshot.deletions.insert(trace(write, value: nil))
            } else {
                snapshot.lives.insert(trace(write, value: nil))
            }
        }
        snapshot.isDeleted = snapshot.lives.isEmpty
        snapshot.isContested = !snapshot.lives.isEmpty && !snapshot.deletions.isEmpty
        let entity = touches.first.flatMap { TestSchema.schema[$0.change.entity] }
        for field in entity?.fields ?? [] {
            if field.isSet {
                describeSet(field, touches, into: &snapshot)
            } else {
                describe(field, touches, into: &snapshot)
            }
        }
        snapshot.scopes = scopes(touches)
        return snapshot
    }

    private func describe(
        _ field: FieldSchema, _ touches: [(event: Event, change: Change)],
        into snapshot: inout Snapshot
    ) {
        let writes = touches.flatMap { touch in
            touch.change.sets.filter { $0.number == field.number }
                .map { Write(event: touch.event, value: $0.value) }
        }
        snapshot.shown[field.number] = FieldContent.none
        let remaining: [Write] =
            switch field.rule {
            // A fact that does not change: those who had seen one only repeated it.
            case .first:
                writes.filter { write in
                    !writes.contains { History.sees(write.event, $0.event) }
                }
            case .least, .greatest: writes
            default: unseen(writes, by: writes)
            }
        guard let first = remaining.first else { return }
        let shown = remaining.dropFirst().reduce(first) { best, write in
            isShown(write, before: best, field: field) ? write : best
        }
        snapshot.shown[field.number] = shown.value.map { .one($0) } ?? FieldContent.none
        let kept = field.rule == .least || field.rule == .greatest ? [shown] : remaining
        snapshot.siblings[field.number] = Set(kept.map { trace($0, value: $0.value) })
    }

    private func describeSet(
        _ field: FieldSchema, _ touches: [(event: Event, change: Change)],
        into snapshot: inout Snapshot
    ) {
        func named(_ elements: [ElementWrite], _ value: Value) -> Bool {
            elements.contains(ElementWrite(field.number, value))
        }
        let values = Set(
            touches.flatMap(\.change.adds).filter { $0.number == field.number }.map(\.value))
        var present: [Value: Set<Trace>] = [:]
        for value in values {
            func writes(_ isNamed: (Change) -> Bool) -> [Write] {
                touches.filter { isNamed($0.change) }.map { Write(event: $0.event, value: nil) }
            }
            let adds = writes { named($0.adds, value) }
            let changes = writes { named($0.adds, value) || named($0.removes, value) }
            let kept = unseen(adds, by: changes)
            if !kept.isEmpty { present[value] = Set(kept.map { trace($0, value: nil) }) }
        }
        snapshot.shown[field.number] = .set(present.keys)
        if !present.isEmpty { snapshot.additions[field.number] = present }
    }

    /// The table of the rules, said once more in other words.
    private func isShown(_ left: Write, before right: Write, field: FieldSchema) -> Bool {
        let (a, b) = (left.event, right.event)
        let isLater =
            a.commit.stamp == b.commit.stamp
            ? a.person > b.person : a.commit.stamp > b.commit.stamp
        func isOffice(_ write: Write) -> Bool { history.people[write.event.person].role == .office }
        switch field.rule {
        case .latest, .union: return isLater
        case .first: return !isLater
        case .office: return isOffice(left) == isOffice(right) ? isLater : isOffice(left)
        case .furthest, .protective:
            let (p, q) = (rank(left.value, field), rank(right.value, field))
            return p == q ? isLater : p > q
        case .least, .greatest:
            guard let p = left.value, let q = right.value, p != q else { return !isLater }
            return (p < q) == (field.rule == .least)
        }
    }

    private func rank(_ value: Value?, _ field: FieldSchema) -> Int {
        switch value {
        case .option(let number): field.option(number)?.rank ?? 0
        case .status(let number, let round): Int(round) * 100 + (field.option(number)?.rank ?? 0)
        default: -1
        }
    }

    private func scopes(_ touches: [(event: Event, change: Change)]) -> Set<RecordID> {
        let homes = [TestSchema.north, TestSchema.south, TestSchema.north]
        var scopes = Set<RecordID>()
        for change in touches.map(\.change) {
            let named = change.sets.compactMap(\.value) + change.adds.map(\.value)
            for case .ref(let id) in named {
                if let index = History.customers.firstIndex(of: id) {
                    scopes.insert(homes[index])
                } else {
                    scopes.insert(id)
                }
            }
        }
        return scopes
    }
}
