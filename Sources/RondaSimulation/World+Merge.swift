internal import RondaHub
internal import RondaMerge
internal import RondaModel
internal import RondaStore
internal import RondaStoreSQLite

/// What a record must hold, from who had seen what: by brute force over the journal, in no order.
extension World {
    func checkMerge(_ journal: Journal) async throws {
        let records = try await network.store.read { store in
            var records: [StoredRecord] = []
            for entity in Schema.current.entities {
                try store.records(of: entity.id) { records.append($0) }
            }
            return records
        }
        let oracle = Oracle(
            journal, schema: wasUpgraded ? Schema.current.later : Schema.current)
        // What the hub makes itself is in no commit.
        let erased = Set(records.filter(\.isErased).map(\.id))
        let made = Set(records.filter { $0.entity != .suggestion && !$0.isErased }.map(\.id))
        let known = oracle.records.subtracting(oracle.partial).subtracting(erased)
        guard known.isSubset(of: made),
            made.isSubset(of: oracle.records)
        else {
            throw Violation(what: "the hub has other records than its journal makes")
        }
        for record in records
        where record.entity != .suggestion && !record.isErased
            && !oracle.partial.contains(record.id) && !oracle.names(record.id, erased)
        {
            if let problem = oracle.problem(of: record, exactly: restores == 0) {
                throw Violation(
                    what: "merge of \(record.entity.rawValue) \(record.id): \(problem)")
            }
        }
    }
}

/// The meaning of a journal.
struct Oracle {
    struct Touch {
        let row: JournalRow
        let change: Change
        let version: UInt64

        func hasSeen(_ other: Touch) -> Bool {
            other.row.device == row.device
                ? other.row.number < row.number : other.version <= change.base
        }

        var name: Writer { Writer(device: row.device, number: row.number) }
    }

    struct Writer: Hashable {
        let device: RecordID
        let number: UInt64
    }

    private var touches: [RecordID: [Touch]] = [:]
    /// Records that were changed in good faith, perhaps by a suggestion only.
    private(set) var partial: Set<RecordID> = []
    private let schema: Schema

    init(_ journal: Journal, schema: Schema) {
        self.schema = schema
        for row in journal.rows
        where [.accepted, .merged, .handedOver].contains(row.verdict.outcome) {
            for (change, version) in zip(row.commit.changes, row.verdict.versions) {
                // What was taken over tells no version.
                if version == 0 { partial.insert(change.record) }
                touches[change.record, default: []].append(
                    Touch(row: row, change: change, version: version))
            }
        }
    }

    var records: Set<RecordID> { Set(touches.keys) }

    /// Whether a record named one of these: the hub has taken it from there.
    func names(_ record: RecordID, _ others: Set<RecordID>) -> Bool {
        !others.isEmpty
            && (touches[record] ?? []).contains { !$0.change.named.isDisjoint(with: others) }
    }

    /// `exactly` where no history was lost: then who had seen what is known.
    func problem(of record: StoredRecord, exactly: Bool) -> String? {
        let touches = touches[record.id] ?? []
        for (position, field) in (schema[record.entity]?.fields ?? []).enumerated() {
            let problem =
                field.isSet
                ? elements(record, position, field, touches, exactly: exactly)
                : siblings(record, position, field, touches, exactly: exactly)
            if let problem { return "\(field.name): \(problem)" }
        }
        guard exactly else { return nil }
        let alive = maximal(touches).filter { !$0.change.deletes }
        let dead = maximal(touches).filter { $0.change.deletes }
        if Set(alive.map(\.name)) != names(record.lives, record)
            || Set(dead.map(\.name)) != names(record.deletions, record)
        {
            return "existence"
        }
        return nil
    }

    private func names(_ marks: [Int], _ record: StoredRecord) -> Set<Writer> {
        Set(
            marks.map {
                Writer(device: record.marks[$0].device, number: record.marks[$0].number)
            })
    }

    /// Those that no other had seen.
    private func maximal(_ touches: [Touch]) -> [Touch] {
        touches.filter { touch in !touches.contains { $0.hasSeen(touch) } }
    }

