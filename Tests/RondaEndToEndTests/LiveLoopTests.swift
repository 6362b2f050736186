import Foundation
import GRDB
import RondaClient
import RondaHub
import RondaModel
import RondaStore
import RondaStoreSQLite
import Synchronization
import Testing

@Suite("A device that is kept in step", .timeLimit(.minutes(1)))
struct LiveLoopTests {
    @Test("a poke beyond the cursor brings what changed; one that is not asks nothing")
    func poke() async throws {
        try await LiveWorld.with { live in
            live.line.say(":\n\n")
            try await live.expect(state: .live)
            let customer = try await live.world.customer("C2")
            live.line.say(try await live.pokes())
            let (report, changes) = try await live.nextSync()
            #expect(report.received == 1)
            #expect(changes.map(\.record) == [customer])
            #expect(changes.map(\.kind) == [.new])
            // The same again, and then something that must be asked: one exchange in between.
            let count = live.transport.deliveredCount
            live.line.say(try await live.pokes())
            live.line.say("event: scopes\ndata: {}\n\n")
            _ = try await live.nextSync()
            #expect(live.transport.deliveredCount == count + 1)
        }
    }

    @Test("what is captured here goes out at once, and is no news to who captured it")
    func capture() async throws {
        try await LiveWorld.with { live in
            live.line.say(":\n\n")
            try await live.expect(state: .live)
            try await live.store.capture { capture in
                try capture.update(Customer.self, live.customer) { $0.city = "León" }
            }
            let (report, changes) = try await live.nextSync()
            #expect(report.accepted == 1)
            #expect(changes == [])
        }
    }

    @Test("a change by somebody else says which fields")
    func fields() async throws {
        try await LiveWorld.with { live in
            let other = try await live.world.device("ana")
            try await other.sync()
            try await other.store.capture { capture in
                try capture.update(Customer.self, live.customer) { $0.city = "León" }
            }
            try await other.sync()
            live.line.say(try await live.pokes())
            // The rep's own staff record came along.
            let (_, changes) = try await live.nextSync()
            let change = try #require(changes.first { $0.entity == .customer })
            #expect(change.kind == .changed)
            let city = try #require(
                Schema.current[.customer]?.fields.first { $0.name == "city" })
            #expect(change.fields == [city.number])
        }
    }

    @Test(
        "a stream on which nothing comes for two and a half heartbeats is dead: it polls, less and less"
    )
    func stale() async throws {
        try await LiveWorld.with { live in
            live.line.say(":\n\n")
            try await live.expect(state: .live)
            await live.clock.sleepers(for: live.limits.liveStaleMilliseconds)
            live.clock.advance(live.limits.liveStaleMilliseconds - 1)
            live.line.say(":\n\n")
            await live.line.heard()
            live.clock.advance(1)
            // The heartbeat counted: it waits for another whole while.
            await live.clock.sleepers(for: live.limits.liveStaleMilliseconds - 1)
            live.clock.advance(live.limits.liveStaleMilliseconds - 1)
            try await live.expect(state: .polling)
            for wait in [750, 1_500, 3_000] as [Int64] {
                // At first the stream waits as long, before it is opened again.
                await live.clock.sleepers(wait == 750 ? 2 : 1, for: wait)
                live.clock.advance(wait)
                _ = try await live.nextSync()
            }
        }
    }

    @Test("a server that does not answer is asked later and later, and a capture asks at once")
    func offline() async throws {
        try await LiveWorld.with { live in
            live.line.end(.failure(TransportError(.unreachable, detail: "no network")))
            try await live.expect(state: .polling)
            live.transport.loseAnswers(4)
            await live.clock.sleepers(2, for: 750)
            live.clock.advance(750)
            try await live.expectFailure(.offline)
            try await live.expect(state: .offline)
            for wait in [750, 1_500] as [Int64] {
                await live.clock.sleepers(for: wait)
                live.clock.advance(wait)
                try await live.expectFailure(.offline)
            }
            await live.clock.sleepers(for: 3_000)
            try await live.store.capture { capture in
                try capture.update(Customer.self, live.customer) { $0.city = "León" }
            }
            try await live.expectFailure(.offline)
            await live.clock.sleepers(for: 6_000)
            live.clock.advance(6_000)
            let (report, _) = try await live.nextSync()
            #expect(report.accepted == 1)
            try await live.expect(state: .polling)
        }
    }

    @Test("a stream that ends is opened again, and not at once")
    func reopened() async throws {
        try await LiveWorld.with { live in
            live.line.say(":\n\n")
            try await live.expect(state: .live)
            live.line.say("event: bye\ndata: {\"code\":\"closing\"}\n\n")
            live.line.end(.success(TransportResponse(status: 200)))
            try await live.expect(state: .polling)
            #expect(live.line.opened == 1)
            await live.clock.sleepers(2, for: 750)
            live.clock.advance(750)
            live.line.say(":\n\n")
            try await live.expect(state: .live)
            #expect(live.line.opened == 2)
        }
    }

    @Test("when the credential is no longer good, it ends with the word of the exchange")
    func revoked() async throws {
        let error = try await LiveWorld.with { live in
            live.line.say(":\n\n")
            try await live.expect(state: .live)
            let device = try #require(try await live.store.identity()?.device)
            let hub = try #require(live.world.hub.store as? SQLiteStore)
            try hub.withWriter {
                try $0.execute(
                    sql: "DELETE FROM device WHERE id = ?", arguments: [Data(device.bytes)])
            }
            live.line.say("event: bye\ndata: {\"code\":\"badCredential\"}\n\n")
            try await live.expectFailure(.server)
        }
        #expect(error?.serverCode == "badCredential")
    }
}

