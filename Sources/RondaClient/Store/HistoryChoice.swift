package import RondaModel

/// How recent a record is, for the choice of what is kept: by the latest day that it shows. One that shows
/// none is of no time, and goes before all that is done with.
package struct Recency: Sendable, Hashable, Comparable {
    package let day: Int32?
    package let version: UInt64
    package let record: RecordID

    package init(day: Int32?, version: UInt64, record: RecordID) {
        self.day = day
        self.version = version
        self.record = record
    }

    package static func < (left: Recency, right: Recency) -> Bool {
        let days = (left.day.map(Int64.init) ?? .max, right.day.map(Int64.init) ?? .max)
        if days.0 != days.1 { return days.0 < days.1 }
        return (left.version, left.record) < (right.version, right.record)
    }
}

/// What a device should have whole of the history that it knows of: the most recent, as far as its budget
/// goes. It depends on nothing but what is given, so that it can be made anew after any interruption.
package struct HistoryChoice: Sendable, Hashable {
    /// To be asked for, the most recent first.
    package let wanted: [RecordID]
    /// To be made outlines of, the oldest first.
    package let dropped: [RecordID]

    /// - Parameters:
    ///   - whole: the records of history that are on the device.
    ///   - kept: those of them that something unfinished refers to. They stay, and take up room.
    ///   - outlined: those that are here in outline only.
    package init(
        whole: [Recency], kept: Set<RecordID>, outlined: [Recency], budget: HistoryBudget
    ) {
        let free = whole.filter { !kept.contains($0.record) }
        let room: Int
        switch budget {
        case .all: room = .max
        case .records(let most): room = max(0, most - (whole.count - free.count))
        }
        let isHere = Set(free.map(\.record))
        let ranked = (free + outlined).sorted(by: >)
        wanted = ranked.prefix(room).map(\.record).filter { !isHere.contains($0) }
        dropped = ranked.dropFirst(room).reversed().map(\.record).filter { isHere.contains($0) }
    }
}
