package import RondaModel

/// Complaints that were registered twice (domain §2.4). They are linked and never merged: each
/// promised check-back still stands, and only counting goes by the group.
package enum SameComplaint {
    /// Whether two cases may be one complaint: one customer, one product or none named, near in time.
    package static func looksSame(
        _ one: ServiceCase, _ other: ServiceCase, policy: MethodPolicy = MethodPolicy()
    ) -> Bool {
        guard one.id != other.id, one.customer == other.customer, let first = one.openedAt,
            let second = other.openedAt
        else { return false }
        if let product = one.product, let another = other.product, product != another {
            return false
        }
        let apart = abs(first.milliseconds - second.milliseconds)
        return apart <= Int64(policy.sameComplaintDays) * 86_400_000
    }

    /// The cases by the complaint they are about, each group and all of them in order of id.
    package static func groups(_ cases: [ServiceCase]) -> [[RecordID]] {
        var group: [RecordID: RecordID] = [:]
        func leader(_ id: RecordID) -> RecordID {
            var id = id
            while let next = group[id], next != id { id = next }
            return id
        }
        for id in cases.map(\.id) { group[id] = id }
        for record in cases {
            for other in record.sameAs where group[other] != nil {
                let (one, two) = (leader(record.id), leader(other))
                group[max(one, two)] = min(one, two)
            }
        }
        return Dictionary(grouping: cases.map(\.id), by: leader).values.map { $0.sorted() }
            .sorted { $0[0] < $1[0] }
    }
}
