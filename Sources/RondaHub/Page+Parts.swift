internal import Foundation
internal import RondaModel
internal import RondaProtobuf
internal import RondaStore
internal import RondaWire

// A scope that is read for the first time, in parts (SPEC §4.4): every record that stood in it when that
// began and was not touched since is told in exactly one of them; what was touched stands after the
// start, and is told whole when all parts are read.
extension Page {
    /// Reads on in a scope that is read in parts. A part that has nothing is no reason for another
    /// request.
    func readPart(
        _ reading: Reading, for account: Account, store: any StoreReader, budget: inout Budget,
        table: inout IDTable
    ) throws -> WireStream {
        let (head, cursor) = (reading.head, reading.cursor)
        var stream = WireStream()
        stream.scope = head.number
        stream.whole = true
        if cursor == nil { stream.id = Data(head.id.bytes) }
        stream.start = cursor?.start ?? head.seq
        let writer = DeltaWriter(
            schema: schema, scope: head.id, since: 0, own: .none, reader: account.role)
        var next = reading.part
        var after = cursor?.seq ?? 0
        while let part = next {
            if let position = try read(
                part, of: head, after: after, into: &stream, writer, store: store, budget: &budget,
                table: &table)
            {
                (stream.part, stream.seq, stream.behind) = (part.rawValue, position, position)
                return stream
            }
            next = ReadingPart(rawValue: part.rawValue + 1)
            after = 0
            if let next, !stream.deltas.isEmpty {
                stream.part = next.rawValue
                return stream
            }
        }
        // What was touched since stands after the start, and is told whole like what was never told.
        stream.seq = stream.start
        stream.behind = stream.start == head.seq ? 0 : stream.start
        return stream
    }

    /// - Returns: where the page ended; `nil` when the part is done.
    private func read(
        _ part: ReadingPart, of head: ScopeHead, after: UInt64, into stream: inout WireStream,
        _ writer: DeltaWriter, store: any StoreReader, budget: inout Budget,
        table: inout IDTable
    ) throws -> UInt64? {
        let entities = Set(schema.entities.filter { $0.parts.contains(part) }.map(\.id))
        var cut: UInt64?
        var last = after
        var (copy, ids, left) = (stream, table, budget)
        try store.records(
            of: entities, in: head.id, after: after, through: stream.start
        ) { row in
            // The store never ends a page inside one position.
            if left.isSpent && row.seq != last {
                cut = last
                return false
            }
            last = row.seq
            guard let entity = schema[row.entity] else { return true }
            if entity.parts.count > 1 {
                let shown = try RecordPacking.shownFields(row.shown)
                guard entity.part(showing: shown) == part else { return true }
            }
            copy.deltas.append(try writer.delta(row, &ids))
            left.spend(bytes: row.shown.count)
            return true
        }
        (stream, table, budget) = (copy, ids, left)
        return cut
    }
}