    private func siblings(
        _ record: StoredRecord, _ position: Int, _ field: FieldSchema, _ touches: [Touch],
        exactly: Bool
    ) -> String? {
        let writes = touches.filter { $0.change.sets.contains { $0.number == field.number } }
        func value(_ touch: Touch) -> Value? {
            touch.change.sets.first { $0.number == field.number }?.value
        }
        guard case .siblings(let siblings) = record.registers[position] else {
            return writes.isEmpty ? nil : "empty"
        }
        if writes.isEmpty { return "written by nobody" }
        if field.rule == .least || field.rule == .greatest {
            let values = writes.compactMap(value)
            let best = field.rule == .least ? values.min() : values.max()
            return siblings.map(\.value) == [best] ? nil : "not the \(field.rule)"
        }
        let kept = names(siblings.map(\.mark), record)
        guard exactly else {
            // Whatever else was lost, no write was given up for one made in ignorance of it.
            let isKnown = writes.contains { $0.change.base > 0 } || field.rule == .first
            let isKept = writes.allSatisfy { write in
                kept.contains(write.name)
                    || writes.contains {
                        $0.row.device == write.row.device && $0.row.number > write.row.number
                    }
            }
            return isKnown || isKept ? nil : "a value is lost"
        }
        // A fact that does not change: those who had seen one only repeated it.
        let right =
            field.rule == .first
            ? writes.filter { write in !writes.contains { write.hasSeen($0) } } : maximal(writes)
        if kept != Set(right.map(\.name)) { return "other writes are kept than nobody had seen" }
        for touch in right {
            let stored = siblings.first {
                record.marks[$0.mark].device == touch.row.device
                    && record.marks[$0.mark].number == touch.row.number
            }
            // A later hub may have read it as another option, or an earlier one as it is.
            if stored?.value != value(touch), field.replacements.isEmpty {
                return "another value than was written"
            }
            if let stored, !isStampRight(record.marks[stored.mark], touch) { return "its stamp" }
        }
        return isShownFirst(siblings, record, field) ? nil : "another value should be shown"
    }

    /// A clock that can be right is believed; one that cannot gives way to the time of arrival.
    private func isStampRight(_ mark: Mark, _ touch: Touch) -> Bool {
        let (captured, arrived) = (touch.row.commit.stamp, touch.row.receivedAt)
        if touch.row.verdict.clockSuspect {
            return mark.stamp == Stamp(milliseconds: arrived.milliseconds)
        }
        if captured.instant > arrived {
            return mark.stamp.instant <= arrived.adding(milliseconds: 120_000)
        }
        return mark.stamp == captured
            && captured.instant.milliseconds >= World.limits.earliestStampMilliseconds
    }

    private func elements(
        _ record: StoredRecord, _ position: Int, _ field: FieldSchema, _ touches: [Touch],
        exactly: Bool
    ) -> String? {
        func names(_ writes: [ElementWrite], _ value: Value) -> Bool {
            writes.contains(ElementWrite(field.number, value))
        }
        let values = Set(
            touches.flatMap(\.change.adds).filter { $0.number == field.number }.map(\.value))
        let shown = Set(record.shown(position).elements)
        if !shown.isSubset(of: values) { return "an element that nobody added" }
        for value in values.sorted() {
            let changes = touches.filter {
                names($0.change.adds, value) || names($0.change.removes, value)
            }
            let isNeverRemoved = !changes.contains { names($0.change.removes, value) }
            let stays = maximal(changes).contains { names($0.change.adds, value) }
            guard exactly || isNeverRemoved else { continue }
            if shown.contains(value) != (exactly ? stays : true) {
                return "element \(value)"
            }
        }
        return nil
    }

    /// The table of the rules (SPEC §5.3), said once more.
    private func isShownFirst(
        _ siblings: [Sibling], _ record: StoredRecord, _ field: FieldSchema
    ) -> Bool {
        guard let first = siblings.first else { return true }
        return siblings.dropFirst().allSatisfy { other in
            let (a, b) = (record.marks[first.mark], record.marks[other.mark])
            let isLater = (a.stamp, a.device) > (b.stamp, b.device)
            switch field.rule {
            case .latest, .union, .least, .greatest: return isLater
            case .first: return !isLater
            case .office: return a.isOffice == b.isOffice ? isLater : a.isOffice
            case .furthest, .protective:
                let (p, q) = (rank(first.value, field), rank(other.value, field))
                return p == q ? isLater : p > q
            }
        }
    }

    private func rank(_ value: Value?, _ field: FieldSchema) -> Int {
        switch value {
        case .option(let number): field.option(number)?.rank ?? 0
        case .status(let number, let round): Int(round) * 100 + (field.option(number)?.rank ?? 0)
        default: -1
        }
    }
}
