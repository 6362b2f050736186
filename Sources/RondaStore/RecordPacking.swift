package import RondaMerge
package import RondaModel
internal import RondaProtobuf
internal import RondaWire
internal import SwiftProtobuf

/// A stored record in two columns: the shown values, which is all that most readers want, and the
/// causal trace of each. A row for each field's clock is what makes other systems slow.
package enum RecordPacking {
    package static func shown(of record: StoredRecord, entity: EntitySchema) throws -> [UInt8] {
        var message = PackedShown()
        message.fields.reserveCapacity(entity.fields.count)
        for (position, field) in entity.fields.enumerated() {
            switch record.shown(position) {
            case .none: break
            case .one(let value): message.fields.append(PackedField(field.number, value))
            case .many(let values):
                for value in values { message.fields.append(PackedField(field.number, value)) }
            }
        }
        return try message.serializedBytes()
    }

    package static func meta(of record: StoredRecord, entity: EntitySchema) throws -> [UInt8] {
        var message = PackedMeta()
        message.marks = record.marks.map(PackedMark.init)
        for (position, field) in entity.fields.enumerated() {
            switch record.registers[position] {
            case .empty: break
            case .siblings(let siblings):
                if siblings.count == 1, siblings[0].value != nil {
                    message.plain += [field.number, UInt32(siblings[0].mark)]
                } else {
                    message.registers.append(PackedRegister(field.number, siblings))
                }
            case .elements(let elements, let changed):
                var packed = PackedElements()
                packed.number = field.number
                packed.changed = UInt32(changed)
                packed.elements = elements.map { element in
                    var one = PackedElement()
                    one.value = PackedField(field.number, element.value)
                    one.marks = element.marks.map(UInt32.init)
                    return one
                }
                message.sets.append(packed)
            }
        }
        message.lives = record.lives.map(UInt32.init)
        message.deletions = record.deletions.map(UInt32.init)
        message.placements = record.placements.map { placement in
            var packed = PackedPlacement()
            packed.scope = PackedId(placement.scope)
            packed.seq = placement.seq
            packed.arrived = placement.arrived
            return packed
        }
        return try message.serializedBytes()
    }

    /// The shown values alone, in ascending order of field number.
    package static func shownFields(_ bytes: [UInt8]) throws -> [(number: UInt32, value: Value)] {
        let message = try PackedShown(serializedBytes: bytes)
        return try message.fields.map { field in
            guard let value = field.model else {
                throw StoreError(.damaged, "a field without value")
            }
            return (field.number, value)
        }
    }

    package static func record(
        id: RecordID, entity: EntitySchema, creator: RecordID, version: UInt64, shown: [UInt8],
        meta: [UInt8]
    ) throws -> StoredRecord {
        let trace = try PackedMeta(serializedBytes: meta)
        guard trace.namesOnlyItsMarks else { throw StoreError(.damaged, "a trace out of range") }
        var record = StoredRecord(
            id: id, entity: entity.id, creator: creator, version: version,
            marks: trace.marks.map(\.model),
            registers: Array(repeating: .empty, count: entity.fields.count),
            lives: trace.lives.map(Int.init), deletions: trace.deletions.map(Int.init),
            placements: trace.placements.map {
                Placement(scope: $0.scope.model, seq: $0.seq, arrived: $0.arrived)
            })
        var values: [UInt32: Value] = [:]
        for (number, value) in try shownFields(shown) { values[number] = value }
        for pair in stride(from: 0, to: trace.plain.count - 1, by: 2) {
            guard let position = entity.position(ofNumber: trace.plain[pair]) else { continue }
            record.registers[position] = .siblings([
                Sibling(value: values[trace.plain[pair]], mark: Int(trace.plain[pair + 1]))
            ])
        }
        for register in trace.registers {
            guard let position = entity.position(ofNumber: register.number) else { continue }
            record.registers[position] = .siblings(
                register.siblings(shown: values[register.number]))
        }
        for set in trace.sets {
            guard let position = entity.position(ofNumber: set.number) else { continue }
            record.registers[position] = .elements(
                set.elements.compactMap { element in
                    element.value.model.map {
                        SetElement(value: $0, marks: element.marks.map(Int.init))
                    }
                }, changed: Int(set.changed))
        }
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
            throw StoreError(.damaged, "a journal entry without verdict")
        }
        return try verdict.model(IDList(message.ids))
    }
}

extension PackedMark {
    fileprivate init(_ mark: Mark) {
        self.init()
        version = mark.version
        number = mark.number
        stamp = mark.stamp.bits
        device = PackedId(mark.device)
        author = PackedId(mark.author)
        office = mark.isOffice
        seqs = mark.seqs
    }

    fileprivate var model: Mark {
        Mark(
            version: version, number: number, stamp: Stamp(bits: stamp),
            device: device.model, author: author.model, isOffice: office,
            seqs: seqs)
    }
}

extension PackedRegister {
    /// `number` 0 in `others` marks a sibling that cleared the field.
    fileprivate init(_ number: UInt32, _ siblings: [Sibling]) {
        self.init()
        self.number = number
        marks = siblings.map { UInt32($0.mark) }
        others = siblings.dropFirst().map { sibling in
            sibling.value.map { PackedField(number, $0) } ?? PackedField()
        }
    }

    fileprivate func siblings(shown: Value?) -> [Sibling] {
        marks.enumerated().map { index, mark in
            let value =
                index == 0
                ? shown : others.indices.contains(index - 1) ? others[index - 1].model : nil
            return Sibling(value: value, mark: Int(mark))
        }
    }
}

extension PackedMeta {
    /// Whether every index is one of a mark: a damaged row must be an error, not a trap.
    fileprivate var namesOnlyItsMarks: Bool {
        let count = UInt32(clamping: marks.count)
        let isWhole = plain.count.isMultiple(of: 2)
        return isWhole && stride(from: 1, to: plain.count, by: 2).allSatisfy { plain[$0] < count }
            && registers.allSatisfy { $0.marks.allSatisfy { $0 < count } }
            && sets.allSatisfy { set in
                set.changed < count
                    && set.elements.allSatisfy { $0.marks.allSatisfy { $0 < count } }
            }
            && lives.allSatisfy { $0 < count } && deletions.allSatisfy { $0 < count }
    }
}
