import RondaClient
import RondaHub
import RondaModel
import RondaStore
import Testing

@Suite("A territory moves as a whole", .timeLimit(.minutes(10)))
struct LargeMoveTests {
    private static let customers = 10_000

    private func fill(_ world: World) async throws -> [RecordID] {
        var ids: [RecordID] = []
        for start in stride(from: 0, to: Self.customers, by: 1_000) {
            let changes = (start..<start + 1_000).map { number in
                var customer = Customer(id: World.customerID("C\(number)"))
                customer.territory = World.territoryID("MX-14")
                customer.name = "Cliente \(number)"
                ids.append(customer.id)
                return Change(creating: customer)
            }
            let verdicts = try await world.hub.submitAsSystem([changes])
            try #require(verdicts.allSatisfy { $0.refusal == nil })
        }
        return ids
    }

    @Test(
        "10,000 customers, while their reps are offline with unsent work: exact, and nothing is lost"
    )
    func offline() async throws {
        let world = try await World()
        let customers = try await fill(world)
        let (ana, beto) = (try await world.device("ana"), try await world.device("beto"))
        let carla = try await world.device("carla", territories: ["AR-05"])
        for device in [ana, beto, carla] { try await device.sync() }
        var promises: Set<RecordID> = []
        for index in 0..<30 {
            for (device, name) in [(ana, "ana"), (beto, "beto")] {
                promises.insert(
                    try await device.promise(customers[index * 331], "Promesa de \(name)"))
            }
            // Both of them the same ones.
            try await ana.setStreet(customers[index * 331], "Calle de Ana \(index)")
            try await beto.setStreet(customers[index * 331], "Calle de Beto \(index)")
        }
        let moved = try await world.hub.move(customers, to: World.territoryID("AR-05"))
        #expect(moved == Self.customers)
        for device in [ana, beto] {
            let report = try await device.sync()
            // Nobody is refused what was done in good faith.
            #expect(report.isComplete && report.accepted == 60 && report.refused == 0)
            #expect(report.handedOver.count { $0.suggestions == 0 } == 30)
            #expect(report.handedOver.count { $0.suggestions > 0 } == 30)
            #expect(report.handedOver.allSatisfy { $0.movedTo == World.territoryID("AR-05") })
            let left = try await device.store.read { reader in
                try reader.counts().filter { !["territory", "staff"].contains($0.name) }
                    .map(\.count).reduce(0, +)
            }
            #expect(left == 0)
            #expect(try await device.sync().received == 0)
        }
        #expect(try await carla.sync().isComplete)
        try await world.expectAgreement(of: carla)
        let (there, suggestions) = try await carla.store.read { reader in
            (try reader.records(Commitment.self), try reader.records(Suggestion.self))
        }
        #expect(Set(there.map(\.id)) == promises)
        #expect(suggestions.count == 60 && suggestions.allSatisfy { $0.state == .open })
        #expect(try await Verification.of(world.hub.store).problems == [])
    }
}
