import RondaModel

/// Works through the changes of one commit on a private copy of the records it touches.
struct Planner {
    let commit: Commit
    let context: PlanContext
    private var records: [RecordID: StoredRecord]
    private var scopes: [RecordID: [RecordID]] = [:]
    private var order: [RecordID] = []
    private var created: Set<RecordID> = []
    private var merges: [Merge] = []
    private let stamp: Stamp
    private let clockSuspect: Bool
    /// The record for whose absence the commit cannot be applied.
    private(set) var lacking: RecordID?

    init(commit: Commit, stored: [RecordID: StoredRecord], context: PlanContext) {
        self.commit = commit
        self.context = context
        records = stored
        (stamp, clockSuspect) = Self.order(commit.stamp, in: context)
    }

    /// The stamp by which a commit is ordered, and whether the device's clock is to be doubted
    /// (SPEC §7.3). A clock far ahead would win every field until the hub's own time reached it, and
    /// one that fell back to 1970 every `first`: such a commit is ordered by its arrival. A stamp
    /// that cannot be is put right where the clock is ahead by as much as the device says.
    private static func order(_ stamp: Stamp, in context: PlanContext) -> (Stamp, Bool) {
        let now = context.receivedAt.milliseconds
        let captured = stamp.instant.milliseconds
        let latest = now + context.limits.futureStampMilliseconds
        let earliest = context.limits.earliestStampMilliseconds
        if (earliest...latest).contains(captured) { return (stamp, false) }
        let corrected = stamp.moved(byMilliseconds: -max(0, context.clockOffsetMilliseconds))
        if captured > latest, (earliest...latest).contains(corrected.instant.milliseconds) {
            return (corrected, false)
        }
        return (Stamp(milliseconds: now), true)
    }

    mutating func plan() throws(Refusal) -> Plan {
        try checkWhole()
        for (index, change) in commit.changes.enumerated() {
            if let problem = Validation.problem(
                in: change, schema: context.schema, limits: context.limits)
            {
                throw problem
            }
            guard let entity = context.schema[change.entity] else {
                throw Refusal(.unknownEntity, entity: change.entity, record: change.record)
            }
            let former = context.former.indices.contains(index) ? context.former[index] : 0
            try apply(change, entity: entity, former: former)
        }
        let planned = order.compactMap { id in
            records[id].map {
                PlannedRecord(record: $0, scopes: scopes[id] ?? [], isNew: created.contains(id))
            }
        }
        let verdict = Verdict(
            number: commit.number, outcome: merges.isEmpty ? .accepted : .merged, merges: merges,
            versions: commit.changes.map { records[$0.record]?.version ?? 0 },
            clockSuspect: clockSuspect)
        return Plan(verdict: verdict, records: planned)
    }

    private func checkWhole() throws(Refusal) {
        if commit.schema > context.schema.version {
            throw Refusal(.schemaTooNew, detail: "schema \(commit.schema)")
        }
        if commit.schema == 0 { throw Refusal(.malformed, detail: "a commit without schema") }
        if commit.changes.isEmpty { throw Refusal(.malformed, detail: "a commit without changes") }
        if commit.changes.count > context.limits.changesPerCommit {
            throw Refusal(.tooLarge, detail: "\(commit.changes.count) changes")
        }
        // One change a record keeps "the version each change got" one number a change.
        if Set(commit.changes.map(\.record)).count != commit.changes.count {
            throw Refusal(.malformed, detail: "a record changed twice in one commit")
        }
    }

    private mutating func apply(
        _ change: Change, entity: EntitySchema, former: UInt64
    ) throws(Refusal) {
        // What the account does not see is answered as what does not exist: every check below that
        // asks about the stored record asks about the visible one (SPEC §4.3).
        let stored = records[change.record]
        let existing = stored.flatMap { isVisible($0) ? $0 : nil }
        if let existing, existing.entity != entity.id {
            throw refusal(.malformed, change, detail: "the record is of another entity")
        }
        try checkBase(change, existing: existing)
        if existing == nil { try checkCreation(change, entity: entity) }
        try checkWriters(change, entity: entity, existing: existing)
        // Only a derived record may be made again by somebody who does not see it.
        if existing == nil, let stored, stored.entity != entity.id || !isDerived(entity) {
            throw lacks(change.record, .unknownRecord, change)
        }

        var record =
            stored
            ?? StoredRecord(
                id: change.record, entity: entity.id, creator: context.author,
                registers: Array(repeating: .empty, count: entity.fields.count))
        try checkDerivedID(change, entity: entity, record: record)
        try checkParents(change, entity: entity)
        let placed = try place(record, change: change, entity: entity)

        record.version = Version.next(after: record.version, generation: context.generation)
        let isFromLostHistory = Version.generation(of: former) < context.generation
        record.marks.append(
            Mark(
                version: record.version, number: commit.number, stamp: stamp,
                device: context.device, author: context.author, isOffice: context.role == .office,
                base: change.base, former: isFromLostHistory ? former : 0))
        try write(change, to: &record, entity: entity)
        noteMerges(change, record: record, entity: entity)
        record.compactMarks()
        records[change.record] = record
        scopes[change.record] = placed
        order.append(change.record)
        if stored == nil { created.insert(change.record) }
    }

