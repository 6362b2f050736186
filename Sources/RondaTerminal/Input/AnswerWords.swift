internal import RondaClient
internal import RondaModel

/// Words typed for the choices of a field, in either language.
enum AnswerWords {
    static func yesNo(_ text: String) -> Bool? {
        switch Folding.fold(text) {
        case "si", "s", "yes", "y", "true": true
        case "no", "n", "false": false
        default: nil
        }
    }

    /// An option by its stable name, its word for people, or the beginning of either when it is
    /// the only one that begins so.
    static func option<Option: OptionValue>(_ type: Option.Type, _ text: String) -> Option? {
        let asked = squeezed(text)
        if asked.isEmpty { return nil }
        let all = Array(Option.allCases)
        let names = all.map { option in
            [option.name, option.label.en, option.label.es].map(squeezed)
        }
        if let exact = all.indices.first(where: { names[$0].contains(asked) }) { return all[exact] }
        let begun = all.indices.filter { index in
            names[index].contains { $0.hasPrefix(asked) }
        }
        return begun.count == 1 ? all[begun[0]] : nil
    }

    private static func squeezed(_ text: String) -> String {
        Folding.fold(text).filter { !" -_".contains($0) }
    }

    static func choices<Option: OptionValue>(_ type: Option.Type) -> Phrase {
        .list(Option.allCases.map { Phrase(en: $0.name, es: "\($0.name) (\($0.label.es))") })
    }
}

extension AnswerWords {
    /// The value of an option given to a flag.
    static func required<Option: OptionValue>(
        _ type: Option.Type, _ text: String?, flag: String
    ) throws(TerminalError) -> Option? {
        guard let text else { return nil }
        if let option = option(type, text) { return option }
        let choices = choices(type)
        throw .usage(
            en: "\(flag): “\(text)” is not one of \(choices.en)",
            es: "\(flag): «\(text)» no es una de las opciones: \(choices.es)")
    }

    /// The values of an option given to a flag several times.
    static func all<Option: OptionValue>(
        _ type: Option.Type, _ texts: [String], flag: String
    ) throws(TerminalError) -> [Option] {
        var options: [Option] = []
        for text in texts {
            if let option = try required(type, text, flag: flag) { options.append(option) }
        }
        return options
    }

    static func requiredYesNo(_ text: String?, flag: String) throws(TerminalError) -> Bool? {
        guard let text else { return nil }
        if let flag = yesNo(text) { return flag }
        throw .usage(
            en: "\(flag): answer yes or no, not “\(text)”",
            es: "\(flag): responda sí o no, no «\(text)»")
    }

    /// A day as programs and people write it, `1980-05-31`.
    static func day(_ text: String?, flag: String) throws(TerminalError) -> CivilDate? {
        guard let text else { return nil }
        if let day = CivilDate(iso: text), CivilDate.allowed.contains(day) { return day }
        throw .usage(
            en: "\(flag): “\(text)” is no day; write it as 1980-05-31",
            es: "\(flag): «\(text)» no es un día; escríbalo como 1980-05-31")
    }

    /// A text without spaces around it; `nil` when nothing is left.
    static func text(_ text: String?) -> String? {
        guard let text else { return nil }
        let kept = text.drop(while: \.isWhitespace)
        let end = kept.lastIndex { !$0.isWhitespace }
        return end.map { String(kept[...$0]) }
    }
}
