internal import Foundation
internal import GRDB
public import RondaModel
internal import RondaProtobuf
internal import RondaSQLite
internal import SwiftProtobuf

/// What a sync did.
public struct SyncReport: Sendable, Hashable {
    /// Commits that got their verdict, by what it was.
    public var accepted = 0
    public var merged = 0
    public var refused = 0
    /// Commits the server keeps until a record comes that they need.
    public var waiting = 0
    /// Records that came from the server, new or changed.
    public var received = 0
    /// Records of history of which the device was told that they are there, or what has changed, and no
    /// more.
    public var outlined = 0
    /// Records of history that are not on this device, at the end of the sync.
    public var absent = 0
    /// There is room for history that has not come: the line was cut when all else was done.
    public var isHistoryCut = false
    /// About how many records, and bytes before compression, there were to read when everything was
    /// read from the start; 0 otherwise.
    public var expected = 0
    public var expectedBytes = 0
    /// What a first download in parts has not brought yet; `nil` when none is going on.
    public var unread: Unread?
    public var exchanges = 0
    /// Commits still without verdict.
    public var pending = 0
    /// Whether everything captured before the sync has its verdict and everything visible is here:
    /// the day is safely in. Refused commits are in the tray and need a person.
    public var isComplete = false
    /// The server had been restored from a backup; what it had lost was offered again.
    public var isRestored = false
    /// Another store with this device's id was found; each goes on as a device of its own.
    public var wasCopied = false
    /// The server has lost part of what this store had sent and does not have any more; the store goes
    /// on as another device, so that the rest can follow.
    public var wasContinued = false
    /// Records that differed from the server's without reason and were mended.
    public var repaired = 0
    /// Records that this account does not see any more, and that left the device.
    public var left = 0
    /// Records that left it because their person asked for erasure.
    public var erased = 0
    /// Own work on such records: what was captured in good faith stands, and changes of what is in
    /// somebody else's hands were passed on to them as suggestions.
    public var handedOver: [HandedOver] = []
    /// How long the server asks to wait before the next request; 0 when it says nothing.
    var advisedMilliseconds: Int64 = 0
    /// Whether the server was told that everything has been offered again.
    var isReconciled = false

    package init() {}
}

/// A record that own work concerns and that somebody else has now.
public struct HandedOver: Sendable, Hashable {
    public let entity: EntityID
    public let record: RecordID
    /// How many writes were passed on as suggestions; 0 where the work stands as it is.
    public let suggestions: Int
    /// The territory where the record is now.
    public let movedTo: RecordID?
}

extension LocalStore {
    /// Sends what is queued and takes what is new, in as many exchanges as it needs.
    ///
    /// Safe to stop at any moment, by cancelling or by killing the process: what was exchanged is
    /// whole on both sides, and the next sync goes on from there.
    /// - Parameter progress: called after each exchange with the report so far.
    /// - Throws: `ClientError`; with code `offline` nothing is lost and it may be tried again.
    public func sync(
        over transport: any Transport,
        progress: @Sendable (SyncReport) -> Void = { _ in }
    ) async throws(ClientError) -> SyncReport {
        try await sync(over: transport, readsAhead: true, progress: progress)
    }

    /// `readsAhead` off makes every step follow from the one before, as the simulator needs it.
    package func sync(
        over transport: any Transport, readsAhead: Bool,
        progress: @Sendable (SyncReport) -> Void = { _ in }
    ) async throws(ClientError) -> SyncReport {
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        var session = SyncSession(
            store: self,
            calls: ServerCalls(transport: transport, limits: limits, sleep: surroundings.sleep),
            readsAhead: readsAhead)
        return try await session.run(progress: progress)
    }

    /// One process at a time syncs a store. One in memory has no other process.
    func lock() throws(ClientError) -> FileLock? {
        if directory.isEmpty { return nil }
        do throws(StoreError) {
            return try FileLock(path: directory + "/sync.lock")
        } catch  where error.code == .inUse {
            throw ClientError(
                .alreadySyncing,
                Phrase(
                    en: "another process is syncing this device; wait for it to end",
                    es: "otro proceso está sincronizando este equipo; espere a que termine"))
        } catch {
            throw .store(error, path: path)
        }
    }

    func writing<Result: Sendable>(
        _ body: @Sendable (Database) throws -> Result
    ) async throws(ClientError) -> Result {
        do {
            return try await withoutActuallyEscaping(body) { body in
                try await pool.write { try body($0) }
            }
        } catch {
            throw .store(error, path: path)
        }
    }

    /// Notes that the office has ended this device's access.
    func noteRevoked() async throws(ClientError) {
        try await writing { try Facts(database: $0).set(.isRevoked, number: 1) }
    }

    /// Notes whether the server knows this device.
    func noteUnknown(_ isUnknown: Bool) async throws(ClientError) {
        try await writing { database in
            let facts = Facts(database: database)
            if isUnknown {
                try facts.set(.isUnknown, number: 1)
            } else {
                try facts.remove(.isUnknown)
            }
        }
    }

    /// Syncs now and then again every `interval`, waiting longer and longer while there is no
    /// answer; ends when the task is cancelled or the server says that only a person can help.
    public func keepSyncing(
        over transport: any Transport, intervalMilliseconds: Int64 = 60_000,
        report: @Sendable (Result<SyncReport, ClientError>) -> Void
    ) async throws(ClientError) {
        let backOff = BackOff(limits: limits)
        var failures = 0
        while !Task.isCancelled {
            var wait = intervalMilliseconds
            do throws(ClientError) {
                let done = try await sync(over: transport)
                report(.success(done))
                failures = 0
                wait = max(wait, done.advisedMilliseconds)
            } catch {
                if error.code == .cancelled { return }
                report(.failure(error))
                guard error.isRetryable || error.code == .alreadySyncing else { throw error }
                failures += 1
                wait = backOff.wait(
                    afterFailures: failures, random: surroundings.random(),
                    advisedMilliseconds: error.retryAfterMilliseconds)
            }
            // The only error of a sleep is the cancellation that ends the loop.
            do { try await surroundings.sleep(wait) } catch { return }
        }
    }
}
