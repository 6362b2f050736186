internal import Foundation
internal import GRDB
internal import RondaModel
internal import RondaProtobuf
internal import RondaSQLite
internal import RondaWire
internal import SwiftProtobuf

/// One sync: exchanges until the outbox is empty and every cursor is at its head, and whatever has
/// to be put right on the way.
struct SyncSession {
    let store: LocalStore
    let calls: ServerCalls
    /// Whether the next page is asked for while one is written.
    let readsAhead: Bool
    private var report = SyncReport()
    private var diverged: Set<UInt32> = []
    private var hasNewIdentity = false
    /// The hub's last change of who sees what, by its last answer.
    private var assignment: UInt64 = 0
    /// Whether a past identity's commits became the present one's, which is to offer them.
    private var hasMoved = false
    /// Hands in what has no verdict, and takes nothing.
    private let surrenders: Bool

    init(store: LocalStore, calls: ServerCalls, readsAhead: Bool, surrenders: Bool = false) {
        self.surrenders = surrenders
        self.store = store
        self.calls = calls
        self.readsAhead = readsAhead
    }

    mutating func run(
        progress: @Sendable (SyncReport) -> Void
    ) async throws(ClientError) -> SyncReport {
        // Each turn ends with nothing left to ask, unless the history changed on the way: then the
        // hub is told that all has been offered again. A restore in the middle of a sync is rare
        // enough for a few turns to be all.
        turns: for _ in 0..<4 {
            let isComplete = try await converse(as: nil, progress: progress)
            guard isComplete else { return report }
            switch try await reconcilePast() {
            case .done: break turns
            case .asksAgain: continue
            case .notTaken: return report
            }
        }
        try await repair()
        try await noteComplete()
        report.isComplete = true
        try await fitHistory(progress: progress)
        return report
    }

    /// Exchanges as one identity until there is nothing more to send or to take.
    /// - Returns: false when the hub took nothing of what was offered.
    private mutating func converse(
        as past: Int64?, progress: @Sendable (SyncReport) -> Void
    ) async throws(ClientError) -> Bool {
        var round = try await prepare(as: past)
        var response = try await exchange(round)
        // Answers that are not of the history this store is in: one server has few of them.
        var surprises = 0
        while true {
            if Task.isCancelled {
                throw ClientError.cancelled
            }
            let history = SyncHistory.of(response, to: round)
            if history != .same {
                surprises += 1
                guard surprises <= store.limits.surprisesPerSync else {
                    throw Self.contradiction("\(surprises) other histories in one sync")
                }
            }
            if history == .behind {
                response = try await prove(&round, after: response, as: past)
                continue
            }
            if history != .renewed,
                let proof = try await proofOfAnotherChain(response, to: round, as: past)
            {
                round.request.proof = proof
                response = try await exchange(round)
                continue
            }
            guard history != .same || !round.isStuck(at: response) else {
                throw Self.contradiction("a page that leads back to where it began")
            }
            // The next page does not depend on the device's disk: it is fetched while this one is
            // written. What is not written when the process dies is fetched again.
            let outcome: SyncAnswer.Outcome
            let isPlainPage =
                readsAhead && response.more && round.request.commits.isEmpty && history == .same
                && !round.request.epoch.isEmpty
            let following: WireExchangeResponse?
            if isPlainPage {
                let ahead = round.nextPage(after: response)
                async let next = fetch(ahead)
                outcome = try await absorb(response, round: round, history: history)
                following = try await next.get()
                round = ahead
            } else {
                outcome = try await absorb(response, round: round, history: history)
                following = nil
            }
            progress(report)
            if outcome.wentBack && history == .same {
                surprises += 1
                guard surprises <= store.limits.surprisesPerSync else {
                    throw Self.contradiction("\(surprises) other chains in one sync")
                }
            }
            if let following, !outcome.wentBack {
                response = following
                continue
            }
            let isCopy = history == .copy && !outcome.wentBack
            if isCopy && past != nil { return true }
            if isCopy || outcome.isCut {
                try await takeNewIdentity(
                    from: round, above: round.lastShared(response, isCut: outcome.isCut),
                    isCopy: isCopy)
            }
            let before = round
            let wasCut = response.more && past == nil && !round.request.pushOnly
            round = try await prepare(as: past)
            // Said once; a hub that asks all the same asks again with the next sync.
            let hasSaid =
                round.request.erased.isEmpty || round.request.erased == before.request.erased
            let isDone =
                round.firstOffered == nil && round.request.tray.isEmpty && !wasCut && hasSaid
            if isDone && history == .same { return true }
            // No verdict for anything that was offered: asking again at once would not help.
            if history == .same, let first = before.firstOffered, first == round.firstOffered {
                return false
            }
            response = try await exchange(round)
        }
    }

