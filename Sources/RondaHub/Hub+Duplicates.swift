internal import RondaMerge
package import RondaModel
internal import RondaStore

/// Customers that may be one person, as the office is shown them.
package struct DuplicatePage: Sendable, Hashable {
    package struct Line: Sendable, Hashable {
        package let customer: RecordID
        package let code: String
        package let name: String
    }

    package let customers: [Line]
    /// What they share: `+525512345678`, `ana@ejemplo.mx`.
    package let keys: [String]
}

/// Why two customers cannot be merged, or held apart.
package enum DuplicateProblem: Error, Sendable, Hashable {
    case sameCustomer
    case notMerged
    case refused(RefusalCode)
}

/// Two reps who register the same person both keep their work; whether it is one person is decided
/// here (SPEC §5.7). Each decision is one ordinary commit of the server's own device.
extension Hub {
    /// The open cases, with the customers of each. Reads all customers.
    package func duplicates() async throws(HubError) -> [DuplicatePage] {
        try await reading { store in
            var names: [RecordID: DuplicatePage.Line] = [:]
            let twins = try Self.twins(in: store) { customer in
                names[customer.id] = DuplicatePage.Line(
                    customer: customer.id, code: customer.code ?? "", name: customer.name ?? "")
            }
            return Duplicates(twins).cases().map { found in
                DuplicatePage(
                    customers: found.customers.compactMap { names[$0] }, keys: found.keys)
            }
        }
    }

    /// Makes `alias` another name of `target`: nothing of it is moved or lost, and what is still
    /// captured about it goes on being taken.
    package func merge(
        _ alias: RecordID, into target: RecordID, by actor: String = AuditEntry.server
    ) async throws(HubError) -> DuplicateProblem? {
        let end = try await reading { store in
            Duplicates(try Self.twins(in: store)).target(of: target)
        }
        if end == alias { return .sameCustomer }
        let note = AuditNote(
            .customerMerge, by: actor, subject: alias.description, detail: "into \(end)")
        return try await decide(alias, "mergedInto", note) { number, change in
            change.sets = [FieldWrite(number, .ref(end))]
        }
    }

    /// Undoes a merger.
    package func separate(
        _ alias: RecordID, by actor: String = AuditEntry.server
    ) async throws(HubError) -> DuplicateProblem? {
        let isMerged = try await reading { store in
            try Self.twins(in: store).first { $0.id == alias }?.mergedInto != nil
        }
        guard isMerged else { return .notMerged }
        let note = AuditNote(.customerSeparate, by: actor, subject: alias.description)
        return try await decide(alias, "mergedInto", note) { number, change in
            change.sets = [FieldWrite(number, nil)]
        }
    }

    /// Notes that two customers are not one, whatever they share.
    package func holdApart(
        _ one: RecordID, _ other: RecordID, by actor: String = AuditEntry.server
    ) async throws(HubError) -> DuplicateProblem? {
        if one == other { return .sameCustomer }
        let note = AuditNote(
            .customerApart, by: actor, subject: min(one, other).description,
            detail: "from \(max(one, other))")
        return try await decide(min(one, other), "notSameAs", note) { number, change in
            change.adds = [ElementWrite(number, .ref(max(one, other)))]
        }
    }

    private func decide(
        _ customer: RecordID, _ field: String, _ note: AuditNote,
        _ write: (UInt32, inout Change) -> Void
    ) async throws(HubError) -> DuplicateProblem? {
        guard let entity = schema[.customer], let position = entity.position(named: field) else {
            throw HubError(.fault, "a schema without \(field)")
        }
        let base = try await reading { try $0.record(customer)?.version ?? 0 }
        var change = Change(entity: .customer, record: customer, base: base)
        write(entity.fields[position].number, &change)
        let verdict = try await submitAsSystem([[change]], note: note).first
        return verdict?.refusal.map { .refused($0.code) }
    }

    private static func twins(
        in store: any StoreReader, each: (Customer) -> Void = { _ in }
    ) throws -> [Twin] {
        var twins: [Twin] = []
        try store.records(of: .customer) { stored in
            if stored.isDeleted { return }
            let customer = Customer(id: stored.id, fields: stored.shownValues)
            // What is no number in any country is no key: nobody is found by it.
            let phones = customer.phones.compactMap {
                try? ContactPoint.number($0, country: customer.country)
            }
            let emails = customer.emails.compactMap { try? ContactPoint.address($0) }
            twins.append(
                Twin(
                    id: customer.id, keys: Set(phones + emails),
                    mergedInto: customer.mergedInto, notSameAs: Set(customer.notSameAs)))
            each(customer)
        }
        return twins
    }
}
