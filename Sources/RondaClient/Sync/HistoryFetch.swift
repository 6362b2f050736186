internal import Foundation
internal import GRDB
public import RondaModel
internal import RondaProtobuf

/// Brings records whole that are here in outline, some at a time, and makes outlines of what there is no
/// room for. Each step is a transaction of its own: what was done stays done, and the rest is found again
/// from what is on the device.
struct HistoryFetch {
    let store: LocalStore
    let calls: ServerCalls
    /// None is asked for twice: a server that does not tell one would be asked for ever.
    private var asked: Set<RecordID> = []
    private(set) var brought = 0

    init(store: LocalStore, calls: ServerCalls) {
        self.store = store
        self.calls = calls
    }

    /// Has of history what the budget says, no more and no less.
    /// - Parameter progress: called after each answer with how many records came.
    mutating func fit(progress: (Int) -> Void) async throws(ClientError) {
        try await store.writing { try HistoryShelf(database: $0).noteNeeds() }
        try await bring(
            try await store.writing { try Outline(database: $0).due().map(\.record) },
            progress: progress)
        let choice = try await store.writing { try HistoryShelf(database: $0).choice() }
        for batch in choice.dropped.inBatches(of: store.limits.droppedPerTransaction) {
            try await store.writing { try HistoryShelf(database: $0).drop(batch) }
        }
        try await bring(choice.wanted, progress: progress)
    }

    /// Brings these records, in this order.
    mutating func bring(
        _ records: [RecordID], progress: (Int) -> Void = { _ in }
    ) async throws(ClientError) {
        for batch in records.inBatches(of: store.limits.wantedPerFetch) {
            let places = try await store.writing { database in
                let (standing, outline) = (
                    Standing(database: database), Outline(database: database)
                )
                var places: [UInt32: [RecordID]] = [:]
                for record in batch where try outline.entry(record) != nil {
                    // What is in doubt may be told again, or go: the next sync knows.
                    guard let scope = try standing.scope(of: record) else { continue }
                    places[scope, default: []].append(record)
                }
                return places
            }
            for (scope, records) in places.sorted(by: { $0.key < $1.key }) {
                guard try await bring(records.filter { asked.insert($0).inserted }, in: scope)
                else { return }
                progress(brought)
            }
        }
    }

    /// - Returns: false when the history of the hub is another one now.
    private mutating func bring(
        _ records: [RecordID], in scope: UInt32
    ) async throws(ClientError) -> Bool {
        if Task.isCancelled { throw ClientError.cancelled }
        if records.isEmpty { return true }
        let (secret, epoch) = try await store.writing { database in
            let facts = Facts(database: database)
            return (try facts.bytes(.secret) ?? [], try facts.bytes(.epoch) ?? [])
        }
        var request = WireCompareRequest()
        request.epoch = Data(epoch)
        request.scope = scope
        request.wanted = records.map { Data($0.bytes) }
        let answer = try await calls.compare(request, credential: secret)
        guard answer.epoch == request.epoch else { return false }
        let now = store.surroundings.now()
        try await store.writing { database in
            var absorber = try Absorber(database, now: now)
            _ = try absorber.absorb(answer, scope: scope)
            try absorber.notifyChanges()
        }
        brought += answer.deltas.count
        return true
    }
}

extension Array {
    fileprivate func inBatches(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}

extension LocalStore {
    /// Brings what is not on this device of one customer's history, whatever the budget is: of all ids
    /// that the customer has (SPEC §5.7). The next sync makes room again where that is too much, and then the oldest goes first.
    /// - Returns: how many records came.
    /// - Throws: `ClientError`; with code `offline` nothing is lost and it may be tried again.
    @discardableResult
    public func fetchHistory(
        of customers: [RecordID], over transport: any Transport
    ) async throws(ClientError) -> Int {
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        let absent = try await writing { database in
            try Facts(database: database).set(.isHistoryDue, number: 1)
            return try Outline(database: database).of(customers).map(\.record)
        }
        var fetch = HistoryFetch(
            store: self,
            calls: ServerCalls(transport: transport, limits: limits, sleep: surroundings.sleep))
        try await fetch.bring(absent)
        return fetch.brought
    }
}
