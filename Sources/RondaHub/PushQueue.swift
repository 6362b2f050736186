internal import RondaStore

/// Group commit: pushes that arrive while a transaction is being made durable go together into the
/// next one, so that many devices share one write to the disk.
///
/// Whoever finds the queue idle leads: it runs its own push and those that wait, then hands the
/// lead to the next in line. No push waits for more than the transaction in progress and its own.
actor PushQueue {
    private enum Turn {
        case lead
        case done(Result<PushResult, any Error>)
    }

    private let store: any CentralStore
    private let pusher: Pusher
    /// The most commits in one transaction.
    private let most: Int
    /// Called after each transaction that is on the disk.
    private let onWritten: @Sendable () -> Void
    private static let mostWaiting = 4_096
    private var isBusy = false
    private var waiting: [(push: Push, turn: CheckedContinuation<Turn, Never>)] = []

    init(
        store: any CentralStore, pusher: Pusher, most: Int,
        onWritten: @escaping @Sendable () -> Void = {}
    ) {
        self.store = store
        self.pusher = pusher
        self.most = most
        self.onWritten = onWritten
    }

    func submit(_ push: Push) async throws -> PushResult {
        if isBusy {
            guard waiting.count < Self.mostWaiting else { throw HubError(.busy, "queue is full") }
            let turn = await withCheckedContinuation { waiting.append((push, $0)) }
            if case .done(let result) = turn { return try result.get() }
        }
        isBusy = true
        let followers = takeFollowers(beside: push)
        let results = await run([push] + followers.map(\.push))
        for (follower, result) in zip(followers, results.dropFirst()) {
            follower.turn.resume(returning: .done(result))
        }
        if waiting.isEmpty {
            isBusy = false
        } else {
            waiting.removeFirst().turn.resume(returning: .lead)
        }
        return try results[0].get()
    }

    private func takeFollowers(
        beside push: Push
    ) -> [(push: Push, turn: CheckedContinuation<Turn, Never>)] {
        var commits = push.offers.count
        let end =
            waiting.firstIndex { candidate in
                commits += candidate.push.offers.count
                return commits > most
            } ?? waiting.count
        defer { waiting.removeFirst(end) }
        return Array(waiting[..<end])
    }

    private func run(_ pushes: [Push]) async -> [Result<PushResult, any Error>] {
        let pusher = pusher
        do {
            // Not a child task: who gives up its push, such as a device that hung up, must not take
            // along the others in the transaction.
            let store = store
            let results = try await Task {
                try await store.write { store in
                    // Alone it needs no savepoint: the transaction is one. SQLite keeps the old pages of
                    // a savepoint in a file once there are many.
                    if pushes.count == 1 { return [try pusher.run(pushes[0], in: store)] }
                    return try pushes.map { push -> Result<PushResult, any Error> in
                        // What cannot be read for one device is no reason to fail the others.
                        do {
                            return try store.savepoint { try pusher.run(push, in: store) }
                        } catch  where !error.endsTransaction {
                            return .failure(error)
                        }
                    }
                }
            }.value
            onWritten()
            return results
        } catch {
            return pushes.map { _ in .failure(error) }
        }
    }
}
