package import RondaModel

/// Why customers leave, in the two groups of the method (domain §1.10).
package enum DesertionGroup: String, Sendable, CaseIterable {
    case poorAttention, cancellation

    package var label: Phrase {
        switch self {
        case .poorAttention: Phrase(en: "poor attention", es: "mala atención")
        case .cancellation: Phrase(en: "cancellation", es: "cancelación")
        }
    }
}

extension DesertionReason {
    package var group: DesertionGroup {
        switch self {
        case .abandonmentNoContact, .serviceDissatisfaction, .noRenewalWanted, .personal, .noUse:
            .poorAttention
        case .nonPayment, .misuse, .movedToCorporatePlan: .cancellation
        }
    }

    /// What may be said to somebody who leaves for this reason, in the catalogue's order.
    package func counterArguments(
        in catalogue: some Sequence<CounterArgument>
    ) -> [CounterArgument] {
        catalogue.filter { $0.reason == self }
            .sorted { ($0.position ?? 0, $0.id) < ($1.position ?? 0, $1.id) }
    }
}

extension Desertion {
    /// A desertion with the id of its key: two reps who find out about one make one record, and a
    /// customer who comes back and leaves again makes another.
    package static func of(_ customer: RecordID, lastPurchase: CivilDate?) -> Desertion {
        var desertion = Desertion(id: .zero)
        desertion.customer = customer
        desertion.since = lastPurchase
        guard let entity = Schema.current[.desertion],
            let id = Schema.current.derivedID(of: entity, values: { desertion.fields[$0].value })
        else { return desertion }
        return Desertion(id: id, fields: desertion.fields)
    }
}
