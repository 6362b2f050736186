internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// A survey with its questions in their order.
struct SurveySheet: Sendable {
    let template: SurveyTemplate
    let questions: [SurveyQuestion]

    static func all(_ reader: LocalReader) throws -> [SurveySheet] {
        let questions = Dictionary(
            grouping: try reader.records(SurveyQuestion.self), by: \.template)
        return try reader.records(SurveyTemplate.self).filter { $0.retired != true }.map { sheet in
            SurveySheet(
                template: sheet,
                questions: (questions[sheet.id] ?? [])
                    .sorted { ($0.position ?? 0, $0.id) < ($1.position ?? 0, $1.id) })
        }.sorted {
            ($0.template.code ?? "", $0.template.id) < ($1.template.code ?? "", $1.template.id)
        }
    }

    /// The newest edition of the survey with this code; without one, the only survey there is.
    static func find(_ code: String?, _ reader: LocalReader) throws -> SurveySheet {
        let all = try all(reader)
        let codes = Set(all.compactMap(\.template.code)).sorted()
        if all.isEmpty {
            throw TerminalError.notFound(
                en: "no survey is on this device; the office enters them: sync first, ronda sync",
                es: "no hay encuestas en este equipo; las carga la oficina: primero, ronda sync")
        }
        guard let asked = code ?? (codes.count == 1 ? codes[0] : nil) else {
            let list = codes.joined(separator: ", ")
            throw TerminalError.usage(
                en: "say which survey with --template: \(list)",
                es: "diga qué encuesta con --template: \(list)")
        }
        let found = all.filter { Folding.fold($0.template.code ?? "") == Folding.fold(asked) }
            .max { ($0.template.edition ?? 0) < ($1.template.edition ?? 0) }
        guard let found else {
            throw TerminalError.notFound(
                en: "there is no survey “\(asked)”; see: ronda survey list",
                es: "no hay una encuesta «\(asked)»; vea: ronda encuesta lista")
        }
        return found
    }

    /// An answer as the question takes it.
    func read(_ text: String, _ index: Int) -> Result<SurveyAnswer, SurveyRefusal> {
        let question = questions[index]
        var answer = SurveyAnswer(id: .zero)
        answer.question = question.id
        switch question.kind {
        case .yesNo: answer.yes = AnswerWords.yesNo(text)
        case .reality: answer.reality = AnswerWords.option(Reality.self, text)
        case .zeroToTen, .oneToFive: answer.number = Int(text)
        case .choice:
            let choices = question.choiceList
            if let number = Int(text), choices.indices.contains(number - 1) {
                answer.choice = choices[number - 1]
            } else {
                answer.choice =
                    choices.first { Folding.fold($0) == Folding.fold(text) } ?? text
            }
        case .words, nil: answer.words = AnswerWords.text(text)
        }
        if let refusal = question.problem(answer) {
            // Something was answered, and not as this question takes it.
            return .failure(refusal == .noAnswer ? .wrongKind : refusal)
        }
        return .success(answer)
    }

    func ask(_ asking: Questions) -> [SurveyAnswer] {
        questions.indices.compactMap { index in
            let question = questions[index]
            let words = "\(index + 1). \(question.words ?? "")"
            let hint = question.kind.map { $0.label } ?? Phrase("")
            let choices = question.choiceList.enumerated().map { "\($0 + 1) \($1)" }
                .joined(separator: " · ")
            let scale = question.kind == .words ? "" : " (\(asking.session.wording(hint)))"
            return asking.ask(
                Phrase("\(words)\(scale)\(choices.isEmpty ? "" : " \(choices)")"), hint: hint
            ) { text in
                if case .success(let answer) = read(text, index) { answer } else { nil }
            }
        }
    }

    static func output(_ sheets: [SurveySheet], in wording: Wording) -> Output {
        let table = Table(
            kind: "surveyQuestion",
            columns: [
                Table.Column("SURVEY", "ENCUESTA"), Table.Column("N", "N", isNumber: true),
                Table.Column("QUESTION", "PREGUNTA", wraps: true),
                Table.Column("ANSWER", "RESPUESTA", wraps: true),
            ],
            rows: sheets.flatMap { sheet in
                sheet.questions.enumerated().map { index, question in
                    [
                        Cell(sheet.template.code ?? ""), Cell("\(index + 1)"),
                        Cell(question.words ?? ""),
                        Cell(
                            question.kind.map { wording($0.label) } ?? "",
                            plain: question.kind?.name),
                    ]
                }
            })
        return Output(
            json: .array(
                sheets.map { sheet in
                    .record(
                        sheet.template,
                        ["questions": .array(sheet.questions.map { .record($0) })])
                }),
            blocks: sheets.isEmpty
                ? [
                    .sentence(
                        Phrase(
                            en: "The office has entered no surveys.",
                            es: "La oficina no ha cargado encuestas."))
                ] : [.table(table)])
    }
}
