package import RondaModel

/// The points of one membership: entries that are only ever added, and their sum (domain §2.5).
///
/// Nothing of it is stored. The same entries give the same ledger in whatever order they come, and
/// however often.
package struct PointsLedger: Sendable {
    /// Points that were earned together and expire together.
    package struct Lot: Sendable, Hashable {
        package let entry: RecordID
        package let expiresAt: Instant?
        package fileprivate(set) var left: Int
    }

    /// Each entry once, by time and id.
    package let entries: [PointsEntry]
    private let reversed: Set<RecordID>

    /// - Parameter entries: of the enrolments of one membership. The welcome bonus counts once, also
    ///   where a customer that was registered twice got it twice.
    package init(_ entries: some Sequence<PointsEntry>) {
        var once: [RecordID: PointsEntry] = [:]
        for entry in entries { once[entry.id] = entry }
        let sorted = once.values.sorted {
            ($0.at ?? .distantPast, $0.id) < ($1.at ?? .distantPast, $1.id)
        }
        var hadWelcome = false
        self.entries = sorted.filter { entry in
            guard entry.kind == .earn, entry.cause == PointsKey.welcome else { return true }
            defer { hadWelcome = true }
            return !hadWelcome
        }
        reversed = Set(self.entries.filter { $0.kind == .reverse }.compactMap(\.reverses))
    }

    /// The sum of all entries, expired ones that nobody has written off included.
    package var sum: Int { entries.compactMap(\.points).reduce(0, +) }

    /// What may be redeemed at a moment: what is left of what has not expired. Below zero where
    /// more was given than there was.
    package func available(at now: Instant) -> Int {
        let (lots, debt) = settled(until: now)
        return lots.filter { !$0.hasExpired(at: now) }.reduce(0) { $0 + $1.left } - debt
    }

    /// What was lost by waiting too long.
    package func expired(at now: Instant) -> Int {
        settled(until: now).lots.filter { $0.hasExpired(at: now) }.reduce(0) { $0 + $1.left }
    }

    /// All that was ever earned and not taken back: what a tier goes by.
    package var earned: Int {
        standing.filter { $0.kind == .earn }.compactMap(\.points).reduce(0, +)
    }

    /// The highest benefit whose threshold was reached.
    package func tier(of benefits: some Sequence<ProgrammeBenefit>) -> ProgrammeBenefit? {
        benefits.filter { $0.withdrawn != true && ($0.threshold.map { $0 <= earned } ?? false) }
            .max { ($0.threshold ?? 0, $0.id) < ($1.threshold ?? 0, $1.id) }
    }

    package func isReversed(_ entry: RecordID) -> Bool { reversed.contains(entry) }

    package func problem(reversing entry: PointsEntry) -> PointsRefusal? {
        if entry.kind == .reverse { return .nothingToReverse }
        return isReversed(entry.id) ? .alreadyReversed : nil
    }

    /// Entries that stand: a reversal and what it reverses cancel out. A reversal of something that
    /// is not here stands with its own points.
    private var standing: [PointsEntry] {
        let here = Set(entries.map(\.id))
        return entries.filter { entry in
            if let original = entry.reverses, entry.kind == .reverse {
                return !here.contains(original)
            }
            return !reversed.contains(entry.id)
        }
    }

    /// What is left of each lot, and what was spent beyond all of them. What expires first is spent
    /// first, so that waiting costs the customer least.
    private func settled(until now: Instant) -> (lots: [Lot], debt: Int) {
        var lots: [Lot] = []
        var debt = 0
        for entry in standing where (entry.at ?? now) <= now {
            let points = entry.points ?? 0
            let at = entry.at ?? now
            if points > 0 {
                let repaid = min(points, debt)
                debt -= repaid
                let expiresAt = entry.kind == .earn ? entry.expiresAt : nil
                lots.append(Lot(entry: entry.id, expiresAt: expiresAt, left: points - repaid))
                continue
            }
            var owed = -points
            // An entry that writes off what expired takes it from what expired.
            let isWriteOff = entry.kind == .expire
            let usable = lots.indices.filter { lots[$0].hasExpired(at: at) == isWriteOff }
                .sorted { lots[$0].spentBefore(lots[$1]) }
            for index in usable {
                let taken = min(owed, lots[index].left)
                lots[index].left -= taken
                owed -= taken
            }
            if !isWriteOff { debt += owed }
        }
        return (lots, debt)
    }
}

extension PointsLedger.Lot {
    fileprivate func hasExpired(at now: Instant) -> Bool { expiresAt.map { $0 <= now } ?? false }

    fileprivate func spentBefore(_ other: PointsLedger.Lot) -> Bool {
        switch (expiresAt, other.expiresAt) {
        case (let one?, let two?): (one, entry) < (two, other.entry)
        case (nil, nil): entry < other.entry
        default: expiresAt != nil
        }
    }
}
