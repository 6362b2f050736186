import Foundation
import RondaClient
import RondaHub
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaWire
import SwiftProtobuf
import Synchronization
import Testing

@Suite("A store that was copied brings a restored hub all it delivered, under all its ids")
struct PastIdentityTests {
    private func words(_ world: World) async throws -> [String] {
        try await world.hub.store.read { store in
            var words: [String] = []
            try store.records(of: .commitment) { record in
                if case .text(let text)? = record.shown(2).value { words.append(text) }
            }
            return words.sorted()
        }
    }

    /// Logs a store in again whose present id the restored hub does not have.
    private func bringBack(
        _ device: TestDevice, _ world: World, login: String
    ) async throws {
        await #expect(throws: ClientError.self) { try await device.sync() }
        let (code, _) = try await world.hub.newCode(login: login)
        _ = try await device.store.login(
            server: "test", code: code, deviceName: login, transport: device.transport)
    }

    @Test(
        "a fork at the first commit offered, with nothing kept before it, makes a copy of the store",
        .timeLimit(.minutes(1)))
    func nothingBelow() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        for number in 1...3 { try await ana.promise(customer, "Común \(number)") }
        try await ana.sync()
        let backup = try world.backup()
        let copy = try world.copy(of: ana)
        try await world.hub.noteBackup(backup)
        // Everything that is in the backup is old enough to be forgotten.
        var limits = Limits()
        limits.keptCommitMilliseconds = -60_000
        let store = try LocalStore.inMemory(
            surroundings: world.surroundings, limits: limits, content: ana.store)
        let original = TestDevice(store: store, transport: HubTransport(world))
        for number in 4...5 { try await original.promise(customer, "De la original \(number)") }
        try await original.sync()
        try await original.sync()
        try await world.restore(backup)
        try await copy.promise(customer, "De la copia 4")
        try await copy.sync()
        let report = try await original.sync()
        #expect(report.isComplete)
        #expect(report.wasCopied)
        #expect(
            try await words(world) == [
                "Común 1", "Común 2", "Común 3", "De la copia 4", "De la original 4",
                "De la original 5",
            ])
        try await world.expectAgreement(of: original)
    }

    @Test("recovery goes on until past ids have offered, so that nothing is refused too early")
    func reportsLast() async throws {
        let world = try await World()
        _ = try await world.customer("C1")
        let beto = try await world.device("beto")
        try await beto.sync()
        _ = try await world.hub.addAccount(
            login: "ana", name: "ana", role: .rep, territoryCodes: ["MX-14"])
        let backup = try world.backup()
        let (code, _) = try await world.hub.newCode(login: "ana")
        let ana = TestDevice(
            store: try LocalStore.open(
                at: world.directory + "/ana", create: true, surroundings: world.surroundings),
            transport: HubTransport(world))
        _ = try await ana.store.login(
            server: "test", code: code, deviceName: "ana", transport: ana.transport)
        try await ana.sync()
        // Made under the first id, worked with under the second.
        let made = try await ana.newCustomer("Nuevo")
        try await ana.sync()
        let copy = try world.copy(of: ana)
        try await ana.promise(made, "Del original")
        try await ana.sync()
        try await copy.promise(made, "De la copia")
        #expect(try await copy.sync().wasCopied)
        try await world.restore(backup)
        try await beto.sync()
        try await bringBack(copy, world, login: "ana")
        let report = try await copy.sync()
        #expect(report.refused == 0)
        #expect(report.isComplete)
        #expect(try await copy.store.read { try $0.tray() } == [])
        #expect(try await copy.status.waiting == 0)
        #expect(try await words(world) == ["De la copia"])
        #expect(try await world.isRecovering() == false)
        try await world.expectAgreement(of: copy)
    }

    /// Passes everything on and keeps the requests.
    private final class Listening: Transport {
        private let inner: HubTransport
        private let heard = Mutex<[WireExchangeRequest]>([])

        init(_ inner: HubTransport) { self.inner = inner }

        var requests: [WireExchangeRequest] { heard.withLock { $0 } }

        func send(
            _ request: TransportRequest
        ) async throws(TransportError) -> TransportResponse {
            let isPacked = request.headers.contains { $0.name == "content-encoding" }
            let body = Data(request.body)
            let plain = isPacked ? try? Gzip.expand(body, mostBytes: 8 << 20) : body
            if request.path == "/v1/exchange", let plain,
                let question = try? WireExchangeRequest(serializedBytes: plain)
            {
                heard.withLock { $0.append(question) }
            }
            return try await inner.send(request)
        }
    }

    @Test("no request says that nothing is left while something of any id is")
    func queued() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        let backup = try world.backup()
        for number in 1...5 { try await ana.promise(customer, "Común \(number)") }
        try await ana.sync()
        var limits = Limits()
        limits.commitsPerExchange = 2
        let copy = TestDevice(
            store: try LocalStore.inMemory(
                surroundings: world.surroundings, limits: limits, content: ana.store),
            transport: HubTransport(world))
        try await ana.promise(customer, "Del original")
        try await ana.sync()
        try await copy.promise(customer, "De la copia")
        try await copy.sync()
        try await world.restore(backup)
        try await bringBack(copy, world, login: "ana")
        let listening = Listening(copy.transport)
        let report = try await copy.store.sync(over: listening)
        #expect(report.isComplete)
        let past = listening.requests.filter(\.pushOnly)
        #expect(past.count { !$0.commits.isEmpty } >= 3)
        let left = past.filter { !$0.commits.isEmpty }.map(\.queued)
        #expect(left == [3, 1, 0])
        // The present id reports once the past one is done, and not before.
        let index = listening.requests.lastIndex { $0.pushOnly }
        let last = try #require(index)
        let epoch = try #require(listening.requests.last?.epoch)
        for (index, request) in listening.requests.enumerated()
        where !request.pushOnly && request.epoch == epoch {
            #expect((request.queued == 0) == (index > last))
            #expect((request.completeToMs == 0) == (index < last))
        }
    }

    /// A hub that takes nothing of what is offered under one id.
    private struct Deaf: Transport {
        let inner: HubTransport
        let device: Data

        func send(
            _ request: TransportRequest
        ) async throws(TransportError) -> TransportResponse {
            let isPacked = request.headers.contains { $0.name == "content-encoding" }
            let body = Data(request.body)
            let plain = isPacked ? try? Gzip.expand(body, mostBytes: 8 << 20) : body
            guard request.path == "/v1/exchange", let plain,
                var question = try? WireExchangeRequest(serializedBytes: plain),
                question.device == device
            else { return try await inner.send(request) }
            question.commits = []
            var other = request
            other.headers.removeAll { $0.name == "content-encoding" }
            other.body = (try? Array(question.serializedData())) ?? []
            return try await inner.send(other)
        }
    }

    @Test("a sync in which the hub took nothing of a past id is not complete")
    func notTaken() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        let backup = try world.backup()
        try await ana.promise(customer, "Común")
        try await ana.sync()
        let first = try #require(try await ana.store.identity()?.device)
        let copy = try world.copy(of: ana)
        try await ana.promise(customer, "Del original")
        try await ana.sync()
        try await copy.promise(customer, "De la copia")
        try await copy.sync()
        try await world.restore(backup)
        try await bringBack(copy, world, login: "ana")
        let before = try await copy.status.lastSync
        let deaf = Deaf(inner: copy.transport, device: Data(first.bytes))
        let report = try await copy.store.sync(over: deaf)
        #expect(!report.isComplete)
        #expect(try await copy.status.lastSync == before)
        #expect(try await copy.sync().isComplete)
        #expect(try await copy.status.lastSync != before)
        #expect(try await words(world) == ["Común", "De la copia"])
    }

    @Test("what another store has brought under a past id moves to the present one")
    func forkedPast() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        let backup = try world.backup()
        let old = try world.copy(of: ana)
        try await ana.promise(customer, "Antes de la copia")
        try await ana.sync()
        let copy = try world.copy(of: ana)
        try await ana.promise(customer, "Del original")
        try await ana.sync()
        try await copy.promise(customer, "De la copia")
        #expect(try await copy.sync().wasCopied)
        try await world.restore(backup)
        // The first id goes on in a store that was set back to before all of it.
        try await old.promise(customer, "De la antigua")
        try await old.sync()
        try await bringBack(copy, world, login: "ana")
        let report = try await copy.sync()
        #expect(report.isComplete)
        #expect(report.pending == 0)
        #expect(try await copy.status.pending == 0)
        #expect(
            try await words(world) == ["Antes de la copia", "De la antigua", "De la copia"])
        #expect(try await copy.sync().exchanges == 1)
        try await old.sync()
        #expect(try await world.isRecovering() == false)
        try await world.expectAgreement(of: copy)
        #expect(try await Verification.of(world.hub.store).problems == [])
    }
}
