internal import RondaModel

/// Questions asked one a line on a terminal. An empty answer skips one.
struct Questions: Sendable {
    let session: Session

    func text(_ en: String, _ es: String) -> String? {
        ask(Phrase(en: en.hasSuffix("?") ? en : en + "?", es: es), hint: Phrase("")) { $0 }
    }

    func yesNo(_ en: String, _ es: String) -> Bool? {
        ask(
            Phrase(en: "\(en)? (y/n)", es: "\(es) (s/n)"),
            hint: Phrase(en: "y or n", es: "s o n"), AnswerWords.yesNo)
    }

    func choice<Option: OptionValue>(
        _ type: Option.Type, _ en: String, _ es: String
    ) -> Option? {
        let options = Array(Option.allCases)
        let list = Phrase.list(
            options.enumerated().map { Phrase("\($0 + 1) ") + $1.label }, separator: " · ")
        return ask(
            Phrase(en: "\(en)? \(list.en)", es: "\(es) \(list.es)"),
            hint: Phrase(en: "a number of the list", es: "un número de la lista")
        ) { text in
            if let number = Int(text), options.indices.contains(number - 1) {
                return options[number - 1]
            }
            return AnswerWords.option(type, text)
        }
    }

    /// A promise with its due time; `nil` unless both are given.
    func promise(_ en: String, _ es: String) -> PromiseDraft? {
        guard let words = text(en, es) else { return nil }
        let due = ask(
            Phrase(en: "   By when?", es: "   ¿Para cuándo?"),
            hint: Phrase(
                en: "for example: tomorrow 12:00, +3d", es: "por ejemplo: mañana 12:00, +3d")
            // What cannot be read is asked again, with the hint.
        ) { try? session.due($0) }
        return due.map { PromiseDraft(words: words, dueAt: $0) }
    }

    /// Asks until the answer can be used, is empty, or there is nobody to answer.
    func ask<Answer>(
        _ question: Phrase, hint: Phrase, _ read: (String) -> Answer?
    ) -> Answer? {
        while true {
            session.context.writeError(session.wording(question) + " ")
            guard let line = session.context.readLine(), let text = AnswerWords.text(line) else {
                return nil
            }
            if let answer = read(text) { return answer }
            session.say(hint)
        }
    }
}
