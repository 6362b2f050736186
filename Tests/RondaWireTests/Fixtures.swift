import Foundation
import RondaMerge
import RondaModel
import Testing

/// SplitMix64 (Steele, Lea, Flood 2014). The seed is the argument of the test, so a failure names it.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

extension SeededGenerator {
    mutating func id() -> RecordID { RecordID(high: next(), low: next()) }

    /// One of a few, so that tables of ids are used.
    mutating func familiarID() -> RecordID {
        RecordID(high: 1, low: UInt64.random(in: 0...4, using: &self))
    }

    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &self) == 0 }

    mutating func pick<Element>(_ all: [Element], or other: Element) -> Element {
        all.randomElement(using: &self) ?? other
    }

    /// Zero, the extremes, and anything between.
    mutating func number<Number: FixedWidthInteger>() -> Number {
        pick([0, 1, .min, .max, Number(truncatingIfNeeded: next())], or: 0)
    }

    mutating func text() -> String {
        pick(["a", "", "José", "Jose\u{301}", "😀\n\t\"\\", "\u{0}", "{}"], or: "a")
            + String(repeating: "x", count: Int.random(in: 0...40, using: &self))
    }

    mutating func value(_ type: FieldType) -> Value {
        switch type {
        case .text: .text(text())
        case .integer: .integer(number())
        case .real:
            .real(pick([0, -0.5, .infinity, 1e300, .leastNonzeroMagnitude, 0.1], or: 0))
        case .boolean: .boolean(chance(2))
        case .instant: .instant(Instant(milliseconds: number()))
        case .date: .date(CivilDate(days: number()))
        case .option: .option(number())
        case .status: .status(option: number(), round: number())
        case .ref: .ref(chance(3) ? id() : familiarID())
        }
    }

    mutating func anyValue() -> Value {
        value(
            pick(
                [.text, .integer, .real, .boolean, .instant, .date, .option, .status, .ref],
                or: .text))
    }

    mutating func change() -> Change {
        var change = Change(
            entity: EntityID(rawValue: number()), record: chance(3) ? id() : familiarID(),
            base: number(), deletes: chance(5))
        for _ in 0..<Int.random(in: 0...5, using: &self) {
            change.sets.append(FieldWrite(number(), anyValue()))
        }
        // Cleared fields travel after the others.
        for _ in 0..<Int.random(in: 0...2, using: &self) {
            change.sets.append(FieldWrite(number(), nil))
        }
        for _ in 0..<Int.random(in: 0...3, using: &self) {
            change.adds.append(ElementWrite(number(), anyValue()))
            change.removes.append(ElementWrite(number(), anyValue()))
        }
        return change
    }

    /// Any commit at all: not one that a hub would accept.
    mutating func commit() -> Commit {
        Commit(
            number: number(), stamp: Stamp(bits: number()), schema: number(),
            uptime: Uptime(boot: number(), milliseconds: number()),
            previous: chance(3) ? .start : ChainHash(id: id()),
            changes: (0..<Int.random(in: 0...4, using: &self)).map { _ in change() })
    }
}

extension SeededGenerator {
    /// Any record that the merge could leave behind, of an entity of the current schema.
    mutating func record(of entity: EntitySchema) -> StoredRecord {
        let marks = (0..<Int.random(in: 1...5, using: &self)).map { _ in mark() }
        let count = marks.count
        var record = StoredRecord(
            id: id(), entity: entity.id, creator: id(), version: number(), marks: marks,
            registers: entity.fields.map { register($0, marks: count) })
        record.lives = indexes(count)
        record.deletions = indexes(count)
        record.placements = (0..<Int.random(in: 0...2, using: &self)).map { _ in
            Placement(scope: id(), seq: number(), arrived: number())
        }
        return record
    }

    private mutating func mark() -> Mark {
        Mark(
            version: number(), number: number(), stamp: Stamp(bits: number()), device: id(),
            author: familiarID(), isOffice: chance(2),
            seqs: (0..<Int.random(in: 0...2, using: &self)).map { _ in number() })
    }

    private mutating func indexes(_ count: Int) -> [Int] {
        Array((0..<count).filter { _ in chance(2) })
    }

    private mutating func register(_ field: FieldSchema, marks count: Int) -> Register {
        if chance(4) { return .empty }
        if field.isSet {
            let values = Set(
                (0..<Int.random(in: 0...4, using: &self)).map { _ in value(field.type) })
            let elements = values.sorted().map { element in
                SetElement(value: element, marks: [0] + indexes(count))
            }
            return .elements(elements, changed: Int.random(in: 0..<count, using: &self))
        }
        return .siblings(
            (0..<Int.random(in: 1...3, using: &self)).map { _ in
                Sibling(
                    value: chance(3) ? nil : value(field.type),
                    mark: Int.random(in: 0..<count, using: &self))
            })
    }
}
