internal import Foundation
internal import RondaModel
internal import Synchronization

/// Keeps a live stream open: connects, listens, notices silence, and comes back later and later
/// while that fails. Tells the loop through `signals`.
struct LiveLine: Sendable {
    let store: LocalStore
    let transport: any StreamingTransport
    let signals: LiveSignals

    private var limits: Limits { store.limits }
    private func uptime() -> Int64 { Int64(clamping: store.surroundings.uptime().milliseconds) }

    /// How one attempt ended.
    private enum Ending: Sendable {
        case answered(TransportResponse)
        case failed(TransportError)
        /// Nothing was heard for too long.
        case silent
    }

    /// Returns when the task is cancelled.
    func run() async {
        let backOff = BackOff(limits: limits)
        var failures = 0
        while !Task.isCancelled {
            let began = uptime()
            let ending = await attempt()
            if Task.isCancelled { return }
            var advised: Int64 = 0
            if case .answered(let response) = ending {
                // Who may not listen may not exchange either: the exchange says why.
                if response.status == 401 || response.status == 403 { signals.mustExchange() }
                let seconds = response.headers["retry-after"].flatMap { Int64($0) } ?? 0
                advised = min(max(seconds, 0), 3_600) * 1_000
            }
            signals.set(.down)
            // A stream that held for a while was a good one, whatever ended it.
            let wasGood = uptime() - began >= limits.liveHeartbeatMilliseconds
            failures = wasGood ? 1 : failures + 1
            let wait = backOff.wait(
                afterFailures: failures, random: store.surroundings.random(),
                advisedMilliseconds: advised)
            // The only error of a sleep is the cancellation that ends the loop.
            do { try await store.surroundings.sleep(wait) } catch { return }
        }
    }

    private func attempt() async -> Ending {
        let secret: [UInt8]
        do {
            secret = try await store.read { try Facts(database: $0.database).bytes(.secret) ?? [] }
        } catch {
            return .failed(TransportError(.misconfigured, detail: "the store cannot be read"))
        }
        let request = TransportRequest(
            method: "GET", path: "/v1/live",
            headers: [
                ServerCalls.bearer(secret), ("accept", "text/event-stream, application/x-protobuf"),
            ], timeoutSeconds: 30)
        let ear = LiveEar(signals: signals, limits: limits, now: uptime())
        return await withTaskGroup { group in
            group.addTask {
                do throws(TransportError) {
                    return Ending.answered(
                        try await transport.stream(request) { ear.take($0, now: uptime()) })
                } catch {
                    return Ending.failed(error)
                }
            }
            group.addTask {
                await watch(ear)
                return Ending.silent
            }
            let first = await group.next()
            group.cancelAll()
            return first ?? .silent
        }
    }

    /// Returns when nothing was heard for as long as makes a stream a dead one.
    private func watch(_ ear: LiveEar) async {
        while true {
            let left = limits.liveStaleMilliseconds - (uptime() - ear.lastHeard)
            if left <= 0 { return }
            do { try await store.surroundings.sleep(left) } catch { return }
        }
    }
}

/// Takes what comes over one stream.
private final class LiveEar: Sendable {
    private struct State {
        var parser: EventStreamParser
        var lastHeard: Int64
    }

    private let state: Mutex<State>
    private let signals: LiveSignals

    init(signals: LiveSignals, limits: Limits, now: Int64) {
        self.signals = signals
        state = Mutex(
            State(
                parser: EventStreamParser(mostBytes: limits.liveEventBytes), lastHeard: now))
    }

    /// By the clock that nobody sets.
    var lastHeard: Int64 { state.withLock { $0.lastHeard } }

    func take(_ piece: [UInt8], now: Int64) {
        let events = state.withLock { state in
            state.lastHeard = now
            return state.parser.take(piece)
        }
        for case .event(let name, let data) in events { take(name, Data(data.utf8)) }
        // After the pokes, so that who waits for the line finds them.
        if !events.isEmpty { signals.set(.up) }
    }

    private struct Poke: Decodable {
        let scope: UInt32
        let seq: UInt64
    }

    private struct Bye: Decodable {
        let code: String
    }

    private func take(_ name: String, _ data: Data) {
        switch name {
        case "poke":
            // What cannot be read still says that something has moved.
            guard let poke = try? JSONDecoder().decode(Poke.self, from: data) else {
                return signals.mustExchange()
            }
            signals.poke(poke.scope, poke.seq)
        case "scopes": signals.mustExchange()
        case "bye":
            // One that cannot be read ends the stream like any other; connecting again tells why.
            let code = try? JSONDecoder().decode(Bye.self, from: data).code
            if ["badCredential", "revoked", "renewed"].contains(code) { signals.mustExchange() }
        default: break
        }
    }
}
