import RondaMethod
import RondaModel
import Testing

@Suite("Domain §1.5, §1.12: surveys")
struct SurveyTests {
    private func question(_ kind: QuestionKind) -> SurveyQuestion {
        make(SurveyQuestion.self, 1) {
            $0.kind = kind
            $0.choices = "rojo\nverde"
        }
    }

    struct Given: Sendable {
        let kind: QuestionKind
        var refusal: SurveyRefusal?
        let fill: @Sendable (inout SurveyAnswer) -> Void

        init(
            _ kind: QuestionKind, _ refusal: SurveyRefusal? = nil,
            _ fill: @escaping @Sendable (inout SurveyAnswer) -> Void
        ) {
            self.kind = kind
            self.refusal = refusal
            self.fill = fill
        }

        static let all = [
            Given(.yesNo) { $0.yes = false }, Given(.yesNo, .wrongKind) { $0.number = 1 },
            Given(.zeroToTen) { $0.number = 0 },
            Given(.zeroToTen, .outsideScale) { $0.number = 11 },
            Given(.oneToFive) { $0.number = 5 }, Given(.oneToFive, .outsideScale) { $0.number = 0 },
            Given(.reality) { $0.reality = .met }, Given(.words) { $0.words = "bien" },
            Given(.choice) { $0.choice = "verde" },
            Given(.choice, .unknownChoice) { $0.choice = "azul" },
            Given(.words, .noAnswer) { _ in },
        ]
    }

    @Test("an answer is of the kind that is asked", arguments: Given.all)
    func answers(_ given: Given) {
        let answer = make(SurveyAnswer.self, 2) { given.fill(&$0) }
        #expect(question(given.kind).problem(answer) == given.refusal)
    }

    @Test("one answer to one question")
    func oneAnswer() {
        let answer = make(SurveyAnswer.self, 2) {
            $0.yes = true
            $0.words = "sí"
        }
        #expect(question(.yesNo).problem(answer) == .wrongKind)
    }

    @Test("a survey asks about few things", arguments: [(5, false), (6, true)])
    func few(_ count: Int, _ isTooLong: Bool) {
        let questions = (0..<count).map { place in
            make(SurveyQuestion.self, UInt64(place)) { $0.template = RecordID(700) }
        }
        let other = make(SurveyQuestion.self, 99) { $0.template = RecordID(701) }
        #expect(SurveyTemplate(id: RecordID(700)).isTooLong(questions + [other]) == isTooLong)
    }

    @Test("a person may refuse, and that is an answer")
    func refused() {
        let answer = make(SurveyAnswer.self, 2) { $0.response = RecordID(1) }
        func response(_ refused: Bool?) -> SurveyResponse {
            make(SurveyResponse.self, 1) { $0.refused = refused }
        }
        #expect(response(true).problem([]) == nil)
        #expect(response(true).problem([answer]) == .refusedWithAnswers)
        #expect(response(nil).problem([answer]) == nil)
        #expect(response(nil).problem([]) == .noAnswer)
    }

    @Test("§2.3: answered twice, the first counts and the second is kept")
    func twice() {
        func response(_ id: UInt64, at: Int, about: UInt64 = 800) -> SurveyResponse {
            make(SurveyResponse.self, id) {
                $0.customer = rosa
                $0.template = RecordID(700)
                $0.about = RecordID(about)
                $0.answeredAt = hour(at)
            }
        }
        let responses = [response(1, at: 9), response(2, at: 3), response(3, at: 5, about: 801)]
        let (first, amendments) = SurveyResponse.counting(responses)
        #expect(first.map(\.id) == [RecordID(2), RecordID(3)])
        #expect(amendments.map(\.id) == [RecordID(1)])
    }
}
