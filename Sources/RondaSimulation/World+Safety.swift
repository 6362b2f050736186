internal import RondaClient
internal import RondaMerge
internal import RondaModel
internal import RondaStore
internal import RondaStoreSQLite

/// What must hold at any moment.
extension World {
    /// Everything captured that somebody still has is in an outbox or in the journal, as it was
    /// captured.
    func checkNothingLost(in journal: Journal) throws {
        var delivered: Set<Tag> = []
        for row in journal.ofDevices {
            let tag = row.commit.tag
            guard let captured = ledger[tag] else {
                throw Violation(what: "the journal has \(row.number), which nobody captured")
            }
            let isWork =
                captured.commit.isSameWork(as: row.commit)
                || isPart(row.commit, of: captured.commit)
            guard isWork, captured.author == row.author else {
                throw Violation(what: "#\(tag) is in the journal with another content")
            }
            // Two stores that both leave a chain, that of a third or one with a redacted commit,
            // cannot know of each other.
            let mayRepeat = copies > (erasures.entries().isEmpty ? 1 : 0)
            guard delivered.insert(tag).inserted || mayRepeat else {
                throw Violation(what: "#\(tag) is in the journal twice")
            }
            try checkVerdict(row)
        }
        for machine in live() {
            var held: Set<Tag> = []
            let erased = try machine.erasedRecords()
            for row in try OutboxRow.all(in: machine.store, by: reader) {
                let tag = row.commit.tag
                guard held.insert(tag).inserted else {
                    throw Violation(what: "\(machine.name) holds #\(tag) twice")
                }
                // What an erasure has left of it is part of what was captured, and may be on its way
                // again where a hub has lost it.
                guard let captured = ledger[tag]?.commit,
                    row.isRedacted
                        ? row.commit.changes == captured.left(after: erased)
                        : captured.isSameWork(as: row.commit) || isPart(row.commit, of: captured)
                else {
                    throw Violation(what: "\(machine.name) holds #\(tag) with another content")
                }
            }
            let lost = machine.expected.subtracting(held).subtracting(delivered)
            if let first = lost.min() {
                throw Violation(what: "#\(first) of \(machine.name) is lost")
            }
        }
    }

    /// Whether this is what erasures had to leave of a commit when it was offered anew.
    private func isPart(_ commit: Commit, of captured: Commit) -> Bool {
        commit.stamp == captured.stamp && commit.schema == captured.schema
            && erasedTogether().contains { captured.left(after: $0) == commit.changes }
    }

    /// The hub's journal as it is now.
    func journal() async throws -> Journal {
        try await Journal.read(
            network.store, by: reader, captured: template.commits + ledger.values,
            erased: erasedTogether())
    }

    /// What was erased at some moment, one after the other.
    func erasedTogether() -> [Set<RecordID>] {
        let each = erasures.entries().map { Set($0.records.map(\.id)) }
        var together: [Set<RecordID>] = [[]]
        for erased in each.suffix(6) { together += together.map { $0.union(erased) } }
        return together.filter { !$0.isEmpty }
    }

    /// Where clocks and stores are in order, what a device says is complete is.
    func checkWatermarks(in journal: Journal) async throws {
        guard !wereClocksWrong, copies == 0, restores == 0 else { return }
        let delivered = Set(journal.ofDevices.map(\.commit.tag))
        for machine in live() {
            guard let identity = try await machine.store.identity() else { continue }
            let device = try await network.store.read { try $0.device(identity.device) }
            guard let complete = device?.completeTo else { continue }
            for tag in machine.expected.sorted() where !delivered.contains(tag) {
                if let captured = ledger[tag], captured.commit.stamp.instant <= complete {
                    throw Violation(what: "#\(tag) is older than what is complete and not in")
                }
            }
        }
    }

    /// A final verdict stays, and so does what a number was given to. Each delivery has its own: a
    /// commit that copies of one device deliver under two ids is judged twice.
    private func checkVerdict(_ row: JournalRow) throws {
        let (tag, outcome) = (row.commit.tag, row.verdict.outcome)
        let place = "\(row.device) \(row.number)"
        if let before = contents[place], before != tag {
            throw Violation(what: "\(place) was #\(before) and is #\(tag) now")
        }
        contents[place] = tag
        if let before = verdicts[place], before != outcome {
            throw Violation(what: "#\(tag) was \(before) and is \(outcome) now")
        }
        if outcome != .waiting { verdicts[place] = outcome }
    }
}
