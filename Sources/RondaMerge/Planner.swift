import RondaModel

/// Works through the changes of one commit on a private copy of the records it touches.
struct Planner {
    let commit: Commit
    let context: PlanContext
    var records: [RecordID: StoredRecord]
    var scopes: [RecordID: [RecordID]] = [:]
    var order: [RecordID] = []
    var created: Set<RecordID> = []
    /// Customers that only gain or lose a follower.
    private var replaced: Set<RecordID> = []
    /// What became of changes of what the account does not see any more.
    var handovers: [HandOver] = []
    private let stored: [RecordID: StoredRecord]
    /// Hardly ever is there any, and looking for them costs.
    private let meetsErased: Bool
    private var merges: [Merge] = []
    let stamp: Stamp
    private let clockSuspect: Bool
    /// The record for whose absence the commit cannot be applied.
    private(set) var lacking: RecordID?

    init(commit: Commit, stored: [RecordID: StoredRecord], context: PlanContext) {
        self.commit = commit
        self.context = context
        records = stored
        self.stored = stored
        meetsErased = stored.values.contains(where: \.isErased)
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
            guard let acting = context.role.acting else {
                throw refusal(.notPermitted, change, detail: "an account that only reads")
            }
            guard let entity = context.schema[change.entity] else {
                throw Refusal(.unknownEntity, entity: change.entity, record: change.record)
            }
            if change.takesNamedID(
                in: entity, under: commit.schema, seesAll: context.visible == nil)
            {
                throw refusal(
                    .malformed, change, detail: "the id of a new record follows from a name")
            }
            try checkErased(change, entity: entity)
            let former = context.former.indices.contains(index) ? context.former[index] : 0
            try apply(change, at: index, entity: entity, former: former, acting: acting)
        }
        bringAlong()
        let planned = (order + replaced.subtracting(order).sorted()).compactMap { id in
            records[id].map {
                PlannedRecord(
                    record: $0, scopes: standing($0), isNew: created.contains(id),
                    isTouched: order.contains(id))
            }
        }
        let outcome: Outcome =
            handovers.contains { $0.suggestions > 0 }
            ? .handedOver : merges.isEmpty ? .accepted : .merged
        let hidden = Set(handovers.map(\.record))
        let verdict = Verdict(
            number: commit.number, outcome: outcome, merges: merges, handovers: handovers,
            versions: commit.changes.compactMap {
                hidden.contains($0.record) ? 0 : records[$0.record]?.version
            }, clockSuspect: clockSuspect)
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
        _ change: Change, at index: Int, entity: EntitySchema, former: UInt64, acting: Role
    ) throws(Refusal) {
        // What the account does not see is answered as what does not exist: every check below that
        // asks about the stored record asks about the visible one (SPEC §4.3). What it saw when it
        // captured was written in good faith (§4.13).
        let stored = records[change.record]
        let isSeen = stored.map(isVisible) ?? false
        var existing = isSeen ? stored : nil
        if existing == nil, let stored, stored.entity == entity.id, saw(stored) {
            if isOwnAlone(stored) {
                existing = stored
            } else if !isDerived(entity) || !isFullCreation(change, entity) {
                try checkWriters(change, entity: entity, existing: stored, acting: acting)
                let protecting = protectingFields(change, stored, entity)
                try takeInGoodFaith(
                    change, at: index, to: stored, entity: entity, former: former, acting: acting
                ) { !protecting.contains($0) }
                return
            }
        }
        if let existing, existing.entity != entity.id {
            throw refusal(.malformed, change, detail: "the record is of another entity")
        }
        try checkBase(change, existing: existing)
        if existing == nil { try checkCreation(change, entity: entity, acting: acting) }
        try checkWriters(change, entity: entity, existing: existing, acting: acting)
        // Only a derived record may be made again by somebody who does not see it.
        if existing == nil, let stored,
            stored.isErased || stored.entity != entity.id || !isDerived(entity)
        {
            throw lacks(change.record, .unknownRecord, change)
        }

        let before =
            stored
            ?? StoredRecord(
                id: change.record, entity: entity.id, creator: context.author,
                registers: Array(repeating: .empty, count: entity.fields.count))
        try checkDerivedID(change, entity: entity, record: before)
        try checkParents(change, entity: entity)
        try checkPlace(before, isKnown: existing != nil, change: change, entity: entity)
        try checkSettling(change, entity: entity, record: before)
        var record = try written(
            change, to: before, entity: entity, former: former, acting: acting)
        if let stored, acting != .office {
            try checkStays(record, from: stored, change: change, entity: entity)
        }
        let places = scopes(of: record, entity, places: stored == nil || entity.places(change))
        let isInView = isSeen || places.contains(where: context.sees)
        guard isInView, !bringsUnseen(record, before: stored, entity) else {
            let person = entity.follow.map { entity.fields[$0.person].number }
            try takeInGoodFaith(
                change, at: index, to: before, entity: entity, former: former, acting: acting
            ) { $0 == person }
            return
        }
        noteMerges(change, record: record, entity: entity)
        record.compactMarks()
        if stored == nil { record.born = context.assignment }
        keep(record, in: places, isNew: stored == nil)
    }

    /// The record with the change written into it, under a mark of its own.
    func written(
        _ change: Change, to before: StoredRecord, entity: EntitySchema, former: UInt64,
        acting: Role
    ) throws(Refusal) -> StoredRecord {
        var record = before
        record.version = Version.next(after: record.version, generation: context.generation)
        let isFromLostHistory = Version.generation(of: former) < context.generation
        record.marks.append(
            Mark(
                version: record.version, number: commit.number, stamp: stamp,
                device: context.device, author: context.author, isOffice: acting == .office,
                base: change.base, former: isFromLostHistory ? former : 0))
        try write(change, to: &record, entity: entity)
        return record
    }

    mutating func keep(_ record: StoredRecord, in places: [RecordID], isNew: Bool) {
        records[record.id] = record
        scopes[record.id] = places
        order.append(record.id)
        if isNew { created.insert(record.id) }
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
    /// Nothing is written about somebody who was erased. Who never had to do with the person is not
    /// told that there was anybody.
    private func checkErased(_ change: Change, entity: EntitySchema) throws(Refusal) {
        guard meetsErased else { return }
        let values =
            change.sets.map { ($0.number, $0.value) } + change.adds.map { ($0.number, $0.value) }
        let placing = Set(entity.referencePositions.map { entity.fields[$0].number })
        var named = [(field: UInt32(0), record: change.record)]
        for case (let number, .ref(let id)?) in values where placing.contains(number) {
            named.append((number, id))
        }
        for (field, id) in named {
            guard let record = records[id], record.isErased,
                context.visible == nil || record.creator == context.author || saw(record)
            else { continue }
            throw refusal(.erased, change, field: field)
        }
    }

    /// A base of a lost history says nothing that could be checked against this one.
    private mutating func checkBase(
        _ change: Change, existing: StoredRecord?
    ) throws(Refusal) {
        if change.base == 0 { return }
        guard let existing else { throw lacks(change.record, .unknownRecord, change) }
        if isFuture(change, existing) { throw refusal(.futureBase, change) }
    }

    /// Whether the change claims to have seen a version that the hub never gave.
    func isFuture(_ change: Change, _ record: StoredRecord) -> Bool {
        let generation = Version.generation(of: change.base)
        return generation > context.generation
            || generation == context.generation && change.base > record.version
    }

    /// Open conflicts wait for a person: a program does not settle them.
    private func checkSettling(
        _ change: Change, entity: EntitySchema, record: StoredRecord
    ) throws(Refusal) {
        guard context.role == .integration else { return }
        func sees(_ mark: Int) -> Bool {
            let mark = record.marks[mark]
            return mark.device == context.device
                ? mark.number < commit.number : mark.version <= change.base
        }
        for number in change.touchedFields {
            guard let position = entity.position(ofNumber: number), entity.fields[position].review
            else { continue }
            let seen = record.differing(position).filter { sees($0.mark) }
            if Set(seen.map(\.value)).count > 1 {
                throw refusal(.notPermitted, change, field: number, detail: "may not settle")
            }
        }
        if record.isContested, record.lives.contains(where: sees),
            record.deletions.contains(where: sees)
        {
            throw refusal(.notPermitted, change, detail: "may not settle")
        }
    }

    private mutating func checkCreation(
        _ change: Change, entity: EntitySchema, acting: Role
    ) throws(Refusal) {
        if change.deletes { throw lacks(change.record, .unknownRecord, change) }
        if let missing = lackingField(change, entity: entity) {
            // Without a single required field it is an edit, of a record that never came in.
            let required = required(entity)
            if given(change).isDisjoint(with: required) {
                throw lacks(change.record, .unknownRecord, change)
            }
            // Or an edit of one that is still to come.
            throw lacks(change.record, .requiredField, change, field: missing)
        }
        guard entity.creators.contains(acting) else {
            throw refusal(.notPermitted, change, detail: "may not create this")
        }
    }

    private func given(_ change: Change) -> Set<UInt32> {
        Set(change.sets.filter { $0.value != nil }.map(\.number) + change.adds.map(\.number))
    }

    /// What a new record must have, in the schema under which the commit was captured.
    private func required(_ entity: EntitySchema) -> [UInt32] {
        entity.fields.filter { $0.required && $0.since <= commit.schema }.map(\.number)
    }

    /// Whether the change, by itself, makes the record.
    private func isFullCreation(_ change: Change, _ entity: EntitySchema) -> Bool {
        change.base == 0 && !change.deletes && lackingField(change, entity: entity) == nil
    }

    private func lackingField(_ change: Change, entity: EntitySchema) -> UInt32? {
        let given = given(change)
        return required(entity).first { !given.contains($0) }
    }

    private func checkWriters(
        _ change: Change, entity: EntitySchema, existing: StoredRecord?, acting: Role
    ) throws(Refusal) {
        if change.deletes, !entity.deleters.contains(acting) || !context.role.mayDelete {
            throw refusal(.notPermitted, change, detail: "may not delete this")
        }
        let isAuthor = existing.map { $0.creator == context.author } ?? true
        let own: Writer = acting == .office ? .office : .rep
        let numbers =
            change.sets.map(\.number) + change.adds.map(\.number) + change.removes.map(\.number)
        for position in numbers.compactMap(entity.position(ofNumber:)) {
            let field = entity.fields[position]
            if field.writers.contains(own) || isAuthor && field.writers.contains(.author) {
                continue
            }
            throw refusal(.notPermitted, change, field: field.number)
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
            guard let parent, target == nil || target == parent.entity, isKnown(parent)
            else { throw lacks(id, .unknownParent, change, field: write.number) }
        }
    }
}

