internal import RondaModel
internal import Synchronization

extension Schema {
    /// The schema after this one: an option gave way to another, and a required field came.
    var later: Schema {
        changing(.customer, version: version + 1) { fields in
            let replaced = fields.map { field in
                field.name == "kind"
                    ? field.with(replacements: [
                        OptionReplacement(2, by: 1, version: version + 1)
                    ]) : field
            }
            let last = fields.map(\.number).max() ?? 0
            return replaced + [
                FieldSchema(
                    last + 1, "rating", .integer, .latest, required: true,
                    writers: [.rep, .office],
                    since: version + 1, en: "rating", es: "calificación")
            ]
        }
    }

    func changing(
        _ id: EntityID, version: UInt32, _ change: ([FieldSchema]) -> [FieldSchema]
    ) -> Schema {
        Schema(
            version: version, namespace: namespace,
            entities: entities.map { entity in
                guard entity.id == id else { return entity }
                return EntitySchema(
                    entity.id, entity.name, identity: entity.identity, scope: entity.scope,
                    creators: entity.creators, deleters: entity.deleters, en: entity.label.en,
                    es: entity.label.es, fields: change(entity.fields))
            })
    }
}

extension FieldSchema {
    func with(
        rule: MergeRule? = nil, replacements: [OptionReplacement]? = nil
    ) -> FieldSchema {
        FieldSchema(
            number, name, type, rule ?? self.rule, isSet: isSet, review: review,
            required: required, personal: personal, searched: searched, isMoney: isMoney,
            parent: parent, target: target, options: options, minimum: minimum,
            maximum: maximum, writers: writers, aspect: aspect, answersAspect: answersAspect,
            since: since, replacements: replacements ?? self.replacements, en: label.en,
            es: label.es)
    }
}

/// The edition of the schema that the hub's next process is started with.
final class Edition: Sendable {
    private let schema: Mutex<Schema>

    init(_ schema: Schema) { self.schema = Mutex(schema) }

    var current: Schema { schema.withLock { $0 } }

    /// - Returns: false when it was brought up to date before.
    func upgrade() -> Bool {
        schema.withLock { schema in
            guard schema.version == Schema.current.version else { return false }
            schema = schema.later
            return true
        }
    }
}
