import RondaSimulation
import Testing

/// The scenarios about devices whose access ends, work that others carry, and who sees what (SPEC
/// §4.12, §9.5, §9.6). As in `ScenarioTests`, each world ends with the checkers of the simulator.
@Suite struct AccessScenarioTests {
    private static let ana = 0
    private static let beto = 1
    private static let office = 3
    private static let sofia = 4

    private func live(
        _ devices: [Int], _ steps: [Step], endings: [Ending] = [], isOrganised: Bool = false
    ) async throws -> Simulation.Outcome {
        let simulation = try await Simulation()
        var story = Story(devices: devices, steps: steps)
        story.endings = endings
        story.isOrganised = isOrganised
        let outcome = await simulation.run(story)
        let told = outcome.trace.lines.joined(separator: "\n")
        #expect(outcome.violation == nil, "\(told)")
        return outcome
    }

    private func captures(_ device: Int, _ count: Int) -> [Step] {
        (0..<count).map { .capture(device, .newCustomer($0), dies: nil) }
    }

    private static let revokedWithWork: [Step] = [
        .capture(0, .newCustomer(1), dies: nil),
        .capture(0, .editCustomer(0, field: 1, value: 7), dies: nil),
        .capture(0, .promise(3), dies: nil), .device(.revoke(0)), .sync(0, [], dies: nil),
        .capture(0, .newCustomer(2), dies: nil),
    ]

    @Test("a revoked device keeps its work, and sends it all when it has its access back")
    func accessRestored() async throws {
        let kept = try await live([Self.ana, Self.beto], Self.revokedWithWork)
        #expect(kept.trace.faults["commits accepted"] == nil)
        let restored = try await live(
            [Self.ana, Self.beto], Self.revokedWithWork, endings: [.accessRestored])
        #expect(restored.trace.faults["commits accepted"] == 4)
    }

    @Test("what it surrenders lies at the office until that has it judged; then others see it")
    func surrendered() async throws {
        let surrendered = try await live(
            [Self.ana, Self.beto], Self.revokedWithWork, endings: [.surrendered])
        #expect(surrendered.trace.faults["commits refused"] == 4)
        #expect(surrendered.trace.faults["commits accepted"] == nil)
        let judged = try await live(
            [Self.ana, Self.beto], Self.revokedWithWork, endings: [.surrenderedAndJudged])
        #expect(judged.trace.faults["commits accepted"] == 4)
    }

