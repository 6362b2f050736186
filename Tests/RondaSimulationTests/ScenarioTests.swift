import RondaSimulation
import Testing

/// The scenarios that are about stores, networks and histories (SPEC §7, §9). Each
/// world ends with everything healed, and the checkers of the simulator demand that nothing is lost
/// or doubled and that every device shows what the hub has.
@Suite struct ScenarioTests {
    private static let ana = 0
    private static let beto = 1
    private static let office = 3

    private func live(
        _ devices: [Int], _ steps: [Step]
    ) async throws -> Simulation.Outcome {
        let simulation = try await Simulation()
        let outcome = await simulation.run(Story(devices: devices, steps: steps))
        let told = outcome.trace.lines.joined(separator: "\n")
        #expect(outcome.violation == nil, "\(told)")
        return outcome
    }

    private func captures(_ device: Int, _ count: Int) -> [Step] {
        (0..<count).map { .capture(device, .newCustomer($0), dies: nil) }
    }

    @Test("ack lost: a points entry is pushed, the answer is lost, it is pushed again: one effect")
    func ackLost() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            [
                .capture(0, .enrol(0), dies: nil), .capture(0, .points(0, cause: 1), dies: nil),
                .sync(0, [.answerLost], dies: nil), .sync(0, [.answerLost], dies: nil),
                .sync(0, [], dies: nil), .deliverLate(0),
            ])
        #expect(outcome.trace.faults["commits accepted"] == 2)
        #expect(outcome.trace.faults["answers lost"] == 2)
    }

    @Test("crash in absorb: the process dies at any step of taking in an answer")
    func crashInAbsorb() async throws {
        var deaths = 0
        for point in 0..<60 {
            let outcome = try await live(
                [Self.ana, Self.beto],
                [
                    .capture(1, .newCustomer(1), dies: nil),
                    .capture(1, .editCustomer(0, field: 1, value: 7), dies: nil),
                    .sync(1, [], dies: nil),
                    .capture(0, .editCustomer(0, field: 1, value: 8), dies: nil),
                    .sync(0, [], dies: point), .sync(0, [], dies: point / 2),
                ])
            // At the end both settle the street.
            #expect(outcome.trace.faults["commits accepted"] == 3, "\(point)")
            #expect(outcome.trace.faults["commits merged"] == 2, "\(point)")
            deaths += outcome.trace.faults["device deaths in sync", default: 0]
        }
        #expect(deaths >= 20)
    }

    @Test("crash in capture: rows and outgoing commit are both there or neither is")
    func crashInCapture() async throws {
        var deaths = 0
        for point in 0..<60 {
            let outcome = try await live(
                [Self.ana, Self.beto],
                [
                    .capture(0, .editTwo(0, 1), dies: point),
                    .capture(0, .newCustomer(1), dies: nil),
                    .sync(0, [], dies: nil), .sync(1, [], dies: nil),
                ])
            deaths += outcome.trace.faults["device deaths in capture", default: 0]
        }
        #expect(deaths >= 5)
    }

    @Test("crash of the hub at any step of an exchange: all of it, or nothing")
    func crashOfTheHub() async throws {
        var deaths = 0
        for point in 0..<60 {
            let outcome = try await live(
                [Self.ana, Self.beto],
                captures(0, 3) + [.sync(0, [.hubDies(after: point)], dies: nil)])
            #expect(outcome.trace.faults["commits accepted"] == 3)
            deaths += outcome.trace.faults["hub deaths in a transaction", default: 0]
            deaths += outcome.trace.faults["hub deaths before an answer", default: 0]
        }
        #expect(deaths >= 10)
    }

    @Test("edit in flight: edit, send, edit again; the first is acknowledged, the second is kept")
    func editInFlight() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            [
                .capture(0, .editCustomer(0, field: 1, value: 1), dies: nil),
                .sync(0, [.answerLost], dies: nil),
                .capture(0, .editCustomer(0, field: 1, value: 2), dies: nil),
                .sync(0, [.answerLost], dies: nil), .sync(1, [], dies: nil),
            ])
        #expect(outcome.trace.faults["commits accepted"] == 2)
    }

    @Test("server restored: 100 pushed, backup at 40; one sync each and all 100 are there once")
    func serverRestored() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            captures(0, 40) + [.sync(0, [], dies: nil), .backUp(isNoted: true)] + captures(0, 60)
                + [
                    .sync(0, [], dies: nil), .sync(1, [], dies: nil), .restore(isNoticed: true),
                    .sync(0, [], dies: nil), .sync(1, [], dies: nil),
                ])
        #expect(outcome.trace.faults["commits accepted"] == 100)
        #expect(outcome.trace.faults["hub restores"] == 1)
    }

    @Test("server set back and nobody noticed: a receipt proves it")
    func setBackUnnoticed() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            captures(0, 10) + [.sync(0, [], dies: nil), .backUp(isNoted: true)] + captures(0, 10)
                + [
                    .sync(0, [], dies: nil), .sync(1, [], dies: nil), .restore(isNoticed: false),
                    .sync(0, [], dies: nil),
                ])
        #expect(outcome.trace.faults["commits accepted"] == 20)
    }

    @Test("server set back and filled up by a copy: the other copy's work is missed all the same")
    func setBackAndFilled() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            captures(0, 4) + [.sync(0, [], dies: nil), .backUp(isNoted: true), .clone(0)]
                + captures(0, 3) + captures(2, 3) + [.sync(0, [], dies: nil)]
                + [.restore(isNoticed: false), .sync(2, [], dies: nil), .sync(0, [], dies: nil)])
        #expect(outcome.trace.faults["commits accepted"] == 10)
        #expect(outcome.trace.faults["hubs set back unnoticed"] == 1)
    }

    @Test("scope exit: visits and edits of a customer that moved meanwhile; moved back and forth")
    func scopeExit() async throws {
        let outcome = try await live(
            [Self.ana, 2, Self.office],
            (0..<3).map { .sync($0, [], dies: nil) }
                + (0..<4).flatMap { which -> [Step] in
                    [
                        .capture(0, .visit(which, aspects: 7), dies: nil),
                        .capture(0, .editCustomer(which, field: 1, value: which), dies: nil),
                        .capture(0, .promise(which * 3), dies: nil),
                    ]
                }
                + (0..<8).map { .moveCustomer($0, to: 1) } + [.sync(1, [], dies: nil)]
                + [.sync(0, [], dies: nil)] + (0..<8).map { .moveCustomer($0, to: 0) }
                + [.sync(0, [], dies: nil), .assign(0, mask: 0), .assign(2, mask: 3)])
        #expect((outcome.trace.faults["commits handedOver"] ?? 0) > 0)
        #expect(outcome.trace.faults["commits refused"] == nil)
    }

    @Test("erased while offline: what a device brings about them is refused, and nothing is left")
    func erasedWhileOffline() async throws {
        let story: [Step] =
            (0..<3).map { .sync($0, [], dies: nil) }
            + (0..<4).flatMap { which -> [Step] in
                [
                    .capture(0, .visit(which, aspects: 7), dies: nil),
                    .capture(0, .editCustomer(which, field: 1, value: which), dies: nil),
                    .capture(0, .referral(which, contact: 0), dies: nil),
                ]
            }
            + [.sync(0, [], dies: nil), .sync(1, [], dies: nil), .backUp(isNoted: true)]
            + (4..<8).flatMap { which -> [Step] in
                [
                    .capture(0, .visit(which, aspects: 7), dies: nil),
                    .capture(1, .editCustomer(which, field: 0, value: 90 + which), dies: nil),
                    .capture(2, .editTwo(which, which + 1), dies: nil),
                ]
            }
            + [.sync(2, [.answerLost], dies: nil), .erase(0), .erase(1)]
            + [.sync(0, [], dies: nil), .sync(1, [.answerLost], dies: nil)]
        let devices = [Self.ana, Self.beto, Self.office]
        let outcome = try await live(devices, story)
        #expect(outcome.trace.faults["erasures"] == 2)
        #expect((outcome.trace.faults["commits refused"] ?? 0) > 0)
        // Nor does a backup from before bring anybody back.
        let restored = try await live(
            devices, story + [.restore(isNoticed: true)] + (0..<3).map { .sync($0, [], dies: nil) })
        #expect(restored.trace.faults["hub restores"] == 1)
    }

    @Test("a device enrolled after the backup comes back with a new code")
    func enrolledAfterTheBackup() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto, Self.ana],
            [.backUp(isNoted: true), .sync(2, [], dies: nil)] + captures(2, 6)
                + [.sync(2, [], dies: nil), .restore(isNoticed: true), .sync(2, [], dies: nil)])
        #expect(outcome.trace.faults["commits accepted"] == 6)
    }

    @Test("device cloned: both copies go on, both branches are kept, no number twice")
    func cloned() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            captures(0, 6) + [.clone(0)] + captures(0, 3) + captures(2, 3)
                + [.sync(0, [], dies: nil), .sync(2, [], dies: nil), .sync(0, [], dies: nil)])
        #expect(outcome.trace.faults["commits accepted"] == 12)
    }

    @Test("device rolled back: what was delivered stays, what is new is delivered")
    func rolledBack() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            captures(0, 2) + [.sync(0, [], dies: nil), .keepCopy(0)] + captures(0, 3)
                + [.sync(0, [], dies: nil), .rollBack(0)] + captures(0, 2)
                + [.sync(0, [], dies: nil)])
        #expect(outcome.trace.faults["commits accepted"] == 7)
    }

    @Test("clock three years ahead, then right: all is accepted, nobody else is hurt")
    func clockAhead() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            [
                .clock(0, .jump(milliseconds: 3 * 365 * 86_400_000)),
                .capture(0, .editCustomer(0, field: 1, value: 1), dies: nil), .clock(0, .right),
                .capture(0, .editCustomer(0, field: 1, value: 2), dies: nil),
                .capture(1, .editCustomer(0, field: 1, value: 3), dies: nil),
                .sync(0, [], dies: nil), .sync(1, [], dies: nil),
            ])
        #expect(outcome.trace.faults["commits refused"] == nil)
    }

    @Test("clock at 1970: accepted, ordered by its arrival")
    func clockReset() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            [
                .clock(0, .reset), .capture(0, .editCustomer(0, field: 1, value: 1), dies: nil),
                .capture(0, .newCustomer(0), dies: nil), .sync(0, [], dies: nil),
            ])
        #expect(outcome.trace.faults["commits accepted"] == 2)
    }

    @Test("too old: offline past the horizon with 12 unsent commits: snapshot, and 12 verdicts")
    func tooOld() async throws {
        let outcome = try await live(
            [Self.ana, Self.office],
            captures(0, 12) + [
                .capture(1, .delete(1), dies: nil), .capture(1, .delete(3), dies: nil),
                .sync(1, [], dies: nil), .purge,
            ] + captures(1, 2) + [.sync(1, [], dies: nil), .sync(0, [], dies: nil)])
        #expect(outcome.trace.faults["purges"] == 1)
        #expect(outcome.trace.faults["commits accepted"] == 16)
    }

    @Test("slow first sync: the link is cut every few pages; it comes to its end")
    func slowFirstSync() async throws {
        let cut: [Fate] = [.arrives, .arrives, .arrives, .answerLost]
        let outcome = try await live(
            [Self.ana, Self.beto, Self.office],
            captures(0, 40) + [.sync(0, [], dies: nil)]
                + Array(repeating: .sync(2, cut, dies: nil), count: 5))
        #expect(outcome.trace.faults["answers lost", default: 0] >= 2)
        let syncs = outcome.trace.lines.filter { $0.hasPrefix("C syncs") }
        #expect(syncs.contains { $0.contains("exchanges") })
    }

    @Test("poison in the middle: the rest is in, the tray has one, and what depends on it waits")
    func poison() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            captures(0, 2) + [.capture(0, .poison(0), dies: nil)] + captures(0, 2) + [
                .sync(0, [], dies: nil)
            ])
        #expect(outcome.trace.faults["commits accepted"] == 4)
        #expect(outcome.trace.faults["commits refused"] == 1)
    }

    @Test("old client: a later hub renames an option and asks for a new field")
    func oldClient() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            [
                .capture(0, .editCustomer(0, field: 6, value: 1), dies: nil), .upgradeHub,
                .capture(0, .newCustomer(0), dies: nil), .sync(0, [], dies: nil),
                .capture(1, .editCustomer(0, field: 0, value: 1), dies: nil),
                .sync(1, [], dies: nil),
            ])
        #expect(outcome.trace.faults["commits refused"] == nil)
    }

    @Test("full disks on both sides: nothing is half done, and it goes on when there is room")
    func fullDisks() async throws {
        let outcome = try await live(
            [Self.ana, Self.beto],
            [.fillHub(true), .fillDevice(0, true)] + captures(0, 80) + [
                .sync(0, [], dies: nil), .fillDevice(0, false),
            ] + captures(0, 80) + [.sync(0, [], dies: nil), .fillHub(false)])
        #expect(outcome.trace.faults["full hub disks", default: 0] >= 1)
        #expect(outcome.trace.faults["full disks", default: 0] >= 1)
        let told = outcome.trace.lines
        #expect(told.contains { $0.contains("store") }, "\(told)")
        #expect(told.contains { $0.contains("server full") }, "\(told)")
    }
}
