import RondaClient
import Synchronization

/// What devices and the one who kills their server tell each other.
final class Traffic: Sendable {
    private struct State {
        var started = 0
        var generation = 0
        var isOver = false
        var waiting: [(isDue: @Sendable (Int, Int) -> Bool, CheckedContinuation<Void, Never>)] = []

        mutating func due() -> [CheckedContinuation<Void, Never>] {
            let (started, generation, isOver) = (started, generation, isOver)
            let due = waiting.filter { isOver || $0.isDue(started, generation) }.map(\.1)
            waiting.removeAll { isOver || $0.isDue(started, generation) }
            return due
        }
    }
    private let state = Mutex(State())

    var isOver: Bool { state.withLock { $0.isOver } }
    /// How often the server has been started again.
    var generation: Int { state.withLock { $0.generation } }
    /// Requests that have been given to the network.
    var started: Int { state.withLock { $0.started } }

    func requestStarts() { change { $0.started += 1 } }
    func serverIsBack() { change { $0.generation += 1 } }
    func end() { change { $0.isOver = true } }

    func waitForRequests(_ count: Int) async { await wait { started, _ in started >= count } }
    func waitForServer(after generation: Int) async { await wait { $1 > generation } }

    private func change(_ body: (inout State) -> Void) {
        let due = state.withLock { state in
            body(&state)
            return state.due()
        }
        due.forEach { $0.resume() }
    }

    private func wait(_ isDue: @escaping @Sendable (Int, Int) -> Bool) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let due = state.withLock { state in
                    state.waiting.append((isDue, continuation))
                    return state.due()
                }
                due.forEach { $0.resume() }
            }
        } onCancel: {
            end()
        }
    }
}

/// Says when a request starts.
struct WatchedTransport: Transport {
    let inner: any Transport
    let traffic: Traffic

    func send(
        _ request: TransportRequest
    ) async throws(TransportError) -> TransportResponse {
        traffic.requestStarts()
        return try await inner.send(request)
    }
}
