import Foundation
import RondaModel
import RondaProtobuf
import RondaStore
import RondaWire
import Testing

@Suite("A verdict on the wire")
struct VerdictWireTests {
    private let verdicts = [
        Verdict(number: 1, outcome: .accepted, versions: [1, 2]),
        Verdict(
            number: 2, outcome: .merged,
            merges: [
                Merge(record: RecordID(high: 1, low: 1), field: 8, kind: .conflict),
                Merge(record: RecordID(high: 1, low: 2), field: 0, kind: .parallel),
            ], versions: [.max], clockSuspect: true),
        Verdict(number: 3, outcome: .handedOver), Verdict(number: 4, outcome: .waiting),
    ]

    @Test("survives, whatever its outcome")
    func outcomes() throws {
        for verdict in verdicts {
            var table = IDTable()
            let wire = WireVerdict(verdict, &table)
            #expect(try wire.model(IDList(table.encoded)) == verdict)
            #expect(try RecordPacking.verdict(RecordPacking.verdict(verdict)) == verdict)
        }
    }

    @Test("survives with every reason for a refusal, and says whether to try again")
    func refusals() throws {
        for code in RefusalCode.allCases {
            for record in [nil, RecordID.zero] {
                let refusal = Refusal(
                    code, entity: record.map { _ in .customer }, record: record, field: 3,
                    detail: "why")
                var table = IDTable()
                let wire = WireVerdict(.refused(7, refusal), &table)
                #expect(wire.refusal.retryable == code.isRetryable)
                #expect(try wire.model(IDList(table.encoded)) == .refused(7, refusal))
            }
        }
    }

    @Test("with an outcome nobody knows is an error; with such a reason it waits")
    func unknown() throws {
        var wire = WireVerdict()
        wire.number = 1
        #expect(throws: WireError.self) { try wire.model(IDList([])) }
        wire.outcome = .UNRECOGNIZED(77)
        #expect(throws: WireError.self) { try wire.model(IDList([])) }
        wire.outcome = .refused
        wire.refusal.code = .UNRECOGNIZED(-1)
        #expect(try wire.model(IDList([])).refusal?.code == .internalFault)
        wire.refusal.record = 5
        #expect(throws: WireError.self) { try wire.model(IDList([])) }
    }
}
