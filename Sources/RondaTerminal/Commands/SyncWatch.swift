internal import RondaClient
internal import RondaModel
internal import Synchronization

/// `ronda sync --watch`: a line for each change as it comes, until somebody ends it.
struct SyncWatch: Sendable {
    let session: Session
    let store: LocalStore
    let server: ServerAddress

    /// What all the syncs since the beginning did together.
    private final class Total: Sendable {
        let report: Mutex<SyncReport>
        init(_ first: SyncReport) { report = Mutex(first) }

        func add(_ later: SyncReport) {
            report.withLock { report in
                report.accepted += later.accepted
                report.merged += later.merged
                report.refused += later.refused
                report.received += later.received
                report.exchanges += later.exchanges
                report.repaired += later.repaired
                report.left += later.left
                report.handedOver += later.handedOver
                report.waiting += later.waiting
                report.pending = later.pending
                report.isComplete = later.isComplete
                report.isRestored = report.isRestored || later.isRestored
                report.wasCopied = report.wasCopied || later.wasCopied
                report.wasContinued = report.wasContinued || later.wasContinued
            }
        }
    }

    /// - Returns: what was done altogether, once somebody has ended it.
    func run(after first: SyncReport) async throws -> SyncReport {
        let total = Total(first)
        let transport = try session.transport(server)
        // The stream takes a connection for itself.
        let live = try session.transport(server) as? any StreamingTransport
        let (session, store) = (session, store)
        let interrupts = session.context.interrupts()
        let outcome = await withTaskGroup { group in
            group.addTask { () -> Result<Void, ClientError> in
                do throws(ClientError) {
                    try await store.keepLive(over: transport, live: live) { news in
                        if case .synced(let report, _) = news { total.add(report) }
                        await Self.tell(news, session: session, store: store)
                    }
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                for await _ in interrupts { break }
                return .success(())
            }
            let first = await group.next() ?? .success(())
            group.cancelAll()
            return first
        }
        try outcome.get()
        return total.report.withLock { $0 }
    }

    private static func tell(_ news: LiveNews, session: Session, store: LocalStore) async {
        let now = session.context.now
        switch news {
        case .state(let state): session.tell([WatchView.line(state, at: now)])
        case .failed(let error): session.tell([WatchView.line(error, at: now)])
        case .synced(_, let changes):
            do {
                let lines = try await session.read(store) { reader in
                    let names = try Names(reader)
                    return try changes.map { try WatchView.line($0, names: names, at: now) }
                }
                session.tell(lines)
            } catch {
                session.show(TerminalError(any: error))
            }
        }
    }
}

extension Session {
    /// Says what happens now: for people and for programs alike, each event ends its line.
    fileprivate func tell(_ lines: [WatchLine]) {
        for line in lines {
            switch mode {
            case .json, .jsonLines: context.write(line.json.text(pretty: false) + "\n")
            case .plain, .csv: context.write(line.plain.joined(separator: "\t") + "\n")
            case .people:
                let time = LocalTime.clock(context.now, in: context.timeZone)
                context.write("\(time)  \(wording(line.phrase))\n")
            }
        }
    }
}