// MARK: - Scope

extension Planner {
    /// What a record is placed by must be known to the account. A record outside what it knows is
    /// answered exactly as one that does not exist.
    private mutating func checkPlace(
        _ record: StoredRecord, isKnown: Bool, change: Change, entity: EntitySchema
    ) throws(Refusal) {
        var placesItself = false
        switch entity.scope {
        case .catalogue:
            placesItself = record.version == 0
        case .territory(let positions):
            for position in positions {
                for id in references(in: change, at: position, entity: entity) {
                    guard let territory = records[id], territory.entity == .territory,
                        context.sees(id) || saw(scope: id)
                    else {
                        throw lacks(
                            id, .unknownParent, change, field: entity.fields[position].number)
                    }
                    placesItself = true
                }
            }
        case .customer(let position):
            for id in references(in: change, at: position, entity: entity) {
                guard let customer = records[id], customer.entity == .customer,
                    self.isKnown(customer)
                else {
                    throw lacks(
                        id, .unknownParent, change, field: entity.fields[position].number)
                }
                placesItself = true
            }
        }
        // A derived record may be created by several who do not see each other: the change itself
        // names a customer the account knows. Any other change needs the record to be known.
        guard isKnown || placesItself && (record.version == 0 || isDerived(entity)) else {
            throw lacks(record.id, .unknownRecord, change)
        }
    }

