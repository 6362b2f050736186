internal import RondaClient
internal import RondaModel
internal import RondaScreen
internal import Synchronization

/// What is to be read for the screen, one after another, each thing once however often it was asked
/// for meanwhile: a fast typist waits for the last search only.
final class ScreenReads: Sendable {
    private struct State {
        var rows: [Panel: String] = [:]
        var page: DetailRequest?
        var isStatusDue = false
    }

    enum Request: Sendable {
        case rows(Panel, query: String)
        case page(DetailRequest)
        case status
    }

    private let state = Mutex(State())
    /// Says that something is asked for; one saying stands for many.
    private let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    init() {
        (bell, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func ask(_ request: Request) {
        state.withLock { state in
            switch request {
            case .rows(let panel, let query): state.rows[panel] = query
            case .page(let request): state.page = request
            case .status: state.isStatusDue = true
            }
        }
        ring.yield()
    }

    /// What a person waits for comes first: the page, then the lists, then the counts.
    private func next() -> Request? {
        state.withLock { state in
            if let page = state.page {
                state.page = nil
                return .page(page)
            }
            if let panel = state.rows.keys.min(by: { $0.rawValue < $1.rawValue }),
                let query = state.rows.removeValue(forKey: panel)
            {
                return .rows(panel, query: query)
            }
            defer { state.isStatusDue = false }
            return state.isStatusDue ? .status : nil
        }
    }

    /// Reads until the task is cancelled.
    func run(
        _ store: LocalStore, session: @Sendable () -> Session,
        tell: @Sendable (ScreenEvent) -> Void
    ) async {
        for await _ in bell {
            while let request = next() {
                let session = session()
                do {
                    tell(
                        try await session.read(store) {
                            try Self.answer(request, ScreenPages(session: session), $0)
                        })
                } catch {
                    let phrase = TerminalError(any: error).phrase
                    tell(.said(ScreenMessage(session.wording(phrase), .alert)))
                }
            }
        }
    }

    private static func answer(
        _ request: Request, _ pages: ScreenPages, _ reader: LocalReader
    ) throws -> ScreenEvent {
        switch request {
        case .rows(let panel, let query):
            let (rows, isCut) = try pages.rows(panel, query: query, reader)
            return .rows(panel, rows, isCut: isCut, query: query)
        case .page(let request): return .page(try pages.page(request, reader))
        case .status:
            let status = try reader.status()
            return .status(
                ScreenStatus(
                    pending: status.pending, accepted: status.accepted + status.merged,
                    refused: status.refused, waiting: status.waiting, conflicts: status.conflicts))
        }
    }
}
