package import RondaModel

/// Why an answer is not taken as it was typed.
package enum SurveyRefusal: MethodRefusal {
    case noAnswer, wrongKind, outsideScale, unknownChoice, refusedWithAnswers

    package var phrase: Phrase {
        switch self {
        case .noAnswer:
            Phrase(
                en:
                    "there is no answer; ask again, or note that the customer did not want to answer",
                es: "no hay respuesta; pregunte de nuevo o anote que el cliente no quiso responder")
        case .wrongKind:
            Phrase(
                en: "this question takes another kind of answer; answer it as it asks",
                es: "esta pregunta lleva otro tipo de respuesta; respóndala como se pide")
        case .outsideScale:
            Phrase(
                en: "the number is outside the scale of the question; give one inside it",
                es: "el número está fuera de la escala de la pregunta; indique uno dentro")
        case .unknownChoice:
            Phrase(
                en: "that is not one of the choices; choose one of them",
                es: "esa no es una de las opciones; elija una de ellas")
        case .refusedWithAnswers:
            Phrase(
                en:
                    "the customer did not want to answer, and there are answers; keep one of the two",
                es: "el cliente no quiso responder y hay respuestas; deje una de las dos cosas")
        }
    }
}

extension SurveyQuestion {
    /// Why an answer does not fit the question.
    package func problem(_ answer: SurveyAnswer) -> SurveyRefusal? {
        let given = [
            answer.number != nil, answer.yes != nil, answer.reality != nil,
            answer.choice != nil, answer.words != nil,
        ]
        if !given.contains(true) { return .noAnswer }
        if given.filter({ $0 }).count > 1 { return .wrongKind }
        switch kind {
        case .yesNo: return answer.yes == nil ? .wrongKind : nil
        case .reality: return answer.reality == nil ? .wrongKind : nil
        case .words, nil: return answer.words == nil ? .wrongKind : nil
        case .zeroToTen: return scale(answer, 0...10)
        case .oneToFive: return scale(answer, 1...5)
        case .choice:
            guard let choice = answer.choice else { return .wrongKind }
            return choiceList.contains(choice) ? nil : .unknownChoice
        }
    }

    package var choiceList: [String] {
        (choices ?? "").split(separator: "\n").map { String($0) }
    }

    private func scale(_ answer: SurveyAnswer, _ range: ClosedRange<Int>) -> SurveyRefusal? {
        guard let number = answer.number else { return .wrongKind }
        return range.contains(number) ? nil : .outsideScale
    }
}

/// Who was asked what about which thing.
private struct Invitation: Hashable {
    let template, customer, contact, about: RecordID?
}

extension SurveyTemplate {
    /// Whether it asks more than people answer (domain §1.5: few aspects).
    package func isTooLong(
        _ questions: some Sequence<SurveyQuestion>, policy: MethodPolicy = MethodPolicy()
    ) -> Bool {
        questions.count { $0.template == id } > policy.surveyQuestions
    }
}

extension SurveyResponse {
    /// A person may refuse, and that is an answer too (domain §1.12).
    package func problem(_ answers: some Sequence<SurveyAnswer>) -> SurveyRefusal? {
        let has = answers.contains { $0.response == id }
        return (refused == true) == has ? (has ? .refusedWithAnswers : .noAnswer) : nil
    }

    /// Of the answers to one invitation the first counts; the others are kept as amendments
    /// (domain §2.3).
    package static func counting(
        _ responses: some Sequence<SurveyResponse>
    ) -> (first: [SurveyResponse], amendments: [SurveyResponse]) {
        var seen: Set<Invitation> = []
        var (first, amendments) = ([SurveyResponse](), [SurveyResponse]())
        for response in responses.sorted(by: {
            ($0.answeredAt ?? .distantPast, $0.id) < ($1.answeredAt ?? .distantPast, $1.id)
        }) {
            let invitation = Invitation(
                template: response.template, customer: response.customer,
                contact: response.contact, about: response.about)
            if seen.insert(invitation).inserted {
                first.append(response)
            } else {
                amendments.append(response)
            }
        }
        return (first, amendments)
    }
}
