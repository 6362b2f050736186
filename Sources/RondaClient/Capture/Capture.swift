internal import GRDB
public import RondaModel
internal import RondaSQLite

/// Several changes captured together: one commit, accepted or held as a whole.
public struct Capture {
    private struct Working {
        let entity: EntitySchema
        /// What is on the device now; `nil` for a record that this capture creates.
        let row: DeviceRow?
        var values: FieldValues
        var isDeleted = false
        /// Fields to write even where they hold the value already.
        var settled: Set<UInt32> = []
    }

    /// The device's records as they were before this capture.
    public let reader: LocalReader
    private let identity: DeviceIdentity
    private let mint: () -> RecordID
    private var working: [RecordID: Working] = [:]
    private var order: [RecordID] = []

    init(reader: LocalReader, identity: DeviceIdentity, mint: @escaping () -> RecordID) {
        self.reader = reader
        self.identity = identity
        self.mint = mint
    }

    /// Who captures: the account of this device.
    public var author: RecordID { identity.account }

    /// A record with a new id, to be filled in and given to `create`.
    public func new<R: RondaRecord>(_ type: R.Type) -> R { R(id: mint()) }

    /// Adds a record. A record whose identity is its business key gets the id of that key; when it
    /// is already on the device, what is new is added to it and what is fixed stays.
    /// - Returns: the record's id.
    @discardableResult
    public mutating func create<R: RondaRecord>(_ record: R) throws -> RecordID {
        let entity = try LocalReader.table(R.entity).entity
        let id =
            Schema.current.derivedID(of: entity) { record.fields[$0].value } ?? record.id
        if try working[id] != nil || reader.row(R.entity, id) != nil {
            try edit(entity, id) { values in values.join(record.fields, entity: entity) }
            return id
        }
        working[id] = Working(entity: entity, row: nil, values: record.fields)
        order.append(id)
        return id
    }

    /// Changes a record that is on the device; only what differs afterwards is captured.
    public mutating func update<R: RondaRecord>(
        _ type: R.Type, _ id: RecordID, _ change: (inout R) throws -> Void
    ) throws {
        try edit(try LocalReader.table(R.entity).entity, id) { values in
            var record = R(id: id, fields: values)
            try change(&record)
            values = record.fields
        }
    }

    /// Writes one field, also where the device shows that value already: how a contested field is
    /// settled, in favour of the shown value or of another.
    public mutating func settle<R: RondaRecord>(
        _ type: R.Type, _ id: RecordID, field number: UInt32, as value: Value?
    ) throws {
        let entity = try LocalReader.table(R.entity).entity
        guard let position = entity.position(ofNumber: number), !entity.fields[position].isSet
        else { throw ClientError.refused([Refusal(.unknownField, entity: entity.id, record: id)]) }
        try edit(entity, id) { $0.set(position, value) }
        working[id]?.settled.insert(number)
    }

    /// Takes up a change of an earlier commit that was refused, as if it were captured now.
    mutating func reload(_ change: Change) throws {
        let entity = try LocalReader.table(change.entity).entity
        let isThere =
            try working[change.record] != nil
            || reader.row(entity.id, change.record).map { !$0.flags.contains(.deleted) } ?? false
        if !isThere && change.base == 0 && !change.deletes {
            working[change.record] = Working(
                entity: entity, row: nil, values: FieldValues(for: entity))
            order.append(change.record)
        }
        try edit(entity, change.record) { values in
            for number in change.touchedFields {
                guard let position = entity.position(ofNumber: number) else { continue }
                values[position] = values[position].applying(change, entity.fields[position])
            }
        }
        if change.deletes { working[change.record]?.isDeleted = true }
    }

    /// Deletes a record that is on the device.
    public mutating func delete<R: RondaRecord>(_ type: R.Type, _ id: RecordID) throws {
        try edit(try LocalReader.table(R.entity).entity, id) { _ in }
        working[id]?.isDeleted = true
    }

    private mutating func edit(
        _ entity: EntitySchema, _ id: RecordID, _ body: (inout FieldValues) throws -> Void
    ) throws {
        if working[id] == nil {
            guard let row = try reader.row(entity.id, id), !row.flags.contains(.deleted) else {
                if try Outline(database: reader.database).entry(id)?.isDeleted == false {
                    throw Self.notWhole(entity, id)
                }
                throw ClientError(
                    .unknownRecord,
                    Phrase(
                        en: "this \(entity.label.en) is not on this device; sync and try again",
                        es:
                            "\(entity.label.es): no está en este equipo; sincronice e intente de nuevo"
                    ), detail: id.description)
            }
            working[id] = Working(entity: entity, row: row, values: row.values)
            order.append(id)
        }
        guard var values = working[id]?.values else { return }
        try body(&values)
        working[id]?.values = values
    }

    /// The device knows of it, and there was no room for it.
    private static func notWhole(_ entity: EntitySchema, _ id: RecordID) -> ClientError {
        ClientError(
            .unknownRecord,
            Phrase(
                en: "this \(entity.label.en) is history that is not on this device; fetch it with: "
                    + "ronda customer show CUSTOMER --fetch",
                es: "\(entity.label.es): es historial que no está en este equipo; tráigalo con: "
                    + "ronda cliente ver CLIENTE --traer"), detail: id.description)
    }

