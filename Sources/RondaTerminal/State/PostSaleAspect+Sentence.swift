internal import RondaMethod
internal import RondaModel

extension PostSaleAspect {
    /// The stable name where programs read.
    var name: String { "\(self)" }

    /// The aspects that nothing in the visit answers.
    static func missing(in visit: Visit) -> [PostSaleAspect] {
        allCases.filter { !visit.answers($0) }
    }

    /// `incompleta: falta …`; `nil` when nothing is missing.
    static func sentence(_ missing: [PostSaleAspect]) -> Phrase? {
        if missing.isEmpty { return nil }
        let list = Phrase.list(missing.map(\.label))
        return Phrase(
            en: "incomplete: missing \(list.en)",
            es: "incompleta: \(missing.count == 1 ? "falta" : "faltan") \(list.es)")
    }
}