    @Test("surrendered over a bad network, judged, and given its access back: all is known to all")
    func surrenderedAndBack() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            Self.revokedWithWork + [
                .device(.surrender(0, [.answerLost], dies: nil)),
                .device(.surrender(0, [.twice, .hubDies(after: 3)], dies: 4)),
                .device(.surrender(0, [], dies: nil)), .device(.judge),
                .capture(0, .visit(0, aspects: 3), dies: nil), .device(.restoreAccess(0)),
                .sync(0, [], dies: nil), .sync(1, [], dies: nil),
            ])
        #expect(outcome.trace.faults["commits accepted"] == 5)
        #expect(outcome.trace.faults["commits refused"] == nil)
    }

    @Test("a bundle is delivered twice, after a direct sync, and to a restored hub: it counts once")
    func bundles() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            captures(0, 6) + [
                .device(.exportBundle(0)), .backUp(isNoted: true),
                .device(.deliverBundle(0, [.answerLost])), .device(.deliverBundle(0, [])),
                .sync(0, [], dies: nil), .device(.deliverBundle(0, [])),
                .restore(isNoticed: true), .device(.deliverBundle(0, [])),
                .sync(0, [], dies: nil), .device(.deliverBundle(0, [])),
            ])
        #expect(outcome.trace.faults["commits accepted"] == 6)
        #expect(outcome.trace.faults["bundles refused", default: 0] > 0)
        #expect(outcome.trace.faults["bundles delivered again", default: 0] > 0)
    }

    @Test("a bundle outlives the device that wrote it")
    func bundleOfLostDevice() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            captures(0, 5) + [.device(.exportBundle(0)), .lose(0)])
        #expect(outcome.trace.faults["commits accepted"] == 5)
    }

    @Test("a bundle of a device that was revoked meanwhile lies at the office")
    func bundleOfRevokedDevice() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            captures(0, 5) + [
                .device(.exportBundle(0)), .device(.revoke(0)), .device(.deliverBundle(0, [])),
            ])
        #expect(outcome.trace.faults["commits refused"] == 5)
    }

    @Test("an end that was set for later holds through a restore")
    func expiresAfterRestore() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            captures(0, 2) + [
                .sync(0, [], dies: nil), .backUp(isNoted: true),
                .device(.expire(0, milliseconds: 60_000)), .restore(isNoticed: true),
            ] + captures(0, 1) + [.wait(milliseconds: 60_000)], endings: [.surrendered])
        #expect(outcome.trace.faults["commits refused"] == 1)
    }

    @Test("a revocation holds when the clock of the hub is set back")
    func clockOfTheHub() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            Self.revokedWithWork + [
                .hubClock(.jump(milliseconds: -3_600_000)), .sync(0, [], dies: nil),
            ])
        #expect(outcome.trace.faults["commits accepted"] == nil)
    }

    @Test("handed in: nothing is left behind, and what is captured afterwards is surrendered")
    func handedIn() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            captures(0, 3) + [.device(.handIn(0, evenWithUnsent: false))] + captures(0, 2),
            endings: [.surrendered])
        #expect(outcome.trace.faults["office handIn"] == 1)
        #expect(outcome.trace.faults["commits accepted"] == 3)
        #expect(outcome.trace.faults["commits refused"] == 2)
    }

    @Test("whoever leads a team sees what its members see, as long as they are members")
    func teams() async throws {
        let steps: [Step] = [
            .organise(.team(0, places: 0, leaders: 1 << Self.sofia)),
            .organise(.join(Self.beto, teams: 1)), .sync(2, [], dies: nil),
            .capture(2, .editCustomer(0, field: 0, value: 3), dies: nil), .sync(2, [], dies: nil),
            .capture(2, .editCustomer(1, field: 0, value: 4), dies: nil),
            .organise(.join(Self.beto, teams: 0)),
        ]
        let outcome = try await live(
            [Self.ana, Self.office, Self.sofia], steps, isOrganised: true)
        #expect(outcome.trace.faults["commits accepted"] == 1)
        // Captured before it could know.
        #expect(outcome.trace.faults["commits handedOver"] == 1)
    }

    @Test("a region shows what lies within it, in a circle too, and no more when that is taken out")
    func region() async throws {
        let (zone, region) = (1, 3)
        let steps: [Step] = [
            .organise(.assign(Self.ana, places: 1 << region)),
            .organise(.place(zone, within: region)), .organise(.place(0, within: zone)),
            .organise(.place(region, within: 0)), .sync(0, [], dies: nil),
            .capture(0, .editCustomer(5, field: 0, value: 3), dies: nil),
            .capture(0, .editCustomer(10, field: 0, value: 4), dies: nil),
        ]
        let seen = try await live([Self.ana, Self.office], steps, isOrganised: true)
        #expect(seen.trace.faults["commits accepted"] == 2)
        let gone = try await live(
            [Self.ana, Self.office], steps + [.organise(.place(zone, within: nil))],
            isOrganised: true)
        #expect(gone.trace.faults["commits handedOver"] == 2)
    }

    @Test("another role: what is out of sight leaves, what nobody may do any more is in the tray")
    func roles() async throws {
        let (rep, auditor) = (0, 4)
        let outcome = try await live(
            [Self.ana, Self.office],
            captures(0, 2) + [.organise(.role(Self.ana, auditor)), .sync(0, [], dies: nil)]
                + captures(0, 1) + [.organise(.role(Self.ana, rep))],
            isOrganised: true)
        #expect(outcome.trace.faults["commits refused", default: 0] >= 1)
    }
}
