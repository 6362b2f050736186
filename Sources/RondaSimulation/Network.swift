internal import Foundation
internal import RondaClient
internal import RondaHub
internal import RondaModel
internal import RondaProtobuf
internal import RondaStoreSQLite
internal import RondaWire
internal import SwiftProtobuf
internal import Synchronization

/// The hub's process and what lies between it and the devices.
final class Network: Sendable {
    struct Held {
        let request: TransportRequest
        let device: String
    }

    private struct State {
        var hub: Hub
        var store: SQLiteStore
        var fates: [Fate] = []
        var held: [Held] = []
        var events: [String] = []
        var faults: [String: Int] = [:]
        var bug: PlantedBug?
    }

    private let state: Mutex<State>
    /// Starts a process of the hub over a store.
    private let start: @Sendable (SQLiteStore) -> Hub

    private let register: Register

    init(
        _ store: SQLiteStore, register: Register, start: @escaping @Sendable (SQLiteStore) -> Hub,
        bug: PlantedBug?
    ) {
        self.start = start
        self.register = register
        state = Mutex(State(hub: start(store), store: store, bug: bug))
    }

    var hub: Hub { state.withLock { $0.hub } }
    var store: SQLiteStore { state.withLock { $0.store } }

    /// Puts another store, or the same one, under a new process.
    func restart(over store: SQLiteStore? = nil) {
        state.withLock { state in
            if let store { state.store = store }
            state.hub = start(state.store)
        }
    }

    /// The fates of the next messages; those after them arrive.
    func foresee(_ fates: [Fate]) { state.withLock { $0.fates = fates } }

    /// What happened since the last time somebody asked.
    func takeEvents() -> [String] {
        state.withLock { state in
            defer { state.events = [] }
            return state.events
        }
    }

    var faults: [String: Int] { state.withLock { $0.faults } }

    private func note(_ event: String, fault: String? = nil) {
        state.withLock {
            $0.events.append(event)
            if let fault { $0.faults[fault, default: 0] += 1 }
        }
    }

    private func nextFate() -> Fate {
        state.withLock { $0.fates.isEmpty ? .arrives : $0.fates.removeFirst() }
    }

    /// Delivers a request that was held back; nobody waits for the answer any more.
    func deliverHeld(_ which: Int) async -> String? {
        let held: Held? = state.withLock {
            $0.held.isEmpty ? nil : $0.held.remove(at: which % $0.held.count)
        }
        guard let held else { return nil }
        let answer = await answer(held.request)
        return "an old request of \(held.device) arrives: \(answer.status)"
    }

    func send(
        _ request: TransportRequest, from device: String
    ) async throws(TransportError) -> TransportResponse {
        let fate = nextFate()
        switch fate {
        case .arrives:
            return await answer(request)
        case .requestLost:
            note("request lost", fault: "requests lost")
            throw TransportError(.unreachable, detail: "lost")
        case .answerLost:
            let response = await answer(request)
            note("answer \(response.status) lost", fault: "answers lost")
            throw TransportError(.interrupted, detail: "lost")
        case .answerCut(let part):
            var response = await answer(request)
            response.body = Array(response.body.prefix(response.body.count * part / 1_000))
            note("answer cut to \(response.body.count)", fault: "answers cut")
            // A transport returns an answer whole or not at all; some proxies return an empty one.
            if response.body.isEmpty { return response }
            throw TransportError(.interrupted, detail: "cut")
        case .twice:
            _ = await answer(request)
            note("request delivered twice", fault: "requests twice")
            return await answer(request)
        case .late:
            state.withLock { $0.held.append(Held(request: request, device: device)) }
            note("request held back", fault: "requests late")
            throw TransportError(.timedOut, detail: "held back")
        case .hubDies(let after):
            let fuse = Fuse(after: after)
            let store = store
            store.withWriter { fuse.arm($0) }
            let response = await answer(request)
            store.withWriter { fuse.takeOut($0) }
            restart()
            note(
                fuse.isBlown ? "hub died at work" : "hub died after \(response.status)",
                fault: fuse.isBlown ? "hub deaths in a transaction" : "hub deaths before an answer")
            throw TransportError(.interrupted, detail: "died")
        }
    }

    private func answer(_ request: TransportRequest) async -> TransportResponse {
        let (hub, bug) = state.withLock { ($0.hub, $0.bug) }
        let token = request.headers.first { $0.name == "authorization" }?.value
        let secret = token.map {
            Array(Data(base64Encoded: String($0.dropFirst("Bearer ".count))) ?? Data())
        }
        let watch = await AccessWatch(register, secret: secret, store: store)
        do {
            let isPacked = request.headers.contains { $0.name == "content-encoding" }
            let plain =
                isPacked
                ? try Gzip.expand(Data(request.body), mostBytes: 8 << 20) : Data(request.body)
            let body: [UInt8]
            switch request.path {
            case "/v1/devices":
                body = try await hub.enrol(
                    WireEnrolRequest(serializedBytes: plain), secret: secret
                ).serializedBytes()
                watch.answered(request.path)
            case "/v1/compare":
                body = try await hub.compare(
                    WireCompareRequest(serializedBytes: plain), secret: secret ?? []
                ).serializedBytes()
                watch.answered(request.path)
            case "/v1/bundles":
                body = try await take(WireBundle(serializedBytes: plain), hub, bug)
            default:
                var question = try WireExchangeRequest(serializedBytes: plain)
                bug?.spoil(&question)
                var answer = try await hub.exchange(question, secret: secret ?? [])
                watch.answered(question, with: answer)
                bug?.spoil(&answer, to: question)
                body = try answer.serializedBytes()
            }
            return TransportResponse(status: 200, body: body)
        } catch let error as HubError {
            watch.refused(error.code)
            var problem = WireProblem()
            problem.code = error.code.rawValue
            problem.en = error.phrase.en
            problem.es = error.phrase.es
            return TransportResponse(
                status: error.isRetryable ? 500 : 400,
                body: (try? problem.serializedBytes()) ?? [])
        } catch {
            return TransportResponse(status: 500)
        }
    }
}

/// One device's end of the network.
struct Cable: Transport {
    let network: Network
    let device: String

    func send(
        _ request: TransportRequest
    ) async throws(TransportError) -> TransportResponse {
        try await network.send(request, from: device)
    }
}
