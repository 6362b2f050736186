import Foundation
import Synchronization
import Testing

@testable import RondaTerminal

@Suite("Watching a sync")
struct WatchCommandTests {
    /// What was said, and who ends it all once a word was among it.
    private final class Said: Sendable {
        private let texts = Mutex((out: "", err: ""))
        private let word: String
        private let listeners = Mutex<[AsyncStream<Void>.Continuation]>([])

        init(until word: String) {
            self.word = word
        }

        /// Each listener hears of its own: the sync before the watch, and the watch.
        @Sendable func interrupts() -> AsyncStream<Void> {
            let (stream, continuation) = AsyncStream<Void>.makeStream()
            listeners.withLock { $0.append(continuation) }
            return stream
        }

        func write(_ more: String) {
            let isEnough = texts.withLock { texts in
                texts.out += more
                return texts.out.contains(word)
            }
            if isEnough { for listener in listeners.withLock({ $0 }) { listener.yield() } }
        }

        func writeError(_ more: String) { texts.withLock { $0.err += more } }
        var out: String { texts.withLock { $0.out } }
        var err: String { texts.withLock { $0.err } }
    }

    /// Types a watch that somebody ends once it has said `word`.
    private func watch(
        _ world: TerminalWorld, _ arguments: String..., language: String = "en_GB",
        terminal: Bool = false, until word: String
    ) async -> TerminalWorld.Run {
        let said = Said(until: word)
        var context = world.context(
            "ana", language: language, answers: [], terminal: terminal,
            out: { said.write($0) }, err: { said.writeError($0) })
        context.interrupts = said.interrupts
        let status = await Terminal.run(arguments, in: context)
        return TerminalWorld.Run(status: status, out: said.out, err: said.err)
    }

    @Test("without a stream it polls, says so, and ends with the usual summary and no error")
    func polling() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        let run = await watch(world, "sync", "--watch", "--json", until: "polling")
        #expect(run.status == .done)
        let lines = try run.out.split(separator: "\n").map {
            try #require(
                JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(lines.first?["event"] as? String == "state")
        #expect(lines.first?["state"] as? String == "polling")
        #expect(lines.last?["complete"] as? Bool == true)
    }

    @Test("people read it in their language, under either name of the option")
    func people() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        let run = await watch(
            world, "sincronizar", "--vigilar", language: "es_CO", terminal: true,
            until: "consultando")
        #expect(run.status == .done)
        #expect(run.line.contains("se pregunta al servidor cada tanto"))
        #expect(run.line.contains("Su día está a salvo en el servidor."))
    }

    @Test("no network is a state, not an end")
    func offline() async throws {
        let world = try await TerminalWorld()
        try await world.join("ana")
        let said = Said(until: "\toffline")
        var context = world.context(
            "ana", language: "en_GB", answers: [], terminal: false,
            out: { text in
                if text.contains("polling") { world.setOffline(true) }
                said.write(text)
            }, err: { said.writeError($0) })
        context.interrupts = said.interrupts
        let status = await Terminal.run(["sync", "--watch", "--plain"], in: context)
        #expect(status == .done)
        #expect(said.out.contains("state\t"))
    }
}
