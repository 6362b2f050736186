package import RondaModel

/// What of a customer tells whether somebody registered the same person twice.
package struct Twin: Sendable, Hashable {
    package let id: RecordID
    /// Telephone numbers and addresses, each in its one spelling.
    package var keys: Set<String>
    package var mergedInto: RecordID?
    /// Whom the office has looked at and found to be somebody else.
    package var notSameAs: Set<RecordID>

    package init(
        id: RecordID, keys: Set<String>, mergedInto: RecordID? = nil,
        notSameAs: Set<RecordID> = []
    ) {
        self.id = id
        self.keys = keys
        self.mergedInto = mergedInto
        self.notSameAs = notSameAs
    }
}

/// Customers that share a contact point, until the office has said whether they are one.
package struct DuplicateCase: Sendable, Hashable {
    /// In ascending order, two at least; an alias is represented by whom it was merged into.
    package let customers: [RecordID]
    package let keys: [String]
}

/// Both reps' customers are kept; that they may be one is a question to the office, and the answer a
/// field like any other: merging makes an alias that can be undone (SPEC §5.7).
package struct Duplicates: Sendable {
    private let twins: [RecordID: Twin]

    package init(_ twins: some Sequence<Twin>) {
        self.twins = Dictionary(twins.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Whom a customer stands for after all mergers. Two mergers that were decided apart and close a
    /// ring make its least id the one that stays.
    package func target(of id: RecordID) -> RecordID {
        var path = [id]
        while let next = twins[path[path.count - 1]]?.mergedInto, twins[next] != nil {
            if let start = path.firstIndex(of: next) { return path[start...].min() ?? id }
            path.append(next)
        }
        return path[path.count - 1]
    }

    /// The open cases, in order of their customers. Linear in customers and keys, but for
    /// who has been told apart: they are asked about one by one.
    package func cases() -> [DuplicateCase] {
        var holders: [String: Set<RecordID>] = [:]
        var settled: [RecordID: Set<RecordID>] = [:]
        for twin in twins.values {
            let target = target(of: twin.id)
            for key in twin.keys { holders[key, default: []].insert(target) }
            for other in twin.notSameAs {
                let other = self.target(of: other)
                settled[target, default: []].insert(other)
                settled[other, default: []].insert(target)
            }
        }
        var keys: [[RecordID]: [String]] = [:]
        for (key, group) in holders where group.count > 1 {
            // Who has been told apart from one of them is asked about with each of the others.
            let apart = group.filter { !(settled[$0] ?? []).isDisjoint(with: group) }
            var open: Set<[RecordID]> = []
            let rest = group.subtracting(apart)
            if rest.count > 1 { open.insert(rest.sorted()) }
            for customer in apart {
                let others = group.subtracting(settled[customer] ?? []).subtracting([customer])
                for other in others { open.insert([customer, other].sorted()) }
            }
            for customers in open { keys[customers, default: []].append(key) }
        }
        return keys.map { DuplicateCase(customers: $0, keys: $1.sorted()) }
            .sorted { $0.customers.lexicographicallyPrecedes($1.customers) }
    }
}
