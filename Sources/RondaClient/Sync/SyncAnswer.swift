internal import Foundation
internal import GRDB
internal import RondaModel
internal import RondaProtobuf
internal import RondaSQLite
internal import RondaWire
internal import SwiftProtobuf

/// All that one answer changes on the device, in the caller's one transaction.
struct SyncAnswer: Sendable {
    let response: WireExchangeResponse
    let round: SyncRound
    let history: SyncHistory
    let now: Instant
    /// The hub's clock: what is kept is kept by it, because backups are as old as it says and a
    /// device's clock may be years off.
    private var hubNow: Instant { Instant(milliseconds: response.serverTimeMs) }

    struct Outcome: Sendable {
        var absorbed: Absorbed
        var pending: Int
        var unread: Unread?
        /// Another store was found to use this device's id.
        var wasCopied = false
        /// Commits between what the hub has and what is kept here are gone.
        var isCut = false
        /// What had a verdict is pending again, further back than what was offered.
        var wentBack = false
        /// Commits of a past identity are the present one's now.
        var hasMoved = false
    }

    func absorb(in database: Database, limits: Limits) throws -> Outcome {
        let facts = Facts(database: database)
        let history = History(database: database)
        if self.history == .renewed {
            try history.rewind(of: round.identity)
            try history.offerRest(after: response.lastCommit, of: round.identity)
            try Outbox(database: database).restartAges(of: round.identity, at: hubNow)
        }
        // Each identity enters a new history by itself; the present one reads the streams.
        if let past = try facts.pastIdentities().first(where: { $0.identity == round.identity }) {
            var past = past
            past.epoch = Array(response.epoch)
            if response.hasReceipt { past.receipt = try response.receipt.serializedBytes() }
            try facts.put(past)
        } else if try facts.bytes(.epoch) ?? [] != Array(response.epoch) {
            try history.enter(epoch: Array(response.epoch))
        }
        let outbox = Outbox(database: database)
        // A request of another history was not heeded.
        if self.history != .renewed {
            try outbox.markTold(round.request.tray, of: round.identity)
        }
        var absorber = try Absorber(database, now: hubNow)
        let absorbed = try absorber.absorb(response, as: round.identity)
        try facts.set(.clockOffset, number: response.serverTimeMs &- now.milliseconds)
        if !round.isPast {
            try facts.set(.heard, number: Int64(clamping: response.lastCommit))
        }
        if response.advice.recordsAhead > 0 {
            try facts.set(.ahead, number: Int64(clamping: response.advice.recordsAhead))
        }
        if absorbed.hasNews { try facts.set(.isHistoryDue, number: 1) }
        if response.hasReceipt, !round.isPast {
            try facts.set(.receipt, try response.receipt.serializedBytes())
        }
        if !round.request.app.isEmpty {
            try facts.set(told: round.request.app, in: Array(response.epoch))
        }
        try facts.learn(bundleKey: Array(response.advice.bundleKey))
        if response.advice.recovering {
            try facts.set(.isRecovering, number: 1)
        } else if !round.isPast {
            try facts.remove(.isRecovering)
        }
        if response.advice.coveredByBackup > 0 {
            try outbox.forget(
                upTo: response.advice.coveredByBackup,
                before: Instant(
                    milliseconds: response.serverTimeMs
                        &- limits.keptCommitMilliseconds),
                of: round.identity)
        }
        var outcome = Outcome(
            absorbed: absorbed, pending: try outbox.pendingCount(), unread: try .of(database))
        if try self.history != .renewed && round.hasParted(response, outbox) {
            // Where the chains part is found by offering all of it again.
            try history.rewind(of: round.identity)
            // What has no content any more cannot be offered, and would part for ever.
            try outbox.forgetNumbers(after: 0, of: round.identity)
            outcome.wentBack = true
        }
        let isCut = try outbox.isCut(after: response.lastCommit, of: round.identity)
        let isOver = isCut || self.history == .copy && !outcome.wentBack
        if isOver && round.isPast {
            // Whoever goes on with a past id has other content: this store's goes on with it.
            outcome.hasMoved = try outbox.move(
                from: round.identity, to: outbox.identity(),
                above: round.lastShared(response, isCut: isCut))
            if isCut { try facts.set(.isCutUntold, number: 1) }
        }
        outcome.isCut = isCut && !round.isPast
        let copies = Int64(response.advice.copies)
        if !round.isPast, copies > (try facts.number(.copies) ?? 0) {
            try facts.set(.copies, number: copies)
            outcome.wasCopied = true
        }
        return outcome
    }

    /// Removes what no stream told again; what has unsent work on it stays until that has its
    /// verdict.
    /// - Returns: whether all of it is gone.
    static func dropDoubtful(in database: Database, now: Instant) throws -> Bool {
        let standing = Standing(database: database)
        guard try standing.hasDoubts else { return true }
        var absorber = try Absorber(database, now: now)
        var kept: Set<RecordID> = []
        for (record, entity) in try standing.doubtful() {
            if try !absorber.drop(record, entity: entity) { kept.insert(record) }
        }
        try standing.settleDoubts(except: kept)
        try absorber.notifyChanges()
        return kept.isEmpty
    }
}
