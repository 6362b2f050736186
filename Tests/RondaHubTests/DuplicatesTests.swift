import RondaHub
import RondaMerge
import RondaModel
import RondaStore
import Testing

/// The scenario "twin customers" (SPEC §5.7).
@Suite("Two reps register the same person")
struct DuplicatesTests {
    private static let phones: UInt32 = 6

    private func capture(
        _ device: inout TestDevice, in territory: RecordID, _ phone: String
    ) -> RecordID {
        device.capture { customer in
            customer.territory = territory
            customer.name = "Rosa Pérez"
            customer.country = "MX"
            customer.phones = [phone]
        }
    }

    private func visit(_ device: inout TestDevice, _ customer: RecordID) -> RecordID {
        var visit = Visit(id: device.surroundings.id())
        visit.customer = customer
        visit.at = device.surroundings.now
        device.capture(Change(creating: visit))
        return visit.id
    }

    @Test("both are taken, one question is asked, and the answer can be taken back")
    func twins() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        var luis = try await world.device(of: "luis")
        var olga = try await world.device(of: "olga")
        try await ana.sync(with: world.hub)
        try await luis.sync(with: world.hub)
        // The same telephone in two spellings.
        let hers = capture(&ana, in: TestWorld.north, "55 1234 5678")
        let his = capture(&luis, in: TestWorld.south, "+52 1 55 1234-5678")
        try await ana.sync(with: world.hub)
        try await luis.sync(with: world.hub)
        #expect(ana.verdicts.values.allSatisfy { $0.outcome == .accepted })
        #expect(luis.verdicts.values.allSatisfy { $0.outcome == .accepted })
        let cases = try await world.hub.duplicates()
        #expect(cases.count == 1)
        #expect(cases.first?.customers.map(\.customer) == [hers, his].sorted())
        #expect(cases.first?.keys == ["+525512345678"])

        #expect(try await world.hub.merge(his, into: hers) == nil)
        #expect(try await world.hub.duplicates().isEmpty)
        #expect(try await world.hub.merge(hers, into: his) == .sameCustomer)
        // Luis had not heard of it: his visit to the other name lands, and so does an edit of it.
        let late = visit(&luis, his)
        luis.capture(
            luis.edit(his, .customer, [], adds: [ElementWrite(Self.phones, .text("55 8765 4321"))]))
        try await luis.sync(with: world.hub)
        #expect(luis.verdicts.values.allSatisfy { $0.refusal == nil })
        #expect(try await world.record(late).isDeleted == false)
        try await olga.sync(with: world.hub)
        #expect(olga.records[his]?.fields[20] == [.ref(hers)])
        // The other one is in a territory that he does not see.
        #expect(luis.records[his]?.fields[20] ?? [] == [])
        #expect(olga.records[his]?.fields[Self.phones]?.count == 2)
        #expect(olga.records[late]?.fields.isEmpty == false)
        #expect(olga.records[hers]?.isDeleted == false)

        #expect(try await world.hub.separate(his) == nil)
        #expect(try await world.hub.separate(his) == .notMerged)
        #expect(try await world.hub.duplicates() == cases)
        try await olga.sync(with: world.hub)
        #expect(olga.records[his]?.fields[20] ?? [] == [])
        #expect(olga.records[late]?.isDeleted == false)
    }

    @Test("who are two are not asked about again, and no rep hears of it")
    func different() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        var luis = try await world.device(of: "luis")
        var olga = try await world.device(of: "olga")
        try await ana.sync(with: world.hub)
        try await luis.sync(with: world.hub)
        let hers = capture(&ana, in: TestWorld.north, "55 1234 5678")
        let his = capture(&luis, in: TestWorld.south, "55 1234 5678")
        try await ana.sync(with: world.hub)
        try await luis.sync(with: world.hub)
        #expect(try await world.hub.holdApart(his, his) == .sameCustomer)
        #expect(try await world.hub.holdApart(his, hers) == nil)
        #expect(try await world.hub.duplicates().isEmpty)
        try await ana.sync(with: world.hub)
        try await luis.sync(with: world.hub)
        try await olga.sync(with: world.hub)
        #expect(ana.records[hers]?.fields[21] ?? [] == [])
        #expect(luis.records[his]?.fields[21] ?? [] == [])
        #expect(olga.records[min(hers, his)]?.fields[21] == [.ref(max(hers, his))])
    }
}
