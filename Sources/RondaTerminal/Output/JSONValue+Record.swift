internal import RondaModel

/// Records in JSON: every field by its schema name, whatever the entity.
extension JSONValue {
    static func id(_ id: RecordID?) -> JSONValue { .optional(id?.description) }

    static func instant(_ instant: Instant?) -> JSONValue {
        .optional(instant.map(LocalTime.utcText))
    }

    /// A record with all its fields: `null` where nothing is written, sets as arrays.
    static func record<R: RondaRecord>(
        _ record: R, _ more: [String: JSONValue] = [:]
    ) -> JSONValue {
        guard let entity = Schema.current[R.entity] else { return .object(more) }
        var members = fields(record.fields, of: entity)
        members["id"] = .id(record.id)
        return .object(members.merging(more) { _, new in new })
    }

    static func fields(_ values: FieldValues, of entity: EntitySchema) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        for (position, field) in entity.fields.enumerated() {
            members[field.name] = content(values[position], of: field)
        }
        return members
    }

    static func content(_ content: FieldContent, of field: FieldSchema) -> JSONValue {
        switch content {
        case .none: field.isSet ? .array([]) : .null
        case .one(let value): .value(value, of: field)
        case .many(let values): .array(values.map { .value($0, of: field) })
        }
    }

    static func value(_ value: Value, of field: FieldSchema) -> JSONValue {
        switch value {
        case .text(let text): .string(text)
        case .integer(let number):
            field.isMoney ? .decimal(Money.text(number)) : .integer(number)
        case .real(let number): .real(number)
        case .boolean(let flag): .bool(flag)
        case .instant(let instant): .instant(instant)
        case .date(let date): .string(date.description)
        case .option(let number), .status(let number, _):
            .string(field.option(number)?.name ?? String(number))
        case .ref(let id): .id(id)
        }
    }
}

extension FieldContent {
    /// The content where programs read it, in the spelling it has in JSON; elements of a set are
    /// parted by commas.
    func plainText(of field: FieldSchema) -> String {
        let values: [Value] =
            switch self {
            case .none: []
            case .one(let value): [value]
            case .many(let values): values
            }
        return values.map { value in
            switch JSONValue.value(value, of: field) {
            case .string(let text): text
            case let other: other.text(pretty: false)
            }
        }.joined(separator: ",")
    }
}

/// Amounts are kept in hundredths.
enum Money {
    static func text(_ hundredths: Int64) -> String {
        let (whole, fraction) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
        return (hundredths < 0 ? "-" : "") + "\(whole)." + (fraction < 10 ? "0" : "")
            + "\(fraction)"
    }
}
