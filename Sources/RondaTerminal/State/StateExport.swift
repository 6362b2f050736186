internal import RondaClient
internal import RondaModel

/// The device's records in the order of entity number and id, without what is the device's own
/// (versions, unsent flags).
enum StateExport {
    static func records(_ reader: LocalReader) throws -> [JSONValue] {
        let siblings = try reader.siblings()
        let kinds = RecordKinds.all.sorted { $0.entity < $1.entity }
        return try kinds.flatMap { try records($0, reader, siblings) }
    }

    private static func records<R: RondaRecord>(
        _ type: R.Type, _ reader: LocalReader,
        _ siblings: [RecordID: [UInt32: [ConflictValue]]]
    ) throws -> [JSONValue] {
        guard let entity = Schema.current[R.entity] else { return [] }
        return try reader.records(type).sorted { $0.id < $1.id }.map { record in
            .record(
                record,
                [
                    "entity": .string(entity.name),
                    "siblings": siblingsJSON(siblings[record.id] ?? [:], of: entity),
                    "rounds": rounds(record.fields, of: entity),
                ])
        }
    }

    /// By field name; within a field by value, time, author and device, whatever order the hub
    /// listed them in.
    private static func siblingsJSON(
        _ siblings: [UInt32: [ConflictValue]], of entity: EntitySchema
    ) -> JSONValue {
        var members: [String: JSONValue] = [:]
        for field in entity.fields {
            guard let values = siblings[field.number], !values.isEmpty else { continue }
            let documents = values.map { value in
                JSONValue.object([
                    "value": value.value.map { .value($0, of: field) } ?? .null,
                    "at": .instant(value.at), "author": .id(value.author),
                    "device": .id(value.device),
                ])
            }
            members[field.name] = .array(
                documents.sorted { $0.text(pretty: false) < $1.text(pretty: false) })
        }
        return .object(members)
    }

    /// The rounds of reopened states, which the option's name does not tell.
    private static func rounds(_ values: FieldValues, of entity: EntitySchema) -> JSONValue {
        var members: [String: JSONValue] = [:]
        for (position, field) in entity.fields.enumerated() {
            if case .one(.status(_, let round)) = values[position], round > 0 {
                members[field.name] = .integer(Int(round))
            }
        }
        return .object(members)
    }
}
