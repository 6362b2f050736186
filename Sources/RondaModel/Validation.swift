/// The rules that need nothing but the schema: the same code refuses at the keyboard and at the
/// hub, so that what can be refused is refused before it is captured.
package enum Validation {
    /// The first thing wrong with the shape of `change`, or `nil`.
    package static func problem(in change: Change, schema: Schema, limits: Limits) -> Refusal? {
        guard let entity = schema[change.entity] else {
            return Refusal(.unknownEntity, entity: change.entity, record: change.record)
        }
        let writes = change.sets.count + change.adds.count + change.removes.count
        if writes > limits.writesPerChange {
            return Refusal(
                .tooLarge, entity: entity.id, record: change.record,
                detail: "\(writes) writes, at most \(limits.writesPerChange)")
        }
        if change.deletes && writes > 0 || !change.deletes && writes == 0 {
            return Refusal(
                .malformed, entity: entity.id, record: change.record,
                detail: change.deletes ? "a deletion with writes" : "a change without writes")
        }
        return problemInSets(of: change, entity: entity)
            ?? problemInElements(of: change, entity: entity)
    }

    /// The first thing wrong with one value for one field, or `nil`.
    package static func problem(in value: Value, of field: FieldSchema) -> RefusalCode? {
        guard value.type == field.type else { return .wrongType }
        switch value {
        case .text(let text):
            if let most = field.maximum, Double(text.utf8.count) > most { return .tooLong }
            if field.isContactPoint && !ContactPoint.isCanonical(text) { return .malformed }
            return text.isEmpty || text.unicodeScalars.contains(where: isForbidden)
                ? .malformed : nil
        case .integer(let number):
            return isOutside(Double(number), field) ? .outOfRange : nil
        case .real(let number):
            return !number.isFinite || isOutside(number, field) ? .outOfRange : nil
        case .instant(let instant):
            return (0..<1 << 48).contains(instant.milliseconds) ? nil : .outOfRange
        case .date(let date):
            return CivilDate.allowed.contains(date) ? nil : .outOfRange
        case .option(let number):
            return field.option(number) == nil ? .unknownOption : nil
        case .status(let number, let round):
            if field.option(number) == nil { return .unknownOption }
            return round < 1 << 15 ? nil : .outOfRange
        case .boolean, .ref:
            return nil
        }
    }

    private static func problemInSets(of change: Change, entity: EntitySchema) -> Refusal? {
        var seen: UInt64 = 0
        for write in change.sets {
            func refusal(_ code: RefusalCode, _ detail: String = "") -> Refusal {
                Refusal(
                    code, entity: entity.id, record: change.record, field: write.number,
                    detail: detail)
            }
            guard let position = entity.position(ofNumber: write.number) else {
                return refusal(.unknownField)
            }
            let field = entity.fields[position]
            if field.isSet { return refusal(.malformed, "a set field takes additions") }
            if seen & 1 << UInt64(position) != 0 { return refusal(.malformed, "written twice") }
            seen |= 1 << UInt64(position)
            guard let value = write.value else {
                if field.required || field.rule != .latest && field.rule != .office {
                    return refusal(.requiredField, "cannot be cleared")
                }
                continue
            }
            if let code = problem(in: value, of: field) { return refusal(code) }
        }
        return nil
    }

    private static func problemInElements(of change: Change, entity: EntitySchema) -> Refusal? {
        for element in change.adds + change.removes {
            func refusal(_ code: RefusalCode, _ detail: String = "") -> Refusal {
                Refusal(
                    code, entity: entity.id, record: change.record, field: element.number,
                    detail: detail)
            }
            guard let position = entity.position(ofNumber: element.number) else {
                return refusal(.unknownField)
            }
            let field = entity.fields[position]
            if !field.isSet { return refusal(.malformed, "additions go to set fields") }
            if let code = problem(in: element.value, of: field) { return refusal(code) }
        }
        var seen = Set(change.removes)
        let again = change.adds.first { !seen.insert($0).inserted }
        return again.map {
            Refusal(
                .malformed, entity: entity.id, record: change.record, field: $0.number,
                detail: "an element named twice")
        }
    }

    private static func isOutside(_ number: Double, _ field: FieldSchema) -> Bool {
        if let least = field.minimum, number < least { return true }
        if let most = field.maximum, number > most { return true }
        return false
    }

    /// Control characters except tab and line feed: they break terminals, files and set columns.
    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 && scalar != "\t" && scalar != "\n" || scalar.value == 0x7f
    }
}
