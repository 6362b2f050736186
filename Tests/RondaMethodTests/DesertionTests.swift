import RondaMethod
import RondaModel
import Testing

@Suite("Domain §1.10: desertion")
struct DesertionTests {
    @Test("the eight reasons are in two groups")
    func groups() {
        #expect(DesertionReason.allCases.count == 8)
        let groups = Dictionary(grouping: DesertionReason.allCases, by: \.group)
        #expect(groups[.poorAttention]?.count == 5)
        #expect(groups[.cancellation] == [.nonPayment, .misuse, .movedToCorporatePlan])
    }

    @Test("the catalogue's arguments for the reason, in its order")
    func arguments() {
        func argument(_ id: UInt64, _ reason: DesertionReason, _ position: Int) -> CounterArgument {
            make(CounterArgument.self, id) {
                $0.reason = reason
                $0.position = position
            }
        }
        let catalogue = [
            argument(1, .noUse, 2), argument(2, .nonPayment, 1), argument(3, .noUse, 1),
        ]
        #expect(
            DesertionReason.noUse.counterArguments(in: catalogue).map(\.id)
                == [RecordID(3), RecordID(1)])
        #expect(DesertionReason.misuse.counterArguments(in: catalogue).isEmpty)
    }

    @Test(
        "§2.3: found out by two: one record; they differ about the reason, and the office decides")
    func apart() throws {
        func found(_ reason: DesertionReason, at: Int) throws -> Desertion {
            var desertion = Desertion.of(rosa, lastPurchase: try date("2024-01-01"))
            desertion.reason = reason
            desertion.detectedAt = hour(at)
            return desertion
        }
        let one = try found(.noUse, at: 5)
        let apart = Apart(
            [], Device(ana).creating(one, at: hour(5)),
            Device(beto).creating(try found(.personal, at: 3), at: hour(3)))
        #expect(apart.all(Desertion.self).count == 1)
        #expect(try apart.shown(Desertion.self, one.id).detectedAt == hour(3))
        #expect(apart.hubs.allSatisfy { $0.conflicts(one.id) == 1 })
        var hub = apart.hubs[0]
        hub.accept(
            Device(carmen, .office).editing(
                Desertion.self, one.id, at: hour(9), base: 2,
                ["reason": .option(DesertionReason.noUse.rawValue)]))
        #expect(hub.typed(Desertion.self, one.id)?.reason == .noUse)
        #expect(hub.conflicts(one.id) == 0)
        // Who leaves again after another purchase is another record.
        #expect(Desertion.of(rosa, lastPurchase: try date("2025-01-01")).id != one.id)
    }
}
