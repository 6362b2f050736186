package import RondaMerge
package import RondaModel
internal import RondaProtobuf
internal import RondaWire
internal import SwiftProtobuf

/// A stored record in two columns: the shown values, which is all that most readers want, and the
/// causal trace of each. A row for each field's clock is what makes other systems slow.
package enum RecordPacking {
    /// First byte of a trace, so that a later edition can pack it otherwise.
    private static let edition: UInt8 = 3

    package static func shown(of record: StoredRecord, entity: EntitySchema) -> [UInt8] {
        var writer = PackedWriter(capacity: 384)
        for (position, field) in entity.fields.enumerated() {
            switch record.registers[position] {
            case .empty: break
            case .siblings(let siblings):
                guard let value = siblings.first?.value else { continue }
                writer.write(field.number)
                writer.write(value)
            case .elements(let elements, _):
                for element in elements {
                    writer.write(field.number)
                    writer.write(element.value)
                }
            }
        }
        return writer.bytes
    }

    package static func meta(of record: StoredRecord, entity: EntitySchema) -> [UInt8] {
        var writer = PackedWriter(capacity: 256)
        writer.write(UInt64(edition))
        writer.write(record.marks.count)
        for mark in record.marks { writer.write(mark) }
        let held = record.registers.count { $0 != .empty }
        writer.write(held)
        for (position, field) in entity.fields.enumerated() {
            guard record.registers[position] != .empty else { continue }
            writer.write(field.number)
            writer.write(record.registers[position])
        }
        writer.write(indexes: record.lives)
        writer.write(indexes: record.deletions)
        writer.write(record.placements.count)
        for placement in record.placements {
            writer.write(placement.scope)
            writer.write(placement.seq)
            writer.write(placement.arrived)
        }
        // Only what was made or moved since somebody was first assigned otherwise has more.
        if record.born == 0 && record.departures.isEmpty && record.stays.isEmpty
            && record.followers.isEmpty && !record.isErased
        {
            return writer.bytes
        }
        writer.write(record.born)
        writer.write(record.departures.count)
        for departure in record.departures {
            writer.write(departure.scope)
            writer.write(departure.seq)
            writer.write(departure.assignment)
        }
        writer.write(record.stays.count)
        for stay in record.stays {
            writer.write(stay.scope)
            writer.write(stay.from)
            writer.write(stay.until)
        }
        writer.write(record.followers.count)
        for follower in record.followers {
            writer.write(follower.person)
            writer.write(follower.cause)
        }
        if record.isErased { writer.write(1) }
        return writer.bytes
    }

    /// The shown values alone, in ascending order of field number.
    package static func shownFields(_ bytes: [UInt8]) throws -> [(number: UInt32, value: Value)] {
        var reader = PackedReader(bytes)
        var fields: [(number: UInt32, value: Value)] = []
        fields.reserveCapacity(16)
        while !reader.isAtEnd {
            let number = try reader.number32()
            guard let value = try reader.value() else {
                throw StoreError(.unreadable, "a field without value")
            }
            fields.append((number, value))
        }
        return fields
    }

    package static func record(
        id: RecordID, entity: EntitySchema, creator: RecordID, version: UInt64, shown: [UInt8],
        meta: [UInt8]
    ) throws -> StoredRecord {
        var record = StoredRecord(
            id: id, entity: entity.id, creator: creator, version: version,
            registers: Array(repeating: .empty, count: entity.fields.count))
        let values = try shownFields(shown)
        var reader = PackedReader(meta)
        let edition = try reader.byte()
        guard edition <= Self.edition else { throw StoreError(.newerFormat, "a trace") }
        for _ in 0..<(try reader.count()) {
            record.marks.append(try reader.mark(edition: edition))
        }
        let marks = record.marks.count
        for _ in 0..<(try reader.count()) {
            let number = try reader.number32()
            let first = values.first { $0.number == number }?.value
            let register = try reader.register(shown: first, marks: marks)
            // A field that a later edition added to the row is left out.
            if let position = entity.position(ofNumber: number) {
                record.registers[position] = register
            }
        }
        record.lives = try reader.indexes(below: marks)
        record.deletions = try reader.indexes(below: marks)
        for _ in 0..<(try reader.count()) {
            record.placements.append(
                Placement(
                    scope: try reader.id(), seq: try reader.number(), arrived: try reader.number()))
        }
        if reader.isAtEnd { return record }
        record.born = try reader.number()
        for _ in 0..<(try reader.count()) {
            record.departures.append(
                Departure(
                    scope: try reader.id(), seq: try reader.number(),
                    assignment: try reader.number()))
        }
        for _ in 0..<(try reader.count()) {
            record.stays.append(
                Stay(
                    scope: try reader.id(), from: try reader.number(), until: try reader.number()))
        }
        for _ in 0..<(try reader.count()) {
            record.followers.append(
                Follower(person: try reader.id(), cause: try reader.id()))
        }
        record.isErased = try !reader.isAtEnd && reader.number() != 0
        return record
    }

    package static func verdict(_ verdict: Verdict) throws -> [UInt8] {
        var message = WireExchangeResponse()
        var table = IDTable()
        message.verdicts = [WireVerdict(verdict, &table)]
        message.ids = table.encoded
        return try message.serializedBytes()
    }

    package static func verdict(_ bytes: [UInt8]) throws -> Verdict {
        let message = try WireExchangeResponse(serializedBytes: bytes)
        guard let verdict = message.verdicts.first else {
            throw StoreError(.unreadable, "a journal entry without verdict")
        }
        return try verdict.model(IDList(message.ids))
    }
}

