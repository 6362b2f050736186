package import RondaModel

/// The trace of one commit in a record: who wrote, when, and where the hub put it.
package struct Mark: Sendable, Hashable {
    /// The version of the record that this commit made.
    package var version: UInt64
    /// The commit's number within its device.
    package var number: UInt64
    package var stamp: Stamp
    package var device: RecordID
    package var author: RecordID
    package var isOffice: Bool
    /// The version of the record that the device had when it captured.
    package var base: UInt64
    /// The version that this commit had made in a history of the hub that was lost; 0 for none.
    package var former: UInt64
    /// Its position in the stream of each placement, in the order of `StoredRecord.placements`; a
    /// placement made later has no entry here, and `Placement.arrived` stands for it.
    package var seqs: [UInt64]

    package init(
        version: UInt64, number: UInt64, stamp: Stamp, device: RecordID, author: RecordID,
        isOffice: Bool, base: UInt64 = 0, former: UInt64 = 0, seqs: [UInt64] = []
    ) {
        self.version = version
        self.number = number
        self.stamp = stamp
        self.device = device
        self.author = author
        self.isOffice = isOffice
        self.base = base
        self.former = former
        self.seqs = seqs
    }

    /// Whether this write was made knowing `other` (SPEC §5.2). A base from a lost history is
    /// compared with the versions of that same history only: where it cannot be told, a conflict too
    /// many is better than a value lost.
    package func hasSeen(_ other: Mark) -> Bool {
        if other.device == device { return other.number < number }
        if other.version <= base { return true }
        return other.former != 0 && other.former <= base
            && Version.generation(of: other.former) == Version.generation(of: base)
    }
}

/// The versions of a record: a counter that starts anew, higher, whenever the hub is restored, so
/// that no version of the lost history is given a second time.
package enum Version {
    package static func generation(of version: UInt64) -> UInt64 { version >> 32 }

    /// The version after `version`, in a hub of this generation.
    package static func next(after version: UInt64, generation: UInt64) -> UInt64 {
        max(version + 1, generation << 32 + 1)
    }
}

/// One of the concurrent values of a field; `nil` is a field that was cleared.
package struct Sibling: Sendable, Hashable {
    package var value: Value?
    /// Index into the record's `marks`.
    package var mark: Int

    package init(value: Value?, mark: Int) {
        self.value = value
        self.mark = mark
    }
}

/// An element of a set field, and the additions that keep it there.
package struct SetElement: Sendable, Hashable {
    package var value: Value
    package var marks: [Int]

    package init(value: Value, marks: [Int]) {
        self.value = value
        self.marks = marks
    }
}

/// What the hub keeps for one field of one record.
package enum Register: Sendable, Hashable {
    case empty
    /// The concurrent values, the shown one first; nearly always one.
    case siblings([Sibling])
    /// The elements in ascending order, and the mark that last changed the set.
    case elements([SetElement], changed: Int)
}

/// Where a record is visible, and its place in that scope's stream.
package struct Placement: Sendable, Hashable {
    package var scope: RecordID
    package var seq: UInt64
    package var arrived: UInt64

    package init(scope: RecordID, seq: UInt64, arrived: UInt64) {
        self.scope = scope
        self.seq = seq
        self.arrived = arrived
    }
}

/// A record as the hub keeps it: its values with the causal trace of each.
package struct StoredRecord: Sendable, Hashable {
    package let id: RecordID
    package let entity: EntityID
    package let creator: RecordID
    package var version: UInt64
    package var marks: [Mark]
    /// By position in the entity's schema.
    package var registers: [Register]
    /// The concurrent touches that keep the record alive, and the concurrent deletions: existence
    /// is a register too, in which a touch wins over a deletion that had not seen it.
    package var lives: [Int]
    package var deletions: [Int]
    package var placements: [Placement]
    /// The change of who sees what that was the last when it was made.
    package var born: UInt64 = 0
    /// The scopes it has left and not come back to.
    package var departures: [Departure] = []
    /// Of a customer, or a record that may be under several, that ever stood elsewhere: where, and
    /// when.
    package var stays: [Stay] = []
    /// Of a customer: who follows it, each for one record.
    package var followers: [Follower] = []
    /// Nothing is left of it but that it was there: its person asked for that.
    package var isErased = false

    package init(
        id: RecordID, entity: EntityID, creator: RecordID, version: UInt64 = 0, marks: [Mark] = [],
        registers: [Register], lives: [Int] = [], deletions: [Int] = [],
        placements: [Placement] = []
    ) {
        self.id = id
        self.entity = entity
        self.creator = creator
        self.version = version
        self.marks = marks
        self.registers = registers
        self.lives = lives
        self.deletions = deletions
        self.placements = placements
    }

    package var isDeleted: Bool { isErased || lives.isEmpty && !deletions.isEmpty }
    /// Deleted by one and edited by another who had not seen it.
    package var isContested: Bool { !lives.isEmpty && !deletions.isEmpty }

    /// What people see in a field.
    package func shown(_ position: Int) -> FieldContent {
        switch registers[position] {
        case .empty: .none
        case .siblings(let siblings): siblings.first?.value.map { .one($0) } ?? .none
        case .elements(let elements, _):
            elements.isEmpty ? .none : .many(elements.map(\.value))
        }
    }

    package var shownValues: FieldValues {
        var values = FieldValues(count: registers.count)
        for position in registers.indices { values[position] = shown(position) }
        return values
    }

    /// The siblings of a field when they differ, which is what a person may have to settle.
    package func differing(_ position: Int) -> [Sibling] {
        guard case .siblings(let siblings) = registers[position], siblings.count > 1,
            siblings.contains(where: { $0.value != siblings[0].value })
        else { return [] }
        return siblings
    }

    /// How many things about this record wait for a person (SPEC §5.5).
    package func openConflicts(in entity: EntitySchema) -> Int {
        entity.fields.indices.count { entity.fields[$0].review && !differing($0).isEmpty }
            + (isContested ? 1 : 0)
    }
}

extension StoredRecord {
    /// Drops marks that nothing refers to any more, keeping the order of the rest.
    package mutating func compactMarks() {
        var used = Set(lives).union(deletions)
        for register in registers {
            switch register {
            case .empty: break
            case .siblings(let siblings): used.formUnion(siblings.map(\.mark))
            case .elements(let elements, let changed):
                used.insert(changed)
                for element in elements { used.formUnion(element.marks) }
            }
        }
        guard used.count < marks.count else { return }
        let kept = used.sorted()
        var renumbered = Array(repeating: 0, count: marks.count)
        for (new, old) in kept.enumerated() { renumbered[old] = new }
        func new(_ old: Int) -> Int { renumbered[old] }
        for position in registers.indices {
            switch registers[position] {
            case .empty: break
            case .siblings(let siblings):
                registers[position] = .siblings(
                    siblings.map { Sibling(value: $0.value, mark: new($0.mark)) })
            case .elements(let elements, let changed):
                registers[position] = .elements(
                    elements.map { SetElement(value: $0.value, marks: $0.marks.map(new)) },
                    changed: new(changed))
            }
        }
        lives = lives.map(new)
        deletions = deletions.map(new)
        marks = kept.map { marks[$0] }
    }
}
