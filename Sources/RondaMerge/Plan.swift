package import RondaModel

/// Who sends a commit, and what the hub knows about them at that moment.
package struct PlanContext: Sendable {
    package let schema: Schema
    package let limits: Limits
    package let device: RecordID
    package let author: RecordID
    package let role: Role
    /// The scopes the account sees; `nil` for an account that sees every one.
    package let visible: Set<RecordID>?
    /// The scopes it sees and has seen, and between which changes of who sees what.
    package let stays: [Stay]
    /// The last change of who sees what.
    package let assignment: UInt64
    /// No commit of the device can have been captured knowing less of those changes.
    package let floor: UInt64
    /// When the commit arrived.
    package let receivedAt: Instant
    /// How far the device's clock is ahead of the hub's, as far as that is known.
    package let clockOffsetMilliseconds: Int64
    /// How often the hub's history was renewed.
    package let generation: UInt64
    /// The versions a lost history had given to the commit's changes, in their order; empty for a
    /// commit that is new.
    package let former: [UInt64]

    package init(
        schema: Schema, limits: Limits, device: RecordID, author: RecordID, role: Role,
        visible: Set<RecordID>?, stays: [Stay] = [], assignment: UInt64 = 0,
        floor: UInt64 = 0, receivedAt: Instant, clockOffsetMilliseconds: Int64 = 0,
        generation: UInt64 = 0, former: [UInt64] = []
    ) {
        self.schema = schema
        self.limits = limits
        self.device = device
        self.author = author
        self.role = role
        self.visible = visible
        self.stays = stays
        self.assignment = assignment
        self.floor = floor
        self.receivedAt = receivedAt
        self.clockOffsetMilliseconds = clockOffsetMilliseconds
        self.generation = generation
        self.former = former
    }

    func sees(_ scope: RecordID) -> Bool { visible?.contains(scope) ?? true }
}

/// A record as it will be, and the scopes it will stand in. Positions in the streams are given when
/// the plan is applied.
package struct PlannedRecord: Sendable, Hashable {
    package var record: StoredRecord
    package let scopes: [RecordID]
    package let isNew: Bool
    /// Whether the commit changed it, and the last of its marks is this commit's; otherwise it only
    /// stands elsewhere.
    package let isTouched: Bool
}

/// What becomes of a commit: decided here, done by whoever executes it.
package struct Plan: Sendable, Hashable {
    package let verdict: Verdict
    /// In the order of the commit's changes, then the customers that gain or lose a follower by them;
    /// empty when it is refused. The records under a customer that moves follow it when the plan is
    /// applied.
    package let records: [PlannedRecord]
    /// The record for whose absence the commit is refused. Where it may still come, the commit
    /// waits for it instead (SPEC §6.3).
    package let lacking: RecordID?

    package init(verdict: Verdict, records: [PlannedRecord], lacking: RecordID? = nil) {
        self.verdict = verdict
        self.records = records
        self.lacking = lacking
    }

    /// The same commit, kept until the record it lacks is there.
    package func waiting(for record: RecordID) -> Plan {
        Plan(verdict: .waiting(verdict.number, for: record), records: [])
    }
}

extension Plan {
    /// The records that must be read before a commit can be planned.
    static func needs(_ commit: Commit, schema: Schema) -> Set<RecordID> {
        var ids = Set<RecordID>()
        for change in commit.changes {
            ids.insert(change.record)
            guard let entity = schema[change.entity] else { continue }
            for position in entity.referencePositions {
                let number = entity.fields[position].number
                for write in change.sets where write.number == number {
                    if case .ref(let id) = write.value { ids.insert(id) }
                }
                for add in change.adds where add.number == number {
                    if case .ref(let id) = add.value { ids.insert(id) }
                }
            }
        }
        return ids
    }

    /// What a commit is planned against. `record` looks up one stored record.
    package static func reading(
        _ commit: Commit, context: PlanContext, record: (RecordID) throws -> StoredRecord?
    ) rethrows -> [RecordID: StoredRecord] {
        var stored: [RecordID: StoredRecord] = [:]
        for id in needs(commit, schema: context.schema) { stored[id] = try record(id) }
        for id in further(commit, stored: stored, context: context) {
            stored[id] = try record(id)
        }
        return stored
    }

