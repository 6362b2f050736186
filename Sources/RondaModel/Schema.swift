/// The number of an entity in the schema.
public struct EntityID: RawRepresentable, Sendable, Hashable, Comparable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public static func < (left: EntityID, right: EntityID) -> Bool {
        left.rawValue < right.rawValue
    }
}

package enum FieldType: UInt8, Sendable {
    case text, integer, real, boolean, instant, date, option, status, ref
}

/// How concurrent values of a field become the one that is shown (SPEC §5.3).
package enum MergeRule: String, Sendable {
    case latest, first, office, furthest, protective, least, greatest, union
}

/// Who may write a field. `author` is whoever created the record.
package enum Writer: String, Sendable {
    case rep, office, author
}

/// The role of an account.
public enum Role: String, Sendable, CaseIterable {
    case rep, supervisor, office, administrator, auditor, integration

    /// As whom the account writes: the schema speaks of reps and of the office only. `nil` for one
    /// that only reads.
    public var acting: Role? {
        switch self {
        case .rep, .supervisor: .rep
        case .office, .administrator, .integration: .office
        case .auditor: nil
        }
    }

    /// Whether it sees every scope, whatever it is assigned.
    public var seesAll: Bool { acting != .rep }

    /// Deleting is for people: a program that errs would take much with it.
    public var mayDelete: Bool { self != .integration }
}

/// Where a record is visible (SPEC §4.1).
package enum ScopeRule: Sendable, Hashable {
    /// The one scope every account sees.
    case catalogue
    /// The territory named by the first of these fields that holds one.
    case territory(fields: [Int])
    /// Wherever the customers named by this field are.
    case customer(field: Int)
}

/// While a record names a person and is not done with, that person follows its customers into
/// whatever territory they go (SPEC §4.11).
package struct FollowRule: Sendable, Hashable {
    package let person: Int
    /// It is done with when one of these fields holds a value.
    package let until: [Int]

    package init(person: Int, until: [Int]) {
        self.person = person
        self.until = until
    }
}

/// Which records of an entity a person needs first (SPEC §4.4).
package enum UrgencyRule: Sendable, Hashable {
    /// As long as none of the fields at these positions shows a value.
    case until([Int])
    /// As long as the field at this position shows one of these options.
    case during(field: Int, options: [UInt32])
}

/// The parts in which a scope is read for the first time, in this order (SPEC §4.4).
package enum ReadingPart: UInt32, Sendable, CaseIterable {
    /// What is open: promises to keep, visits to make.
    case urgent = 1
    case customers
    /// What is done with.
    case history
}

package enum Identity: Sendable, Hashable {
    /// A UUIDv7 made by the device.
    case minted
    /// A UUIDv5 over the fields at these positions: the business key is the identity.
    case derived(from: [Int])
}

package struct OptionSchema: Sendable, Hashable {
    package let number: UInt32
    package let name: String
    /// The place in the order of a `furthest` or `protective` field; 0 where order means nothing.
    package let rank: Int
    package let label: Phrase

    package init(_ number: UInt32, _ name: String, rank: Int = 0, _ en: String, _ es: String) {
        self.number = number
        self.name = name
        self.rank = rank
        label = Phrase(en: en, es: es)
    }
}

/// From this version of the schema on, an option is written as another.
package struct OptionReplacement: Sendable, Hashable {
    package let option: UInt32
    package let by: UInt32
    package let version: UInt32

    package init(_ option: UInt32, by: UInt32, version: UInt32) {
        self.option = option
        self.by = by
        self.version = version
    }
}

// Classes, because a schema is looked at for every value of every record: as structs, copying
// their strings and lists cost more than the merge.
package final class FieldSchema: Sendable {
    package let number: UInt32
    package let name: String
    package let type: FieldType
    package let isSet: Bool
    package let rule: MergeRule
    package let review: Bool
    package let required: Bool
    package let personal: Bool
    /// People look records up by it.
    package let searched: Bool
    package let isMoney: Bool
    /// The record it names must exist before this one is accepted.
    package let parent: Bool
    package let target: EntityID?
    package let options: [OptionSchema]
    /// For text: the most UTF-8 bytes; for numbers: the largest value.
    package let maximum: Double?
    package let minimum: Double?
    package let writers: [Writer]
    /// Who is told what it holds; `nil` for everybody who sees the record.
    package let readers: [Role]?
    /// Which of the four aspects of a post-sale visit it belongs to, and whether it answers it.
    package let aspect: Int?
    package let answersAspect: Bool
    /// The version of the schema that brought the field: older commits need not fill it in.
    package let since: UInt32
    /// For text: a telephone number or an address in its one spelling (`ContactPoint`).
    package let isContactPoint: Bool
    package let replacements: [OptionReplacement]
    package let label: Phrase

    package init(
        _ number: UInt32, _ name: String, _ type: FieldType, _ rule: MergeRule, isSet: Bool = false,
        review: Bool = false, required: Bool = false, personal: Bool = false,
        searched: Bool = false,
        isMoney: Bool = false, parent: Bool = false, target: EntityID? = nil,
        options: [OptionSchema] = [], minimum: Double? = nil, maximum: Double? = nil,
        writers: [Writer], readers: [Role]? = nil, aspect: Int? = nil,
        answersAspect: Bool = false, since: UInt32 = 1, isContactPoint: Bool = false,
        replacements: [OptionReplacement] = [], en: String, es: String
    ) {
        self.number = number
        self.name = name
        self.type = type
        self.isSet = isSet
        self.rule = rule
        self.review = review
        self.required = required
        self.personal = personal
        self.searched = searched
        self.isMoney = isMoney
        self.parent = parent
        self.target = target
        self.options = options
        self.minimum = minimum
        self.maximum = maximum
        self.writers = writers
        self.readers = readers
        self.aspect = aspect
        self.answersAspect = answersAspect
        self.since = since
        self.isContactPoint = isContactPoint
        self.replacements = replacements
        label = Phrase(en: en, es: es)
    }

    package func option(_ number: UInt32) -> OptionSchema? {
        options.first { $0.number == number }
    }
}

