internal import Foundation
internal import GRDB
internal import RondaModel
internal import RondaProtobuf
internal import RondaSQLite
internal import SwiftProtobuf

/// One sync: exchanges until the outbox is empty and every cursor is at its head.
struct SyncSession {
    let store: LocalStore
    let calls: ServerCalls
    private var report = SyncReport()

    init(store: LocalStore, calls: ServerCalls) {
        self.store = store
        self.calls = calls
    }

    private struct Round: Sendable {
        let request: WireExchangeRequest
        let sent: [Outbox.Entry]
        let secret: [UInt8]
        let settledNumber: UInt64
    }

    mutating func run(
        progress: @Sendable (SyncReport) -> Void
    ) async throws(ClientError) -> SyncReport {
        var round = try await prepare()
        var response = try await calls.exchange(round.request, secret: round.secret)
        while true {
            if Task.isCancelled {
                throw ClientError(.cancelled, Phrase(en: "cancelled", es: "cancelado"))
            }
            try checkHistory(response, round: round)
            // The next page does not depend on the device's disk: it is fetched while this one is
            // written. What is not written when the process dies is fetched again.
            let ahead = response.more && round.sent.isEmpty ? nextPage(round, response) : nil
            let following: WireExchangeResponse?
            if let ahead {
                async let next = fetch(ahead)
                try await absorb(response, round: round)
                following = try await next.get()
            } else {
                try await absorb(response, round: round)
                following = nil
            }
            progress(report)
            if let ahead, let following {
                (round, response) = (ahead, following)
                continue
            }
            let before = round
            round = try await prepare()
            if round.sent.isEmpty && !response.more {
                try await noteComplete()
                report.isComplete = true
                return report
            }
            // No verdict for anything that was offered: asking again at once would not help.
            if !before.sent.isEmpty, before.sent.first?.n == round.sent.first?.n { return report }
            response = try await calls.exchange(round.request, secret: round.secret)
        }
    }

    private func fetch(_ round: Round) async -> Result<WireExchangeResponse, ClientError> {
        do throws(ClientError) {
            return .success(try await calls.exchange(round.request, secret: round.secret))
        } catch {
            return .failure(error)
        }
    }

    /// The request that continues where `response` will have brought the device.
    private func nextPage(_ round: Round, _ response: WireExchangeResponse) -> Round {
        var request = round.request
        var cursors: [UInt32: WireCursor] = [:]
        if request.epoch == response.epoch {
            for cursor in request.cursors { cursors[cursor.scope] = cursor }
        }
        for stream in response.streams {
            cursors[stream.scope] = WireCursor(stream.scope, stream.seq, behind: stream.behind)
        }
        for scope in response.lostScopes { cursors[scope] = nil }
        request.epoch = response.epoch
        request.cursors = cursors.sorted { $0.key < $1.key }.map(\.value)
        return Round(
            request: request, sent: [], secret: round.secret, settledNumber: round.settledNumber)
    }

    private func prepare() async throws(ClientError) -> Round {
        let limits = store.limits
        do {
            return try await store.pool.write { database in
                let facts = Facts(database: database)
                guard let identity = try facts.identity(), let secret = try facts.bytes(.secret)
                else { throw LocalStore.notLoggedIn }
                let outbox = Outbox(database: database)
                let sent = try outbox.seal(
                    limit: limits.commitsPerExchange, bytes: limits.commitBytes)
                var request = WireExchangeRequest()
                request.protocol = 1
                request.schema = Schema.current.version
                request.device = Data(identity.device.bytes)
                request.epoch = Data(try facts.bytes(.epoch) ?? [])
                request.commits = try sent.map { try WireCommit(serializedBytes: $0.bytes) }
                let settled = try outbox.settledNumber()
                request.verdictsSeen = settled
                let statement = try database.prepared(
                    "SELECT scope, seq, behind FROM cursor ORDER BY scope")
                defer { statement.reset() }
                while try statement.step() {
                    request.cursors.append(
                        WireCursor(
                            UInt32(statement.int64(0)), statement.uint64(1),
                            behind: statement.uint64(2)))
                }
                return Round(request: request, sent: sent, secret: secret, settledNumber: settled)
            }
        } catch {
            throw .store(error, path: store.path)
        }
    }

    /// The hub must still have every commit it gave a verdict for.
    private func checkHistory(
        _ response: WireExchangeResponse, round: Round
    ) throws(ClientError) {
        guard response.lastCommit < round.settledNumber else { return }
        throw ClientError(
            .serverBehind,
            Phrase(
                en:
                    "the server has lost work of this device that it had accepted, perhaps restored "
                    + "from an old backup; everything is still kept here, tell the office",
                es: "el servidor perdió trabajo de este equipo que ya había aceptado, quizá por un "
                    + "respaldo viejo; todo sigue guardado aquí, avise a la oficina"),
            detail: "server at \(response.lastCommit), device at \(round.settledNumber)")
    }

    /// Only a sync that came to its end counts as one.
    private func noteComplete() async throws(ClientError) {
        let now = store.surroundings.now()
        do {
            try await store.pool.write {
                try Facts(database: $0).set(.lastSync, number: now.milliseconds)
            }
        } catch {
            throw .store(error, path: store.path)
        }
    }

    private mutating func absorb(
        _ response: WireExchangeResponse, round: Round
    ) async throws(ClientError) {
        let now = store.surroundings.now()
        do {
            let (absorbed, pending) = try await store.pool.write { database in
                var absorber = try Absorber(database)
                let absorbed = try absorber.absorb(response, sent: round.sent)
                let facts = Facts(database: database)
                try facts.set(.clockOffset, number: response.serverTimeMs - now.milliseconds)
                return (absorbed, try Outbox(database: database).pendingCount())
            }
            report.accepted += absorbed.accepted
            report.merged += absorbed.merged
            report.refused += absorbed.refused
            report.received += absorbed.records
            report.exchanges += 1
            report.pending = pending
        } catch {
            throw .store(error, path: store.path)
        }
    }
}

extension WireCursor {
    init(_ scope: UInt32, _ seq: UInt64, behind: UInt64) {
        self.init()
        self.scope = scope
        self.seq = seq
        self.behind = behind
    }
}

extension Outbox {
    /// The number of the last commit that has its verdict.
    func settledNumber() throws -> UInt64 {
        let statement = try database.prepared(
            "SELECT number FROM outbox WHERE n <= ? AND number IS NOT NULL ORDER BY n DESC LIMIT 1")
        statement.bind(1, try settled())
        defer { statement.reset() }
        return try statement.step() ? statement.uint64(0) : 0
    }
}
