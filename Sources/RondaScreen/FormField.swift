package import RondaModel

/// One question of a form.
package struct FormField: Sendable, Hashable {
    package struct Choice: Sendable, Hashable, Codable {
        /// The stable name.
        package let name: String
        package let label: Phrase

        package init(name: String, label: Phrase) {
            self.name = name
            self.label = label
        }

        private enum CodingKeys: CodingKey { case name, en, es }

        package init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            name = try values.decode(String.self, forKey: .name)
            label = Phrase(
                en: try values.decode(String.self, forKey: .en),
                es: try values.decode(String.self, forKey: .es))
        }

        package func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(name, forKey: .name)
            try values.encode(label.en, forKey: .en)
            try values.encode(label.es, forKey: .es)
        }
    }

    package enum Kind: Sendable, Hashable {
        case text
        case choice([Choice])
        case number(ClosedRange<Int>)
        /// A time still to come, in natural words.
        case due
        /// A telephone or an e-mail.
        case contact
    }

    /// Its stable name, which a draft keeps.
    package let name: String
    package let label: Phrase
    package let kind: Kind
    /// What stands above it, where a part of the form begins.
    package var heading: Phrase?
    /// Has to be answered when one of these is.
    package var neededBy: [String] = []
    package var isRequired = false

    init(_ name: String, _ en: String, _ es: String, _ kind: Kind = .text) {
        self.name = name
        label = Phrase(en: en, es: es)
        self.kind = kind
    }

    func under(_ en: String, _ es: String) -> FormField {
        var field = self
        field.heading = Phrase(en: en, es: es)
        return field
    }

    func needed(by names: String...) -> FormField {
        var field = self
        field.neededBy = names
        return field
    }

    var required: FormField {
        var field = self
        field.isRequired = true
        return field
    }

    static let yesNo = Kind.choice([
        Choice(name: "yes", label: Phrase(en: "yes", es: "sí")),
        Choice(name: "no", label: Phrase(en: "no", es: "no")),
    ])

    static func option<Option: OptionValue>(_ type: Option.Type) -> Kind {
        .choice(Option.allCases.map { Choice(name: $0.name, label: $0.label) })
    }

    /// The choice that was typed: by its number, or by the beginning of its word.
    package func choice(_ text: String) -> Choice? {
        guard case .choice(let choices) = kind else { return nil }
        let asked = Self.folded(text)
        if asked.isEmpty { return nil }
        if let number = Int(asked), choices.indices.contains(number - 1) {
            return choices[number - 1]
        }
        func words(_ choice: Choice) -> [String] {
            [choice.name, choice.label.es, choice.label.en].map(Self.folded)
        }
        if let exact = choices.first(where: { words($0).contains(asked) }) { return exact }
        let begun = choices.filter { words($0).contains { $0.hasPrefix(asked) } }
        return begun.count == 1 ? begun[0] : nil
    }

    private static let plain: [Character: Character] = [
        "á": "a", "é": "e", "í": "i", "ó": "o", "ú": "u", "ü": "u", "ñ": "n",
    ]

    private static func folded(_ text: String) -> String {
        String(text.lowercased().map { plain[$0] ?? $0 }.filter { !$0.isWhitespace })
    }

    /// How to answer it.
    package var hint: Phrase {
        switch kind {
        case .text: Phrase(en: "in their words", es: "con sus palabras")
        case .choice(let choices):
            choices.enumerated().map {
                Phrase(en: "\($0 + 1) \($1.label.en)", es: "\($0 + 1) \($1.label.es)")
            }
            .reduce(Phrase(en: "", es: "")) { list, one in
                list.en.isEmpty
                    ? one : Phrase(en: "\(list.en) · \(one.en)", es: "\(list.es) · \(one.es)")
            }
        case .number(let range):
            Phrase(
                en: "a number from \(range.lowerBound) to \(range.upperBound)",
                es: "un número de \(range.lowerBound) a \(range.upperBound)")
        case .due:
            Phrase(
                en: "for example: tomorrow 12:00, thursday 16:00, +3d",
                es: "por ejemplo: mañana 12:00, jueves 16h, +3d")
        case .contact:
            Phrase(en: "a telephone or an e-mail", es: "un teléfono o un correo")
        }
    }
}
