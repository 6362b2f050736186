/// A language people read Ronda in.
public enum Language: String, Sendable, CaseIterable {
    case english = "en"
    case spanish = "es"

    /// The language asked for by the usual environment variables, in POSIX order of precedence.
    /// Spanish when `LC_ALL`, `LC_MESSAGES` or `LANG` names it; English otherwise.
    public static func preferred(in environment: [String: String]) -> Language {
        let asked = ["RONDA_LANG", "LC_ALL", "LC_MESSAGES", "LANG"]
            .compactMap { environment[$0] }
            .first { !$0.isEmpty }
        return asked.map { $0.lowercased().hasPrefix("es") } == true ? .spanish : .english
    }
}

/// One sentence for people, in every language at once, so that none can be missing.
public struct Phrase: Sendable, Hashable {
    public let en: String
    public let es: String

    public init(en: String, es: String) {
        self.en = en
        self.es = es
    }

    public func text(in language: Language) -> String {
        switch language {
        case .english: en
        case .spanish: es
        }
    }
}

extension Phrase {
    /// A number with its noun, in the singular or the plural.
    package static func count(_ number: Int, one: Phrase, many: Phrase) -> Phrase {
        let noun = number == 1 ? one : many
        return Phrase(en: "\(number) \(noun.en)", es: "\(number) \(noun.es)")
    }
}
