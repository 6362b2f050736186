internal import GRDB
internal import RondaClient
internal import RondaModel
internal import RondaProtobuf
internal import RondaStoreSQLite

/// A bug put into a world on purpose, to see that the checkers find it.
package enum PlantedBug: String, Sendable, CaseIterable {
    /// The device loses an outgoing commit whose rows it keeps: rows and outbox are not one.
    case forgottenCommit
    /// The hub accepts a commit and loses its journal entry.
    case lostJournal
    /// A device is told that a refused commit was accepted.
    case wrongVerdict
    /// The hub gives a position in a stream a second time, so that readers pass over a record.
    case positionTwice
    /// A page arrives without its last record.
    case lostDelta
    /// A restored hub pretends to have everything, so that nobody offers again.
    case silentRestore
    /// The hub does not tell of forks.
    case hiddenFork
    /// The hub forgets where a device was and judges a commit again.
    case judgedTwice
    /// The hub forgets that deletions were purged.
    case forgottenFloor
    /// The hub merges a field by another rule: concurrent values are lost.
    case wrongRule
    /// The hub believes every clock.
    case trustedClock
    /// The hub takes more to be complete than a device said.
    case earlyWatermark
    /// Nobody is told that a record has left.
    case hiddenDeparture
    /// Nobody is asked to erase anything.
    case hiddenErasure
    /// A restored hub does not look into its ledger of erasures.
    case ignoredLedger
    /// The hub leaves the content of refused commits that are about somebody erased.
    case keptRefused
    /// The hub looks at no receipt that proves what it lost.
    case ignoredProof
    /// A revocation is forgotten at once.
    case forgottenRevocation
    /// What a bundle brings a second time is applied a second time.
    case bundleTwice
    /// A supervisor keeps seeing the territories of a team.
    case keptSight

    func spoil(_ request: inout WireExchangeRequest) {
        if self == .ignoredProof { request.clearProof() }
    }

    func spoil(_ answer: inout WireExchangeResponse, to request: WireExchangeRequest) {
        switch self {
        case .wrongVerdict:
            for index in answer.verdicts.indices where answer.verdicts[index].outcome == .refused {
                answer.verdicts[index].outcome = .accepted
            }
        case .lostDelta:
            for index in answer.streams.indices where answer.streams[index].deltas.count > 2 {
                answer.streams[index].deltas.removeLast()
            }
        case .hiddenDeparture:
            for index in answer.streams.indices {
                answer.streams[index].deltas.removeAll { $0.left }
            }
        case .hiddenErasure:
            answer.erased = []
        case .silentRestore:
            answer.lastCommit = max(answer.lastCommit, request.verdictsSeen)
            if !request.epoch.isEmpty { answer.epoch = request.epoch }
        case .hiddenFork:
            answer.forkedAt = 0
            let offered = request.commits.last?.number ?? request.verdictsSeen
            answer.lastCommit = min(answer.lastCommit, max(offered, request.verdictsSeen))
        case .forgottenCommit, .lostJournal, .positionTwice, .judgedTwice, .forgottenFloor,
            .wrongRule, .trustedClock, .earlyWatermark, .ignoredLedger, .keptRefused,
            .ignoredProof, .forgottenRevocation, .bundleTwice, .keptSight:
            break
        }
    }

    /// Bugs of the hub's database.
    private var hubTrigger: String? {
        switch self {
        case .lostJournal:
            """
            AFTER INSERT ON journal WHEN NEW.number % 5 = 0 BEGIN
                DELETE FROM journal WHERE device = NEW.device AND number = NEW.number; END
            """
        case .positionTwice:
            """
            AFTER UPDATE OF seq ON scope WHEN NEW.seq % 7 = 0 AND NEW.seq > OLD.seq BEGIN
                UPDATE scope SET seq = NEW.seq - 1 WHERE number = NEW.number; END
            """
        case .judgedTwice:
            """
            AFTER UPDATE OF last_number ON device WHEN NEW.last_number % 3 = 0
                AND NEW.last_number > OLD.last_number BEGIN
                UPDATE device SET last_number = OLD.last_number WHERE id = NEW.id; END
            """
        case .forgottenFloor:
            """
            AFTER UPDATE OF floor ON scope WHEN NEW.floor > 0 BEGIN
                UPDATE scope SET floor = 0 WHERE number = NEW.number; END
            """
        case .earlyWatermark:
            """
            AFTER UPDATE OF complete_to ON device
                WHEN NEW.complete_to > coalesce(OLD.complete_to, 0) BEGIN
                UPDATE device SET complete_to = NEW.complete_to + 600000 WHERE id = NEW.id; END
            """
        case .forgottenRevocation:
            """
            AFTER UPDATE OF revoked ON device WHEN NEW.revoked = 1 AND OLD.revoked = 0 BEGIN
                UPDATE device SET revoked = 0, access_ends = NULL WHERE id = NEW.id; END
            """
        case .keptSight:
            """
            AFTER UPDATE OF stays ON account
                WHEN NEW.role = 'supervisor' AND NEW.stays <> OLD.stays BEGIN
                UPDATE account SET stays = OLD.stays WHERE id = NEW.id; END
            """
        case .keptRefused:
            """
            AFTER UPDATE OF redacted ON journal
                WHEN NEW.redacted = 1 AND OLD.redacted = 0 AND NEW.outcome = 5 BEGIN
                UPDATE journal SET bytes = OLD.bytes, redacted = 0
                WHERE device = NEW.device AND number = NEW.number; END
            """
        default: nil
        }
    }

    private var deviceTrigger: String? {
        switch self {
        case .forgottenCommit:
            """
            AFTER INSERT ON outbox WHEN NEW.n % 5 = 0 BEGIN
                DELETE FROM outbox WHERE n = NEW.n; END
            """
        default: nil
        }
    }

    func spoil(_ schema: inout Schema) {
        guard self == .wrongRule else { return }
        schema = schema.changing(.customer, version: schema.version) { fields in
            fields.map { $0.name == "name" ? $0.with(rule: .greatest) : $0 }
        }
    }

    func spoil(_ limits: inout Limits) {
        if self == .trustedClock { limits.futureStampMilliseconds = 1 << 47 }
    }

    func plant(in store: SQLiteStore) throws {
        guard let hubTrigger else { return }
        try store.withWriter { try $0.execute(sql: "CREATE TRIGGER planted \(hubTrigger)") }
    }

    func plant(in store: LocalStore) throws {
        guard let deviceTrigger else { return }
        try store.withWriter { try $0.execute(sql: "CREATE TRIGGER planted \(deviceTrigger)") }
    }
}
