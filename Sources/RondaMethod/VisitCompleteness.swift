package import RondaModel

/// The four aspects of a post-sale visit (domain §1.3). Which fields belong to each, and which
/// answer it, is in the schema.
package enum PostSaleAspect: Int, Sendable, CaseIterable {
    case expectation = 1
    case repurchase, referrals, backing

    package var label: Phrase {
        switch self {
        case .expectation:
            Phrase(en: "expectation against reality", es: "la expectativa y la realidad")
        case .repurchase:
            Phrase(en: "willingness to buy again", es: "la predisposición a reiterar compras")
        case .referrals: Phrase(en: "referrals", es: "las referencias")
        case .backing: Phrase(en: "the backing of the company", es: "el respaldo de la empresa")
        }
    }
}

/// What a visit still lacks. It is saved all the same: an incomplete visit took place too.
package enum VisitGap: Sendable, Hashable {
    case aspect(PostSaleAspect)
    case substituteReason, impedimentCause, impedimentPromise, madeBy, newDate

    package var phrase: Phrase {
        switch self {
        case .aspect(let aspect):
            Phrase(en: "ask about \(aspect.label.en)", es: "pregunte por \(aspect.label.es)")
        case .substituteReason:
            Phrase(
                en: "somebody else sold it; say why that person did not come",
                es: "la venta la concretó otra persona; indique por qué no vino")
        case .impedimentCause:
            Phrase(en: "say what caused the impediment", es: "indique la causa del impedimento")
        case .impedimentPromise:
            Phrase(
                en: "promise when the impediment will be put right",
                es: "prometa para cuándo se resuelve el impedimento")
        case .madeBy: Phrase(en: "say who made the visit", es: "indique quién hizo la visita")
        case .newDate:
            Phrase(en: "plan the visit in its place", es: "planifique la visita que la reemplaza")
        }
    }
}

extension Visit {
    /// What it lacks to be complete, in the order of the method.
    /// - Parameters:
    ///   - purchase: what it is about, as far as that is known.
    ///   - promises: those made in it; of others none is looked at.
    package func gaps(purchase: Purchase?, promises: some Sequence<Commitment>) -> [VisitGap] {
        if state == .rescheduled { return rescheduledTo == nil ? [.newDate] : [] }
        guard state == .completed else { return [] }
        var gaps: [VisitGap] = madeBy == nil ? [.madeBy] : []
        gaps += PostSaleAspect.allCases.filter { !answers($0) }.map { .aspect($0) }
        if impedimentFound == true {
            if impedimentCause == nil { gaps.append(.impedimentCause) }
            let isPromised = promises.contains {
                $0.visit == id && $0.origin == .impediment && $0.dueAt != nil
            }
            if !isPromised { gaps.append(.impedimentPromise) }
        }
        if sellerWasPresent(purchase) == false, substituteReason == nil {
            gaps.append(.substituteReason)
        }
        return gaps
    }

    /// Whether something answers the aspect.
    package func answers(_ aspect: PostSaleAspect) -> Bool {
        guard let entity = Schema.current[.visit] else { return false }
        return entity.fields.enumerated().contains { position, field in
            field.aspect == aspect.rawValue && field.answersAspect && !fields[position].isEmpty
        }
    }

    /// Whether who sold it made the visit; `nil` where nobody is known to have, or nobody visited
    /// in person.
    package func sellerWasPresent(_ purchase: Purchase?) -> Bool? {
        guard let seller = purchase?.closedBy, let madeBy, channel == nil || channel == .visit
        else { return nil }
        return seller == madeBy
    }

    /// What came of it, by what was recorded with it, besides what the rep noted.
    package func outcomes(referrals: Int, boughtAgain: Bool) -> Set<VisitOutcome> {
        var outcomes = Set(outcomes)
        if referrals > 0 { outcomes.insert(.referrals) }
        if boughtAgain { outcomes.insert(.repeatPurchase) }
        if praise != nil || criticism != nil { outcomes.insert(.salesAspects) }
        return outcomes
    }
}
