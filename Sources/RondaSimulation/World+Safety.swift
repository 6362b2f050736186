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
            guard captured.commit.isSameWork(as: row.commit), captured.author == row.author else {
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
                // What an erasure has left of it is part of what was captured.
                let isWhole = ledger[tag]?.commit.isSameWork(as: row.commit) == true
                let isPart =
                    row.isRedacted
                    && ledger[tag].map { isLeft(row, of: $0.commit, erased) } == true
                guard isWhole && !row.isRedacted || isPart else {
                    throw Violation(what: "\(machine.name) holds #\(tag) with another content")
                }
            }
            let lost = machine.expected.subtracting(held).subtracting(delivered)
            if let first = lost.min() {
                throw Violation(what: "#\(first) of \(machine.name) is lost")
            }
        }
    }

    /// Whether this is what an erasure has to leave: nothing of what was accepted; of what was refused
    /// all that concerns others.
    private func isLeft(
        _ row: OutboxRow, of captured: Commit, _ erased: Set<RecordID>
    ) -> Bool {
        guard !captured.named.isDisjoint(with: erased) else { return false }
        if row.state != 3 && row.commit.changes.isEmpty { return true }
        var left: [Change] = []
        for change in captured.changes {
            func isErased(_ value: Value?) -> Bool {
                if case .ref(let id)? = value { erased.contains(id) } else { false }
            }
            if erased.contains(change.record) { continue }
            if change.sets.contains(where: { isErased($0.value) }) { continue }
            var rest = change
            rest.adds = change.adds.filter { !isErased($0.value) }
            rest.removes = change.removes.filter { !isErased($0.value) }
            let says = !(rest.sets.isEmpty && rest.adds.isEmpty && rest.removes.isEmpty)
            if says || rest.deletes || rest == change { left.append(rest) }
        }
        return row.commit.changes == left
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
