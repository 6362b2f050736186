import Foundation
import RondaClient

/// The real server in a process of its own, on loopback, ended by its process id.
final class ServerProcess {
    private let process = Process()
    let url: String

    /// - Parameter directory: a store that exists.
    init(directory: String) throws {
        let binary = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appending(path: "ronda-server")
        process.executableURL = binary
        process.arguments = ["serve", "--data", directory, "--port", "0", "--json"]
        // One device asks here as often as it can.
        process.arguments? += ["--requests-per-second", "0"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var text = ""
        while !text.contains("}") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw BenchFailure("ronda-server ended at once") }
            text += String(decoding: data, as: UTF8.self)
        }
        struct Line: Decodable { let url: String }
        url = try JSONDecoder().decode(Line.self, from: Data(text.utf8)).url
    }

    deinit { stop() }

    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    func transport() throws -> any Transport {
        try CurlTransport(server: url, maximumResponseBytes: 64 << 20)
    }

    /// Resident memory in megabytes: now, and the most since the server started.
    func residentMegabytes() throws -> (now: Double, peak: Double) {
        let status = try String(
            contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        func line(_ name: String) -> Double {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
            return (Double(line.filter(\.isNumber)) ?? 0) / 1_024
        }
        return (line("VmRSS:"), line("VmHWM:"))
    }
}
