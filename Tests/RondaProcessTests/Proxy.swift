#if os(Linux)
    import Foundation
    import Glibc
    import Synchronization

    /// A network between `ronda` and its server that fails on purpose. Plain blocking sockets, a
    /// thread for each connection.
    final class Proxy: Sendable {
        struct Answer: Sendable {
            let isGzip: Bool
            let body: [UInt8]
        }

        private struct State {
            var answersToDrop = 0
            var answers: [Answer] = []
            /// Moments until the blow.
            var countdown = 0
            var blow: (@Sendable () -> Void)?
            var open: Set<Int32> = []
        }

        private struct Message {
            var bytes: [UInt8] = []
            var bodyStart = 0
            var headers: [Substring] = []
            var body: [UInt8] { Array(bytes[bodyStart...]) }
        }

        let port: UInt16
        private let target: UInt16
        private let listener: Int32
        private let state = Mutex(State())

        init(to port: Int) throws {
            target = UInt16(port)
            listener = Self.socket()
            var address = Self.loopback(0)
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let listener = listener
            let isBound = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, size) == 0 && getsockname(listener, $0, &size) == 0
                }
            }
            guard isBound, listen(listener, 16) == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
            self.port = UInt16(bigEndian: address.sin_port)
            Thread.detachNewThread { [self] in accept() }
        }

        var url: String { "http://127.0.0.1:\(port)" }
        /// All the server gave, delivered or not.
        var answers: [Answer] { state.withLock { $0.answers } }

        /// The next answers reach nobody: the connection ends instead.
        func dropAnswers(_ count: Int) { state.withLock { $0.answersToDrop = count } }

        /// Calls `blow` at one of the moments to come: request here, request passed on, answer
        /// here, half of it passed on, all of it passed on, and so on with the next.
        func strike(atMoment moment: Int, _ blow: @escaping @Sendable () -> Void) {
            state.withLock { ($0.countdown, $0.blow) = (moment, blow) }
        }

        func stop() {
            state.withLock { state in
                for socket in state.open { shutdown(socket, Int32(SHUT_RDWR)) }
            }
            shutdown(listener, Int32(SHUT_RDWR))
        }

        private func moment() {
            let blow = state.withLock { state -> (@Sendable () -> Void)? in
                guard state.blow != nil else { return nil }
                state.countdown -= 1
                guard state.countdown <= 0 else { return nil }
                defer { state.blow = nil }
                return state.blow
            }
            blow?()
        }

        private func accept() {
            while true {
                let client = Glibc.accept(listener, nil, nil)
                guard client >= 0 else { break }
                // A child that held it open would keep the connection from ending.
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                state.withLock { _ = $0.open.insert(client) }
                Thread.detachNewThread { [self] in
                    relay(client)
                    state.withLock { _ = $0.open.remove(client) }
                    close(client)
                }
            }
            close(listener)
        }

        private func relay(_ client: Int32) {
            let server = Self.socket()
            defer { close(server) }
            var address = Self.loopback(target)
            let isConnected = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard isConnected else { return }
            var fromClient: [UInt8] = []
            var fromServer: [UInt8] = []
            while let request = Self.message(client, &fromClient) {
                moment()
                Self.send(server, request.bytes[...])
                moment()
                guard let answer = Self.message(server, &fromServer) else { return }
                let isDropped = state.withLock { state in
                    let isGzip = answer.headers.contains { $0.contains("content-encoding: gzip") }
                    state.answers.append(Answer(isGzip: isGzip, body: answer.body))
                    defer { state.answersToDrop = max(0, state.answersToDrop - 1) }
                    return state.answersToDrop > 0
                }
                moment()
                if isDropped { return }
                let half = answer.bytes.count / 2
                Self.send(client, answer.bytes[..<half])
                moment()
                Self.send(client, answer.bytes[half...])
                moment()
            }
        }

        private static func socket() -> Int32 {
            Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        }

        private static func loopback(_ port: UInt16) -> sockaddr_in {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            address.sin_port = port.bigEndian
            return address
        }

        /// One HTTP message whose length its head tells, as all of Ronda's do.
        private static func message(_ socket: Int32, _ unread: inout [UInt8]) -> Message? {
            let end = Array("\r\n\r\n".utf8)
            while true {
                if let range = unread.firstRange(of: end) {
                    var message = Message()
                    let head = String(decoding: unread[..<range.lowerBound], as: UTF8.self)
                    message.headers = head.lowercased().split(separator: "\r\n").map { $0 }
                    let length =
                        message.headers.first { $0.hasPrefix("content-length:") }
                        .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
                    message.bodyStart = range.upperBound
                    let whole = range.upperBound + (length ?? 0)
                    while unread.count < whole {
                        guard read(socket, &unread) else { return nil }
                    }
                    message.bytes = Array(unread.prefix(whole))
                    unread.removeFirst(whole)
                    return message
                }
                guard read(socket, &unread) else { return nil }
            }
        }

        private static func read(_ socket: Int32, _ unread: inout [UInt8]) -> Bool {
            var piece = [UInt8](repeating: 0, count: 65_536)
            let count = recv(socket, &piece, piece.count, 0)
            if count > 0 { unread += piece.prefix(count) }
            return count > 0
        }

        private static func send(_ socket: Int32, _ bytes: ArraySlice<UInt8>) {
            var left = bytes
            while !left.isEmpty {
                let count = left.withUnsafeBytes {
                    Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return }
                left = left.dropFirst(count)
            }
        }
    }
#endif
