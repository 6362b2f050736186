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
        for _ in 0..<4 {
            let isComplete = try await converse(as: nil, progress: progress)
            guard isComplete else { return report }
            guard try await reconcilePast() else { break }
        }
        try await repair()
        try await noteComplete()
        report.isComplete = true
        return report
    }

    /// Exchanges as one identity until there is nothing more to send or to take.
    /// - Returns: false when the hub took nothing of what was offered.
    private mutating func converse(
        as past: Int64?, progress: @Sendable (SyncReport) -> Void
    ) async throws(ClientError) -> Bool {
        var round = try await prepare(as: past)
        var response = try await exchange(round)
        while true {
            if Task.isCancelled {
                throw ClientError(.cancelled, Phrase(en: "cancelled", es: "cancelado"))
            }
            let history = SyncHistory.of(response, to: round)
            if history == .behind {
                response = try await prove(&round, after: response, as: past)
                continue
            }
            // The next page does not depend on the device's disk: it is fetched while this one is
            // written. What is not written when the process dies is fetched again.
            var isCut = false
            let isPlainPage =
                readsAhead && response.more && round.request.commits.isEmpty && history == .same
                && !round.request.epoch.isEmpty
            let following: WireExchangeResponse?
            if isPlainPage {
                let ahead = round.nextPage(after: response)
                async let next = fetch(ahead)
                _ = try await absorb(response, round: round, history: history)
                following = try await next.get()
                round = ahead
            } else {
                isCut = try await absorb(response, round: round, history: history)
                following = nil
            }
            progress(report)
            if let following {
                response = following
                continue
            }
            // Whoever has a past identity's id goes on with it; this store has nothing to add.
            let isCopy = history == .copy && !round.isForkedFromItsFirst(response)
            if isCopy && past != nil { return true }
            if isCopy || isCut { try await takeNewIdentity(from: round) }
            let before = round
            let wasCut = response.more && past == nil
            round = try await prepare(as: past)
            let isDone = round.firstOffered == nil && round.request.tray.isEmpty && !wasCut
            if isDone && history == .same { return true }
            // No verdict for anything that was offered: asking again at once would not help.
            if history == .same, let first = before.firstOffered, first == round.firstOffered {
                return false
            }
            response = try await exchange(round)
        }
    }

    private func exchange(_ round: SyncRound) async throws(ClientError) -> WireExchangeResponse {
        do throws(ClientError) {
            return try await calls.exchange(round.request, secret: round.secret)
        } catch {
            if error.serverCode == "badCredential" { try await store.noteUnknown(true) }
            if error.serverCode == "revoked" { try await store.noteRevoked() }
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
        return try await store.writing {
            try SyncRound.prepare(
                in: $0, as: past, limits: limits, now: now, app: app, surrenders: surrenders)
        }
    }

    /// - Returns: whether the chain cannot be continued from what the hub has.
    private mutating func absorb(
        _ response: WireExchangeResponse, round: SyncRound, history: SyncHistory
    ) async throws(ClientError) -> Bool {
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
        report.exchanges += 1
        report.pending = outcome.pending
        report.isRestored = report.isRestored || history == .renewed
        report.wasCopied = report.wasCopied || outcome.wasCopied
        diverged.formUnion(absorbed.diverged)
        for stream in response.streams where !absorbed.diverged.contains(stream.scope) {
            diverged.remove(stream.scope)
        }
        return outcome.isCut
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
                try Outbox(database: $0).hasPending(of: ordinal)
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
    /// The hub has less than it acknowledged: its own receipt shows it that it was set back.
    private func prove(
        _ round: inout SyncRound, after response: WireExchangeResponse, as past: Int64?
    ) async throws(ClientError) -> WireExchangeResponse {
        let receipt = try await store.writing { database in
            let facts = Facts(database: database)
            guard let past else { return try facts.bytes(.receipt) }
            return try facts.pastIdentities().first { $0.identity == past }?.receipt
        }
        guard !round.request.hasProof, let receipt,
            let proof = try? WireReceipt(serializedBytes: receipt),
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

    /// Goes on as another device of the same account.
    private mutating func takeNewIdentity(
        from round: SyncRound
    ) async throws(ClientError) {
        if surrenders { throw Self.cannotSurrender }
        // Once is enough: a server that says it again says it of a device it has just made.
        guard !hasNewIdentity else {
            throw ClientError(
                .server,
                Phrase(
                    en: "the server's answers contradict each other; everything is still kept "
                        + "here, tell the office",
                    es: "las respuestas del servidor se contradicen; todo sigue guardado aquí, "
                        + "avise a la oficina"), detail: "a second fork in one sync")
        }
        hasNewIdentity = true
        let surroundings = store.surroundings
        let secret = try await store.writing {
            try History(database: $0).nextSecret(random: surroundings.random)
        }
        var request = WireEnrolRequest()
        request.secret = Data(secret)
        request.name = "copy"
        let answer = try await calls.enrol(request, credential: round.secret)
        guard let device = RecordID(bytes: answer.device) else {
            throw ClientError(
                .server,
                Phrase(
                    en: "the server's answer was not understood; update this program",
                    es: "no se entendió la respuesta del servidor; actualice este programa"))
        }
        try await store.writing {
            try History(database: $0).take(
                device: device, secret: secret, before: Array(round.request.epoch))
        }
        report.wasCopied = true
    }

    /// Lets the hub have what the store delivered under earlier identities, after a restore, and
    /// learns what became of their open commits.
    /// - Returns: whether the present identity has to ask once more.
    private mutating func reconcilePast() async throws(ClientError) -> Bool {
        let (past, epoch) = try await store.writing { database in
            let facts = Facts(database: database)
            return (try facts.pastIdentities(), try facts.bytes(.epoch) ?? [])
        }
        var isNew = report.isRestored && !report.isReconciled
        report.isReconciled = report.isRestored
        let limit = store.limits.numbersPerExchange
        for identity in past {
            let ordinal = identity.identity
            let asks = try await store.writing { database in
                let outbox = Outbox(database: database)
                return try outbox.hasPending(of: ordinal)
                    || !outbox.open(of: ordinal, limit: limit).isEmpty
                    || !outbox.untold(of: ordinal, isLast: true, limit: limit).isEmpty
            }
            guard asks || identity.epoch != epoch else { continue }
            do throws(ClientError) {
                _ = try await converse(as: ordinal) { _ in }
            } catch {
                guard error.serverCode == "badCredential" else { throw error }
                try await bringBack(identity)
                _ = try await converse(as: ordinal) { _ in }
            }
            // What became of its commits is told in the streams, to the present identity.
            isNew = isNew || identity.epoch != epoch
        }
        return isNew
    }

    /// A device that was enrolled after the backup is made again, with its id and its secret.
    private func bringBack(_ past: PastIdentity) async throws(ClientError) {
        let secret = try await store.writing { try Facts(database: $0).bytes(.secret) ?? [] }
        var request = WireEnrolRequest()
        request.secret = Data(past.secret)
        request.device = Data(past.device.bytes)
        request.name = "copy"
        _ = try await calls.enrol(request, credential: secret)
        try await store.noteUnknown(false)
    }

    /// Finds and mends what differs in the scopes whose sums did.
    private mutating func repair() async throws(ClientError) {
        for scope in diverged.sorted() {
            var repair = ScopeRepair(store: store, calls: calls, scope: scope)
            report.repaired += try await repair.run()
        }
        diverged = []
    }

    /// Only a sync that came to its end counts as one.
    private func noteComplete() async throws(ClientError) {
        let now = store.surroundings.now()
        try await store.writing { database in
            let facts = Facts(database: database)
            try facts.set(.lastSync, number: now.milliseconds)
            try facts.remove(.isUnknown)
            try facts.remove(.isRevoked)
            guard try facts.number(.isRecovering) == nil else { return }
            try SyncAnswer.dropDoubtful(in: database, now: now)
        }
    }
}
