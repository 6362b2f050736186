/// What one field of one record holds.
public enum FieldContent: Sendable, Hashable {
    case none
    case one(Value)
    /// Distinct elements in ascending order.
    case many([Value])

    public var value: Value? {
        if case .one(let value) = self { value } else { nil }
    }

    public var elements: [Value] {
        if case .many(let values) = self { values } else { [] }
    }

    package var isEmpty: Bool {
        switch self {
        case .none: true
        case .one: false
        case .many(let values): values.isEmpty
        }
    }

    /// A set with these elements, in its one canonical form.
    package static func set(_ values: some Sequence<Value>) -> FieldContent {
        let sorted = Set(values).sorted()
        return sorted.isEmpty ? .none : .many(sorted)
    }
}

/// The fields of one record, by their position in the entity's schema.
public struct FieldValues: Sendable, Hashable {
    package private(set) var contents: [FieldContent]

    package init(count: Int) {
        contents = Array(repeating: .none, count: count)
    }

    package init(for entity: EntitySchema) {
        self.init(count: entity.fields.count)
    }

    package subscript(position: Int) -> FieldContent {
        get { contents[position] }
        set { contents[position] = newValue }
    }
}

/// A typed view of a record: generated for each entity, see `Visit`, `Customer` and the others.
public protocol RondaRecord: Sendable, Hashable, Identifiable {
    static var entity: EntityID { get }
    var id: RecordID { get }
    var fields: FieldValues { get set }
    init(id: RecordID, fields: FieldValues)
    init(id: RecordID)
}

/// An option list of the schema: generated, see `Reality`, `VisitState` and the others.
public protocol OptionValue: RawRepresentable, Sendable, Hashable, CaseIterable
where RawValue == UInt32 {
    /// The stable English name used in JSON and on the command line.
    var name: String { get }
    /// The word for people.
    var label: Phrase { get }
}

/// Typed access by position, used by the generated records.
extension FieldValues {
    package func text(_ position: Int) -> String? {
        if case .one(.text(let text)) = contents[position] { text } else { nil }
    }
    package func integer(_ position: Int) -> Int? {
        if case .one(.integer(let number)) = contents[position] { Int(number) } else { nil }
    }
    package func real(_ position: Int) -> Double? {
        if case .one(.real(let number)) = contents[position] { number } else { nil }
    }
    package func boolean(_ position: Int) -> Bool? {
        if case .one(.boolean(let flag)) = contents[position] { flag } else { nil }
    }
    package func instant(_ position: Int) -> Instant? {
        if case .one(.instant(let instant)) = contents[position] { instant } else { nil }
    }
    package func date(_ position: Int) -> CivilDate? {
        if case .one(.date(let date)) = contents[position] { date } else { nil }
    }
    package func ref(_ position: Int) -> RecordID? {
        if case .one(.ref(let id)) = contents[position] { id } else { nil }
    }
    package func option<Option: OptionValue>(_ position: Int) -> Option? {
        switch contents[position] {
        case .one(.option(let number)), .one(.status(let number, _)): Option(rawValue: number)
        default: nil
        }
    }
    package func options<Option: OptionValue>(_ position: Int) -> [Option] {
        contents[position].elements.compactMap {
            if case .option(let number) = $0 { Option(rawValue: number) } else { nil }
        }
    }
    package func texts(_ position: Int) -> [String] {
        contents[position].elements.compactMap {
            if case .text(let text) = $0 { text } else { nil }
        }
    }
    package func refs(_ position: Int) -> [RecordID] {
        contents[position].elements.compactMap { if case .ref(let id) = $0 { id } else { nil } }
    }
    package mutating func set(_ position: Int, _ value: Value?) {
        contents[position] = value.map { .one($0) } ?? .none
    }
    package mutating func set(_ position: Int, elements: some Sequence<Value>) {
        contents[position] = .set(elements)
    }
}