    func standing(_ record: StoredRecord) -> [RecordID] {
        scopes[record.id] ?? record.placements.map(\.scope)
    }

    private func belonging(_ record: StoredRecord, _ entity: EntitySchema) -> [RecordID] {
        record.belonging(
            entity, catalogue: context.schema.catalogue,
            customerScopes: record.customers(entity).map { records[$0].map(standing) ?? [] })
    }

    /// Where the record stands after a change; with nowhere to go it stays.
    func scopes(of record: StoredRecord, _ entity: EntitySchema, places: Bool) -> [RecordID] {
        guard places else { return standing(record) }
        let scopes = belonging(record, entity)
        return scopes.isEmpty ? standing(record) : scopes
    }

    /// What the commit does to where other records stand, once all of it is done: customers gain and
    /// lose followers, and what the commit touched goes where its customers are.
    private mutating func bringAlong() {
        for id in order {
            guard let record = records[id], let entity = context.schema[record.entity],
                entity.follow != nil
            else { continue }
            follow(record, entity)
        }
        if order.count == 1 && replaced.isEmpty { return }
        for id in order {
            guard let record = records[id], let entity = context.schema[record.entity] else {
                continue
            }
            let isMoved = record.customers(entity).contains { customer in
                scopes[customer].map { $0 != stored[customer]?.placements.map(\.scope) } ?? false
            }
            if isMoved { scopes[id] = scopes(of: record, entity, places: true) }
        }
    }

