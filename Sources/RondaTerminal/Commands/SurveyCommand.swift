internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// Surveys that the office has entered, answered face to face or by telephone.
struct SurveyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "survey", abstract: "Surveys / Encuestas.",
        discussion: """
            ronda survey answer C0007 --template POSVENTA
            ronda encuesta contestar C0007 --template POSVENTA --answer 1=sí --answer 2=9
            """,
        subcommands: [Answer.self, List.self], defaultSubcommand: List.self,
        aliases: ["encuesta"])

    struct List: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Surveys and their questions / Encuestas y sus preguntas.",
            aliases: ["lista"])
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let sheets = try await session.read { try SurveySheet.all($0) }
            return SurveySheet.output(sheets, in: session.wording)
        }
    }

    struct Answer: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write down the answers; on a terminal asks them one by one / "
                + "Anotar las respuestas; en una terminal las pregunta una por una.",
            aliases: ["contestar"])

        @Argument(help: "Customer: code or id / Cliente: código o id.") var customer: String
        @Option(help: "Code of the survey; the only one by itself / Código de la encuesta.")
        var template: String?
        @Option(help: "NUMBER=ANSWER / NÚMERO=RESPUESTA.") var answer: [String] = []
        @Flag(help: "The customer did not want to answer / El cliente no quiso responder.")
        var refused = false
        @Option(help: "Visit it is about / Visita de que trata.") var visit: String?
        @Option(help: "Comment / Comentario.") var comment: String?
        @Option(help: "Channel: visit, phone … / Canal.") var channel = "visit"
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let store = try await session.open()
            let (command, now) = (self, session.wording.now)
            let channel = try AnswerWords.required(
                ContactChannel.self, channel, flag: "--channel")
            let (customer, sheet, visit) = try await session.read(store) { reader in
                let finder = Finder(reader: reader)
                return (
                    try finder.customer(command.customer),
                    try SurveySheet.find(command.template, reader),
                    try command.visit.map { try finder.record(Visit.self, $0).id }
                )
            }
            var answers = try typed(sheet)
            if session.isInteractive && answers.isEmpty && !refused {
                answers = sheet.ask(Questions(session: session))
            }
            if answers.isEmpty && !refused { throw TerminalError(SurveyRefusal.noAnswer) }
            if !answers.isEmpty && refused {
                throw TerminalError(SurveyRefusal.refusedWithAnswers)
            }
            let given = answers
            let saved = try await session.save(in: store) { capture in
                var response = capture.new(SurveyResponse.self)
                response.customer = customer.id
                response.template = sheet.template.id
                response.answeredAt = now
                response.channel = channel
                response.about = visit
                response.refused = command.refused ? true : nil
                response.by = capture.author
                response.comment = AnswerWords.text(command.comment)
                try capture.create(response)
                for draft in given {
                    var answer = SurveyAnswer(id: .zero, fields: draft.fields)
                    answer.response = response.id
                    answer.customer = customer.id
                    try capture.create(answer)
                }
            }
            let (who, name) = (customer.name ?? "", sheet.template.name ?? "")
            return saved.output(
                "surveyResponse",
                refused
                    ? Phrase(
                        en: "\(who) did not want to answer “\(name)”; that is noted.",
                        es: "\(who) no quiso responder «\(name)»; queda anotado.")
                    : Phrase(
                        en: "\(given.count) of \(sheet.questions.count) answers of \(who) saved.",
                        es: "\(given.count) de \(sheet.questions.count) respuestas de \(who) "
                            + "guardadas."),
                more: ["answers": .integer(given.count), "refused": .bool(refused)])
        }

        private func typed(_ sheet: SurveySheet) throws(TerminalError) -> [SurveyAnswer] {
            var answers: [SurveyAnswer] = []
            for text in answer {
                let parts = text.split(separator: "=", maxSplits: 1).map { String($0) }
                guard parts.count == 2, let number = Int(parts[0]),
                    sheet.questions.indices.contains(number - 1)
                else {
                    throw .usage(
                        en: "--answer wants NUMBER=ANSWER, from 1 to \(sheet.questions.count), not "
                            + "“\(text)”",
                        es: "--answer espera NÚMERO=RESPUESTA, de 1 a \(sheet.questions.count), no "
                            + "«\(text)»")
                }
                switch sheet.read(parts[1], number - 1) {
                case .success(let answer): answers.append(answer)
                case .failure(let refusal): throw TerminalError(refusal)
                }
            }
            return answers
        }
    }
}
