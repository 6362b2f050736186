import Foundation
import RondaClient
import RondaHub
import RondaModel
import RondaProtobuf
import SwiftProtobuf
import Synchronization
import Testing

@Suite("A server that asks a device to wait is heeded")
struct WaitTests {
    /// Says `busy` to the first requests, and how long to wait.
    private final class BusyTransport: Transport {
        private let inner: any Transport
        private let left: Mutex<Int>
        private let status: Int
        private let seconds: Int

        init(_ inner: any Transport, times: Int, status: Int, seconds: Int) {
            self.inner = inner
            left = Mutex(times)
            self.status = status
            self.seconds = seconds
        }

        func send(
            _ request: TransportRequest
        ) async throws(TransportError) -> TransportResponse {
            let isBusy = left.withLock { left in
                left -= 1
                return left >= 0
            }
            guard isBusy else { return try await inner.send(request) }
            var problem = WireProblem()
            (problem.code, problem.en, problem.es) = ("busy", "busy", "ocupado")
            return TransportResponse(
                status: status, headers: ["retry-after": String(seconds)],
                body: (try? problem.serializedBytes()) ?? [])
        }
    }

    private func sync(
        times: Int, status: Int, seconds: Int
    ) async throws -> (Result<SyncReport, ClientError>, [Int64]) {
        let world = try await World()
        let slept = Mutex<[Int64]>([])
        let surroundings = DeviceSurroundings(
            now: { world.now() }, random: { .random(in: 0 ... .max) }, uptime: { (1, 1) },
            sleep: { wait in slept.withLock { $0.append(wait) } })
        _ = try await world.hub.addAccount(
            login: "ana", name: "Ana", role: .rep, territoryCodes: ["MX-14"])
        let store = try LocalStore.open(
            at: world.directory + "/ana", create: true, surroundings: surroundings)
        _ = try await store.login(
            server: "test", code: try await world.hub.newCode(login: "ana").code,
            deviceName: "ana", transport: HubTransport(world))
        let transport = BusyTransport(
            HubTransport(world), times: times, status: status, seconds: seconds)
        do {
            let report = try await store.sync(over: transport)
            return (.success(report), slept.withLock { $0 })
        } catch {
            return (.failure(error), slept.withLock { $0 })
        }
    }

    @Test("within the sync, for as long as it was asked to, and then it goes on")
    func waits() async throws {
        let (result, slept) = try await sync(times: 2, status: 429, seconds: 3)
        #expect(try result.get().isComplete)
        #expect(slept == [3_000, 3_000])
    }

    @Test("not for ever, and not through a long wait: that is for whoever called")
    func givesUp() async throws {
        let (result, slept) = try await sync(times: 100, status: 429, seconds: 3)
        let error = #expect(throws: ClientError.self) { try result.get() }
        #expect(slept.count == 4)
        #expect(error?.isRetryable == true && error?.retryAfterMilliseconds == 3_000)
        let (long, none) = try await sync(times: 1, status: 429, seconds: 3_600)
        #expect(throws: ClientError.self) { try long.get() }
        #expect(none.isEmpty)
    }

    @Test("a server that is busy with others is left to whoever called")
    func busy() async throws {
        let (result, slept) = try await sync(times: 1, status: 503, seconds: 1)
        #expect(throws: ClientError.self) { try result.get() }
        #expect(slept.isEmpty)
    }
}
