#if os(Linux)
    import Foundation
    import Logging
    import RondaClient
    import RondaHub
    import RondaModel
    import RondaServer
    import RondaStoreSQLite
    import ServiceLifecycle
    import Synchronization
    import Testing

    @Suite("GET /v1/live over loopback", .timeLimit(.minutes(1)))
    struct LiveHTTPTests {
        @Test("a connected device is poked with the heads at once, and when another device commits")
        func poke() async throws {
            let world = try await World()
            let customer = try await world.customer("C1")
            let ana = try await world.device("ana")
            try await LiveServer.with(world) { server in
                let line = try await server.listen(as: world, "beto")
                try await line.expect { $0.contains("event: poke") }
                let heads = line.pokes
                #expect(heads.count == 2)
                try await ana.sync()
                try await ana.store.capture { capture in
                    try capture.update(Customer.self, customer) { $0.city = "León" }
                }
                try await ana.sync()
                try await line.expect { _ in line.pokes.contains { $0.value > heads[$0.key] ?? 0 } }
                line.close()
            }
        }

        @Test("silence is broken by a heartbeat, when the time for it has come")
        func heartbeat() async throws {
            var limits = Limits()
            limits.liveHeartbeatMilliseconds = 2 * limits.livePollMilliseconds
            let world = try await World(limits: limits)
            try await LiveServer.with(world) { server in
                let line = try await server.listen(as: world, "beto")
                try await line.expect { !$0.isEmpty }
                let before = line.text
                for _ in 0..<4 { await server.passTime() }
                try await line.expect { $0.count > before.count }
                #expect(line.text.dropFirst(before.count).allSatisfy { ":\n".contains($0) })
                line.close()
            }
        }

        @Test(
            "who is not a device gets no stream, and the same answer as for an exchange",
            arguments: [nil, "Bearer \(Data(repeating: 3, count: 32).base64EncodedString())"])
        func notAuthenticated(bearer: String?) async throws {
            let world = try await World()
            try await LiveServer.with(world) { server in
                let transport = try server.transport()
                let response = try await transport.stream(
                    TransportRequest(
                        method: "GET", path: "/v1/live",
                        headers: bearer.map { [("authorization", $0)] } ?? [])
                ) { _ in Issue.record("bytes of a stream") }
                #expect(response.status == 401)
                let text = String(decoding: response.body, as: UTF8.self)
                #expect(text.contains("\"code\":\"badCredential\""))
            }
        }

        @Test("a server that is stopped ends its streams with a word, and stops")
        func shutdown() async throws {
            let world = try await World()
            var line: LiveClient?
            try await LiveServer.with(world) { server in
                line = try await server.listen(as: world, "beto")
                try await line?.expect { $0.contains("event: poke") }
            }
            let ended = try await line?.ending()
            #expect(ended?.status == 200)
            #expect(line?.text.hasSuffix("event: bye\ndata: {\"code\":\"closing\"}\n\n") == true)
        }
    }

    /// A server on a port of its own, for as long as a test runs.
    private struct LiveServer: Sendable {
        let url: String
        private let steps: AsyncStream<Void>.Continuation

        static func with(_ world: World, _ body: (LiveServer) async throws -> Void) async throws {
            let (addresses, running) = AsyncStream<RondaApplication.Address>.makeStream()
            let (steps, step) = AsyncStream<Void>.makeStream()
            let clock = StepClock(steps)
            let application = RondaApplication(
                hub: world.hub, address: .init(host: "127.0.0.1", port: 0),
                onRunning: { running.yield($0) }, sleep: { _ in try await clock.next() })
            let group = ServiceGroup(services: [application], logger: Logger(label: "test"))
            try await withThrowingTaskGroup { tasks in
                tasks.addTask { try await group.run() }
                var found = addresses.makeAsyncIterator()
                let address = try #require(await found.next())
                try await body(
                    LiveServer(url: "http://\(address.host):\(address.port)", steps: step))
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }

        /// One step of the server's clock. Not waited for: it comes when it comes.
        func passTime() async { steps.yield() }

        func transport() throws -> CurlTransport {
            try CurlTransport(server: url, maximumResponseBytes: 1 << 20)
        }

        func listen(as world: World, _ login: String) async throws -> LiveClient {
            _ = try await world.hub.addAccount(
                login: login, name: login, role: .rep, territoryCodes: ["MX-14"])
            let secret = [UInt8](repeating: 5, count: 32)
            let code = try await world.hub.newCode(login: login).code
            _ = try await world.hub.enrol(by: .code(code), secret: secret, name: login)
            return LiveClient(try transport(), secret: secret)
        }
    }

    /// Lets the server's time pass one step after another.
    private actor StepClock {
        private var steps: AsyncStream<Void>.Iterator

        init(_ steps: AsyncStream<Void>) { self.steps = steps.makeAsyncIterator() }

        func next() async throws {
            var steps = steps
            guard await steps.next(isolation: self) != nil else { throw CancellationError() }
        }
    }

    /// One stream, and what came over it.
    private final class LiveClient: Sendable {
        private let pieces: AsyncStream<Void>
        private let task: Task<TransportResponse, any Error>

        init(_ transport: CurlTransport, secret: [UInt8]) {
            let (pieces, arrived) = AsyncStream<Void>.makeStream()
            self.pieces = pieces
            let box = TextBox()
            self.box = box
            task = Task {
                defer { arrived.finish() }
                return try await transport.stream(
                    TransportRequest(
                        method: "GET", path: "/v1/live",
                        headers: [
                            ("authorization", "Bearer " + Data(secret).base64EncodedString())
                        ])
                ) {
                    box.append($0)
                    arrived.yield()
                }
            }
        }

        private final class TextBox: Sendable {
            private let bytes = Mutex<[UInt8]>([])
            func append(_ more: [UInt8]) { bytes.withLock { $0 += more } }
            var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
        }
        private let box: TextBox

        var text: String { box.text }

        var pokes: [Int: Int] {
            let numbers = text.matches(of: /"scope":(\d+),"seq":(\d+)/)
                .map { (Int($0.1) ?? 0, Int($0.2) ?? 0) }
            return Dictionary(numbers, uniquingKeysWith: max)
        }

        /// Waits until what came satisfies the test.
        func expect(_ isEnough: (String) -> Bool) async throws {
            if isEnough(text) { return }
            for await _ in pieces where isEnough(text) { return }
            Issue.record("the stream ended before: \(text)")
        }

        func close() { task.cancel() }
        func ending() async throws -> TransportResponse { try await task.value }
    }
#endif
