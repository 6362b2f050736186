import Foundation
import RondaClient
import RondaHub
import RondaMerge
import RondaModel
import RondaStore
import Synchronization
import Testing

@Suite("What is delivered is kept until every backup that may be restored has it")
struct KeepingTests {
    private static let day: Int64 = 24 * 3_600_000
    /// How far off the device's clock is when the work is delivered, and when a backup is told to
    /// hold it.
    private static let offsets: [(Int64, Int64)] = [
        (-20_000 * day, 0), (0, 1_000 * day), (1_000 * day, 0),
    ]

    /// A device whose clock shows what the test says.
    private struct Clocked: Sendable {
        let device: TestDevice
        let offset: Offset
    }

    private final class Offset: Sendable {
        private let milliseconds = Mutex(Int64(0))
        func set(_ value: Int64) { milliseconds.withLock { $0 = value } }
        var now: Instant {
            let real = Int64(Date().timeIntervalSince1970 * 1_000)
            return Instant(milliseconds: real + milliseconds.withLock { $0 })
        }
    }

    private func clocked(_ world: World) async throws -> Clocked {
        let offset = Offset()
        _ = try await world.hub.addAccount(
            login: "ana", name: "ana", role: .rep, territoryCodes: ["MX-14"])
        let (code, _) = try await world.hub.newCode(login: "ana")
        let transport = HubTransport(world)
        let store = try LocalStore.open(
            at: world.directory + "/ana", create: true,
            surroundings: DeviceSurroundings(
                now: { offset.now }, random: { .random(in: 0 ... .max) }, uptime: { (1, 1) },
                sleep: { _ in }))
        _ = try await store.login(
            server: "test", code: code, deviceName: "ana", transport: transport)
        return Clocked(device: TestDevice(store: store, transport: transport), offset: offset)
    }

    private func words(_ world: World) async throws -> [String] {
        try await world.hub.store.read { store in
            var words: [String] = []
            try store.records(of: .commitment) { record in
                if case .text(let text)? = record.shown(2).value { words.append(text) }
            }
            return words.sorted()
        }
    }

    @Test(
        "by the hub's clock, whatever the device's shows",
        arguments: offsets)
    func clocks(delivered: Int64, covered: Int64) async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await clocked(world)
        try await ana.device.sync()
        let backup = try world.backup()
        ana.offset.set(delivered)
        for word in ["Uno", "Dos", "Tres"] { try await ana.device.promise(customer, word) }
        try await ana.device.sync()
        ana.offset.set(covered)
        try await world.hub.noteBackup(try world.backup())
        try await ana.device.sync()
        ana.offset.set(0)
        try await ana.device.sync()
        // An older backup, as the office may restore for 30 days.
        try await world.restore(backup)
        try await ana.device.sync()
        #expect(try await words(world) == ["Dos", "Tres", "Uno"])
        try await world.expectAgreement(of: ana.device)
    }
}
