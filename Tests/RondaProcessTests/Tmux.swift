import Foundation
import Testing

/// A terminal that a test types into and looks at: a tmux server of its own, which ends with it.
final class Tmux: Sendable {
    struct NeverShown: Error, CustomStringConvertible {
        let description: String
    }

    private let socket: String
    private let scratch: String

    /// - Parameter command: what runs in the terminal, by itself: when it ends, so does the terminal.
    init(
        in office: Office, width: Int, height: Int, language: String, command: String
    ) async throws {
        scratch = office.root
        socket = office.root + "/t\(UInt32.random(in: 0...UInt32.max))"
        // The server lives on. It must not hold open what it inherits: how a child ended is told
        // by the end of a socket that each child has.
        let outcome = try await RunningProgram.run(
            .bash,
            [
                "-c",
                """
                for fd in /proc/self/fd/*; do
                    fd=${fd##*/}; if [ "$fd" -gt 2 ]; then eval "exec $fd>&-"; fi
                done
                exec tmux "$@"
                """, "tmux", "-S", socket, "-f", "/dev/null", "new-session", "-d", "-x",
                String(width), "-y", String(height),
                "exec env LC_ALL=C.UTF-8 TZ=UTC RONDA_LANG=\(language) \(command)",
            ], environment: ["LC_ALL": "C.UTF-8"], scratch: scratch)
        try #require(outcome.status == 0, "tmux: \(outcome.errors)")
    }

    deinit {
        // Ends the server of this socket, whatever became of the test.
        let process = Process()
        process.executableURL = try? RunningProgram.url(of: .tmux)
        process.arguments = ["-S", socket, "kill-server"]
        process.standardError = FileHandle.nullDevice
        // Where there is no tmux there is no server of it.
        try? process.run()
        process.waitUntilExit()
    }

    @discardableResult
    private func tmux(_ words: String...) async throws -> String {
        let outcome = try await RunningProgram.run(
            .tmux, ["-S", socket] + words, environment: ["LC_ALL": "C.UTF-8"], scratch: scratch)
        try #require(outcome.status == 0, "tmux \(words): \(outcome.errors)")
        return outcome.output
    }

    /// Presses keys by the names that tmux has for them.
    func press(_ keys: String...) async throws {
        for key in keys { try await tmux("send-keys", key) }
    }

    func type(_ text: String) async throws {
        try await tmux("send-keys", "-l", text)
    }

    /// What a person sees, without blanks at the ends of lines.
    func look() async throws -> [String] {
        try await tmux("capture-pane", "-p").split(
            separator: "\n", omittingEmptySubsequences: false
        ).map { String($0) }.dropLast()
    }

    /// Looks until these words are there: a person waits for them too.
    @discardableResult
    func wait(for words: String..., seconds: Int = 30) async throws -> [String] {
        var seen: [String] = []
        for _ in 0..<(seconds * 10) {
            seen = try await look()
            // A sentence may go over the end of a line.
            let text = seen.map { $0.drop { $0 == " " } }.joined(separator: " ")
            if words.allSatisfy(text.contains) { return seen }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw NeverShown(description: "\(words) in:\n\(seen.joined(separator: "\n"))")
    }

    func resize(width: Int, height: Int) async throws {
        try await tmux("resize-window", "-x", String(width), "-y", String(height))
    }

    /// Kills what runs in the terminal, as a crash or an empty battery would.
    func killProgram() async throws {
        let text = try await tmux("display-message", "-p", "#{pane_pid}")
        let id = try #require(Int32(text.filter(\.isNumber)))
        #expect(kill(id, SIGKILL) == 0)
    }

    /// Whether the program has ended, and the terminal with it.
    func hasEnded() async throws -> Bool {
        for _ in 0..<100 {
            let outcome = try await RunningProgram.run(
                .tmux, ["-S", socket, "list-panes"], scratch: scratch)
            if outcome.status != 0 { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return false
    }
}
