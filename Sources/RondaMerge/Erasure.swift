package import RondaModel

/// What becomes of a customer who asked to be erased, and of what is under it (SPEC §4.14).
package struct Erasure: Sendable {
    /// A record that is known to have been erased, though the store may not have it any more, or
    /// have it again.
    package struct Listed: Sendable, Hashable {
        package let id: RecordID
        package let entity: EntityID
        /// Where it stood; empty where that is not known, and it stood where the customer did.
        package let scopes: [RecordID]
        package let creator: RecordID
        /// The devices that had something of it; `nil` where nobody has written that down.
        package let due: [RecordID]?

        package init(
            id: RecordID, entity: EntityID, scopes: [RecordID], creator: RecordID = .zero,
            due: [RecordID]? = nil
        ) {
            self.creator = creator
            self.due = due
            self.id = id
            self.entity = entity
            self.scopes = scopes
        }
    }

    /// The tombstones, and the records of other people that lose the customer.
    package private(set) var planned: [PlannedRecord] = []
    /// What the store has of these records.
    package private(set) var stored: [RecordID: StoredRecord] = [:]

    /// The records that are erased, in the order of `planned`.
    package var tombstones: [StoredRecord] { planned.map(\.record).filter(\.isErased) }

    /// - Parameters:
    ///   - assignment: the change of who sees what that this is.
    ///   - record: looks up what the store has.
    ///   - dependents: the ids of the records under a customer.
    package init(
        of customer: RecordID, listed: [Listed] = [], schema: Schema, assignment: UInt64,
        generation: UInt64, at now: Instant, record: (RecordID) throws -> StoredRecord?,
        dependents: (RecordID) throws -> [RecordID]
    ) rethrows {
        let known = Dictionary(listed.map { ($0.id, $0) }) { first, _ in first }
        let above =
            try record(customer)?.allStays ?? known[customer]?.scopes.map { Stay(scope: $0) } ?? []
        var seen: Set<RecordID> = []
        var shared: [StoredRecord] = []
        for id in [customer] + listed.map(\.id) + (try dependents(customer))
        where seen.insert(id).inserted {
            guard let before = try record(id) else {
                if let listed = known[id],
                    let shell = Self.shell(listed, above, schema, generation, assignment)
                {
                    plan(shell, before: nil, scopes: [])
                }
                continue
            }
            guard !before.isErased, let entity = schema[before.entity] else { continue }
            if entity.isUnderSeveral && known[id] == nil {
                shared.append(before)
                continue
            }
            let above =
                before.entity == .customer
                ? [before] : try before.customers(entity).compactMap(record)
            let own = entity.keepsStays ? before.allStays : []
            let stays = above.flatMap(\.allStays) + own.filter { _ in before.entity != .customer }
            plan(
                before.erased(stays: stays, at: assignment, generation: generation),
                before: before, scopes: [])
        }
        // Another person's record only loses the customer, by a write that has seen everything.
        for before in shared {
            guard let entity = schema[before.entity], case .customer(let position) = entity.scope
            else { continue }
            var after = before
            after.version = Version.next(after: before.version, generation: generation)
            after.marks.append(
                Mark(
                    version: after.version, number: assignment,
                    stamp: Stamp(milliseconds: now.milliseconds), device: .zero, author: .zero,
                    isOffice: true, base: before.version))
            after.write(
                adds: [], removes: [.ref(customer)], at: position, writer: after.marks.count - 1)
            // Remembered beside what others write in ignorance of it: they are told of both.
            if !after.isDeleted { after.lives = [after.marks.count - 1] }
            after.compactMarks()
            let above = try after.customers(entity).map {
                try record($0)?.placements.map(\.scope) ?? []
            }
            let scopes = after.belonging(
                entity, catalogue: schema.catalogue, customerScopes: above)
            plan(
                after, before: before,
                scopes: scopes.isEmpty ? before.placements.map(\.scope) : scopes)
        }
    }

    private mutating func plan(
        _ record: StoredRecord, before: StoredRecord?, scopes: [RecordID]
    ) {
        stored[record.id] = before
        planned.append(
            PlannedRecord(record: record, scopes: scopes, isNew: before == nil, isTouched: true))
    }

    private static func shell(
        _ listed: Listed, _ above: [Stay], _ schema: Schema, _ generation: UInt64,
        _ assignment: UInt64
    ) -> StoredRecord? {
        schema[listed.entity].map { entity in
            StoredRecord(
                id: listed.id, entity: entity.id, creator: listed.creator,
                registers: Array(repeating: .empty, count: entity.fields.count)
            ).erased(
                stays: listed.scopes.isEmpty ? above : listed.scopes.map { Stay(scope: $0) },
                at: assignment, generation: generation)
        }
    }

    /// What a commit that is refused would have made under somebody who was erased: it becomes a
    /// tombstone as well, so that what the device goes on to write about it is answered alike.
    package static func unmade(
        by commit: Commit, author: RecordID, schema: Schema, generation: UInt64,
        record: (RecordID) throws -> StoredRecord?
    ) rethrows -> [(record: StoredRecord, under: RecordID)] {
        let creations = Set(Plan.creations(in: commit, schema: schema))
        return try commit.changes.compactMap { change in
            guard creations.contains(change.record), let entity = schema[change.entity],
                try record(change.record) == nil, schema.hasItsID(change, entity)
            else { return nil }
            let above = try entity.placing(change).sorted()
                .compactMap { try record($0) }.first { $0.isErased }
            guard let above else { return nil }
            // Who saw what it would have been under may have seen it, and have something about it.
            let record = StoredRecord(
                id: change.record, entity: entity.id, creator: author,
                registers: Array(repeating: .empty, count: entity.fields.count)
            ).erased(stays: above.stays, at: 0, generation: generation)
            return (record, above.id)
        }
    }
}

extension StoredRecord {
    /// What is left of it: that it was there, whose it was, and where.
    fileprivate func erased(
        stays: [Stay], at assignment: UInt64, generation: UInt64
    ) -> StoredRecord {
        var tombstone = StoredRecord(
            id: id, entity: entity, creator: creator,
            version: Version.next(after: version, generation: generation),
            registers: Array(repeating: .empty, count: registers.count))
        tombstone.isErased = true
        tombstone.born = born
        // It leaves them when the plan is applied.
        tombstone.placements = placements
        tombstone.departures = departures
        tombstone.stays = stays.map { stay in
            stay.until == 0 ? Stay(scope: stay.scope, from: stay.from, until: assignment) : stay
        }
        return tombstone
    }
}

extension Schema {
    /// Whether the id of a creation is nobody's before, or follows from its key fields: nobody buries
    /// what belongs to others.
    package func hasItsID(_ change: Change, _ entity: EntitySchema) -> Bool {
        if case .minted = entity.identity { return !change.record.isNamed }
        return change.record
            == derivedID(of: entity) { position in
                change.sets.first { $0.number == entity.fields[position].number }?.value
            }
    }
}

extension EntitySchema {
    /// Whether its records may be under several customers: they are about somebody else.
    package var isUnderSeveral: Bool {
        if case .customer(let position) = scope { fields[position].isSet } else { false }
    }

    /// What a change places its record under, or where, by a field of a single value.
    package func placing(_ change: Change) -> Set<RecordID> {
        let numbers = referencePositions.map { fields[$0] }.filter { !$0.isSet }.map(\.number)
        return Set(
            change.sets.compactMap { write in
                guard numbers.contains(write.number), case .ref(let id)? = write.value else {
                    return nil
                }
                return id
            })
    }
}
