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

    struct Outcome: Sendable {
        var absorbed: Absorbed
        var pending: Int
        /// Another store was found to use this device's id.
        var wasCopied = false
        /// Commits between what the hub has and what is kept here are gone.
        var isCut = false
    }

    func absorb(in database: Database, limits: Limits) throws -> Outcome {
        let facts = Facts(database: database)
        let history = History(database: database)
        if self.history == .renewed {
            try history.rewind(to: response.lastCommit, of: round.identity)
        }
        if try facts.bytes(.epoch) ?? [] != Array(response.epoch) {
            try history.enter(epoch: Array(response.epoch))
        }
        var absorber = try Absorber(database)
        let absorbed = try absorber.absorb(response, as: round.identity)
        let outbox = Outbox(database: database)
        try facts.set(.clockOffset, number: response.serverTimeMs - now.milliseconds)
        if response.hasReceipt, !round.request.pushOnly {
            try facts.set(.receipt, try response.receipt.serializedBytes())
        }
        if response.advice.recovering {
            try facts.set(.isRecovering, number: 1)
        } else if !round.request.pushOnly {
            try facts.remove(.isRecovering)
        }
        if response.advice.coveredByBackup > 0 {
            let oldest = Stamp(
                milliseconds: now.milliseconds - limits.keptCommitMilliseconds)
            try outbox.forget(
                upTo: response.advice.coveredByBackup, before: oldest, of: round.identity)
        }
        var outcome = Outcome(absorbed: absorbed, pending: try outbox.pendingCount())
        let isCut = try outbox.isCut(after: response.lastCommit, of: round.identity)
        if isCut && round.request.pushOnly {
            try outbox.move(from: round.identity, to: outbox.identity())
        }
        outcome.isCut = isCut && !round.request.pushOnly
        let copies = Int64(response.advice.copies)
        if !round.request.pushOnly, copies > (try facts.number(.copies) ?? 0) {
            try facts.set(.copies, number: copies)
            outcome.wasCopied = true
        }
        return outcome
    }

    /// Removes what no stream told again; what has unsent work on it stays until that has its
    /// verdict.
    static func dropDoubtful(in database: Database) throws {
        let standing = Standing(database: database)
        guard try standing.hasDoubts else { return }
        var absorber = try Absorber(database)
        var kept: Set<RecordID> = []
        for (record, entity) in try standing.doubtful() {
            if try !absorber.drop(record, entity: entity) { kept.insert(record) }
        }
        try standing.settleDoubts(except: kept)
        try absorber.notifyChanges()
    }
}
