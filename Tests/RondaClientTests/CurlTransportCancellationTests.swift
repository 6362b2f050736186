#if os(Linux)
    import RondaClient
    import Testing

    @Suite("Cancelling a transfer over libcurl", .timeLimit(.minutes(1)))
    struct CurlTransportCancellationTests {
        private static let ok = ScriptedServer.Answer.reply(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        private let request = TransportRequest(method: "POST", path: "/v1/exchange")

        private func code(over transport: CurlTransport) async -> TransportError.Code? {
            do throws(TransportError) {
                _ = try await transport.send(request)
                return nil
            } catch {
                return error.code
            }
        }

        /// Starts a request and returns with it under way, so that a cancellation finds it there.
        private func start(_ transport: CurlTransport) -> Task<TransportError.Code?, Never> {
            Task.immediate { await code(over: transport) }
        }

        @Test("cancelling a running transfer ends it, and the transport goes on working")
        func running() async throws {
            try await ScriptedServer.with([.silence, Self.ok]) { server in
                let transport = try CurlTransport(
                    server: server.address, maximumResponseBytes: 1000)
                var events = server.events.makeAsyncIterator()
                let transfer = start(transport)
                #expect(await events.next() == .request)
                transfer.cancel()
                #expect(await transfer.value == .cancelled)
                #expect(await events.next() == .disconnected)
                #expect(try await transport.send(request).status == 200)
            }
        }

        @Test("cancelling a request that waits for its turn frees its caller and nobody else")
        func waiting() async throws {
            try await ScriptedServer.with([.silence, Self.ok]) { server in
                let transport = try CurlTransport(
                    server: server.address, maximumResponseBytes: 1000)
                var events = server.events.makeAsyncIterator()
                let first = start(transport)
                #expect(await events.next() == .request)
                let second = start(transport)
                let third = start(transport)
                second.cancel()
                #expect(await second.value == .cancelled)
                #expect(server.received.count == 1)
                first.cancel()
                #expect(await first.value == .cancelled)
                #expect(await third.value == nil)
                #expect(server.received.count == 2)
            }
        }

        @Test("a task that is already cancelled sends nothing")
        func beforehand() async throws {
            try await ScriptedServer.with([]) { server in
                let transport = try CurlTransport(
                    server: server.address, maximumResponseBytes: 1000)
                let transfer = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return await code(over: transport)
                }
                #expect(await transfer.value == .cancelled)
                #expect(server.connections == 0)
            }
        }

        @Test("transfers that hang take no thread from Swift's concurrency pool")
        func pool() async throws {
            let count = 16
            let script = Array(repeating: ScriptedServer.Answer.silence, count: count) + [Self.ok]
            try await ScriptedServer.with(script) { server in
                let transfers = try (0..<count).map { _ in
                    start(
                        try CurlTransport(server: server.address, maximumResponseBytes: 1000))
                }
                // With the pool's few threads taken, not all of these would arrive.
                var arrived = 0
                for await _ in server.events {
                    arrived += 1
                    if arrived == count { break }
                }
                let another = try CurlTransport(
                    server: server.address, maximumResponseBytes: 1000)
                #expect(try await another.send(request).status == 200)
                for transfer in transfers { transfer.cancel() }
                for transfer in transfers { #expect(await transfer.value == .cancelled) }
            }
        }
    }
#endif
