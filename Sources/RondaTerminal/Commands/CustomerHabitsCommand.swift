internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// The basic question of the method: seven words, about buying and about using.
struct CustomerHabitsCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "habits",
        abstract: "The basic question, 7 × 2 / La pregunta base, 7 × 2.",
        discussion: """
            ronda customer habits C0007 buys when "los lunes"
            ronda cliente habitos C0007 compra cuándo "los lunes"
            """,
        aliases: ["habitos", "hábitos"])

    @Argument(help: "Code or beginning of the id / Código o comienzo del id.") var id: String
    @Argument(help: "buys, uses / compra, consume.") var act: String?
    @Argument(
        help: """
            what, why, how, withWhat, withWhom, when, where / qué, porqué, cómo, conqué, conquién, \
            cuándo, dónde.
            """)
    var question: String?
    @Argument(help: "The answer / La respuesta.") var text: [String] = []
    @Flag(
        name: [.long, .customLong("preguntar")],
        help: "Ask what is missing / Preguntar lo que falta.")
    var ask = false
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        var answers: [(HabitQuestion, HabitQuestion.Act, String)] = []
        if let act { answers = [try typed(act)] }
        let store = try await session.open()
        let asked = id
        let (customer, known) = try await session.read(store) { reader in
            let customer = try Finder(reader: reader).customer(asked)
            let profile = HabitProfile.of(customer.id)
            return (customer, try reader.record(HabitProfile.self, profile.id) ?? profile)
        }
        if ask && session.isInteractive {
            let questions = Questions(session: session)
            for (question, act) in known.missing {
                let words = question.phrase(act)
                if let text = questions.text(words.en, "¿\(words.es)?") {
                    answers.append((question, act, text))
                }
            }
        }
        if answers.isEmpty {
            return try await page(known, customer, in: session, store)
        }
        let (given, now) = (answers, session.wording.now)
        let saved = try await session.save(known.id, in: store) { capture in
            let me = capture.author
            func fill(_ profile: inout HabitProfile) {
                for (question, act, text) in given {
                    profile.answer(question, act, text, at: now, by: me)
                }
            }
            if try capture.reader.record(HabitProfile.self, known.id) != nil {
                try capture.update(HabitProfile.self, known.id, fill)
            } else {
                var profile = known
                fill(&profile)
                try capture.create(profile)
            }
        }
        let after = try await session.read(store) {
            try $0.record(HabitProfile.self, known.id) ?? known
        }
        let left = after.missing.count
        return saved.output(
            "habitProfile",
            Phrase(
                en: "Habits of \(customer.name ?? "") saved; \(left) of 14 still to ask.",
                es: "Hábitos de \(customer.name ?? "") guardados; faltan \(left) de 14."),
            more: ["missing": .integer(left)])
    }

    private func typed(
        _ act: String
    ) throws(TerminalError) -> (HabitQuestion, HabitQuestion.Act, String) {
        guard let found = HabitQuestion.Act.allCases.first(where: { $0.matches(act) }) else {
            throw .usage(
                en: "say buys or uses, not “\(act)”", es: "diga compra o consume, no «\(act)»")
        }
        guard let question,
            let named = HabitQuestion.allCases.first(where: { $0.matches(question) })
        else {
            throw .usage(
                en: "say which question: what, why, how, withWhat, withWhom, when, where",
                es: "diga qué pregunta: qué, porqué, cómo, conqué, conquién, cuándo, dónde")
        }
        guard let words = AnswerWords.text(text.joined(separator: " ")) else {
            throw .usage(en: "write the answer", es: "escriba la respuesta")
        }
        return (named, found, words)
    }

    private func page(
        _ profile: HabitProfile, _ customer: Customer, in session: Session, _ store: LocalStore
    ) async throws -> Output {
        let staff = try await session.read(store) { reader in
            let names = try Names(reader)
            let all = HabitQuestion.allCases.flatMap { question in
                HabitQuestion.Act.allCases.compactMap { profile[question, $0]?.askedBy }
            }
            return Dictionary(all.map { ($0, names.person($0)) }, uniquingKeysWith: { $1 })
        }
        return HabitView.page(profile, customer, staff: staff, in: session.wording)
    }
}
