package import RondaModel

/// The merge of one field. Everything here is a function of what is stored and what is written:
/// no clock, no order of arrival, no randomness (SPEC §5).
extension StoredRecord {
    /// Writes a value into a single-valued field. `writer` is the index of the write's mark.
    ///
    /// What remains is exactly the writes that no other write had seen.
    package mutating func write(
        _ value: Value?, at position: Int, field: FieldSchema, writer: Int
    ) throws(Refusal) {
        let siblings: [Sibling] =
            if case .siblings(let stored) = registers[position] { stored } else { [] }
        let seen = siblings.filter { hasSeen(writer, $0.mark) }
        // A write that comes in late, after one that had seen it, adds nothing.
        let isOld = siblings.contains { hasSeen($0.mark, writer) }
        let written = isOld ? [] : [Sibling(value: value, mark: writer)]
        switch field.rule {
        case .first:
            // A repetition gives way to the fact it repeats, and a device's earlier fact to its later
            // one, also where what had been seen comes in last.
            if seen.isEmpty {
                let unaware = siblings.filter {
                    !hasSeen($0.mark, writer) || $0.value != value
                }
                let isSuperseded = unaware.contains {
                    hasSeen($0.mark, writer) && marks[$0.mark].device == marks[writer].device
                }
                registers[position] =
                    isSuperseded
                    ? ordered(siblings, field: field)
                    : ordered(unaware + [Sibling(value: value, mark: writer)], field: field)
            } else if !seen.contains(where: { $0.value == value }) {
                throw Refusal(.fixedValue, entity: entity, record: id, field: field.number)
            }
        case .least, .greatest:
            let all = (siblings + [Sibling(value: value, mark: writer)])
                .sorted { isShown($0, before: $1, field: field) }
            registers[position] = .siblings(Array(all.prefix(1)))
        case .latest, .office, .furthest, .protective:
            let unseen = siblings.filter { !hasSeen(writer, $0.mark) }
            if isOld && unseen.count < siblings.count {
                // It takes one away and adds nothing: what is left is told anew.
                for sibling in unseen { marks[sibling.mark].seqs = [] }
            }
            registers[position] = ordered(unseen + written, field: field)
        case .union:
            throw Refusal(.malformed, entity: entity, record: id, field: field.number)
        }
    }

    /// Adds to and removes from a set field: an add-wins set whose additions are tagged by commit.
    package mutating func write(
        adds: [Value], removes: [Value], at position: Int, writer: Int
    ) {
        var elements: [Value: [Int]] = [:]
        if case .elements(let stored, _) = registers[position] {
            for element in stored { elements[element.value] = element.marks }
        }
        for value in adds + removes {
            elements[value] = elements[value]?.filter { !hasSeen(writer, $0) }
        }
        for value in adds { elements[value, default: []].append(writer) }
        let kept = elements.filter { !$0.value.isEmpty }
            .map { SetElement(value: $0.key, marks: $0.value) }
            .sorted { $0.value < $1.value }
        registers[position] = .elements(kept, changed: writer)
    }

    /// Notes that the write touched the record, or deleted it.
    package mutating func touch(deleting: Bool, writer: Int) {
        let isOld = (lives + deletions).contains { hasSeen($0, writer) }
        lives = lives.filter { !hasSeen(writer, $0) }
        deletions = deletions.filter { !hasSeen(writer, $0) }
        if isOld { return }
        if deleting { deletions.append(writer) } else { lives.append(writer) }
    }

    private func hasSeen(_ mark: Int, _ other: Int) -> Bool { marks[mark].hasSeen(marks[other]) }

    /// The siblings with the shown one first and the rest in an order that everybody agrees on.
    private func ordered(_ siblings: [Sibling], field: FieldSchema) -> Register {
        guard siblings.count > 1 else { return .siblings(siblings) }
        return .siblings(siblings.sorted { isShown($0, before: $1, field: field) })
    }

    /// Whether `left` is shown rather than `right` (the table of SPEC §5.3).
    private func isShown(_ left: Sibling, before right: Sibling, field: FieldSchema) -> Bool {
        let (a, b) = (marks[left.mark], marks[right.mark])
        let isLater = (a.stamp, a.device) > (b.stamp, b.device)
        switch field.rule {
        case .latest, .union:
            return isLater
        case .first:
            return (a.stamp, a.device) < (b.stamp, b.device)
        case .office:
            return a.isOffice == b.isOffice ? isLater : a.isOffice
        case .furthest, .protective:
            let (p, q) = (field.progress(of: left.value), field.progress(of: right.value))
            return p == q ? isLater : p > q
        case .least, .greatest:
            // A join: equal values keep the earliest writer, so that the result is one and the same.
            guard let p = left.value, let q = right.value, p != q else {
                return (a.stamp, a.device) < (b.stamp, b.device)
            }
            return field.rule == .least ? p < q : p > q
        }
    }
}

extension FieldSchema {
    /// Whether a value protects the person more than the one that is shown, or than none.
    func protects(_ value: Value?, over shown: Value?) -> Bool {
        guard rule == .protective else { return false }
        func rank(_ value: Value?) -> Int {
            if case .option(let number) = value, let option = option(number) {
                option.rank
            } else {
                -1
            }
        }
        return rank(value) > rank(shown) && options.contains { $0.rank < rank(value) }
    }

    /// How far along the field's order a value is: rounds first, then rank. No value comes first.
    fileprivate func progress(of value: Value?) -> Progress {
        switch value {
        case .option(let number): Progress(round: 0, rank: option(number)?.rank ?? 0)
        case .status(let number, let round):
            Progress(round: Int(round), rank: option(number)?.rank ?? 0)
        default: Progress(round: -1, rank: 0)
        }
    }
}

private struct Progress: Comparable {
    let round: Int
    let rank: Int

    static func < (left: Progress, right: Progress) -> Bool {
        (left.round, left.rank) < (right.round, right.rank)
    }
}
