import Foundation
import Synchronization

/// `ronda-server serve` on the loopback interface.
final class ServerProcess: Sendable {
    private struct Address: Decodable {
        let port: Int
        let url: String
    }

    struct Ended: Error, CustomStringConvertible {
        let outcome: RunningProgram.Outcome
        var description: String {
            "ronda-server ended with \(outcome.status): \(outcome.errors)"
        }
    }

    let port: Int
    let url: String
    private let program: RunningProgram

    var processID: Int32 { program.processID }

    /// Returns once the server has said where it listens.
    init(
        data: String, port: Int = 0, scratch: String, options: [String] = []
    ) async throws {
        let pipe = Pipe()
        program = try RunningProgram(
            .server, ["serve", "--data", data, "--port", String(port), "--json"] + options,
            scratch: scratch, output: pipe.fileHandleForWriting)
        try pipe.fileHandleForWriting.close()
        let text = await Self.firstDocument(pipe.fileHandleForReading)
        guard let address = try? JSONDecoder().decode(Address.self, from: text) else {
            throw Ended(outcome: await program.outcome())
        }
        self.port = address.port
        url = address.url
    }

    /// No warning, no last words: as with `kill -9` or a power cut of the process.
    @discardableResult
    func kill() async -> RunningProgram.Outcome {
        program.signal(SIGKILL)
        return await program.outcome()
    }

    @discardableResult
    func stop() async -> RunningProgram.Outcome {
        program.signal(SIGTERM)
        return await program.outcome()
    }

    /// The first JSON object, or what there is before the end. Reads on so that the server never
    /// waits for room in the pipe.
    private static func firstDocument(_ handle: FileHandle) async -> Data {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var said = Data()
                var waiting: CheckedContinuation<Data, Never>? = continuation
                while true {
                    let part = handle.availableData
                    said += part
                    if part.isEmpty || said.contains(UInt8(ascii: "}")) {
                        waiting?.resume(returning: said)
                        waiting = nil
                    }
                    if part.isEmpty { return }
                }
            }
        }
    }
}
