internal import Foundation
internal import RondaModel
internal import RondaProtobuf
internal import RondaStore
internal import RondaWire

/// One scope that has something to tell.
struct Reading {
    let head: ScopeHead
    /// How far it was read; `nil` where it is read from the start.
    var cursor: WireCursor?
    /// Whether the device has no cursor for it yet, and must be told which scope it is.
    let begins: Bool

    init(head: ScopeHead, cursor: WireCursor?) {
        self.head = head
        self.cursor = cursor
        begins = cursor == nil
    }

    var part: ReadingPart? { cursor.flatMap { ReadingPart(rawValue: $0.part) } }

    /// Goes on with a part, or with what follows the last one.
    mutating func begin(_ part: ReadingPart?) {
        var next = WireCursor()
        next.scope = head.number
        next.start = cursor?.start ?? head.seq
        if let part {
            next.part = part.rawValue
        } else {
            // What was touched since stands after the start, and is told whole like what was never told.
            (next.seq, next.behind) = (next.start, next.start)
        }
        cursor = next
    }
}

// Scopes that are read for the first time, in parts (SPEC §4.4): every record that stood in one when
// that began and was not touched since is told in exactly one of them.
extension Page {
    /// Whether they fit into one page decides if what begins is read in parts.
    func begin(_ readings: inout [Reading], _ store: any StoreReader) throws {
        let begun = readings.indices.filter {
            readings[$0].begins && readings[$0].head.id != schema.catalogue
        }
        let numbers = begun.map { readings[$0].head.number }
        guard try store.holdsMore(than: limits.pageRecords, in: numbers) else { return }
        for index in begun { readings[index].begin(.urgent) }
    }

    /// Reads all of these: first what is not in parts, then each part of every scope before the next one
    /// of any. Who has nothing in a part goes on with the next when its turn comes.
    /// - Returns: whether the page had room for all of them.
    func readInParts(
        _ readings: [Reading], for account: Account, store: any StoreReader, budget: inout Budget,
        table: inout IDTable, into streams: inout [WireStream]
    ) throws -> Bool {
        var left = readings
        let passes: [ReadingPart?] = [nil] + ReadingPart.allCases + [nil]
        for part in passes {
            var later: [Reading] = []
            for var reading in left {
                guard reading.part == part, !budget.isSpent else {
                    later.append(reading)
                    continue
                }
                if let part {
                    let stream = try read(
                        part, of: reading, for: account, store: store, budget: &budget,
                        table: &table)
                    if stream.deltas.isEmpty && stream.outlines.isEmpty {
                        reading.begin(ReadingPart(rawValue: part.rawValue + 1))
                        later.append(reading)
                    } else {
                        streams.append(stream)
                    }
                } else {
                    streams.append(
                        try read(
                            reading, for: account, store: store, budget: &budget, table: &table))
                }
            }
            left = later
        }
        return left.isEmpty
    }

    /// Reads on in one part of a scope.
    private func read(
        _ part: ReadingPart, of reading: Reading, for account: Account, store: any StoreReader,
        budget: inout Budget, table: inout IDTable
    ) throws -> WireStream {
        let head = reading.head
        var stream = WireStream()
        stream.scope = head.number
        stream.whole = true
        stream.start = reading.cursor?.start ?? head.seq
        if reading.begins { stream.id = Data(head.id.bytes) }
        let writer = DeltaWriter(
            schema: schema, scope: head.id, since: 0, own: .none, reader: account.role)
        // What is done with, that is: a device must have the rest to show what there is to do, and for whom.
        let isOutline = request.outline && part == .history
        var wasCut = false
        var last = reading.cursor?.seq ?? 0
        var (copy, ids, left) = (stream, table, budget)
        try store.records(in: part, of: head.id, after: last, through: stream.start) { row in
            // A page never ends inside one position.
            if left.isSpent && row.seq != last {
                wasCut = true
                return false
            }
            last = row.seq
            if isOutline {
                copy.outlines.append(try writer.outline(row, &ids))
                left.spend(bytes: 0)
            } else {
                copy.deltas.append(try writer.delta(row, &ids))
                left.spend(bytes: row.shown.count)
            }
            return true
        }
        (stream, table, budget) = (copy, ids, left)
        if wasCut {
            (stream.part, stream.seq, stream.behind) = (part.rawValue, last, last)
        } else if let next = ReadingPart(rawValue: part.rawValue + 1) {
            stream.part = next.rawValue
        } else {
            stream.seq = stream.start
            stream.behind = stream.start == head.seq ? 0 : stream.start
        }
        return stream
    }
}
