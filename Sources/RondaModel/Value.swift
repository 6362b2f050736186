internal import Foundation

/// One value of one field.
public enum Value: Sendable, Hashable {
    case text(String)
    /// Whole numbers, and money in hundredths of the unit.
    case integer(Int64)
    case real(Double)
    case boolean(Bool)
    case instant(Instant)
    case date(CivilDate)
    case option(UInt32)
    /// An option of an ordered list; a reopening starts a higher round.
    case status(option: UInt32, round: UInt32)
    case ref(RecordID)
}

// Texts are equal when their bytes are: Swift's own comparison takes canonically equivalent
// spellings for equal, and then it would depend on the order of arrival which of them is kept.
extension Value {
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.text(let a), .text(let b)): a.utf8.elementsEqual(b.utf8)
        case (.integer(let a), .integer(let b)): a == b
        case (.real(let a), .real(let b)): a == b
        case (.boolean(let a), .boolean(let b)): a == b
        case (.instant(let a), .instant(let b)): a == b
        case (.date(let a), .date(let b)): a == b
        case (.option(let a), .option(let b)): a == b
        case (.status(let a, let m), .status(let b, let n)): a == b && m == n
        case (.ref(let a), .ref(let b)): a == b
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .text(let text): for byte in text.utf8 { hasher.combine(byte) }
        case .integer(let number): hasher.combine(number)
        case .real(let number): hasher.combine(number)
        case .boolean(let flag): hasher.combine(flag)
        case .instant(let instant): hasher.combine(instant)
        case .date(let date): hasher.combine(date)
        case .option(let number): hasher.combine(number)
        case .status(let option, let round):
            hasher.combine(option)
            hasher.combine(round)
        case .ref(let id): hasher.combine(id)
        }
    }
}

extension Value {
    /// A text in its composed form (NFC), in which the same word has the same bytes whichever
    /// keyboard it came from.
    package static func composed(_ text: String) -> Value { .text(text.composed) }

    /// The type a value has on the wire.
    package var type: FieldType {
        switch self {
        case .text: .text
        case .integer: .integer
        case .real: .real
        case .boolean: .boolean
        case .instant: .instant
        case .date: .date
        case .option: .option
        case .status: .status
        case .ref: .ref
        }
    }

    /// The spelling that goes into a derived id (SPEC §3.2); `nil` where a type cannot be a key.
    package var keyText: String? {
        switch self {
        case .text(let text): text
        case .integer(let number): String(number)
        case .option(let number): String(number)
        case .date(let date): date.description
        case .ref(let id): id.hex
        case .real, .boolean, .instant, .status: nil
        }
    }
}

extension Value {
    /// A spelling from which `init(plainText:field:)` reads the same value again (SPEC §4.13).
    package var plainText: String {
        switch self {
        case .text(let text): text
        case .integer(let number): String(number)
        case .real(let number): "\(number)"
        case .boolean(let flag): flag ? "true" : "false"
        case .instant(let instant): String(instant.milliseconds)
        case .date(let date): String(date.days)
        case .option(let number): String(number)
        case .status(let option, let round): "\(option).\(round)"
        case .ref(let id): id.description
        }
    }

    /// Reads what `plainText` wrote of a value of this field; `nil` when it is none.
    package init?(plainText text: String, field: FieldSchema) {
        let value: Value? =
            switch field.type {
            case .text: .text(text)
            case .integer: Int64(text).map { .integer($0) }
            case .real: Double(text).map { .real($0) }
            case .boolean: Bool(text).map { .boolean($0) }
            case .instant: Int64(text).map { .instant(Instant(milliseconds: $0)) }
            case .date: Int32(text).map { .date(CivilDate(days: $0)) }
            case .option: UInt32(text).map { .option($0) }
            case .status: Self.status(text)
            case .ref: RecordID(text).map { .ref($0) }
            }
        guard let value else { return nil }
        self = value
    }

    private static func status(_ text: String) -> Value? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let option = UInt32(parts[0]), let round = UInt32(parts[1]) else {
            return nil
        }
        return .status(option: option, round: round)
    }
}

extension Value: Comparable {
    /// A total order, used to break ties and to list set elements; it means something to people
    /// only within one type.
    public static func < (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.text(let a), .text(let b)):
            a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
        case (.integer(let a), .integer(let b)): a < b
        case (.real(let a), .real(let b)): a < b
        case (.boolean(let a), .boolean(let b)): !a && b
        case (.instant(let a), .instant(let b)): a < b
        case (.date(let a), .date(let b)): a < b
        case (.option(let a), .option(let b)): a < b
        case (.status(let a, let m), .status(let b, let n)): (m, a) < (n, b)
        case (.ref(let a), .ref(let b)): a < b
        default: left.type.rawValue < right.type.rawValue
        }
    }
}

extension String {
    /// In Unicode's composed form (NFC).
    package var composed: String {
        // Everything below U+0300, the first combining mark, is composed already.
        utf8.allSatisfy { $0 < 0xcc } ? self : precomposedStringWithCanonicalMapping
    }
}

extension Value {
    /// The record that it names.
    package var reference: RecordID? { if case .ref(let id) = self { id } else { nil } }
}
