import Foundation
import Glibc

/// Many live streams on plain sockets and one thread, so that a thousand of them cost the machine
/// as little as a thousand devices elsewhere would.
final class PokeSockets: @unchecked Sendable {
    // Written before the thread begins, and read by it alone until it has ended.
    private let sockets: [Int32]
    private let stop: [Int32]

    /// - Parameter poked: called with the index of the secret, once for each piece that has a poke.
    init(
        url: String, secrets: [[UInt8]], poked: @escaping @Sendable (Int) -> Void
    ) throws {
        guard let url = URLComponents(string: url), let port = url.port else {
            throw BenchFailure("no port in the server's address")
        }
        var pipes: [Int32] = [0, 0]
        guard pipe(&pipes) == 0 else { throw BenchFailure("no pipe: \(errno)") }
        stop = pipes
        var sockets: [Int32] = []
        for secret in secrets {
            let socket = try Self.connect(port: UInt16(port))
            let request = """
                GET /v1/live HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \
                \(Data(secret).base64EncodedString())\r\n\r\n
                """
            let sent = request.withCString { send(socket, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
            guard sent == request.utf8.count else { throw BenchFailure("cannot send: \(errno)") }
            sockets.append(socket)
        }
        self.sockets = sockets
        let thread = Thread { [self] in run(poked) }
        thread.start()
    }

    func close() {
        var byte: UInt8 = 0
        write(stop[1], &byte, 1)
    }

    private func run(_ poked: (Int) -> Void) {
        let needle = Array("event: poke".utf8)
        var piece = [UInt8](repeating: 0, count: 65_536)
        var awaited = (sockets + [stop[0]]).map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        while poll(&awaited, nfds_t(awaited.count), -1) > 0, awaited[sockets.count].revents == 0 {
            for (index, socket) in sockets.enumerated() where awaited[index].revents != 0 {
                let length = recv(socket, &piece, piece.count, 0)
                if length <= 0 {
                    // A negative one is not looked at any more.
                    awaited[index].fd = -1
                } else if piece[..<length].firstRange(of: needle) != nil {
                    poked(index)
                }
            }
        }
        for socket in sockets + stop { Glibc.close(socket) }
    }

    private static func connect(port: UInt16) throws -> Int32 {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard socket >= 0, result == 0 else { throw BenchFailure("cannot connect: \(errno)") }
        return socket
    }
}
