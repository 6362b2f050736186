internal import GRDB
internal import RondaModel
internal import RondaSQLite

/// How fresh the device is kept.
public enum LiveState: String, Sendable, Hashable {
    /// The server tells when there is something new.
    case live
    /// The server is asked again and again.
    case polling
    /// The server does not answer.
    case offline
}

/// What a live sync tells whoever started it.
public enum LiveNews: Sendable {
    case state(LiveState)
    /// A sync came to its end; `changes` are the records it brought, at most 1,000 of them.
    case synced(SyncReport, changes: [RecordChange])
    /// A sync failed, and will be tried again.
    case failed(ClientError)
}

extension LocalStore {
    /// Keeps this device in step with the server: syncs now, whenever the server says that there is
    /// something new, and at once after each capture on this device, by whatever process.
    ///
    /// Where the server cannot tell, because the live stream is cut, silent or not offered, it is
    /// asked again and again, later and later up to five minutes. Ends when the task is cancelled,
    /// or with the error of a sync when only a person can help. Safe to stop at any moment, as
    /// `sync` is.
    /// - Parameters:
    ///   - live: holds the stream, on a connection of its own; `nil` to poll only.
    ///   - report: called for one piece of news after another.
    public func keepLive(
        over transport: any Transport, live: (any StreamingTransport)?,
        report: @escaping @Sendable (LiveNews) async -> Void
    ) async throws(ClientError) {
        try await writing { try ChangeLog(database: $0).start() }
        let signals = LiveSignals(mostScopes: limits.livePokedScopes)
        if live == nil { signals.set(.down) }
        let loop = LiveLoop(store: self, transport: transport, signals: signals, report: report)
        let outcome = await withTaskGroup { group in
            if let live {
                group.addTask { () -> Result<Void, ClientError>? in
                    await LiveLine(store: self, transport: live, signals: signals).run()
                    return nil
                }
            }
            group.addTask {
                await CaptureWatch(store: self, signals: signals).run()
                return nil
            }
            group.addTask {
                do throws(ClientError) {
                    try await loop.run()
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
            var outcome = Result<Void, ClientError>.success(())
            for await finished in group {
                guard let finished else { continue }
                outcome = finished
                group.cancelAll()
            }
            return outcome
        }
        try outcome.get()
    }
}

/// When to exchange: the one place where pokes, captures, failures and the passing of time meet.
private struct LiveLoop: Sendable {
    let store: LocalStore
    let transport: any Transport
    let signals: LiveSignals
    let report: @Sendable (LiveNews) async -> Void

    private var limits: Limits { store.limits }

    func run() async throws(ClientError) {
        let backOff = BackOff(limits: limits)
        var isDue = true
        var failures = 0
        /// Polls in a row that brought nothing.
        var quiet = 0
        var shown: LiveState?
        while !Task.isCancelled {
            var advised: Int64 = 0
            let heard = signals.take()
            if try await isNeeded(heard, isDue: isDue) {
                do throws(ClientError) {
                    let isNews = try await sync()
                    failures = 0
                    quiet = isNews ? 1 : quiet + 1
                } catch {
                    if error.code == .cancelled { return }
                    await report(.failed(error))
                    guard error.isRetryable || error.code == .alreadySyncing else { throw error }
                    failures += 1
                    advised = error.retryAfterMilliseconds
                }
            }
            let line = signals.line
            if let state = state(failures: failures, line: line, shown: shown), state != shown {
                shown = state
                await report(.state(state))
            }
            if line == .up { quiet = 1 }
            let random = store.surroundings.random()
            let wait =
                if failures > 0 {
                    backOff.wait(
                        afterFailures: failures, random: random, advisedMilliseconds: advised)
                } else if line == .up {
                    limits.liveExchangeMilliseconds
                } else {
                    backOff.wait(afterFailures: max(quiet, 1), random: random)
                }
            isDue = await !isWoken(within: wait, hasFailed: failures > 0)
        }
    }

    private func isNeeded(_ heard: LiveHeard, isDue: Bool) async throws(ClientError) -> Bool {
        if isDue || heard.mustExchange || heard.hasCaptured { return true }
        guard try await isBeyondCursors(heard.heads) else { return false }
        let jitter = UInt64(max(1, limits.livePokeJitterMilliseconds))
        // When it is cancelled, so is the exchange.
        try? await store.surroundings.sleep(Int64(store.surroundings.random() % jitter))
        return true
    }

    private func isBeyondCursors(_ heads: [UInt32: UInt64]) async throws(ClientError) -> Bool {
        if heads.isEmpty { return false }
        return try await store.read { reader in
            for (scope, seq) in heads {
                let statement = try reader.database.prepared(
                    "SELECT seq FROM cursor WHERE scope = ? AND part = 0")
                statement.bind(1, Int64(scope))
                defer { statement.reset() }
                guard try statement.step(), statement.uint64(0) >= seq else { return true }
            }
            return false
        }
    }

    /// - Returns: whether anything came or went.
    private func sync() async throws(ClientError) -> Bool {
        try await store.writing { try ChangeLog(database: $0).clear() }
        let done = try await store.sync(over: transport)
        let changes = try await store.writing { try ChangeLog(database: $0).take() }
        await report(.synced(done, changes: changes))
        return done.received + done.accepted + done.refused + done.waiting > 0
    }

    private func state(
        failures: Int, line: LiveSignals.Line, shown: LiveState?
    ) -> LiveState? {
        if failures > 0 { return .offline }
        switch line {
        case .up: return .live
        case .down: return .polling
        // Not known yet: said only once something else was said before.
        case .connecting: return shown == nil ? nil : .polling
        }
    }

    /// - Parameter hasFailed: whether pokes have to wait: the server does not answer as it is.
    /// - Returns: false when the time has passed.
    private func isWoken(within milliseconds: Int64, hasFailed: Bool) async -> Bool {
        let (signals, sleep) = (signals, store.surroundings.sleep)
        return await withTaskGroup { group in
            group.addTask {
                await signals.wait(onlyCaptures: hasFailed)
                return true
            }
            group.addTask {
                // It is cancelled by what wakes the other task, whose result stands.
                try? await sleep(milliseconds)
                return false
            }
            let isWoken = await group.next() ?? false
            group.cancelAll()
            return isWoken
        }
    }
}