    private func exchange(_ round: SyncRound) async throws(ClientError) -> WireExchangeResponse {
        if report.advisedMilliseconds > 0 {
            throw ClientError(
                .server,
                Phrase(
                    en: "the server asks to wait; what you captured stays queued here, it will be "
                        + "tried again",
                    es:
                        "el servidor pide esperar; lo capturado sigue en cola aquí, se intentará de "
                        + "nuevo"), serverCode: "busy",
                retryAfterMilliseconds: report.advisedMilliseconds)
        }
        do throws(ClientError) {
            return try await calls.exchange(round.request, secret: round.secret)
        } catch {
            // A past id that is not known is brought back without anybody's help.
            if error.serverCode == "badCredential", !round.isPast {
                try await store.noteUnknown(true)
            }
            if error.serverCode == "revoked", !round.isPast { try await store.noteRevoked() }
            throw error
        }
    }

    private func fetch(_ round: SyncRound) async -> Result<WireExchangeResponse, ClientError> {
        do throws(ClientError) {
            return .success(try await exchange(round))
        } catch {
            return .failure(error)
        }
    }

    private func prepare(as past: Int64?) async throws(ClientError) -> SyncRound {
        let (limits, now) = (store.limits, store.surroundings.now())
        let (app, surrenders) = (store.surroundings.app, surrenders)
        try await store.wash()
        return try await store.writing {
            try SyncRound.prepare(
                in: $0, as: past, limits: limits, now: now, app: app, surrenders: surrenders)
        }
    }

    private mutating func absorb(
        _ response: WireExchangeResponse, round: SyncRound, history: SyncHistory
    ) async throws(ClientError) -> SyncAnswer.Outcome {
        let now = store.surroundings.now()
        let limits = store.limits
        let outcome = try await store.writing {
            try SyncAnswer(response: response, round: round, history: history, now: now)
                .absorb(in: $0, limits: limits)
        }
        let absorbed = outcome.absorbed
        report.accepted += absorbed.accepted
        report.merged += absorbed.merged
        report.refused += absorbed.refused
        report.waiting += absorbed.waiting
        report.received += absorbed.records
        report.outlined += absorbed.outlined
        if response.advice.recordsAhead > 0 {
            report.expected = Int(clamping: response.advice.recordsAhead)
            report.expectedBytes = Int(clamping: response.advice.bytesAhead)
        }
        report.left += absorbed.left
        report.erased += absorbed.erased
        report.handedOver += absorbed.handedOver
        report.exchanges += 1
        report.advisedMilliseconds = ServerCalls.bounded(
            milliseconds: Int64(response.advice.retryAfterMs))
        report.pending = outcome.pending
        report.unread = outcome.unread
        if !round.request.pushOnly { assignment = response.assignment }
        report.isRestored = report.isRestored || history == .renewed
        report.wasCopied = report.wasCopied || outcome.wasCopied
        hasMoved = hasMoved || outcome.hasMoved
        diverged.formUnion(absorbed.diverged)
        for stream in response.streams where !absorbed.diverged.contains(stream.scope) {
            diverged.remove(stream.scope)
        }
        return outcome
    }
}

// MARK: - Handing in

extension SyncSession {
    /// Delivers what has no verdict, as every identity that has some, and asks for nothing.
    mutating func surrender(
        progress: @Sendable (SyncReport) -> Void
    ) async throws(ClientError) -> SyncReport {
        guard try await converse(as: nil, progress: progress) else { return report }
        let past = try await store.writing { try Facts(database: $0).pastIdentities() }
        for ordinal in past.map(\.identity) {
            let asks = try await store.writing {
                try Outbox(database: $0).pendingCount(of: ordinal) > 0
            }
            guard asks else { continue }
            guard try await converse(as: ordinal, progress: progress) else { return report }
        }
        report.isComplete = report.pending == 0
        return report
    }

    private static let cannotSurrender = ClientError(
        .server,
        Phrase(
            en: "this store and the server do not agree on what was sent, so it cannot be "
                + "surrendered as it is; everything is still kept here, ask the office to give this "
                + "device its access back for one sync",
            es:
                "este almacén y el servidor no coinciden en lo enviado, así que no se puede entregar "
                + "tal cual; todo sigue guardado aquí, pida a la oficina que devuelva el acceso a "
                + "este equipo para una sincronización"))
}

