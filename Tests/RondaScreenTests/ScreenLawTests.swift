import Foundation
import RondaModel
import Testing

@testable import RondaScreen

@Suite("What holds whatever is pressed, in whatever size")
struct ScreenLawTests {
    /// Keys that a person may hit, by mistake or not.
    static let all: [Key] =
        [
            .up, .down, .left, .right, .pageUp, .pageDown, .home, .end, .enter, .escape, .tab,
            .backTab, .function(2), .control("s"), .control("u"),
        ] + ScreenWorld.keys("qnpris/?12 ñ東")

    /// SplitMix64: the same dice for the same seed.
    private struct Dice {
        var state: UInt64
        mutating func roll(_ sides: Int) -> Int {
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = state
            word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
            return Int((word ^ word >> 31) % UInt64(sides))
        }
    }

    @Test(
        "every line has exactly the width of the screen, resized at any moment", arguments: 0..<20)
    func width(_ seed: Int) {
        var dice = Dice(state: UInt64(seed))
        var model = ScreenWorld.model(seed % 2 == 0 ? .spanish : .english)
        for _ in 0..<150 {
            if dice.roll(4) == 0 {
                _ = model.update(
                    .resized(ScreenSize(width: dice.roll(130), height: dice.roll(45))))
            }
            for effect in model.press(Self.all[dice.roll(Self.all.count)]) {
                if case .open(let kind, _, _) = effect {
                    _ = model.update(.opened(ScreenWorld.form(kind), isDraft: false))
                }
                if case .finish(let form) = effect {
                    _ = model.update(.incomplete(form, form.problems { _, _ in nil }))
                }
            }
            let lines = model.draw().lines
            #expect(lines.count == model.size.height)
            #expect(lines.allSatisfy { TextWidth.of($0) == model.size.width })
        }
    }

    @Test("no key but the erasing ones loses what was typed: it is in the form or in its draft")
    func nothingLost() {
        for key in Self.all {
            var model = ScreenWorld.model()
            _ = model.update(.opened(ScreenWorld.form(), isDraft: false))
            var effects = model.press(ScreenWorld.keys("a tiempo"))
            effects += model.press(key)
            let kept = effects.compactMap { effect in
                if case .keep(let form) = effect { form } else { nil }
            }
            let form = model.form ?? kept.last
            #expect(form?.answers.values.contains { $0.contains("a tiempo") } == true, "\(key)")
        }
    }

    @Test("every key that changes an answer is kept in the draft before the next one")
    func keptAtOnce() throws {
        var model = ScreenWorld.model()
        _ = model.update(.opened(ScreenWorld.form(), isDraft: false))
        for key in ScreenWorld.keys("señal") + [.backspace, .left, .delete] {
            let before = model.form?.answers
            let effects = model.press(key)
            if model.form?.answers != before {
                #expect(effects == [.keep(try #require(model.form))], "\(key)")
            }
        }
    }

    @Test("a draft reads back as it was written", arguments: [ScreenForm.Kind.visit, .promise])
    func draft(_ kind: ScreenForm.Kind) throws {
        var model = ScreenWorld.model()
        _ = model.update(.opened(ScreenWorld.form(kind), isDraft: false))
        model.press(ScreenWorld.keys("el martes «sí»") + [.down] + ScreenWorld.keys("2"))
        let form = try #require(model.form)
        #expect(try JSONDecoder().decode(ScreenForm.self, from: JSONEncoder().encode(form)) == form)
    }
}
