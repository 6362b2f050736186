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
    let own: OwnWrites

    func answer(
        _ store: any StoreReader, account: Account, pushed: PushResult
    ) throws -> WireExchangeResponse {
        let hub = try store.hub()
        var response = WireExchangeResponse()
        response.epoch = Data(hub.epochBytes)
        response.lastCommit = pushed.lastNumber
        var table = IDTable()
        response.verdicts = pushed.verdicts.map { WireVerdict($0, &table) }

        // Positions of another epoch mean nothing here: everything is read again from the start.
        let isSameEpoch = request.epoch == response.epoch
        var cursors: [UInt32: WireCursor] = [:]
        for cursor in request.cursors where isSameEpoch { cursors[cursor.scope] = cursor }

        let visible = account.visible(schema)
        let heads = try store.scopes()
        let seen = heads.filter { visible?.contains($0.id) ?? true }
        if isSameEpoch {
            let numbers = Set(seen.map(\.number))
            response.lostScopes = request.cursors.map(\.scope).filter { !numbers.contains($0) }
        }
        var budget = Budget(records: limits.pageRecords, bytes: limits.pageBytes)
        for head in inOrder(seen) {
            let known = cursors[head.number].flatMap { $0.seq > head.seq ? nil : $0 }
            if let known, known.seq == head.seq, known.behind == 0 { continue }
            guard !budget.isSpent else {
                response.more = true
                break
            }
            let stream = try read(
                head, cursor: known, store: store, budget: &budget, table: &table)
            if stream.behind > 0 { response.more = true }
            response.streams.append(stream)
        }
        response.ids = table.encoded
        return response
    }

    /// The catalogue first, because everything else names its records.
    private func inOrder(_ heads: [ScopeHead]) -> [ScopeHead] {
        let catalogue = schema.catalogue
        return heads.filter { $0.id == catalogue } + heads.filter { $0.id != catalogue }
    }

    private func read(
        _ head: ScopeHead, cursor: WireCursor?, store: any StoreReader,
        budget: inout Budget, table: inout IDTable
    ) throws -> WireStream {
        let after = cursor?.seq ?? 0
        // Since when the device lacks fields: not where its last page ended, because a record that
        // was changed stands only at its latest position, with fields from before that page.
        let since = after - min(after, cursor?.behind ?? 0)
        var stream = WireStream()
        stream.scope = head.number
        stream.whole = since == 0
        if cursor == nil { stream.id = Data(head.id.bytes) }
        // In a whole stream everything is said, own writes too: what is not named holds nothing.
        let writer = DeltaWriter(
            schema: schema, scope: head.id, since: since, own: since == 0 ? .none : own)
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
            copy.deltas.append(try writer.delta(row, &ids))
            left.spend(bytes: row.shown.count)
            lastRead = row.seq
            return true
        }
        (stream, table, budget) = (copy, ids, left)
        stream.seq = wasCut || budget.isSpent ? lastRead : head.seq
        stream.behind = stream.seq == head.seq ? 0 : stream.seq - since
        return stream
    }
}

/// What is left of a page.
private struct Budget {
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