package final class EntitySchema: Sendable {
    package let id: EntityID
    package let name: String
    package let identity: Identity
    package let scope: ScopeRule
    package let follow: FollowRule?
    package let urgency: UrgencyRule?
    package let creators: [Role]
    package let deleters: [Role]
    /// In ascending order of number; a field is addressed inside the process by its position here.
    package let fields: [FieldSchema]
    package let label: Phrase
    /// By field number, -1 where no field has it: a look-up made for every value of every record.
    private let positions: [Int]

    package init(
        _ id: EntityID, _ name: String, identity: Identity, scope: ScopeRule,
        follow: FollowRule? = nil, urgency: UrgencyRule? = nil, creators: [Role], deleters: [Role],
        en: String, es: String,
        fields: [FieldSchema]
    ) {
        self.id = id
        self.name = name
        self.identity = identity
        self.scope = scope
        self.follow = follow
        self.urgency = urgency
        self.creators = creators
        self.deleters = deleters
        self.fields = fields
        label = Phrase(en: en, es: es)
        var positions = Array(repeating: -1, count: Int(fields.last?.number ?? 0) + 1)
        for (position, field) in fields.enumerated() { positions[Int(field.number)] = position }
        self.positions = positions
    }

    package func position(ofNumber number: UInt32) -> Int? {
        guard number < positions.count, positions[Int(number)] >= 0 else { return nil }
        return positions[Int(number)]
    }

    /// The fields whose content is told to an account, by position; `nil` for all of them.
    package func told(to role: Role) -> [Bool]? {
        guard let acting = role.acting else { return nil }
        let told = fields.map { $0.readers?.contains(acting) ?? true }
        return told.contains(false) ? told : nil
    }

    package func position(named name: String) -> Int? {
        fields.firstIndex { $0.name == name }
    }

    /// The parts that records of this entity may be in.
    package var parts: Set<ReadingPart> {
        if case .territory = scope { return [.customers] }
        return urgency == nil ? [.history] : [.urgent, .history]
    }

    /// The part that a record is in, by what it shows. It never depends on the time: a record that came
    /// into another part untouched would be passed over by whoever is reading.
    package func part(showing shown: [(number: UInt32, value: Value)]) -> ReadingPart {
        if case .territory = scope { return .customers }
        switch urgency {
        case nil: return .history
        case .until(let ends):
            let numbers = ends.map { fields[$0].number }
            return shown.contains { numbers.contains($0.number) } ? .history : .urgent
        case .during(let field, let options):
            let value = shown.first { $0.number == fields[field].number }?.value
            switch value {
            case .option(let option)?, .status(option: let option, round: _)?:
                return options.contains(option) ? .urgent : .history
            default: return .history
            }
        }
    }
}

extension Schema {
    /// What decides in which part a record is read, in words: a store that keeps the part of each
    /// compares them.
    package var partRules: String {
        let rules = entities.compactMap { entity -> String? in
            let id = entity.id.rawValue
            if case .territory = entity.scope { return "\(id) customers" }
            return switch entity.urgency {
            case nil: nil
            case .until(let ends): "\(id) until \(ends.map { entity.fields[$0].number })"
            case .during(let field, let options):
                "\(id) during \(entity.fields[field].number) \(options)"
            }
        }
        return rules.joined(separator: "; ")
    }
}

/// Everything Ronda records: generated from `Protocol/schema`, see `Schema.current`.
package struct Schema: Sendable {
    package let version: UInt32
    package let namespace: RecordID
    package let entities: [EntitySchema]
    /// By entity number.
    private let byNumber: [EntitySchema?]

    package init(version: UInt32, namespace: RecordID, entities: [EntitySchema]) {
        self.version = version
        self.namespace = namespace
        self.entities = entities
        let last = entities.map(\.id.rawValue).max() ?? 0
        var byNumber = [EntitySchema?](repeating: nil, count: Int(last) + 1)
        for entity in entities { byNumber[Int(entity.id.rawValue)] = entity }
        self.byNumber = byNumber
    }

    package subscript(id: EntityID) -> EntitySchema? {
        id.rawValue < byNumber.count ? byNumber[Int(id.rawValue)] : nil
    }

    /// The namespace of an entity's derived ids.
    package func namespace(of entity: EntitySchema) -> RecordID {
        .derived(namespace: namespace, name: entity.name)
    }

    /// The scope that every account sees.
    package var catalogue: RecordID { .derived(namespace: namespace, name: "catalogue") }

    /// The derived id of a record with these values; `nil` for a minted one.
    package func derivedID(of entity: EntitySchema, values: (Int) -> Value?) -> RecordID? {
        guard case .derived(let positions) = entity.identity else { return nil }
        let parts = positions.map { values($0)?.keyText ?? "" }
        return .derived(
            namespace: namespace(of: entity), name: parts.joined(separator: "\u{1f}"))
    }
}
