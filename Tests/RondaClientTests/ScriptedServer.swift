#if os(Linux)
    import Foundation
    import Glibc
    import Synchronization

    /// A server on the loopback interface that plays a script: the first request it receives, on
    /// whatever connection, gets the first answer, and so on. Plain blocking sockets, a thread per
    /// connection, so that it can be as rude as a network is.
    final class ScriptedServer: Sendable {
        enum Answer: Sendable {
            /// Reads a request, answers, keeps the connection.
            case reply(String, [UInt8] = [])
            /// Reads a request, answers this much, closes the connection.
            case cut(String)
            /// Reads a request and says nothing until the client leaves or the test ends.
            case silence
            /// Waits for the client's first bytes, whatever they are, says this and closes.
            case blurt(String)
        }

        struct Received: Sendable {
            var connection = 0
            var head = ""
            var body: [UInt8] = []

            var headers: [String] { head.split(separator: "\r\n").dropFirst().map(String.init) }
        }

        enum Event: Sendable {
            case request
            case disconnected
        }

        private struct State {
            var script: [Answer]
            var received: [Received] = []
            var connections = 0
            var open: Set<Int32> = []
        }

        let port: UInt16
        let events: AsyncStream<Event>
        private let report: AsyncStream<Event>.Continuation
        private let listener: Int32
        private let state: Mutex<State>

        /// Runs a test against a server that is gone when the test returns.
        static func with<Value>(
            _ script: [Answer], _ test: (ScriptedServer) async throws -> Value
        ) async throws -> Value {
            let server = try ScriptedServer(script)
            defer { server.stop() }
            return try await test(server)
        }

        private init(_ script: [Answer]) throws {
            (listener, port) = try Self.bind()
            guard listen(listener, 16) == 0 else { throw POSIXError(.EIO) }
            (events, report) = AsyncStream.makeStream()
            state = Mutex(State(script: script))
            Thread.detachNewThread { self.accept() }
        }

        /// A bound port: until somebody listens on it, connecting to it is refused.
        static func bind() throws -> (socket: Int32, port: UInt16) {
            let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let status = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
                }
            }
            guard status else { throw POSIXError(.EADDRNOTAVAIL) }
            return (socket, UInt16(bigEndian: address.sin_port))
        }

        var address: String { "http://127.0.0.1:\(port)" }
        var received: [Received] { state.withLock { $0.received } }
        var connections: Int { state.withLock { $0.connections } }

        private func stop() {
            state.withLock { state in
                state.script = []
                for socket in state.open { shutdown(socket, Int32(SHUT_RDWR)) }
            }
            shutdown(listener, Int32(SHUT_RDWR))
        }

        private func accept() {
            while true {
                let socket = Glibc.accept(listener, nil, nil)
                guard socket >= 0 else { break }
                let number = state.withLock { state in
                    state.open.insert(socket)
                    state.connections += 1
                    return state.connections
                }
                Thread.detachNewThread { self.serve(socket, number) }
            }
            close(listener)
        }

        private func serve(_ socket: Int32, _ connection: Int) {
            var unread: [UInt8] = []
            conversation: while true {
                // The answer decides how to read, so it is looked up before the request is read.
                if case .blurt(let text)? = state.withLock({ $0.script.first }) {
                    state.withLock { _ = $0.script.removeFirst() }
                    _ = read(socket, &unread)
                    write(socket, Array(text.utf8))
                    break
                }
                guard var request = readRequest(socket, &unread) else { break }
                request.connection = connection
                let answer = state.withLock { state -> Answer? in
                    state.received.append(request)
                    return state.script.isEmpty ? nil : state.script.removeFirst()
                }
                report.yield(.request)
                switch answer {
                case .reply(let head, let body):
                    write(socket, Array(head.utf8) + body)
                case .cut(let text), .blurt(let text):
                    write(socket, Array(text.utf8))
                    break conversation
                case .silence:
                    while read(socket, &unread) {}
                    break conversation
                case nil:
                    break conversation
                }
            }
            state.withLock { _ = $0.open.remove(socket) }
            close(socket)
            report.yield(.disconnected)
        }

        private func readRequest(_ socket: Int32, _ unread: inout [UInt8]) -> Received? {
            let end = Array("\r\n\r\n".utf8)
            while true {
                if let range = unread.firstRange(of: end) {
                    var request = Received()
                    request.head = String(decoding: unread[..<range.lowerBound], as: UTF8.self)
                    let length = request.headers
                        .first { $0.lowercased().hasPrefix("content-length:") }
                        .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
                    unread.removeSubrange(..<range.upperBound)
                    while unread.count < length ?? 0 {
                        guard read(socket, &unread) else { return nil }
                    }
                    request.body = Array(unread.prefix(length ?? 0))
                    unread.removeFirst(request.body.count)
                    return request
                }
                guard read(socket, &unread) else { return nil }
            }
        }

        private func read(_ socket: Int32, _ unread: inout [UInt8]) -> Bool {
            var piece = [UInt8](repeating: 0, count: 65_536)
            let count = recv(socket, &piece, piece.count, 0)
            if count > 0 { unread += piece.prefix(count) }
            return count > 0
        }

        private func write(_ socket: Int32, _ bytes: [UInt8]) {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return }
                sent += count
            }
        }
    }
#endif
