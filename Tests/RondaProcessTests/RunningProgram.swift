import Foundation
import Synchronization
import Testing

/// A built program as a child process; it never outlives the object.
final class RunningProgram: Sendable {
    enum Program: String, Sendable {
        case ronda
        case server = "ronda-server"
        case simulation = "ronda-sim"
        case mount
        case umount
        case tmux
        case bash
    }

    /// How the program ended, and what it said.
    struct Outcome: Sendable {
        let status: Int32
        let wasKilled: Bool
        let output: String
        let errors: String

        func decode<Document: Decodable>(_ type: Document.Type) throws -> Document {
            try JSONDecoder().decode(type, from: Data(output.utf8))
        }
    }

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    private struct State {
        var ending: (status: Int32, wasKilled: Bool)?
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    let processID: Int32
    private let output: String?
    private let errors: String
    private let state: SharedState

    /// What the process's own thread and the tests share.
    private final class SharedState: Sendable {
        let guarded = Mutex(State())
    }

    /// - Parameters:
    ///   - scratch: where what it says is kept; files and not pipes, because the end of a pipe may
    ///     be held open by a process that another test started meanwhile.
    ///   - input: what comes in on standard input.
    ///   - output: where standard output goes instead.
    init(
        _ program: Program, _ arguments: [String], environment: [String: String] = [:],
        scratch: String, input: String? = nil, output handle: FileHandle? = nil
    ) throws {
        let process = Process()
        process.executableURL = try Self.url(of: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("RONDA_") && !$0.key.hasPrefix("LC_") }
            .merging(["RONDA_LANG": "en", "TZ": "UTC"]) { $1 }.merging(environment) { $1 }
        let name = scratch + "/said-\(UUID().uuidString)"
        errors = name + ".err"
        output = handle == nil ? name + ".out" : nil
        process.standardInput = FileHandle.nullDevice
        if let input {
            try Data(input.utf8).write(to: URL(filePath: name + ".in"))
            process.standardInput = try FileHandle(forReadingFrom: URL(filePath: name + ".in"))
        }
        process.standardOutput = try handle ?? Self.file(name + ".out")
        process.standardError = try Self.file(errors)
        let state = SharedState()
        process.terminationHandler = { process in
            let ending = (
                process.terminationStatus, process.terminationReason == .uncaughtSignal
            )
            let waiting = state.guarded.withLock { state in
                state.ending = ending
                defer { state.waiting = [] }
                return state.waiting
            }
            waiting.forEach { $0.resume() }
        }
        try process.run()
        processID = process.processIdentifier
        self.state = state
    }

    deinit { signal(SIGKILL) }

    var hasEnded: Bool { state.guarded.withLock { $0.ending != nil } }

    /// By process id, and only while the process is ours.
    func signal(_ number: Int32) {
        state.guarded.withLock { state in
            if state.ending == nil { kill(processID, number) }
        }
    }

    func outcome() async -> Outcome {
        await withCheckedContinuation { continuation in
            let isOver = state.guarded.withLock { state in
                if state.ending == nil { state.waiting.append(continuation) }
                return state.ending != nil
            }
            if isOver { continuation.resume() }
        }
        let ending = state.guarded.withLock { $0.ending }
        return Outcome(
            status: ending?.status ?? -1, wasKilled: ending?.wasKilled ?? false,
            output: output.map(Self.text) ?? "", errors: Self.text(of: errors))
    }

    /// Runs a program to its end.
    static func run(
        _ program: Program, _ arguments: [String], environment: [String: String] = [:],
        scratch: String
    ) async throws -> Outcome {
        try await RunningProgram(
            program, arguments, environment: environment, scratch: scratch
        ).outcome()
    }

    private static func text(of path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    private static func file(_ path: String) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw Missing(description: "cannot write \(path)") }
        return handle
    }

    /// The programs stand beside the test bundle in the build folder.
    static func url(of program: Program) throws -> URL {
        let bundles = Bundle.allBundles.map(\.bundleURL).filter { $0.pathExtension == "xctest" }
        let runner = URL(filePath: CommandLine.arguments[0])
        let folders =
            switch program {
            case .ronda, .server, .simulation:
                (bundles + [runner]).map { $0.deletingLastPathComponent() }
            case .mount, .umount, .tmux, .bash:
                ["/usr/bin", "/bin", "/sbin"].map { URL(filePath: $0) }
            }
        let candidates = folders.map { $0.appending(path: program.rawValue) }
        guard
            let found = candidates.first(where: {
                FileManager.default.isExecutableFile(atPath: $0.path)
            })
        else {
            throw Missing(
                description: "\(program.rawValue) is not built; looked for "
                    + candidates.map(\.path).joined(separator: ", "))
        }
        return found
    }
}