    private func refusal(
        _ code: RefusalCode, _ change: Change, field: UInt32 = 0, detail: String = ""
    ) -> Refusal {
        Refusal(code, entity: change.entity, record: change.record, field: field, detail: detail)
    }

    /// The same, for the absence of a record.
    private mutating func lacks(
        _ record: RecordID, _ code: RefusalCode, _ change: Change, field: UInt32 = 0
    ) -> Refusal {
        lacking = record
        return refusal(code, change, field: field)
    }
}

// MARK: - Checks

extension Planner {
    /// A base of a lost history says nothing that could be checked against this one.
    private mutating func checkBase(
        _ change: Change, existing: StoredRecord?
    ) throws(Refusal) {
        if change.base == 0 { return }
        guard let existing else { throw lacks(change.record, .unknownRecord, change) }
        let generation = Version.generation(of: change.base)
        if generation > context.generation
            || generation == context.generation && change.base > existing.version
        {
            throw refusal(.futureBase, change)
        }
    }

    private mutating func checkCreation(
        _ change: Change, entity: EntitySchema
    ) throws(Refusal) {
        if change.deletes { throw lacks(change.record, .unknownRecord, change) }
        let given = Set(
            change.sets.filter { $0.value != nil }.map(\.number) + change.adds.map(\.number))
        let required = entity.fields.filter { $0.required && $0.since <= commit.schema }
            .map(\.number)
        if let missing = required.first(where: { !given.contains($0) }) {
            // Without a single required field it is an edit, of a record that never came in.
            let isEdit = given.isDisjoint(with: required)
            if isEdit { throw lacks(change.record, .unknownRecord, change) }
            // Or an edit of one that is still to come.
            throw lacks(change.record, .requiredField, change, field: missing)
        }
        guard entity.creators.contains(context.role) else {
            throw refusal(.notPermitted, change, detail: "may not create this")
        }
    }

    private func checkWriters(
        _ change: Change, entity: EntitySchema, existing: StoredRecord?
    ) throws(Refusal) {
        if change.deletes, !entity.deleters.contains(context.role) {
            throw refusal(.notPermitted, change, detail: "may not delete this")
        }
        let isAuthor = existing.map { $0.creator == context.author } ?? true
        let own: Writer = context.role == .office ? .office : .rep
        let numbers =
            change.sets.map(\.number) + change.adds.map(\.number) + change.removes.map(\.number)
        for number in numbers {
            guard let position = entity.position(ofNumber: number) else { continue }
            let writers = entity.fields[position].writers
            if writers.contains(own) || isAuthor && writers.contains(.author) { continue }
            throw refusal(.notPermitted, change, field: number)
        }
    }

    /// A derived id must follow from its key fields, whatever the order in which two devices
    /// create the same record.
    private func checkDerivedID(
        _ change: Change, entity: EntitySchema, record: StoredRecord
    ) throws(Refusal) {
        let derived = context.schema.derivedID(of: entity) { position in
            let number = entity.fields[position].number
            if let write = change.sets.first(where: { $0.number == number }) { return write.value }
            return record.shown(position).value
        }
        if let derived, derived != change.record {
            throw refusal(.wrongDerivedID, change)
        }
    }

    private mutating func checkParents(_ change: Change, entity: EntitySchema) throws(Refusal) {
        for write in change.sets {
            guard let position = entity.position(ofNumber: write.number),
                entity.fields[position].parent, case .ref(let id) = write.value
            else { continue }
            let parent = records[id]
            let target = entity.fields[position].target
            let parentScopes = scopes[id] ?? parent?.placements.map(\.scope) ?? []
            guard let parent, target == nil || target == parent.entity,
                parentScopes.contains(where: context.sees)
            else { throw lacks(id, .unknownParent, change, field: write.number) }
        }
    }
}

// MARK: - Scope