// MARK: - Putting right

extension SyncSession {
    private enum Reconciliation {
        case done
        /// The present identity has to ask once more.
        case asksAgain
        /// The hub took nothing of what a past identity offered: the next sync offers it again.
        case notTaken
    }

    private static func receipt(
        of past: Int64?, in database: Database
    ) throws -> WireReceipt? {
        let facts = Facts(database: database)
        let receipt =
            try past == nil
            ? facts.bytes(.receipt)
            : facts.pastIdentities().first { $0.identity == past }?.receipt
        // One that cannot be read proves nothing.
        return receipt.flatMap { try? WireReceipt(serializedBytes: $0) }
    }

    /// The receipt to show when the hub has another store's commits in the place of this one's.
    /// A hub that signed for these was set back; it has no effect where this store was.
    private func proofOfAnotherChain(
        _ response: WireExchangeResponse, to round: SyncRound, as past: Int64?
    ) async throws(ClientError) -> WireReceipt? {
        guard !round.request.hasProof else { return nil }
        return try await store.writing { database in
            guard try round.hasParted(response, Outbox(database: database)) else { return nil }
            return try Self.receipt(of: past, in: database)
        }
    }

    /// The hub has less than it acknowledged: its own receipt shows it that it was set back.
    private func prove(
        _ round: inout SyncRound, after response: WireExchangeResponse, as past: Int64?
    ) async throws(ClientError) -> WireExchangeResponse {
        let receipt = try await store.writing { try Self.receipt(of: past, in: $0) }
        guard !round.request.hasProof, let proof = receipt,
            proof.number > response.lastCommit
        else {
            throw ClientError(
                .serverBehind,
                Phrase(
                    en:
                        "the server has lost work of this device that it had accepted, perhaps "
                        + "restored from an old backup; everything is still kept here, tell the "
                        + "office",
                    es:
                        "el servidor perdió trabajo de este equipo que ya había aceptado, quizá por "
                        + "un respaldo viejo; todo sigue guardado aquí, avise a la oficina"),
                detail: "server at \(response.lastCommit), device at \(round.settledNumber)")
        }
        round.request.proof = proof
        return try await exchange(round)
    }

    private static func contradiction(_ detail: String) -> ClientError {
        ClientError(
            .server,
            Phrase(
                en: "the server's answers contradict each other; everything is still kept here, "
                    + "tell the office",
                es: "las respuestas del servidor se contradicen; todo sigue guardado aquí, avise "
                    + "a la oficina"), detail: detail)
    }

    /// Goes on as another device of the same account.
    private mutating func takeNewIdentity(
        from round: SyncRound, above number: UInt64, isCopy: Bool
    ) async throws(ClientError) {
        if surrenders { throw Self.cannotSurrender }
        // Once is enough: a server that says it again says it of a device it has just made.
        guard !hasNewIdentity else {
            throw Self.contradiction("a second fork in one sync")
        }
        hasNewIdentity = true
        let surroundings = store.surroundings
        let secret = try await store.writing {
            try History(database: $0).nextSecret(random: surroundings.random)
        }
        var request = WireEnrolRequest()
        request.secret = Data(secret)
        request.name = isCopy ? "copy" : "continued"
        request.reason = isCopy ? .copy : .continued
        let answer = try await calls.enrol(request, credential: round.secret)
        guard let device = RecordID(bytes: answer.device) else {
            throw ClientError(
                .server,
                Phrase(
                    en: "the server's answer was not understood; update this program",
                    es: "no se entendió la respuesta del servidor; actualice este programa"))
        }
        try await checkOurs(answer)
        try await store.writing {
            try History(database: $0).take(
                device: device, secret: secret, before: Array(round.request.epoch), above: number,
                isCopy: isCopy)
        }
        if isCopy { report.wasCopied = true } else { report.wasContinued = true }
    }