extension PackedWriter {
    fileprivate mutating func write(_ mark: Mark) {
        write(mark.version)
        write(mark.number)
        write(fixed: mark.stamp.bits)
        write(mark.device)
        write(mark.author)
        // Bit 0: by the office; bit 1: it stood in a lost history before.
        write((mark.isOffice ? 1 : 0) | (mark.former == 0 ? 0 : 2))
        write(mark.base)
        if mark.former != 0 { write(mark.former) }
        write(mark.seqs.count)
        for seq in mark.seqs { write(seq) }
    }

    /// The shown value of a single-valued field stands in the other column only.
    fileprivate mutating func write(_ register: Register) {
        switch register {
        case .empty: break
        case .siblings(let siblings):
            // 0: the usual one value that is shown; otherwise their number.
            guard siblings.count != 1 || siblings[0].value == nil else {
                write(0)
                write(siblings[0].mark)
                return
            }
            write(siblings.count)
            for (index, sibling) in siblings.enumerated() {
                write(sibling.mark)
                if index > 0 { write(sibling.value) }
            }
        case .elements(let elements, let changed):
            write(Self.elementsTag)
            write(changed)
            write(elements.count)
            for element in elements {
                write(element.value)
                write(indexes: element.marks)
            }
        }
    }

    /// More than any number of siblings: a field has at most one from each device.
    fileprivate static let elementsTag = UInt64(UInt32.max)

    fileprivate mutating func write(indexes: [Int]) {
        write(indexes.count)
        for index in indexes { write(index) }
    }
}

extension PackedReader {
    fileprivate mutating func mark(edition: UInt8) throws -> Mark {
        var mark = Mark(
            version: try number(), number: try number(), stamp: Stamp(bits: try fixed()),
            device: try id(), author: try id(), isOffice: false)
        let flags = try number()
        mark.isOffice = flags & 1 != 0
        // The first edition did not keep what a write had seen.
        if edition > 1 { mark.base = try number() }
        if flags & 2 != 0 { mark.former = try number() }
        mark.seqs = try numbers()
        return mark
    }

    private mutating func numbers() throws -> [UInt64] {
        var numbers: [UInt64] = []
        for _ in 0..<(try count()) { numbers.append(try number()) }
        return numbers
    }

    fileprivate mutating func index(below marks: Int) throws -> Int {
        let index = try number()
        guard index < UInt64(marks) else { throw StoreError(.unreadable, "a trace out of range") }
        return Int(index)
    }

    fileprivate mutating func indexes(below marks: Int) throws -> [Int] {
        var indexes: [Int] = []
        for _ in 0..<(try count()) { indexes.append(try index(below: marks)) }
        return indexes
    }

    fileprivate mutating func register(shown: Value?, marks: Int) throws -> Register {
        switch try number() {
        case 0: return .siblings([Sibling(value: shown, mark: try index(below: marks))])
        case PackedWriter.elementsTag:
            let changed = try index(below: marks)
            var elements: [SetElement] = []
            for _ in 0..<(try count()) {
                guard let value = try value() else {
                    throw StoreError(.unreadable, "an element without value")
                }
                elements.append(SetElement(value: value, marks: try indexes(below: marks)))
            }
            return .elements(elements, changed: changed)
        case let count:
            var siblings: [Sibling] = []
            for position in 0..<count {
                let mark = try index(below: marks)
                siblings.append(Sibling(value: position == 0 ? shown : try value(), mark: mark))
            }
            return .siblings(siblings)
        }
    }
}
