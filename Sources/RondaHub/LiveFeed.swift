internal import Logging
internal import RondaModel
internal import RondaStore
internal import Synchronization

/// Tells connected devices that a scope they see has moved.
///
/// Whatever was written, and by whom, is found by looking at the store: at once after the hub's own
/// write path has made something durable, and once a second, while somebody listens, for what
/// another process wrote. Before anything is said to a device, its credential and the scopes it
/// sees are looked up again in the very snapshot that the news comes from.
///
/// `state` guards everything. `isLooking` lets one look run at a time, so that snapshots are taken
/// in order; what is asked for meanwhile is left in `wish` for the one that runs.
package final class LiveFeed: Sendable {
    package struct Wish: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Scopes have moved: who sees them is told.
        package static let heads = Wish(rawValue: 1)
        /// Anything may have changed: everybody is looked up again.
        package static let everyone = Wish(rawValue: 2)
    }

    struct Entry: Sendable {
        let listener: LiveListener
        let credential: Credential
        let device: RecordID
        /// As of the last look; `nil` for all scopes.
        var visible: Set<RecordID>?
        /// Nothing was said yet: the next look tells every head.
        var isNew = true
        var silentMilliseconds: Int64 = 0
        /// How long mail lies there that nobody takes.
        var unreadMilliseconds: Int64 = 0
    }

    fileprivate struct State {
        var entries: [UInt64: Entry] = [:]
        var lastKey: UInt64 = 0
        /// By scope number, as of the last look.
        var heads: [UInt32: UInt64] = [:]
        var epoch: UInt64?
        var mark: WriteMark?
        var wish: Wish = []
        var isLooking = false
        var isClosed = false
    }

    private let store: any CentralStore
    private let schema: Schema
    private let limits: Limits
    private let now: @Sendable () -> Instant
    private let state = Mutex(State())
    private let written: AsyncStream<Void>
    private let noteWritten: AsyncStream<Void>.Continuation
    private let logger = Logger(label: "ronda.live")

    init(
        store: any CentralStore, schema: Schema, limits: Limits,
        now: @escaping @Sendable () -> Instant
    ) {
        self.now = now
        self.store = store
        self.schema = schema
        self.limits = limits
        (written, noteWritten) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Serves the listeners until the task is cancelled. At most one run at a time.
    package func run(
        sleep: @escaping @Sendable (_ milliseconds: Int64) async throws -> Void
    ) async {
        await withTaskGroup { group in
            group.addTask { for await _ in self.written { await self.look(.heads) } }
            let (steps, noteStep) = AsyncStream.makeStream(
                of: Void.self, bufferingPolicy: .bufferingNewest(1))
            group.addTask { for await _ in steps { await self.notice() } }
            group.addTask {
                // The only error of a sleep is the cancellation that ends the loop.
                while (try? await sleep(self.limits.livePollMilliseconds)) != nil {
                    if await self.beat() { noteStep.yield() }
                }
                noteStep.finish()
            }
        }
    }

    /// Something was made durable. Costs next to nothing when nobody listens.
    func wrote() {
        if state.withLock({ !$0.entries.isEmpty }) { noteWritten.yield() }
    }

    package var listenerCount: Int { state.withLock { $0.entries.count } }

    // MARK: Coming and going

    func join(_ credential: Credential, device: RecordID) throws(HubError) -> LiveListener {
        let listener = LiveListener()
        let entry = Entry(listener: listener, credential: credential, device: device)
        let limits = limits
        let replaced = try state.withLock { state throws(HubError) -> LiveListener? in
            state.entries = state.entries.filter { !$0.value.listener.isOver }
            guard !state.isClosed else { throw HubError(.busy, "the server stops") }
            guard state.entries.count < limits.liveStreams else {
                throw HubError(.busy, "as many live streams as the server holds")
            }
            let others = state.entries.filter { $0.value.device == device }
            state.lastKey += 1
            state.entries[state.lastKey] = entry
            guard others.count >= limits.liveStreamsPerDevice, let oldest = others.keys.min()
            else { return nil }
            return state.entries.removeValue(forKey: oldest)?.listener
        }
        replaced?.deliver(.end(.replaced))
        noteWritten.yield()
        return listener
    }

    package func leave(_ listener: LiveListener) {
        listener.leave()
        state.withLock { state in
            state.entries = state.entries.filter { $0.value.listener !== listener }
        }
    }

    /// Ends every stream and lets no new one begin.
    package func close() {
        let entries = state.withLock { state in
            state.isClosed = true
            defer { state.entries = [:] }
            return state.entries.values.map(\.listener)
        }
        for listener in entries { listener.deliver(.end(.closing)) }
    }

    // MARK: Looking

    /// One step of time: notices who is owed a heartbeat, who does not read, and what others wrote.
    package func tick() async {
        if await beat() { await notice() }
    }

    /// Heartbeats come from a snapshot: whoever writes for a long time does not hold them up.
    /// - Returns: whether anybody listens.
    private func beat() async -> Bool {
        let limits = limits
        let (deaf, isHeard, isDue) = state.withLock { state in
            let deaf = state.passTime(limits)
            let isDue = state.entries.values.contains {
                $0.silentMilliseconds >= limits.liveHeartbeatMilliseconds
            }
            return (deaf, !state.entries.isEmpty, isDue)
        }
        for listener in deaf { listener.deliver(.end(.closing)) }
        if isDue { await look(.heads) }
        return isHeard
    }

    /// Asks the connection that writes, and so waits for whoever is writing.
    private func notice() async {
        do {
            let mark = try await store.writeMark()
            let isChanged = state.withLock { state in
                defer { state.mark = mark }
                return mark == nil || state.mark != mark
            }
            if isChanged { await look(.everyone) }
        } catch {
            // Nothing is said while the store cannot be asked: devices take the silence for what it
            // is and go back to asking.
            logger.error("live: the store cannot be read", metadata: ["error": "\(error)"])
        }
    }

    /// Looks at the store and tells the listeners what is news to them.
    package func look(_ wish: Wish) async {
        let isMine = state.withLock { state in
            state.wish.formUnion(wish)
            defer { state.isLooking = true }
            return !state.isLooking
        }
        guard isMine else { return }
        while let question = state.withLock({ $0.nextQuestion(limits, at: now()) }) {
            do {
                let schema = schema
                let answer = try await store.read { try question.answer(in: $0, schema: schema) }
                let deliveries = state.withLock { $0.take(answer) }
                for (listener, mail) in deliveries { listener.deliver(mail) }
            } catch {
                logger.error("live: the store cannot be read", metadata: ["error": "\(error)"])
                state.withLock { state in
                    // Asked again with the next tick.
                    state.mark = nil
                    state.isLooking = false
                }
                return
            }
        }
    }
}