/// A device that is kept in step over a stream that the test plays.
private final class LiveWorld: Sendable {
    let world: World
    let customer: RecordID
    let clock = ManualClock()
    let line: PlayedLine
    let store: LocalStore
    let transport: HubTransport
    let limits: Limits
    private let news: AsyncStream<LiveNews>.Continuation
    private let inbox: Inbox

    /// What was told, in order.
    private actor Inbox {
        private var iterator: AsyncStream<LiveNews>.Iterator

        init(_ stream: AsyncStream<LiveNews>) { iterator = stream.makeAsyncIterator() }

        func next() async -> LiveNews? {
            var iterator = iterator
            return await iterator.next(isolation: self)
        }
    }

    private init() async throws {
        world = try await World()
        customer = try await world.customer("C1")
        var limits = Limits()
        limits.livePokeJitterMilliseconds = 1
        // Only what this process captures, so that no other sleep is taken for one of the loop's.
        limits.liveCapturePollMilliseconds = 1 << 40
        self.limits = limits
        transport = HubTransport(world)
        line = PlayedLine(transport)
        store = try LocalStore.open(
            at: world.directory + "/live", create: true, surroundings: clock.surroundings(world),
            limits: limits)
        let stream: AsyncStream<LiveNews>
        (stream, news) = AsyncStream.makeStream()
        inbox = Inbox(stream)
        _ = try await world.hub.addAccount(
            login: "live", name: "live", role: .rep, territoryCodes: ["MX-14"])
        _ = try await store.login(
            server: "test", code: try await world.hub.newCode(login: "live").code,
            deviceName: "live", transport: transport)
    }

    /// - Returns: the error it ended with, if it did before the test.
    @discardableResult
    static func with(
        _ test: @Sendable (LiveWorld) async throws -> Void
    ) async throws -> ClientError? {
        let live = try await LiveWorld()
        return try await withThrowingTaskGroup { group in
            group.addTask { () -> ClientError? in
                do throws(ClientError) {
                    try await live.store.keepLive(over: live.transport, live: live.line) {
                        live.news.yield($0)
                    }
                    return nil
                } catch {
                    return error
                }
            }
            let first = try await live.nextSync()
            #expect(first.0.isComplete)
            try await test(live)
            group.cancelAll()
            return try await group.next() ?? nil
        }
    }

    /// What the hub would say now.
    func pokes() async throws -> String {
        try await world.hub.store.read { try $0.scopes() }.map {
            "event: poke\ndata: {\"scope\":\($0.number),\"seq\":\($0.seq)}\n\n"
        }.joined()
    }

    func nextSync() async throws -> (SyncReport, [RecordChange]) {
        while let next = await inbox.next() {
            if case .synced(let report, let changes) = next { return (report, changes) }
            if case .failed(let error) = next { throw error }
        }
        throw CancellationError()
    }

    func expect(state: LiveState) async throws {
        while let next = await inbox.next() {
            if case .state(let told) = next {
                #expect(told == state)
                return
            }
        }
    }

    func expectFailure(_ code: ClientError.Code) async throws {
        while let next = await inbox.next() {
            if case .failed(let error) = next {
                #expect(error.code == code)
                return
            }
        }
    }
}

/// A live stream in the test's hands. What is said while none is open is said to the next one.
private final class PlayedLine: StreamingTransport {
    private enum Act: Sendable {
        case say(String)
        case end(Result<TransportResponse, TransportError>)
    }

    private struct State {
        var acts: [Act] = []
        var opened = 0
        var waiting: CheckedContinuation<Void, Never>?
        var watchers: [CheckedContinuation<Void, Never>] = []
        var isHeard: Bool { acts.isEmpty && waiting != nil }
    }

    private let exchanges: HubTransport
    private let state = Mutex(State())

    init(_ exchanges: HubTransport) { self.exchanges = exchanges }

    var opened: Int { state.withLock { $0.opened } }

    func say(_ text: String) { put(.say(text)) }
    func end(_ result: Result<TransportResponse, TransportError>) { put(.end(result)) }

    /// Returns once the stream that is open has handed over all that was said.
    func heard() async {
        await withCheckedContinuation { continuation in
            let isHeard = state.withLock { state in
                if !state.isHeard { state.watchers.append(continuation) }
                return state.isHeard
            }
            if isHeard { continuation.resume() }
        }
    }

    private func put(_ act: Act) {
        let waiting = state.withLock { state in
            state.acts.append(act)
            return state.waiting.take()
        }
        waiting?.resume()
    }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        try await exchanges.send(request)
    }

    func stream(
        _ request: TransportRequest, receive: @escaping @Sendable ([UInt8]) -> Void
    ) async throws(TransportError) -> TransportResponse {
        state.withLock { $0.opened += 1 }
        while true {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let (isReady, watchers) = state.withLock { state in
                        if !state.acts.isEmpty || Task.isCancelled {
                            return (true, [] as [CheckedContinuation<Void, Never>])
                        }
                        state.waiting = continuation
                        defer { state.watchers = [] }
                        return (false, state.watchers)
                    }
                    if isReady { continuation.resume() }
                    watchers.forEach { $0.resume() }
                }
            } onCancel: {
                state.withLock { $0.waiting.take() }?.resume()
            }
            if Task.isCancelled { throw TransportError(.cancelled, detail: "by the test") }
            let act = state.withLock { $0.acts.isEmpty ? nil : $0.acts.removeFirst() }
            switch act {
            case .say(let text): receive(Array(text.utf8))
            case .end(let result): return try result.get()
            case nil: continue
            }
        }
    }
}