    /// The records that must be read besides, once those of `needs` are known: the customers of what
    /// may have to be placed anew, and of what is changed or named and may not be seen any more.
    private static func further(
        _ commit: Commit, stored: [RecordID: StoredRecord], context: PlanContext
    ) -> Set<RecordID> {
        let schema = context.schema
        let places = commit.changes.contains { schema[$0.entity]?.places($0) ?? false }
        let changed = Set(commit.changes.map(\.record))
        var ids = Set<RecordID>()
        for (id, record) in stored {
            guard let entity = schema[record.entity] else { continue }
            let isSeen = record.placements.contains { context.sees($0.scope) }
            // Any edit may bring back what is deleted, and with it the person who follows.
            if !isSeen || changed.contains(id) && (places || entity.follow != nil) {
                ids.formUnion(record.customers(entity))
            }
        }
        return ids.filter { stored[$0] == nil }
    }

    /// The records that a commit would make, as far as it tells by itself: it names no base for them
    /// and fills in all that a new record must have.
    package static func creations(in commit: Commit, schema: Schema) -> [RecordID] {
        commit.changes.filter { change in
            schema[change.entity].map { change.isCreation(in: $0, under: commit.schema) } ?? false
        }.map(\.record)
    }

    /// Those of them that others may wait for: not what is refused whatever there is.
    package static func creations(
        in commit: Commit, schema: Schema, seesAll: Bool
    ) -> [RecordID] {
        let named = commit.changes.filter { change in
            schema[change.entity].map {
                change.takesNamedID(in: $0, under: commit.schema, seesAll: seesAll)
            } ?? false
        }.map(\.record)
        return creations(in: commit, schema: schema).filter { !named.contains($0) }
    }

    /// Decides a commit. Pure and total: every commit gets a verdict, and either all of its changes
    /// are planned or none is.
    package static func make(
        for commit: Commit, stored: [RecordID: StoredRecord], context: PlanContext
    ) -> Plan {
        var planner = Planner(
            commit: context.schema.upCast(commit), stored: stored, context: context)
        do throws(Refusal) {
            return try planner.plan()
        } catch {
            return Plan(
                verdict: .refused(commit.number, error), records: [], lacking: planner.lacking)
        }
    }
}

extension EntitySchema {
    /// The fields whose records decide scope or must exist: the ones `Plan.needs` reads.
    var referencePositions: [Int] {
        let positions: [Int] =
            switch scope {
            case .catalogue: []
            case .territory(let fields): fields
            case .customer(let field): [field]
            }
        return fields.indices.filter { positions.contains($0) || fields[$0].parent }
    }

    /// Whether a change may move the record, or make somebody follow its customer or cease to.
    func places(_ change: Change) -> Bool {
        let scopePositions: [Int] =
            switch scope {
            case .catalogue: []
            case .territory(let fields): fields
            case .customer(let field): [field]
            }
        let deciding = scopePositions + (follow.map { [$0.person] + $0.until } ?? [])
        let numbers = deciding.map { fields[$0].number }
        return follow != nil && change.deletes
            || change.touchedFields.contains { numbers.contains($0) }
    }
}

extension Change {
    /// Whether it would make its record, as far as it tells by itself.
    func isCreation(in entity: EntitySchema, under schema: UInt32) -> Bool {
        guard base == 0, !deletes else { return false }
        let given = sets.filter { $0.value != nil }.map(\.number) + adds.map(\.number)
        return entity.fields.allSatisfy {
            !$0.required || $0.since > schema || given.contains($0.number)
        }
    }

    /// Whether it would make a record whose id should be minted under one that others may know before
    /// there is such a record. Whoever does not see everything could take what is another's, or ask
    /// what there is (SPEC §3.2).
    func takesNamedID(in entity: EntitySchema, under schema: UInt32, seesAll: Bool) -> Bool {
        guard !seesAll, record.isNamed, case .minted = entity.identity else { return false }
        return isCreation(in: entity, under: schema)
    }
}