extension Planner {
    /// The scopes the record stands in after the change. A record outside what the account sees is
    /// answered exactly as one that does not exist.
    private mutating func place(
        _ record: StoredRecord, change: Change, entity: EntitySchema
    ) throws(Refusal) -> [RecordID] {
        var result = scopes[record.id] ?? record.placements.map(\.scope)
        let isVisible = result.contains(where: context.sees)
        switch entity.scope {
        case .catalogue:
            if result.isEmpty { result = [context.schema.catalogue] }
        case .territory(let position):
            for id in references(in: change, at: position, entity: entity) {
                guard records[id]?.entity == .territory, context.sees(id) else {
                    throw lacks(
                        id, .unknownParent, change, field: entity.fields[position].number)
                }
                if result.isEmpty { result.append(id) }
            }
        case .customer(let position):
            for id in references(in: change, at: position, entity: entity) {
                let customer = records[id].flatMap { $0.entity == .customer ? $0 : nil }
                let customerScopes = scopes[id] ?? customer?.placements.map(\.scope) ?? []
                guard customer != nil, customerScopes.contains(where: context.sees) else {
                    throw lacks(
                        id, .unknownParent, change, field: entity.fields[position].number)
                }
                for scope in customerScopes where !result.contains(scope) { result.append(scope) }
            }
        }
        // A derived record may be created by several who do not see each other: the change itself
        // names a customer the account sees. Any other change needs the record to be visible.
        let placesItself = result.contains(where: context.sees)
        guard isVisible || (record.version == 0 || isDerived(entity)) && placesItself else {
            throw lacks(record.id, .unknownRecord, change)
        }
        return result
    }

    private func isVisible(_ record: StoredRecord) -> Bool {
        (scopes[record.id] ?? record.placements.map(\.scope)).contains(where: context.sees)
    }

    private func isDerived(_ entity: EntitySchema) -> Bool {
        if case .derived = entity.identity { true } else { false }
    }

    private func references(
        in change: Change, at position: Int, entity: EntitySchema
    ) -> [RecordID] {
        let number = entity.fields[position].number
        let values =
            change.sets.filter { $0.number == number }.compactMap(\.value)
            + change.adds.filter { $0.number == number }.map(\.value)
        return values.compactMap { if case .ref(let id) = $0 { id } else { nil } }
    }
}

// MARK: - Writing

extension Planner {
    private func write(
        _ change: Change, to record: inout StoredRecord, entity: EntitySchema
    ) throws(Refusal) {
        let writer = record.marks.count - 1
        for write in change.sets {
            guard let position = entity.position(ofNumber: write.number) else { continue }
            try record.write(
                write.value, at: position, field: entity.fields[position], writer: writer)
        }
        for position in entity.fields.indices where entity.fields[position].isSet {
            let number = entity.fields[position].number
            let adds = change.adds.filter { $0.number == number }.map(\.value)
            let removes = change.removes.filter { $0.number == number }.map(\.value)
            if adds.isEmpty && removes.isEmpty { continue }
            record.write(adds: adds, removes: removes, at: position, writer: writer)
            if record.shown(position).elements.count > context.limits.elementsPerSet {
                throw refusal(.tooLarge, change, field: number, detail: "too many elements")
            }
        }
        record.touch(deleting: change.deletes, writer: writer)
    }

    private mutating func noteMerges(
        _ change: Change, record: StoredRecord, entity: EntitySchema
    ) {
        var conflicts = 0
        for write in change.sets {
            guard let position = entity.position(ofNumber: write.number),
                !record.differing(position).isEmpty
            else { continue }
            // Only a field whose rule asks for review waits for a person.
            let kind: Merge.Kind = entity.fields[position].review ? .conflict : .parallel
            merges.append(Merge(record: record.id, field: write.number, kind: kind))
            conflicts += 1
        }
        if record.isContested {
            merges.append(Merge(record: record.id, field: 0, kind: .conflict))
            conflicts += 1
        }
        guard conflicts == 0, let own = record.marks.last else { return }
        func isParallel(_ other: Mark) -> Bool { !own.hasSeen(other) && !other.hasSeen(own) }
        // Seldom is there any such mark, and looking at every field for it costs.
        if record.marks.dropLast().contains(where: isParallel),
            othersMarks(besides: change, in: record, entity: entity).contains(where: isParallel)
        {
            merges.append(Merge(record: record.id, field: 0, kind: .parallel))
        }
    }

    /// The marks of the fields that the change does not write.
    private func othersMarks(
        besides change: Change, in record: StoredRecord, entity: EntitySchema
    ) -> [Mark] {
        let written = Set(
            change.sets.map(\.number) + change.adds.map(\.number) + change.removes.map(\.number))
        var marks = Set<Int>()
        for (position, field) in entity.fields.enumerated() where !written.contains(field.number) {
            switch record.registers[position] {
            case .empty: break
            case .siblings(let siblings): marks.formUnion(siblings.map(\.mark))
            case .elements(let elements, let changed):
                marks.insert(changed)
                for element in elements { marks.formUnion(element.marks) }
            }
        }
        return marks.sorted().map { record.marks[$0] }
    }
}
