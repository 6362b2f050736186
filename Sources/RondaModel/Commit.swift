/// A new value for one field; `nil` clears it.
package struct FieldWrite: Sendable, Hashable {
    package let number: UInt32
    package let value: Value?

    package init(_ number: UInt32, _ value: Value?) {
        self.number = number
        self.value = value
    }
}

/// One element of a set field.
package struct ElementWrite: Sendable, Hashable {
    package let number: UInt32
    package let value: Value

    package init(_ number: UInt32, _ value: Value) {
        self.number = number
        self.value = value
    }
}

/// What the fields of one record become.
package struct Change: Sendable, Hashable {
    package var entity: EntityID
    package var record: RecordID
    /// The version of the record as the device last had it from the hub; 0 for none. This is the
    /// causal context of every write in the change.
    package var base: UInt64
    package var sets: [FieldWrite]
    package var adds: [ElementWrite]
    package var removes: [ElementWrite]
    package var deletes: Bool

    package init(
        entity: EntityID, record: RecordID, base: UInt64 = 0, sets: [FieldWrite] = [],
        adds: [ElementWrite] = [], removes: [ElementWrite] = [], deletes: Bool = false
    ) {
        self.entity = entity
        self.record = record
        self.base = base
        self.sets = sets
        self.adds = adds
        self.removes = removes
        self.deletes = deletes
    }
}

extension Change {
    /// The record that it changes, and those that it names.
    package var named: Set<RecordID> {
        let values = sets.compactMap(\.value) + adds.map(\.value) + removes.map(\.value)
        return Set([record] + values.compactMap(\.reference))
    }

    /// What is left when nothing of these records may be. Nothing is of a change of one of them, or
    /// that names one in a field; but an element is taken out of its set, and the rest stays: a person
    /// whom somebody recommended is somebody else.
    package func without(_ erased: Set<RecordID>) -> Change? {
        func names(_ value: Value?) -> Bool {
            value?.reference.map(erased.contains) ?? false
        }
        if erased.contains(record) || sets.contains(where: { names($0.value) }) { return nil }
        var rest = self
        rest.adds.removeAll { names($0.value) }
        rest.removes.removeAll { names($0.value) }
        let isNothing = rest.sets.isEmpty && rest.adds.isEmpty && rest.removes.isEmpty
        return isNothing && rest != self && !deletes ? nil : rest
    }
}

/// The hash that chains a device's commits: 16 bytes of SHA-256.
package struct ChainHash: Sendable, Hashable {
    package let id: RecordID

    package init(id: RecordID) {
        self.id = id
    }

    /// What the first commit of a device names as its predecessor.
    package static let start = ChainHash(id: .zero)
}

/// When a commit was made, by a clock that no one can set: which boot, and how long into it.
package struct Uptime: Sendable, Hashable {
    package let boot: UInt32
    package let milliseconds: UInt64

    package init(boot: UInt32, milliseconds: UInt64) {
        self.boot = boot
        self.milliseconds = milliseconds
    }
}

/// Changes captured together and accepted together.
package struct Commit: Sendable, Hashable {
    /// 1, 2, 3 … within its device, without gaps.
    package var number: UInt64
    package var stamp: Stamp
    /// The version of the schema it was captured under.
    package var schema: UInt32
    package var uptime: Uptime
    /// The chain hash of the commit before it.
    package var previous: ChainHash
    package var changes: [Change]
    /// What the device had been told of who sees what: the hub's count of such changes.
    package var assignment: UInt64

    package init(
        number: UInt64, stamp: Stamp, schema: UInt32,
        uptime: Uptime = Uptime(boot: 0, milliseconds: 0),
        previous: ChainHash = .start, changes: [Change],
        assignment: UInt64 = 0
    ) {
        self.number = number
        self.stamp = stamp
        self.schema = schema
        self.uptime = uptime
        self.previous = previous
        self.changes = changes
        self.assignment = assignment
    }
}

extension Change {
    /// The numbers of the fields it writes, ascending.
    package var touchedFields: [UInt32] {
        // The usual change only sets, in ascending order and each field once.
        if adds.isEmpty && removes.isEmpty { return sets.map(\.number) }
        return Set(sets.map(\.number) + adds.map(\.number) + removes.map(\.number)).sorted()
    }

    /// The change that creates `record` with all it holds.
    package init(creating record: some RondaRecord) {
        if let entity = Schema.current[type(of: record).entity] {
            self.init(creating: record.id, entity, record.fields)
        } else {
            self.init(entity: type(of: record).entity, record: record.id)
        }
    }

    package init(creating id: RecordID, _ entity: EntitySchema, _ values: FieldValues) {
        self.init(entity: entity.id, record: id)
        for (position, field) in entity.fields.enumerated() {
            switch values[position] {
            case .none: break
            case .one(let value): sets.append(FieldWrite(field.number, value))
            case .many(let elements):
                adds += elements.map { ElementWrite(field.number, $0) }
            }
        }
    }
}

extension Commit {
    /// Every record that it changes or names.
    package var named: Set<RecordID> { changes.reduce(into: []) { $0.formUnion($1.named) } }
}
