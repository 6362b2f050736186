internal import RondaModel

/// The four aspects of a post-sale visit. Which fields belong to each is in the schema.
enum VisitAspect: Int, Sendable, CaseIterable {
    case expectation = 1
    case repurchase = 2
    case referrals = 3
    case backing = 4

    var name: String { "\(self)" }

    var label: Phrase {
        switch self {
        case .expectation:
            Phrase(en: "expectation against reality", es: "la expectativa y la realidad")
        case .repurchase:
            Phrase(en: "willingness to buy again", es: "la predisposición a reiterar compras")
        case .referrals: Phrase(en: "referrals", es: "las referencias")
        case .backing: Phrase(en: "the backing of the company", es: "el respaldo de la empresa")
        }
    }

    /// The aspects that nothing in the visit answers.
    static func missing(in visit: Visit) -> [VisitAspect] {
        guard let entity = Schema.current[.visit] else { return [] }
        return allCases.filter { aspect in
            !entity.fields.enumerated().contains { position, field in
                field.aspect == aspect.rawValue && field.answersAspect
                    && !visit.fields[position].isEmpty
            }
        }
    }

    /// `incompleta: falta …`; `nil` when nothing is missing.
    static func sentence(_ missing: [VisitAspect]) -> Phrase? {
        if missing.isEmpty { return nil }
        let list = Phrase.list(missing.map(\.label))
        return Phrase(
            en: "incomplete: missing \(list.en)",
            es: "incompleta: \(missing.count == 1 ? "falta" : "faltan") \(list.es)")
    }
}
