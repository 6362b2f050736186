#if os(Linux)
    import RondaClient
    import Testing

    #if canImport(Glibc)
        import Glibc
    #endif

    @Suite("Transport over libcurl", .timeLimit(.minutes(1)))
    struct CurlTransportTests {
        private func transport(
            to server: ScriptedServer, maximumResponseBytes: Int = 1 << 20
        ) throws -> CurlTransport {
            try CurlTransport(
                server: server.address, maximumResponseBytes: maximumResponseBytes)
        }

        private func exchange(body: [UInt8] = []) -> TransportRequest {
            TransportRequest(method: "POST", path: "/v1/exchange", body: body)
        }

        private func code(
            of request: TransportRequest, over transport: CurlTransport
        ) async -> TransportError.Code? {
            do throws(TransportError) {
                _ = try await transport.send(request)
                return nil
            } catch {
                return error.code
            }
        }

        private static let ok = ScriptedServer.Answer.reply(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        // MARK: Answers

        @Test("a request and its answer travel whole")
        func roundTrip() async throws {
            let script = [
                ScriptedServer.Answer.reply(
                    "HTTP/1.1 201 Created\r\nX-Seq:  7 \r\nVary: a\r\nvary: b\r\n"
                        + "Content-Length: 4\r\n\r\n", [0, 255, 13, 10])
            ]
            try await ScriptedServer.with(script) { server in
                var request = exchange(body: [0, 1, 2, 255])
                request.headers = [
                    ("Authorization", "Bearer abc"), ("Content-Type", "application/x-protobuf"),
                    ("X-Empty", ""),
                ]
                let response = try await transport(to: server).send(request)
                #expect(response.status == 201)
                #expect(response.headers["x-seq"] == "7")
                #expect(response.headers["vary"] == "a, b")
                #expect(response.body == [0, 255, 13, 10])
                let received = try #require(server.received.first)
                #expect(received.head.hasPrefix("POST /v1/exchange HTTP/1.1\r\n"))
                #expect(received.body == [0, 1, 2, 255])
                #expect(
                    received.headers.sorted() == [
                        "Accept-Encoding: gzip", "Authorization: Bearer abc", "Content-Length: 4",
                        "Content-Type: application/x-protobuf", "Host: 127.0.0.1:\(server.port)",
                        "X-Empty:",
                    ])
            }
        }

        @Test("an empty exchange costs under 200 bytes of headers")
        func minimalHeaders() async throws {
            try await ScriptedServer.with([Self.ok]) { server in
                _ = try await transport(to: server).send(exchange())
                let received = try #require(server.received.first)
                #expect(received.head.utf8.count + 4 < 200)
                #expect(
                    received.headers.sorted() == [
                        "Accept-Encoding: gzip", "Content-Length: 0",
                        "Host: 127.0.0.1:\(server.port)",
                    ])
            }
        }

        @Test("a large body is sent at once, without waiting for 100 Continue")
        func largeBody() async throws {
            let body = [UInt8](repeating: 42, count: 5_000_000)
            try await ScriptedServer.with([Self.ok]) { server in
                _ = try await transport(to: server).send(exchange(body: body))
                let received = try #require(server.received.first)
                #expect(received.body == body)
                #expect(!received.head.lowercased().contains("expect"))
            }
        }

        @Test("requests share one connection, whatever their method", arguments: ["GET", "POST"])
        func keepAlive(method: String) async throws {
            let head = ScriptedServer.Answer.reply("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
            try await ScriptedServer.with([Self.ok, head, Self.ok]) { server in
                let transport = try transport(to: server)
                for method in [method, "HEAD", method] {
                    let request = TransportRequest(method: method, path: "/v1/x?a=b%20c")
                    #expect(try await transport.send(request).status == 200)
                }
                #expect(server.connections == 1)
                #expect(
                    server.received.map { $0.head.prefix { $0 != "\r\n" } }
                        == [method, "HEAD", method].map { "\($0) /v1/x?a=b%20c HTTP/1.1" })
            }
        }

        @Test("a connection that the server closed while idle is replaced without an error")
        func idleClose() async throws {
            let last = ScriptedServer.Answer.cut("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            try await ScriptedServer.with([last, Self.ok]) { server in
                let transport = try transport(to: server)
                #expect(try await transport.send(exchange()).status == 200)
                #expect(try await transport.send(exchange()).status == 200)
                #expect(server.connections == 2)
            }
        }

        @Test("a gzip answer arrives decompressed")
        func gzip() async throws {
            try await ScriptedServer.with([.gzip]) { server in
                let response = try await transport(to: server).send(exchange())
                #expect(response.body == Array(repeatElement("ronda ", count: 1000).joined().utf8))
            }
        }

        @Test(
            "any status is an answer, and redirects are not followed", arguments: [302, 404, 500])
        func statuses(status: Int) async throws {
            let answer = ScriptedServer.Answer.reply(
                "HTTP/1.1 \(status) X\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\nno")
            try await ScriptedServer.with([answer, Self.ok]) { server in
                let response = try await transport(to: server).send(exchange())
                #expect(response.status == status)
                #expect(response.body == Array("no".utf8))
                #expect(server.received.count == 1)
            }
        }

        // MARK: Failures

        @Test("an answer over the limit is refused, compressed or not, and the next one is not")
        func responseTooLarge() async throws {
            let large = ScriptedServer.Answer.reply(
                "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", .init(repeating: 1, count: 1001))
            let exact = ScriptedServer.Answer.reply(
                "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", .init(repeating: 1, count: 1000))
            let headers = ScriptedServer.Answer.reply(
                "HTTP/1.1 200 OK\r\n" + String(repeating: "A: \(Self.filler)\r\n", count: 100))
            try await ScriptedServer.with([large, .gzip, headers, exact]) { server in
                let transport = try transport(to: server, maximumResponseBytes: 1000)
                for _ in 1...3 {
                    #expect(await code(of: exchange(), over: transport) == .responseTooLarge)
                }
                #expect(try await transport.send(exchange()).body.count == 1000)
            }
        }

        private static let filler = String(repeating: "a", count: 1000)

        @Test(
            "an answer cut short is an interruption",
            arguments: [
                "", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
                "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nno length",
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nrubb",
            ])
        func interrupted(answer: String) async throws {
            try await ScriptedServer.with([.cut(answer)]) { server in
                let transport = try transport(to: server)
                #expect(await code(of: exchange(), over: transport) == .interrupted)
            }
        }

        @Test("a port where nobody listens is unreachable, and worth another try")
        func refused() async throws {
            let (socket, port) = try ScriptedServer.bind()
            defer { close(socket) }
            let transport = try CurlTransport(
                server: "http://127.0.0.1:\(port)", maximumResponseBytes: 1000)
            let error = try await #require(throws: TransportError.self) {
                try await transport.send(exchange())
            }
            #expect(error.code == .unreachable)
            #expect(error.isRetryable)
        }

        @Test("a server that never answers times out")
        func timedOut() async throws {
            try await ScriptedServer.with([.silence]) { server in
                var request = exchange()
                request.timeoutSeconds = 0.05
                let transport = try transport(to: server)
                #expect(await code(of: request, over: transport) == .timedOut)
            }
        }

        @Test(
            "a server without TLS is insecure, but a handshake cut half way is only unreachable",
            arguments: [
                ("HTTP/1.1 400 Bad Request\r\n\r\n", TransportError.Code.insecure),
                ("", .unreachable),
            ])
        func handshake(answer: String, expected: TransportError.Code) async throws {
            try await ScriptedServer.with([.blurt(answer)]) { server in
                let transport = try CurlTransport(
                    server: "https://127.0.0.1:\(server.port)", maximumResponseBytes: 1000)
                #expect(await code(of: exchange(), over: transport) == expected)
            }
        }

        @Test("something that does not speak HTTP is a wrong address")
        func notHTTP() async throws {
            try await ScriptedServer.with([.blurt("220 mail ready\r\n")]) { server in
                let transport = try transport(to: server)
                #expect(await code(of: exchange(), over: transport) == .misconfigured)
            }
        }

        @Test("a request that could smuggle a header never leaves")
        func smuggling() async throws {
            var header = exchange()
            header.headers = [("X", "a\r\nAuthorization: b")]
            var name = exchange()
            name.headers = [("X:", "a")]
            var path = exchange()
            path.path = "/ HTTP/1.1\r\nX: y"
            var method = exchange()
            method.method = "GET / "
            var timeout = exchange()
            timeout.timeoutSeconds = .nan
            try await ScriptedServer.with([]) { server in
                let transport = try transport(to: server)
                for request in [header, name, path, method, timeout] {
                    #expect(await code(of: request, over: transport) == .misconfigured)
                }
                #expect(server.connections == 0)
            }
        }

        @Test(
            "an address that is not a plain http or https URL is refused",
            arguments: [
                "", "ronda.example", "/v1", "ftp://ronda.example", "http://", "http://h:99999",
                "http://user:word@ronda.example", "https://ronda.example?x=1", "http://a b",
            ])
        func badAddress(address: String) {
            let error = #expect(throws: TransportError.self) {
                try CurlTransport(server: address, maximumResponseBytes: 1000)
            }
            #expect(error?.code == .misconfigured)
        }
    }

    extension ScriptedServer.Answer {
        /// "ronda " a thousand times, 6,000 bytes, in 53.
        fileprivate static let gzip = ScriptedServer.Answer.reply(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 53\r\n\r\n",
            [
                0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0xed, 0xc4, 0xa1, 0x09,
                0x00, 0x00, 0x08, 0x00, 0xb0, 0x57, 0x7c, 0x4d, 0x30, 0x2b, 0xf8, 0x7f, 0xf0, 0x08,
                0xeb, 0x16, 0xb6, 0xd3, 0x95, 0xb1, 0xb6, 0x6d, 0xdb, 0xb6, 0x6d, 0xdb, 0xb6, 0x6d,
                0xfb, 0xf1, 0x01, 0x55, 0xfa, 0xf4, 0x41, 0x70, 0x17, 0x00, 0x00,
            ])
    }
#endif
