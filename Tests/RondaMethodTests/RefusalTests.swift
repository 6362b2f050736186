import RondaMethod
import RondaModel
import Testing

@Suite("Refusals of the method")
struct RefusalTests {
    private static func phrases<R: MethodRefusal>(_ type: R.Type) -> [Phrase] {
        R.allCases.map(\.phrase)
    }

    @Test("say in both languages what to do, each in its own words")
    func phrases() {
        let all =
            Self.phrases(CaseRefusal.self) + Self.phrases(ContactRefusal.self)
            + Self.phrases(PointsRefusal.self) + Self.phrases(RenegotiationRefusal.self)
            + Self.phrases(SurveyRefusal.self) + Self.phrases(VisitRefusal.self)
        for phrase in all {
            #expect(!phrase.en.isEmpty && !phrase.es.isEmpty && phrase.en != phrase.es)
            #expect(!phrase.en.hasSuffix("."), "\(phrase.en)")
        }
        for texts in [all.map(\.en), all.map(\.es)] {
            #expect(Set(texts).count == texts.count)
        }
    }

    @Test("have stable names")
    func names() {
        #expect(CaseRefusal.secondCheckMissing.name == "secondCheckMissing")
        #expect(ContactRefusal.notAsked.name == "notAsked")
    }
}
