internal import Foundation
internal import RondaMerge
internal import RondaModel
internal import RondaProtobuf
internal import RondaStore
internal import RondaWire

/// The pull half of an exchange: what changed after the device's cursors, from current state, in
/// one bounded page.
struct Page: Sendable {
    let schema: Schema
    let limits: Limits
    let request: WireExchangeRequest
    let now: Instant
    let own: OwnWrites

    /// The chain at what the device has settled, or at what there is of it.
    private func settledChain(
        _ store: any StoreReader, _ device: Device, _ pushed: PushResult
    ) throws -> ChainHash? {
        let number = min(request.verdictsSeen, pushed.lastNumber)
        if number == pushed.lastNumber { return number == 0 ? nil : pushed.chain }
        let entry = try number == 0 ? nil : store.journal(device: device.id, number: number)
        return entry?.chain
    }

    func answer(
        _ store: any StoreReader, login: Login, pushed: PushResult
    ) throws -> WireExchangeResponse {
        let hub = try store.hub()
        let isRecovering = try store.isRecovering(at: now)
        var response = WireExchangeResponse()
        response.epoch = Data(hub.epochBytes)
        response.lastCommit = pushed.lastNumber
        response.forkedAt = pushed.forkedAt
        // A verdict says as much: the bytes name the chain they continue.
        if pushed.verdicts.isEmpty, let chain = try settledChain(store, login.device, pushed) {
            response.chain = Data(chain.id.bytes)
        }
        var advice = WireAdvice(login.device, isRecovering: isRecovering)
        if !request.app.isEmpty {
            advice.bundleKey = Data(BundleSeal.publicKey(ofSeed: hub.key))
        }
        if advice != WireAdvice() { response.advice = advice }
        var table = IDTable()
        response.verdicts = pushed.verdicts.map { WireVerdict($0, &table) }
        // A request of another history was not heeded, and is not answered.
        let isPresent = request.epoch.isEmpty || request.epoch == response.epoch
        for verdict in isPresent ? try asked(of: login.device.id, in: store) : [] {
            response.verdicts.append(WireVerdict(verdict, &table))
        }
        if isPresent {
            let due = try store.due(of: login.device.id, limit: limits.numbersPerExchange)
            response.erased = due.map { Data($0.bytes) }
        }
        if !pushed.verdicts.isEmpty {
            response.receipt = try Receipt(
                hub: hub.id, device: login.device.id, number: pushed.lastNumber,
                chain: pushed.chain, receivedAt: pushed.receivedAt
            ).signed(seed: hub.key).wire
        }
        if request.pushOnly {
            response.ids = table.encoded
            return response
        }

        // Positions of another epoch mean nothing here: everything is read again from the start.
        let isSameEpoch = request.epoch == response.epoch
        var cursors: [UInt32: WireCursor] = [:]
        for cursor in request.cursors where isSameEpoch { cursors[cursor.scope] = cursor }

        response.assignment = hub.assignment
        let visible = login.account.visible(schema)
        let heads = try store.scopes()
        let seen = heads.filter { visible?.contains($0.id) ?? true }
        if isSameEpoch {
            let numbers = Set(seen.map(\.number))
            response.lostScopes = request.cursors.map(\.scope).filter { !numbers.contains($0) }
        }
        if request.cursors.isEmpty {
            for head in seen where head.seq > 0 {
                let size = try store.size(of: head.number)
                response.advice.recordsAhead += UInt64(size.records)
                response.advice.bytesAhead += UInt64(size.bytes)
            }
        }
        var budget = Budget(records: limits.pageRecords, bytes: limits.pageBytes)
        var streams: [WireStream] = []
        let unread = try readings(of: seen, cursors: cursors, store)
        let readParts = try readInParts(
            unread, for: login.account, store: store, budget: &budget, table: &table,
            into: &streams)
        for index in streams.indices {
            let stream = streams[index]
            if stream.part > 0 || stream.behind > 0 {
                response.more = true
            } else if !isRecovering {
                streams[index].sum = seen.first { $0.number == stream.scope }?.sum ?? 0
            }
        }
        response.streams = streams
        response.more = response.more || !readParts
        response.ids = table.encoded
        return response
    }

