/// A JSON document: keys come out sorted, so that the same state gives the same bytes.
package indirect enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case real(Double)
    /// A number spelled out, where binary fractions would blur it.
    case decimal(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    package func text(pretty: Bool) -> String {
        var text = ""
        write(to: &text, indent: pretty ? 0 : nil)
        return text
    }

    private func write(to text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .integer(let number): text += String(number)
        case .real(let number): text += number.isFinite ? String(number) : "null"
        case .decimal(let digits): text += digits
        case .string(let string): Self.write(string, to: &text)
        case .array(let elements):
            Self.write(elements, open: "[", close: "]", to: &text, indent: indent) {
                $1.write(to: &$0, indent: $2)
            }
        case .object(let members):
            let sorted = members.sorted { $0.key < $1.key }
            Self.write(sorted, open: "{", close: "}", to: &text, indent: indent) {
                Self.write($1.key, to: &$0)
                $0 += $2 == nil ? ":" : ": "
                $1.value.write(to: &$0, indent: $2)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], open: String, close: String, to text: inout String, indent: Int?,
        element write: (inout String, Element, Int?) -> Void
    ) {
        text += open
        let inner = indent.map { $0 + 2 }
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            if let inner { text += "\n" + String(repeating: " ", count: inner) }
            write(&text, element, inner)
        }
        if let indent, !elements.isEmpty { text += "\n" + String(repeating: " ", count: indent) }
        text += close
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}", "\u{7f}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension JSONValue {
    static func integer(_ number: Int) -> JSONValue { .integer(Int64(number)) }
    static func optional(_ string: String?) -> JSONValue { string.map { .string($0) } ?? .null }
    static func strings(_ strings: [String]) -> JSONValue { .array(strings.map { .string($0) }) }

    /// An object with more members; `self` when it is something else.
    func adding(_ members: [String: JSONValue]) -> JSONValue {
        guard case .object(let own) = self else { return self }
        return .object(own.merging(members) { _, new in new })
    }
}
