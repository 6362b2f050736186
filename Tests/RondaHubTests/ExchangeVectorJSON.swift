import Foundation

/// A JSON document with the members of its objects in the order of the file, which in a vector is
/// the order of the writes. Numbers stay as they are spelled.
indirect enum JSON: Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    struct Member: Sendable {
        let key: String
        let value: JSON
    }

    struct Malformed: Error {
        let at: Int
    }
}

extension JSON {
    init(_ text: String) throws {
        var parser = Parser(bytes: Array(text.utf8))
        self = try parser.document()
    }

    init(contentsOf url: URL) throws {
        try self.init(String(decoding: Data(contentsOf: url), as: UTF8.self))
    }

    static func integer(_ number: some BinaryInteger) -> JSON { .number(String(number)) }

    /// An object without the members that are absent.
    static func members(_ pairs: [(String, JSON?)]) -> JSON {
        .object(pairs.compactMap { key, value in value.map { Member(key: key, value: $0) } })
    }

    subscript(key: String) -> JSON? { members.first { $0.key == key }?.value }

    var members: [Member] { if case .object(let members) = self { members } else { [] } }
    var items: [JSON] { if case .array(let items) = self { items } else { [] } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    var int: Int64? { if case .number(let text) = self { Int64(text) } else { nil } }
    var uint: UInt64? { if case .number(let text) = self { UInt64(text) } else { nil } }
    var real: Double? { if case .number(let text) = self { Double(text) } else { nil } }
    var isNull: Bool { if case .null = self { true } else { false } }
}

// Texts by their bytes: Swift's own comparison takes canonically equivalent spellings for equal.
// Members of objects in any order.
extension JSON: Equatable {
    static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)):
            a.count == b.count && a.allSatisfy { member in right[member.key] == member.value }
        default: false
        }
    }
}

// MARK: - Writing

extension JSON {
    /// On one line.
    var flat: String {
        switch self {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .number(let text): text
        case .string(let text): Self.quoted(text)
        case .array(let items): "[" + items.map(\.flat).joined(separator: ", ") + "]"
        case .object(let members):
            "{"
                + members.map { Self.quoted($0.key) + ": " + $0.value.flat }
                .joined(separator: ", ") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{08}": quoted += "\\b"
            case "\u{0c}": quoted += "\\f"
            case "\u{00}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

// MARK: - Reading

extension JSON {
    private struct Parser {
        let bytes: [UInt8]
        var position = 0

        mutating func document() throws -> JSON {
            let value = try value()
            skipSpace()
            guard position == bytes.count else { throw Malformed(at: position) }
            return value
        }

        private mutating func value() throws -> JSON {
            skipSpace()
            switch peek {
            case UInt8(ascii: "{"): return .object(try members())
            case UInt8(ascii: "["): return .array(try items())
            case UInt8(ascii: "\""): return .string(try text())
            case UInt8(ascii: "t"): return try word("true", .bool(true))
            case UInt8(ascii: "f"): return try word("false", .bool(false))
            case UInt8(ascii: "n"): return try word("null", .null)
            default: return try number()
            }
        }

        private mutating func members() throws -> [Member] {
            var members: [Member] = []
            try list(until: UInt8(ascii: "}")) { parser in
                parser.skipSpace()
                let key = try parser.text()
                parser.skipSpace()
                try parser.take(UInt8(ascii: ":"))
                members.append(Member(key: key, value: try parser.value()))
            }
            return members
        }

        private mutating func items() throws -> [JSON] {
            var items: [JSON] = []
            try list(until: UInt8(ascii: "]")) { items.append(try $0.value()) }
            return items
        }

        private mutating func list(
            until end: UInt8, _ item: (inout Parser) throws -> Void
        ) throws {
            position += 1
            skipSpace()
            while peek != end {
                try item(&self)
                skipSpace()
                if peek == UInt8(ascii: ",") { position += 1 } else { break }
            }
            try take(end)
        }

        private mutating func text() throws -> String {
            try take(UInt8(ascii: "\""))
            var units: [UInt8] = []
            while let byte = peek, byte != UInt8(ascii: "\"") {
                position += 1
                if byte == UInt8(ascii: "\\") {
                    units += Array(String(try escaped()).utf8)
                } else {
                    units.append(byte)
                }
            }
            try take(UInt8(ascii: "\""))
            return String(decoding: units, as: UTF8.self)
        }

        private mutating func escaped() throws -> Character {
            guard let byte = peek else { throw Malformed(at: position) }
            position += 1
            switch byte {
            case UInt8(ascii: "n"): return "\n"
            case UInt8(ascii: "r"): return "\r"
            case UInt8(ascii: "t"): return "\t"
            case UInt8(ascii: "b"): return "\u{08}"
            case UInt8(ascii: "f"): return "\u{0c}"
            case UInt8(ascii: "u"):
                let digits = String(decoding: bytes[position...].prefix(4), as: UTF8.self)
                position += 4
                guard let number = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(number)
                else { throw Malformed(at: position) }
                return Character(scalar)
            default: return Character(Unicode.Scalar(byte))
            }
        }

        private mutating func number() throws -> JSON {
            let start = position
            while let byte = peek, "+-.0123456789eE".utf8.contains(byte) { position += 1 }
            guard position > start else { throw Malformed(at: position) }
            return .number(String(decoding: bytes[start..<position], as: UTF8.self))
        }

        private mutating func word(_ word: String, _ value: JSON) throws -> JSON {
            for byte in word.utf8 { try take(byte) }
            return value
        }

        private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

        private mutating func take(_ byte: UInt8) throws {
            guard peek == byte else { throw Malformed(at: position) }
            position += 1
        }

        private mutating func skipSpace() {
            while let byte = peek, " \n\r\t".utf8.contains(byte) { position += 1 }
        }
    }
}