    /// What became of the commits that the device asks about, and of those it has just disposed of.
    private func asked(
        of device: RecordID, in store: any StoreReader
    ) throws -> [Verdict] {
        var verdicts: [Verdict] = []
        let disposed = Set(request.tray.map(\.number))
        for number in Set(request.open).union(disposed).sorted() {
            guard let verdict = try store.journal(device: device, number: number)?.verdict else {
                continue
            }
            // What the device believes is not said, so only what still waits goes without saying.
            if verdict.outcome != .waiting || disposed.contains(number) {
                verdicts.append(verdict)
            }
        }
        return verdicts
    }

    /// What there is to read: the catalogue first, because everything else names its records.
    private func readings(
        of seen: [ScopeHead], cursors: [UInt32: WireCursor], _ store: any StoreReader
    ) throws -> [Reading] {
        let catalogue = schema.catalogue
        let inOrder = seen.filter { $0.id == catalogue } + seen.filter { $0.id != catalogue }
        var readings = inOrder.compactMap { head -> Reading? in
            let known = cursors[head.number].flatMap { $0.isUsable(for: head) ? $0 : nil }
            if let known, known.seq == head.seq, known.behind == 0, known.part == 0 { return nil }
            return Reading(head: head, cursor: known)
        }
        if request.inParts { try begin(&readings, store) }
        return readings
    }

    /// Reads on from a cursor, or from the start, up to the head.
    func read(
        _ reading: Reading, for account: Account, store: any StoreReader, budget: inout Budget,
        table: inout IDTable
    ) throws -> WireStream {
        let (head, cursor) = (reading.head, reading.cursor)
        let after = cursor?.seq ?? 0
        // Since when the device lacks fields: not where its last page ended, because a record that
        // was changed stands only at its latest position, with fields from before that page.
        let since = after - min(after, cursor?.behind ?? 0)
        var stream = WireStream()
        stream.scope = head.number
        stream.whole = since == 0
        if reading.begins { stream.id = Data(head.id.bytes) }
        // What left before the reading began was never told, and what left before the account came
        // is none of its business.
        if stream.whole { stream.start = cursor?.start ?? head.seq }
        let start = max(since, stream.start)
        let departures = Departures(schema: schema, store: store, scope: head.id)
        // In a whole stream everything is said, own writes too: what is not named holds nothing.
        let writer = DeltaWriter(
            schema: schema, scope: head.id, since: since, own: since == 0 ? .none : own,
            reader: account.role)
        // The store never ends a page inside one position; a byte more than that may end it.
        var lastRead = after
        var wasCut = false
        var (copy, ids, left) = (stream, table, budget)
        try store.stream(
            of: head.id, after: after, tracing: since > 0, limit: left.records
        ) { row in
            if left.isSpent && row.seq != lastRead {
                wasCut = true
                return false
            }
            lastRead = row.seq
            guard let change = row.left else {
                copy.deltas.append(try writer.delta(row, &ids))
                left.spend(bytes: row.shown.count)
                return true
            }
            if row.seq > start && account.saw(head.id, before: change) {
                copy.deltas.append(try departures.delta(row, &ids))
            }
            left.spend(bytes: 0)
            return true
        }
        (stream, table, budget) = (copy, ids, left)
        stream.seq = wasCut || budget.isSpent ? lastRead : head.seq
        stream.behind = stream.seq == head.seq ? 0 : stream.seq - since
        return stream
    }
}

extension WireCursor {
    /// Whether the stream can be read on from here: not beyond its head, and not from before a
    /// deletion that is no longer told (SPEC §4.3).
    fileprivate func isUsable(for head: ScopeHead) -> Bool {
        if part > 0 {
            return ReadingPart(rawValue: part) != nil && seq <= start && start <= head.seq
        }
        let since = seq - min(seq, behind)
        return seq <= head.seq && (since == 0 || since >= head.floor)
    }
}

extension WireAdvice {
    fileprivate init(_ device: Device, isRecovering: Bool) {
        self.init()
        coveredByBackup = device.covered
        copies = device.copies
        recovering = isRecovering
    }
}

/// What is left of a page.
struct Budget {
    var records: Int
    var bytes: Int

    var isSpent: Bool { records <= 0 || bytes <= 0 }

    mutating func spend(bytes spent: Int) {
        records -= 1
        bytes -= spent + 32
    }
}

extension HubIdentity {
    package var epochBytes: [UInt8] { withUnsafeBytes(of: epoch.bigEndian, Array.init) }
}