// MARK: - The steps, under the lock

extension LiveFeed.State {
    /// - Returns: those who have not read for too long, taken off the list.
    fileprivate mutating func passTime(_ limits: Limits) -> [LiveListener] {
        var deaf: [LiveListener] = []
        let step = limits.livePollMilliseconds
        let patience = limits.liveHeartbeatMilliseconds * limits.liveUnreadHeartbeats
        for key in Array(entries.keys) {
            guard var entry = entries[key] else { continue }
            if entry.listener.isOver {
                entries[key] = nil
                continue
            }
            entry.silentMilliseconds += step
            entry.unreadMilliseconds = entry.listener.hasMail ? entry.unreadMilliseconds + step : 0
            entries[key] = entry
            if entry.unreadMilliseconds >= patience {
                entries[key] = nil
                deaf.append(entry.listener)
            }
        }
        return deaf
    }

    fileprivate mutating func nextQuestion(
        _ limits: Limits, at now: Instant
    ) -> LiveQuestion? {
        guard !wish.isEmpty, !entries.isEmpty else {
            wish = []
            isLooking = false
            return nil
        }
        defer { wish = [] }
        return LiveQuestion(
            wish: wish, entries: entries, heads: heads, epoch: epoch,
            heartbeatMilliseconds: limits.liveHeartbeatMilliseconds, now: now)
    }

    fileprivate mutating func take(_ answer: LiveQuestion.Answer) -> [(LiveListener, LiveMail)] {
        heads = answer.heads
        epoch = answer.epoch
        var deliveries: [(LiveListener, LiveMail)] = []
        for (key, outcome) in answer.outcomes {
            guard var entry = entries[key] else { continue }
            switch outcome {
            case .end(let end):
                entries[key] = nil
                deliveries.append((entry.listener, .end(end)))
            case .seen(let visible, let mail):
                entry.visible = visible
                entry.isNew = false
                if !mail.isEmpty {
                    entry.silentMilliseconds = 0
                    deliveries.append((entry.listener, mail))
                }
                entries[key] = entry
            }
        }
        return deliveries
    }
}
