internal import Foundation
internal import GRDB
internal import RondaModel
internal import RondaProtobuf
internal import RondaSQLite
internal import SwiftProtobuf

/// What a sync did.
public struct SyncReport: Sendable, Hashable {
    /// Commits that got their verdict, by what it was.
    public var accepted = 0
    public var merged = 0
    public var refused = 0
    /// Records that came from the server, new or changed.
    public var received = 0
    public var exchanges = 0
    /// Commits still without verdict.
    public var pending = 0
    /// Whether everything captured before the sync has its verdict and everything visible is here:
    /// the day is safely in. Refused commits are in the tray and need a person.
    public var isComplete = false
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
        let lock: FileLock
        do throws(StoreError) {
            lock = try FileLock(path: directory + "/sync.lock")
        } catch  where error.code == .inUse {
            throw ClientError(
                .alreadySyncing,
                Phrase(
                    en: "another process is syncing this device; wait for it to end",
                    es: "otro proceso está sincronizando este equipo; espere a que termine"))
        } catch {
            throw .store(error, path: path)
        }
        defer { withExtendedLifetime(lock) {} }
        var session = SyncSession(
            store: self, calls: ServerCalls(transport: transport, limits: limits))
        return try await session.run(progress: progress)
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
                report(.success(try await sync(over: transport)))
                failures = 0
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
