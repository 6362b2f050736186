#if os(Linux)
    import RondaClient
    import Synchronization
    import Testing

    @Suite("Answers that do not end, over libcurl", .timeLimit(.minutes(1)))
    struct CurlTransportStreamTests {
        private final class Heard: Sendable {
            private let bytes = Mutex<[UInt8]>([])
            func take(_ more: [UInt8]) { bytes.withLock { $0 += more } }
            var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
        }

        private static let head =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        private static let request = TransportRequest(method: "GET", path: "/v1/live")

        private func transport(to server: ScriptedServer) throws -> CurlTransport {
            try CurlTransport(server: server.address, maximumResponseBytes: 8)
        }

        @Test("the bytes of a stream are handed over and not kept, however many they are")
        func whole() async throws {
            let text = String(repeating: "x", count: 4_096)
            let script = [
                ScriptedServer.Answer.reply(Self.head + "1000\r\n\(text)\r\n0\r\n\r\n")
            ]
            try await ScriptedServer.with(script) { server in
                let heard = Heard()
                let response = try await transport(to: server).stream(Self.request) {
                    heard.take($0)
                }
                #expect(response.status == 200)
                #expect(response.body.isEmpty)
                #expect(heard.text == text)
            }
        }

        @Test("a stream that is cut gives what came before, and says that it was cut")
        func cut() async throws {
            let script = [ScriptedServer.Answer.cut(Self.head + "5\r\nhello\r\n")]
            try await ScriptedServer.with(script) { server in
                let heard = Heard()
                let transport = try transport(to: server)
                await #expect {
                    try await transport.stream(Self.request) { heard.take($0) }
                } throws: {
                    ($0 as? TransportError)?.code == .interrupted
                }
                #expect(heard.text == "hello")
            }
        }

        @Test("an answer that is no stream comes whole")
        func refused() async throws {
            let script = [
                ScriptedServer.Answer.reply(
                    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n", [1, 2])
            ]
            try await ScriptedServer.with(script) { server in
                let response = try await transport(to: server).stream(Self.request) { _ in
                    Issue.record("handed over")
                }
                #expect(response.status == 401)
                #expect(response.body == [1, 2])
            }
        }

        @Test("a stream ends at once when its task is cancelled, in the middle of a silence")
        func cancelled() async throws {
            try await ScriptedServer.with([.silence]) { server in
                let transport = try transport(to: server)
                let task = Task { try await transport.stream(Self.request) { _ in } }
                var events = server.events.makeAsyncIterator()
                _ = await events.next()
                task.cancel()
                await #expect {
                    try await task.value
                } throws: {
                    ($0 as? TransportError)?.code == .cancelled
                }
            }
        }
    }
#endif