    /// Writes the rows and the commit, inside the caller's transaction.
    func finish(
        stamp: Stamp, uptime: Uptime, assignment: UInt64, limits: Limits
    ) throws -> CaptureReceipt? {
        var changes: [Change] = []
        var refusals: [Refusal] = []
        for id in order {
            guard let work = working[id], let change = try change(id, work) else { continue }
            if let refusal = refusal(change, work, limits: limits) { refusals.append(refusal) }
            changes.append(change)
        }
        if changes.isEmpty && refusals.isEmpty { return nil }
        if changes.count > limits.changesPerCommit {
            refusals.append(Refusal(.tooLarge, detail: "\(changes.count) changes"))
        }
        guard refusals.isEmpty else { throw ClientError.refused(refusals) }
        if changes.count > 1 { changes = parentsFirst(changes) }
        let writer = RowWriter(database: reader.database)
        for change in changes {
            guard let work = working[change.record] else { continue }
            if work.row == nil {
                try writer.insert(
                    work.entity, change.record, version: 0, flags: .local,
                    creator: identity.account, values: work.values)
                // What others made under the same derived id is asked for.
                try Outline(database: reader.database).need(change.record)
            } else {
                try writer.edit(change, entity: work.entity, before: work.row?.values)
            }
        }
        let commit = Commit(
            number: 0, stamp: stamp, schema: Schema.current.version, uptime: uptime,
            changes: changes, assignment: assignment)
        let n = try Outbox(database: reader.database).append(
            commit, as: identity.ordinal, limits: limits)
        return CaptureReceipt(n: n, records: changes.map(\.record))
    }

    /// The changes in their order, but for the records made here that others name: those come before
    /// them (SPEC §3.4).
    private func parentsFirst(_ changes: [Change]) -> [Change] {
        var missing = Set(changes.map(\.record)).filter { working[$0]?.row == nil }
        var (left, ordered) = (changes, [Change]())
        while !left.isEmpty {
            let next =
                left.firstIndex { change in
                    let named =
                        change.sets.compactMap(\.value) + change.adds.map(\.value)
                    return !named.contains {
                        if case .ref(let id) = $0 {
                            id != change.record && missing.contains(id)
                        } else {
                            false
                        }
                    }
                } ?? 0
            missing.remove(left[next].record)
            ordered.append(left.remove(at: next))
        }
        return ordered
    }

    private func change(_ id: RecordID, _ work: Working) throws -> Change? {
        guard let row = work.row else {
            return work.isDeleted ? nil : Change(creating: id, work.entity, work.values)
        }
        var change =
            work.isDeleted
            ? Change(entity: work.entity.id, record: id, deletes: true)
            : Change.turning(
                row.values, into: work.values, settling: work.settled, of: id, entity: work.entity)
        // A field with unsent work hides what the hub has said of it since: whoever edits it again
        // has seen no more than at the first edit.
        let bases = try RowWriter(database: reader.database).shadowBases(id)
        let hidden = work.isDeleted ? Array(bases.keys) : change?.touchedFields ?? []
        change?.base = hidden.reduce(row.version) { min($0, bases[$1] ?? $0) }
        return change
    }

    /// What the hub would refuse is refused here, where the person still has it before them.
    private func refusal(_ change: Change, _ work: Working, limits: Limits) -> Refusal? {
        if let problem = Validation.problem(in: change, schema: .current, limits: limits) {
            return problem
        }
        func refusal(_ code: RefusalCode, field: UInt32 = 0) -> Refusal {
            Refusal(code, entity: work.entity.id, record: change.record, field: field)
        }
        guard let acting = identity.role.acting else { return refusal(.notPermitted) }
        if work.row == nil {
            if !work.entity.creators.contains(acting) { return refusal(.notPermitted) }
            for (position, field) in work.entity.fields.enumerated()
            where field.required && work.values[position].isEmpty {
                return refusal(.requiredField, field: field.number)
            }
        }
        if change.deletes,
            !work.entity.deleters.contains(acting) || !identity.role.mayDelete
        {
            return refusal(.notPermitted)
        }
        let isAuthor = work.row.map { $0.creator == nil || $0.creator == identity.account } ?? true
        let own: Writer = acting == .office ? .office : .rep
        for number in change.touchedFields {
            guard let position = work.entity.position(ofNumber: number) else { continue }
            let field = work.entity.fields[position]
            if !field.writers.contains(own), !(isAuthor && field.writers.contains(.author)) {
                return refusal(.notPermitted, field: number)
            }
            if field.rule == .first, let before = work.row?.values[position], before != .none {
                return refusal(.fixedValue, field: number)
            }
        }
        return nil
    }
}

/// What a capture left on the device.
public struct CaptureReceipt: Sendable, Hashable {
    /// Its place in the outbox.
    public let n: Int64
    /// The records it changed, in order.
    public let records: [RecordID]
}

extension FieldValues {
    /// Adds what `other` brings to a record that is already there: sets grow, joins join, fixed and
    /// filled fields stay.
    fileprivate mutating func join(_ other: FieldValues, entity: EntitySchema) {
        for (position, field) in entity.fields.enumerated() where !other[position].isEmpty {
            switch field.rule {
            case .union:
                self[position] = .set(self[position].elements + other[position].elements)
            case .least, .greatest:
                guard let new = other[position].value else { continue }
                if let old = self[position].value, field.rule == .least ? old <= new : old >= new {
                    continue
                }
                self[position] = .one(new)
            case .first, .latest, .office, .furthest, .protective:
                if self[position].isEmpty { self[position] = other[position] }
            }
        }
    }
}
