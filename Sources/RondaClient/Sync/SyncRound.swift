internal import Foundation
internal import GRDB
internal import RondaModel
internal import RondaProtobuf
internal import RondaSQLite
internal import RondaWire
internal import SwiftProtobuf

/// One question to the hub, as one of the store's identities.
struct SyncRound: Sendable {
    var request: WireExchangeRequest
    let identity: Int64
    let secret: [UInt8]
    /// The last numbers that have a verdict, and that were given at all.
    let settledNumber: UInt64
    let sealedNumber: UInt64
    /// The row of the first commit it offers.
    let firstOffered: Int64?
    /// The commits of this identity that are left for later requests.
    let left: Int
    /// Whether it asks as an identity that the store had before.
    let isPast: Bool
    /// How much history the device has room for, and how many records there are to read, if it was told.
    let budget: HistoryBudget
    private var ahead: Int64?

    /// Seals what is to be offered and writes the question.
    static func prepare(
        in database: Database, as pastOrdinal: Int64?, limits: Limits, now: Instant,
        app: String = "", surrenders: Bool = false
    ) throws -> SyncRound {
        let facts = Facts(database: database)
        let past = try pastOrdinal.flatMap { ordinal in
            try facts.pastIdentities().first { $0.identity == ordinal }
        }
        guard let present = try facts.identity(), let secret = try facts.bytes(.secret) else {
            throw LocalStore.notLoggedIn
        }
        let identity = past?.identity ?? present.ordinal
        let outbox = Outbox(database: database)
        let heard = past == nil ? try facts.number(.heard) ?? 0 : 0
        let sent = try outbox.seal(
            of: identity, limit: limits.commitsPerExchange, bytes: limits.commitBytes,
            told: UInt64(clamping: heard))
        var request = WireExchangeRequest()
        request.protocol = 1
        request.schema = Schema.current.version
        request.device = Data((past?.device ?? present.device).bytes)
        request.epoch = Data(try past?.epoch ?? facts.bytes(.epoch) ?? [])
        request.commits = try sent.map { try WireCommit(serializedBytes: $0.bytes) }
        request.given = sent.compactMap { entry in
            var given = entry.given
            // It may have another number by now.
            given?.number = entry.commit.number
            return given
        }
        let left = try outbox.pendingCount() - sent.count
        if !surrenders {
            request.tray = try outbox.untold(
                of: identity, isLast: left == 0, limit: limits.numbersPerExchange)
        }
        request.open = try outbox.open(of: identity, limit: limits.numbersPerExchange)
        if past?.isShared != true {
            request.erased = try Erased(database: database).gone(askedOf: identity)
                .map { Data($0.bytes) }
        }
        request.verdictsSeen = try outbox.settledNumber(of: identity)
        if !sent.isEmpty { request.deviceTimeMs = now.milliseconds }
        let ownLeft = try outbox.pendingCount(of: identity) - sent.count
        if past == nil {
            // What the hub lost of a past identity shows only when that one asks; until then there
            // is something left, and nobody can say from when on.
            let lost = try facts.pastIdentities().count { $0.epoch != Array(request.epoch) }
            request.queued = UInt32(clamping: left + lost)
            if lost == 0 {
                let least = try outbox.leastStamp(beside: sent)
                request.completeToMs = UInt64(
                    clamping: least.map { $0.instant.milliseconds - 1 } ?? now.milliseconds)
            }
            request.app = try facts.untold(app: app)
            if !surrenders {
                request.cursors = try cursors(in: database)
                request.inParts = true
            }
            request.pushOnly = surrenders
            request.assignment = UInt64(clamping: try facts.number(.assignment) ?? 0)
        } else {
            request.queued = UInt32(clamping: ownLeft)
            request.pushOnly = true
        }
        var round = SyncRound(
            request: request, identity: identity, secret: past?.secret ?? secret,
            settledNumber: request.verdictsSeen,
            sealedNumber: try outbox.sealedNumber(of: identity), firstOffered: sent.first?.n,
            left: ownLeft, isPast: past != nil, budget: try facts.historyBudget(),
            ahead: try facts.number(.ahead))
        round.request.outline = round.asksForOutline
        return round
    }