    /// Lets the hub have what the store delivered under earlier identities, after a restore, and
    /// learns what became of their open commits.
    private mutating func reconcilePast() async throws(ClientError) -> Reconciliation {
        let (past, epoch, isCutUntold) = try await store.writing { database in
            let facts = Facts(database: database)
            return (
                try facts.pastIdentities(), try facts.bytes(.epoch) ?? [],
                try facts.number(.isCutUntold) != nil
            )
        }
        var isNew = report.isRestored && !report.isReconciled
        report.isReconciled = report.isRestored
        let limit = store.limits.numbersPerExchange
        var isTaken = true
        for identity in past {
            let ordinal = identity.identity
            let asks = try await store.writing { database in
                let outbox = Outbox(database: database)
                return try outbox.pendingCount(of: ordinal) > 0
                    || !outbox.open(of: ordinal, limit: limit).isEmpty
                    || !outbox.untold(of: ordinal, isLast: true, limit: limit).isEmpty
                    || !identity.isShared
                        && !Erased(database: database).gone(askedOf: ordinal).isEmpty
            }
            let isUntold = isCutUntold && !identity.isShared
            guard asks || isUntold || identity.epoch != epoch else { continue }
            do throws(ClientError) {
                isTaken = try await converse(as: ordinal) { _ in } && isTaken
            } catch {
                guard error.serverCode == "badCredential" else { throw error }
                try await bringBack(identity)
                isTaken = try await converse(as: ordinal) { _ in } && isTaken
            }
            // What became of its commits is told in the streams, to the present identity.
            isNew = isNew || identity.epoch != epoch || hasMoved
            hasMoved = false
        }
        if !isTaken { return .notTaken }
        if isCutUntold {
            try await store.writing { try Facts(database: $0).remove(.isCutUntold) }
        }
        return isNew ? .asksAgain : .done
    }

    /// A device that was enrolled after the backup is made again, with its id and its secret.
    private func bringBack(_ past: PastIdentity) async throws(ClientError) {
        let (secret, account) = try await store.writing {
            let facts = Facts(database: $0)
            return (try facts.bytes(.secret) ?? [], try facts.bytes(.account) ?? [])
        }
        var request = WireEnrolRequest()
        request.secret = Data(past.secret)
        request.device = Data(past.device.bytes)
        request.account = Data(account)
        request.name = "copy"
        let answer = try await calls.enrol(request, credential: secret)
        try await checkOurs(answer, device: past.device)
    }

    /// An enrolment of another account, or at another hub, is not taken.
    private func checkOurs(
        _ answer: WireEnrolResponse, device: RecordID? = nil
    ) async throws(ClientError) {
        let isOurs = try await store.writing { try Facts(database: $0).isOurs(answer) }
        guard isOurs, device == nil || Array(answer.device) == device?.bytes else {
            throw ClientError(
                .server,
                Phrase(
                    en: "the server answered for another account, or is another server; everything "
                        + "is still kept here, tell the office",
                    es: "el servidor respondió por otra cuenta, o es otro servidor; todo sigue "
                        + "guardado aquí, avise a la oficina"), detail: "enrolment not ours")
        }
    }

    /// Finds and mends what differs in the scopes whose sums did.
    private mutating func repair() async throws(ClientError) {
        for scope in diverged.sorted() {
            var repair = ScopeRepair(store: store, calls: calls, scope: scope)
            report.repaired += try await repair.run()
        }
        diverged = []
    }

    /// Has as much history as there is room for. All that was captured is safe by now, so a line that
    /// is cut is no reason to fail: the next sync goes on.
    private mutating func fitHistory(
        progress: @Sendable (SyncReport) -> Void
    ) async throws(ClientError) {
        let isDue = try await store.writing { database in
            let facts = Facts(database: database)
            // What is missing there may be on its way from another device.
            return try facts.number(.isHistoryDue) != nil && facts.number(.isRecovering) == nil
        }
        if isDue {
            var fetch = HistoryFetch(store: store, calls: calls)
            do throws(ClientError) {
                let before = report
                try await fetch.fit {
                    var report = before
                    report.received += $0
                    progress(report)
                }
                try await store.writing { try Facts(database: $0).remove(.isHistoryDue) }
            } catch  where error.isRetryable {
                report.isHistoryCut = true
            }
            report.received += fetch.brought
        }
        report.absent = try await store.writing {
            try Outline(database: $0).counts().values.reduce(0, +)
        }
    }

    /// Only a sync that came to its end counts as one.
    private func noteComplete() async throws(ClientError) {
        let (now, assignment) = (store.surroundings.now(), assignment)
        try await store.writing { database in
            let facts = Facts(database: database)
            try facts.set(.lastSync, number: now.milliseconds)
            try facts.remove(.isUnknown)
            try facts.remove(.isRevoked)
            try facts.remove(.ahead)
            try facts.remove(.areRowsDoubtful)
            guard try facts.number(.isRecovering) == nil else { return }
            // Only when the screen is free of what left is something captured knowing it. What own work
            // keeps in sight may be worked on, and corrected, in good faith.
            guard try SyncAnswer.dropDoubtful(in: database, now: now) else { return }
            try facts.set(.assignment, number: Int64(clamping: assignment))
        }
    }
}
