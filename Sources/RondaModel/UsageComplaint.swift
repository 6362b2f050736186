/// What the argument parser says of a command line that it does not understand, in every language.
///
/// The parser speaks English, in a few fixed sentences (ErrorMessageGenerator of
/// swift-argument-parser 1.8); they are read here by their form. Of a sentence that is not known,
/// people get it as it is.
package enum UsageComplaint {
    package static func phrase(of message: String) -> Phrase {
        if let match = message.wholeMatch(of: /Unknown option '(.+?)'(\. Did you mean '(.+)'\?)?/) {
            let (name, near) = (match.1, match.3)
            return Phrase(
                en: "there is no option \(name)" + (near.map { "; did you mean \($0)?" } ?? ""),
                es: "no hay una opción \(name)" + (near.map { "; ¿quiso decir \($0)?" } ?? ""))
        }
        if let match = message.wholeMatch(of: /Missing value for '(.+)'/) {
            return Phrase(
                en: "a value is missing for \(match.1)", es: "falta el valor de \(match.1)")
        }
        if let match = message.wholeMatch(of: /Unexpected argument '(.+)'/) {
            return Phrase(en: "“\(match.1)” is one word too many", es: "sobra «\(match.1)»")
        }
        if let match = message.wholeMatch(of: /\d+ unexpected arguments: '(.+)'/) {
            let words = match.1.split(separator: "', '").joined(separator: " ")
            return Phrase(en: "“\(words)” is too many words", es: "sobran palabras: «\(words)»")
        }
        if let match = message.wholeMatch(of: /Missing (expected argument|one of:) '(.+)'/) {
            let names = match.2.split(separator: "', '")
            return Phrase(
                en: names.joined(separator: " or ") + " is missing",
                es: "falta " + names.joined(separator: " o "))
        }
        if message == "Missing required subcommand." {
            return Phrase(en: "a command is missing", es: "falta una orden")
        }
        return value(message) ?? Phrase(en: message, es: message)
    }

    /// What is said of one value.
    private static func value(_ message: String) -> Phrase? {
        if let match = message.wholeMatch(
            of: /The option '(.+?)' does not take any value, but '(.*)' was specified\./)
        {
            return Phrase(
                en: "\(match.1) takes no value; leave “\(match.2)” out",
                es: "\(match.1) no lleva valor; quite «\(match.2)»")
        }
        if let match = message.wholeMatch(
            of: /Value to be set with flag '(.+?)'.* had already been set with flag '(.+?)'.*/)
        {
            return Phrase(
                en: "\(match.2) and \(match.1) exclude each other; keep one",
                es: "\(match.2) y \(match.1) se excluyen; deje una")
        }
        guard
            let match = message.wholeMatch(
                of:
                    /The value '(.*?)' is invalid for '(.+?)'(\. Please provide one of (.+)\.|: .*)?/
            )
        else { return nil }
        let choices = match.4.map { $0.filter { $0 != "'" } }
        return Phrase(
            en: "“\(match.1)” is no value for \(match.2)"
                + (choices.map { "; it takes \($0.replacing(" and ", with: " or "))" } ?? ""),
            es: "«\(match.1)» no es un valor para \(match.2)"
                + (choices.map {
                    "; lleva \($0.replacing(" and ", with: " o ").replacing(" or ", with: " o "))"
                } ?? ""))
    }
}
