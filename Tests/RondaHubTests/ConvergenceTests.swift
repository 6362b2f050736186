import RondaHub
import RondaModel
import RondaStore
import RondaStoreSQLite
import Testing

/// Everything at once, small: devices that capture, sync and lose answers as a seed says, through
/// pages of a few records.
@Suite("Devices that work, sync and lose answers in any order")
struct ConvergenceTests {
    /// An edit that touches one field of every kind of rule, with bases as old as they may be.
    private func edit(
        _ customer: RecordID, by device: TestDevice, using random: inout SeededGenerator
    ) -> Change {
        let letter = ["a", "b", "c"][Int.random(in: 0..<3, using: &random)]
        let element = ElementWrite(6, .text(letter))
        var change = device.edit(customer, .customer, [])
        switch Int.random(in: 0..<8, using: &random) {
        case 0: change.sets = [FieldWrite(8, .text(letter)), FieldWrite(9, .text(letter))]
        case 1: change.sets = [FieldWrite(8, nil)]
        case 2:
            let days = Int32.random(in: 1...9, using: &random)
            change.sets = [FieldWrite(13, .date(CivilDate(days: days)))]
        case 3: change.sets = [FieldWrite(14, .option(.random(in: 1...2, using: &random)))]
        case 4, 5: change.adds = [element]
        case 6: change.removes = [element]
        default:
            change.sets = [FieldWrite(5, .text(letter))]
            change.adds = [element]
        }
        return change
    }

    @Test("all hold what the hub holds once everything has arrived", arguments: 1...UInt64(24))
    func convergence(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var limits = Limits()
        limits.pageRecords = Int.random(in: 1...6, using: &random)
        let world = try await TestWorld(limits: limits)
        var devices: [TestDevice] = []
        for login in ["ana", "luis", "olga", "ana", "olga"] {
            devices.append(try await world.device(of: login))
        }
        for _ in 0..<120 {
            let index = devices.indices.randomElement(using: &random) ?? 0
            let customers = devices[index].records.filter { $0.value.entity == .customer }
                .map(\.key).sorted()
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                devices[index].capture {
                    $0.territory = [1, 4].contains(index) ? TestWorld.south : TestWorld.north
                    $0.name = "new"
                }
            case 1...5:
                guard let customer = customers.randomElement(using: &random) else { continue }
                let change = edit(customer, by: devices[index], using: &random)
                devices[index].capture(change)
            case 6:
                // The answer is lost.
                let request = devices[index].request(devices[index].outbox)
                _ = try await world.hub.exchange(request, secret: devices[index].secret)
            default:
                try await devices[index].exchange(with: world.hub)
            }
            world.surroundings.advance(milliseconds: .random(in: 0...2, using: &random))
        }
        // Twice: the first round brings everything in, the second brings it to everybody.
        for _ in 0..<2 {
            for index in devices.indices { try await devices[index].sync(with: world.hub) }
        }
        for device in devices {
            #expect(device.verdicts.values.compactMap(\.refusal) == [])
            try await world.expectAgreement(of: device)
        }
    }
}
