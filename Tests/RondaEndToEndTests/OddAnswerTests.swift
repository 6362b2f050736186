import Foundation
import RondaClient
import RondaHub
import RondaModel
import RondaProtobuf
import SwiftProtobuf
import Synchronization
import Testing

@Suite("An answer that is not what it should be costs nobody anything")
struct OddAnswerTests {
    /// Passes requests on and changes the answers of one call, or fails it.
    private struct Changing: Transport {
        let inner: HubTransport
        let path: String
        var error: TransportError?
        var change: @Sendable ([UInt8]) throws -> [UInt8] = { $0 }

        func send(
            _ request: TransportRequest
        ) async throws(TransportError) -> TransportResponse {
            if request.path == path, let error { throw error }
            let answer = try await inner.send(request)
            guard request.path == path, answer.status == 200 else { return answer }
            return TransportResponse(
                status: 200, body: (try? change(answer.body)) ?? answer.body)
        }
    }

    private static func enrolment(
        _ inner: HubTransport, _ change: @escaping @Sendable (inout WireEnrolResponse) -> Void
    ) -> Changing {
        Changing(inner: inner, path: "/v1/devices") { body in
            var answer = try WireEnrolResponse(serializedBytes: body)
            change(&answer)
            return try answer.serializedBytes()
        }
    }

    /// What an enrolment must not name.
    enum Wrong: String, CaseIterable, Sendable {
        case account, hub, key

        func apply(to answer: inout WireEnrolResponse) {
            let other = RecordID.derived(namespace: .zero, name: "other").bytes
            switch self {
            case .account: answer.account = Data(other)
            case .hub: answer.hub = Data(other)
            case .key: answer.hubKey = Data(other + other)
            }
        }
    }

    @Test("a copy does not become a device of another account or hub", arguments: Wrong.allCases)
    func copy(wrong: Wrong) async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        let copy = try world.copy(of: ana)
        try await ana.promise(customer, "Del original")
        try await ana.sync()
        try await copy.promise(customer, "De la copia")
        let before = try #require(try await copy.store.identity())
        let error = await #expect(throws: ClientError.self) {
            try await copy.store.sync(
                over: Self.enrolment(copy.transport) { wrong.apply(to: &$0) })
        }
        #expect(error?.code == .server)
        #expect(error?.isRetryable == false)
        #expect(try await copy.store.identity() == before)
        #expect(try await copy.status.pending == 1)
        #expect(try await copy.sync().isComplete)
    }

    @Test("nor is a lost device brought back as one", arguments: Wrong.allCases)
    func broughtBack(wrong: Wrong) async throws {
        let world = try await World()
        let backup = try world.backup()
        let ana = try await world.device("ana")
        try await ana.sync()
        try await world.restore(backup)
        _ = try await world.hub.addAccount(
            login: "otra", name: "otra", role: .rep, territoryCodes: ["MX-14"])
        await #expect(throws: ClientError.self) { try await ana.sync() }
        let before = try #require(try await ana.store.identity())
        let (code, _) = try await world.hub.newCode(login: "otra")
        let error = await #expect(throws: ClientError.self) {
            try await ana.store.login(
                server: "test", code: code, deviceName: "ana",
                transport: Self.enrolment(ana.transport) { answer in
                    answer.account = Data(before.account.bytes)
                    wrong.apply(to: &answer)
                })
        }
        #expect(error?.code == .server)
        #expect(try await ana.store.identity() == before)
    }

    @Test("one that is too large is told as that, and not asked for again without end")
    func tooLarge() async throws {
        let world = try await World()
        let ana = try await world.device("ana")
        let transport = Changing(
            inner: ana.transport, path: "/v1/exchange",
            error: TransportError(.responseTooLarge, detail: "33554433"))
        let error = await #expect(throws: ClientError.self) {
            try await ana.store.keepSyncing(over: transport) { _ in }
        }
        #expect(error?.code == .server)
        #expect(error?.phrase.en.contains("tell the office") == true)
    }

    @Test("one that asks to wait is heeded before the next request, for a day at most")
    func advice() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let waits = Mutex<[Int64]>([])
        let store = try LocalStore.inMemory(
            surroundings: DeviceSurroundings(
                now: { world.now() }, random: { 7 }, uptime: { (1, 1) },
                sleep: { milliseconds in
                    let count = waits.withLock {
                        $0.append(milliseconds)
                        return $0.count
                    }
                    if count == 3 { throw CancellationError() }
                }))
        _ = try await world.hub.addAccount(
            login: "ana", name: "ana", role: .rep, territoryCodes: ["MX-14"])
        let (code, _) = try await world.hub.newCode(login: "ana")
        let ana = TestDevice(store: store, transport: HubTransport(world))
        _ = try await store.login(
            server: "test", code: code, deviceName: "ana", transport: ana.transport)
        try await ana.sync()
        try await ana.promise(customer, "Llamar")
        let transport = Changing(inner: ana.transport, path: "/v1/exchange") { body in
            var answer = try WireExchangeResponse(serializedBytes: body)
            answer.advice.retryAfterMs = .max
            return try answer.serializedBytes()
        }
        let before = ana.transport.deliveredCount
        try await store.keepSyncing(over: transport, intervalMilliseconds: 1) { _ in }
        // One request for each time that it waited; what it offered with the first one is in.
        #expect(ana.transport.deliveredCount - before == 3)
        #expect(waits.withLock { $0 } == Array(repeating: 86_400_000, count: 3))
        #expect(try await ana.status.pending == 0)
    }
}
