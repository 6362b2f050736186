import RondaProtobuf
import RondaServer
import SwiftProtobuf
import Testing

@Suite("The time of an answer does not tell what is out of sight")
struct AnswerTickTests {
    @Test("whatever it took, the answer goes out at the next whole tick", arguments: 0..<200)
    func ticks(step: Int) {
        let tick = AnswerTick.length
        let elapsed = Duration.microseconds(step * 1_237)
        let out = elapsed + AnswerTick.wait(after: elapsed)
        #expect(out > elapsed && out - elapsed <= tick)
        let ticks = out / tick
        #expect(abs(ticks - ticks.rounded()) < 0.000_1)
    }

    @Test("only refusals that may mean either wait")
    func which() {
        for (code, waits) in [
            (.unknownRecord, true), (.unknownParent, true), (.erased, false),
            (.notPermitted, false),
        ] as [(WireCode, Bool)] {
            let answer = WireExchangeResponse.with {
                $0.verdicts = [
                    .with { $0.outcome = .accepted },
                    .with {
                        $0.outcome = .refused
                        $0.refusal.code = code
                    },
                ]
            }
            #expect(answer.tellsOfAbsence == waits)
        }
        #expect(!WireExchangeResponse().tellsOfAbsence)
    }
}