    /// The customers of a record gain the person who follows it now, and those that it was under lose
    /// the one who did.
    private mutating func follow(_ record: StoredRecord, _ entity: EntitySchema) {
        let above = record.customers(entity)
        let before = stored[record.id].map { $0.customers(entity) } ?? []
        for id in above + before.filter({ !above.contains($0) }) {
            guard var customer = records[id], let schema = context.schema[customer.entity] else {
                continue
            }
            var followers = customer.followers.filter { $0.cause != record.id }
            if above.contains(id), let person = record.followedBy(entity) {
                followers.append(Follower(person: person, cause: record.id))
            }
            followers.sort { ($0.person, $0.cause) < ($1.person, $1.cause) }
            if followers == customer.followers { continue }
            customer.followers = followers
            records[id] = customer
            scopes[id] = belonging(customer, schema)
            replaced.insert(id)
        }
    }

    /// Only the office moves a customer: where it is at home is not a matter of who wrote first.
    private func checkStays(
        _ record: StoredRecord, from before: StoredRecord, change: Change, entity: EntitySchema
    ) throws(Refusal) {
        guard case .territory(let positions) = entity.scope else { return }
        for position in positions where record.shown(position) != before.shown(position) {
            throw refusal(.fixedValue, change, field: entity.fields[position].number)
        }
    }

    /// Whether by what a change makes of its record somebody comes to follow a customer that its
    /// author does not see.
    func bringsUnseen(
        _ record: StoredRecord, before: StoredRecord?, _ entity: EntitySchema
    ) -> Bool {
        guard context.visible != nil, let person = record.followedBy(entity) else { return false }
        let followed =
            before?.followedBy(entity) == person ? before?.customers(entity) ?? [] : []
        return record.customers(entity).contains { id in
            !followed.contains(id) && records[id].map { !isVisible($0) } ?? false
        }
    }

    func isVisible(_ record: StoredRecord) -> Bool {
        standing(record).contains(where: context.sees)
    }

    private func isKnown(_ record: StoredRecord) -> Bool { isVisible(record) || saw(record) }

    func isDerived(_ entity: EntitySchema) -> Bool {
        if case .derived = entity.identity { true } else { false }
    }

    private func references(
        in change: Change, at position: Int, entity: EntitySchema
    ) -> [RecordID] {
        let number = entity.fields[position].number
        let values =
            change.sets.filter { $0.number == number }.compactMap(\.value)
            + change.adds.filter { $0.number == number }.map(\.value)
        return values.references
    }
}

// MARK: - Writing

extension Planner {
    private func write(
        _ change: Change, to record: inout StoredRecord, entity: EntitySchema
    ) throws(Refusal) {
        let writer = record.marks.count - 1
        for write in change.sets {
            if let position = entity.position(ofNumber: write.number) {
                try record.write(
                    write.value, at: position, field: entity.fields[position], writer: writer)
            }
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
