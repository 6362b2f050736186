/// Where a person can be reached, in the one spelling that makes two reps' notes of it equal:
/// `tel:+523312345678` (E.164) or `mailto:rosa@example.com`.
public enum ContactPoint {
    public enum Problem: Error, Sendable, Hashable {
        case notAPhone(String)
        /// No `+` and no country to complete it with.
        case countryUnknown(String)
        case notAnEmail(String)
    }

    public static func phone(_ text: String, country: String?) throws(Problem) -> String {
        "tel:" + (try number(text, country: country))
    }

    public static func email(_ text: String) throws(Problem) -> String {
        "mailto:" + (try address(text))
    }

    /// A phone number in E.164: `+` and the country's code, digits only.
    public static func number(_ text: String, country: String?) throws(Problem) -> String {
        let kept = text.filter { !" -.()/\u{a0}\u{2011}\u{2013}\t".contains($0) }
        let hasCode = kept.hasPrefix("+") || kept.hasPrefix("00")
        let digits = hasCode ? String(kept.drop { $0 == "+" || $0 == "0" }) : kept
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            throw .notAPhone(text)
        }
        if hasCode { return try international(digits, text) }
        guard let country, let plan = DiallingPlan.all[country.uppercased()] else {
            throw .countryUnknown(text)
        }
        return try international(plan.complete(digits), text)
    }

    /// Whether a text is in that one spelling.
    package static func isCanonical(_ text: String) -> Bool {
        let normal: String?
        if text.hasPrefix("tel:+") {
            normal = try? phone(String(text.dropFirst(4)), country: nil)
        } else if text.hasPrefix("mailto:") {
            normal = try? email(String(text.dropFirst(7)))
        } else {
            normal = nil
        }
        // By bytes: two spellings of one word are two keys (SPEC §3.2).
        return normal.map { $0.utf8.elementsEqual(text.utf8) } ?? false
    }

    private static func international(_ digits: String, _ text: String) throws(Problem) -> String {
        // E.164 allows 15 digits. No number of the countries we know has fewer than 8 with its code.
        guard (8...15).contains(digits.count), !digits.hasPrefix("0") else {
            throw .notAPhone(text)
        }
        // Mexico dropped the mobile "1" after 52 in 2019, but address books still have it.
        if digits.count == 13, digits.hasPrefix("521") { return "+52" + digits.dropFirst(3) }
        return "+" + digits
    }

    public static func address(_ text: String) throws(Problem) -> String {
        let trimmed = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            .lowercased().composed
        let parts = trimmed.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[1].contains("."),
            !parts[1].hasPrefix("."), !parts[1].hasSuffix("."), !trimmed.contains(" ")
        else { throw .notAnEmail(text) }
        return trimmed
    }
}

/// How numbers are dialled inside a country.
package struct DiallingPlan: Sendable {
    package let code: String
    /// What comes before a number inside the country and falls away from abroad, longest first.
    let trunks: [String]
    /// Digits of a national number, when they are always as many.
    let length: Int?

    private init(_ code: String, trunks: [String] = [], length: Int? = nil) {
        self.code = code
        self.trunks = trunks
        self.length = length
    }

    /// The number with the country's code, without a trunk prefix.
    func complete(_ digits: String) -> String {
        if let length, digits.count == length + code.count, digits.hasPrefix(code) { return digits }
        for trunk in trunks where digits.hasPrefix(trunk) {
            let national = digits.dropFirst(trunk.count)
            if length == nil || national.count == length { return code + national }
        }
        return code + digits
    }

    /// Codes from ITU-T E.164; trunk prefixes and lengths from the ITU's national numbering plans.
    package static let all: [String: DiallingPlan] = [
        "AR": DiallingPlan("54", trunks: ["0"]),
        "BO": DiallingPlan("591", trunks: ["0"], length: 8),
        "BR": DiallingPlan("55", trunks: ["0"]),
        "CL": DiallingPlan("56", trunks: ["0"], length: 9),
        "CO": DiallingPlan("57", trunks: ["0"], length: 10),
        "CR": DiallingPlan("506", length: 8),
        "CU": DiallingPlan("53", trunks: ["0"]),
        "DO": DiallingPlan("1", trunks: ["1"], length: 10),
        "EC": DiallingPlan("593", trunks: ["0"]),
        "ES": DiallingPlan("34", length: 9),
        "GT": DiallingPlan("502", length: 8),
        "HN": DiallingPlan("504", length: 8),
        "MX": DiallingPlan("52", trunks: ["044", "045", "01"], length: 10),
        "NI": DiallingPlan("505", length: 8),
        "PA": DiallingPlan("507"),
        "PE": DiallingPlan("51", trunks: ["0"]),
        "PR": DiallingPlan("1", trunks: ["1"], length: 10),
        "PY": DiallingPlan("595", trunks: ["0"]),
        "SV": DiallingPlan("503", length: 8),
        "US": DiallingPlan("1", trunks: ["1"], length: 10),
        "UY": DiallingPlan("598", trunks: ["0"]),
        "VE": DiallingPlan("58", trunks: ["0"], length: 10),
    ]
}