    /// Whether there may be more history than there is room for. The first answer says how much there is,
    /// and begins with what must be whole.
    private var asksForOutline: Bool {
        guard request.inParts, !request.cursors.isEmpty, case .records(let most) = budget else {
            return false
        }
        return ahead.map { $0 > most } ?? true
    }

    private static func cursors(in database: Database) throws -> [WireCursor] {
        let statement = try database.prepared(
            "SELECT scope, seq, behind, start, part FROM cursor ORDER BY scope")
        defer { statement.reset() }
        var cursors: [WireCursor] = []
        while try statement.step() {
            cursors.append(
                WireCursor(
                    UInt32(clamping: statement.int64(0)), statement.uint64(1),
                    behind: statement.uint64(2), start: statement.uint64(3),
                    part: UInt32(clamping: statement.int64(4))))
        }
        return cursors
    }

    /// Whether the hub has another store's commits under numbers that this one has settled: a hub that
    /// was set back and that a copy of this store has written to since (SPEC §7.2).
    func hasParted(_ response: WireExchangeResponse, _ outbox: Outbox) throws -> Bool {
        let last = min(settledNumber, response.lastCommit)
        guard last > 0, !response.chain.isEmpty,
            let chain = try outbox.chain(number: last, of: identity)
        else { return false }
        return chain.id.bytes != Array(response.chain)
    }

    /// The last number under which the hub has this store's own commit, where the store leaves the
    /// chain.
    func lastShared(_ response: WireExchangeResponse, isCut: Bool) -> UInt64 {
        if response.forkedAt > 0 { return response.forkedAt - 1 }
        return isCut ? response.lastCommit : 0
    }

    /// Whether there is said to be more, but not beyond where this request began.
    func isStuck(at response: WireExchangeResponse) -> Bool {
        response.more && request.commits.isEmpty && !request.pushOnly
            && nextPage(after: response).request.cursors == request.cursors
    }

    /// The request that continues where `response` will have brought the device.
    func nextPage(after response: WireExchangeResponse) -> SyncRound {
        var next = self
        var cursors: [UInt32: WireCursor] = [:]
        for cursor in request.cursors { cursors[cursor.scope] = cursor }
        for stream in response.streams {
            cursors[stream.scope] = WireCursor(
                stream.scope, stream.seq, behind: stream.behind, start: stream.start,
                part: stream.part)
        }
        for scope in response.lostScopes { cursors[scope] = nil }
        next.request.cursors = cursors.sorted { $0.key < $1.key }.map(\.value)
        if response.advice.recordsAhead > 0 {
            next.ahead = Int64(clamping: response.advice.recordsAhead)
        }
        next.request.outline = next.asksForOutline
        return next
    }
}

/// What an answer says about the history it comes from, before anything of it is taken in.
enum SyncHistory: Sendable, Hashable {
    /// It goes on as before.
    case same
    /// The hub was restored: what it lost is offered again.
    case renewed
    /// The hub has less than it had acknowledged, and does not know it.
    case behind
    /// This store is a copy of one that went on, or was itself set back.
    case copy

    static func of(_ response: WireExchangeResponse, to round: SyncRound) -> SyncHistory {
        if response.forkedAt > 0 { return .copy }
        let isRenewed = !round.request.epoch.isEmpty && response.epoch != round.request.epoch
        if isRenewed { return .renewed }
        // More than this store ever numbered. What it has not numbered yet may be what the other one
        // delivered: that is offered first.
        if response.lastCommit > round.sealedNumber && round.left == 0 { return .copy }
        return response.lastCommit < round.settledNumber ? .behind : .same
    }
}

extension WireCursor {
    init(_ scope: UInt32, _ seq: UInt64, behind: UInt64, start: UInt64, part: UInt32) {
        self.init()
        self.scope = scope
        self.seq = seq
        self.behind = behind
        self.start = start
        self.part = part
    }
}
