internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// Who may be meant already by somebody about to be recorded: said before saving, from the index of
/// what people search by. It warns and never forbids: households and shops share telephones.
struct DuplicateCheck: Sendable {
    enum Ground: String, Sendable, CaseIterable {
        case phone, email, nationalId, name

        var label: Phrase {
            switch self {
            case .phone: Phrase(en: "the same telephone", es: "el mismo teléfono")
            case .email: Phrase(en: "the same e-mail", es: "el mismo correo")
            case .nationalId: Phrase(en: "the same national id", es: "la misma identificación")
            case .name: Phrase(en: "the same name", es: "el mismo nombre")
            }
        }
    }

    struct Match: Sendable {
        let customer: CustomerName
        let city: String
        let grounds: [Ground]

        var phrase: Phrase {
            let why = Phrase.list(grounds.map(\.label))
            let (enPlace, esPlace) = city.isEmpty ? ("", "") : (" in \(city)", " en \(city)")
            return Phrase(
                en: "warning: \(customer.name) (\(customer.handle)) is already a customer"
                    + "\(enPlace): \(why.en)",
                es:
                    "aviso: \(customer.name) (\(customer.handle)) ya es cliente\(esPlace): \(why.es)"
            )
        }

        var json: JSONValue {
            .object([
                "id": .id(customer.id), "name": .string(customer.name),
                "grounds": .strings(grounds.map(\.rawValue)),
            ])
        }
    }

    /// In their one spelling; those that have none as typed.
    var phones: Set<String> = []
    var emails: Set<String> = []
    /// Without its dots and dashes, which are written or not.
    var nationalId: String?
    private var nationalIdAsTyped: String?
    var names: [String] = []

    /// At most so many are looked at.
    private static let most = 200

    init(_ customer: Customer) {
        let points = ReferralIdentity.contactPoints(customer)
        phones = Set(points.filter { $0.hasPrefix("tel:") })
        emails = Set(points.filter { $0.hasPrefix("mailto:") })
        nationalIdAsTyped = customer.nationalId
        nationalId = customer.nationalId.map(Self.squeezed)
        names = [customer.name, customer.tradeName].compactMap { $0 }
    }

    init(_ referral: ReferralDraft) {
        if referral.contactPoint.hasPrefix("tel:") {
            phones = [referral.contactPoint]
        } else {
            emails = [referral.contactPoint]
        }
        names = [referral.name]
    }

    func matches(_ reader: LocalReader) throws -> [Match] {
        let called = try Names(reader)
        let words = names.map(Self.words).filter { $0.count > 1 }
        var groups =
            (phones.map { [String($0.dropFirst(4))] } + emails.map { [String($0.dropFirst(7))] })
            .sorted { $0[0] < $1[0] }
        groups += Set([nationalId, nationalIdAsTyped].compactMap { $0 }).sorted().map { [$0] }
        groups += words.flatMap(Self.pairs)
        var owners = Dictionary(
            uniqueKeysWithValues: try reader.candidates(
                Customer.self, anyOf: groups, limit: Self.most
            ).map { ($0.id, (customer: $0, grounds: grounds($0))) })
        for contact in try reader.candidates(Contact.self, anyOf: groups, limit: Self.most) {
            guard let id = contact.customer,
                let customer = try owners[id]?.customer ?? reader.record(Customer.self, id)
            else { continue }
            let known = owners[id]?.grounds ?? []
            let more = grounds(contact, country: customer.country)
            owners[id] = (customer, known + more.filter { !known.contains($0) })
        }
        return try owners.values.filter { !$0.grounds.isEmpty }
            .sorted {
                ($0.grounds[0].order, $0.customer.id) < ($1.grounds[0].order, $1.customer.id)
            }
            .map { owner in
                Match(
                    customer: try called.customer(owner.customer), city: owner.customer.city ?? "",
                    grounds: owner.grounds)
            }
    }

    private func grounds(_ customer: Customer) -> [Ground] {
        let points = ReferralIdentity.contactPoints(customer)
        let isSame = nationalId != nil && customer.nationalId.map(Self.squeezed) == nationalId
        return (phones.isDisjoint(with: points) ? [] : [.phone])
            + (emails.isDisjoint(with: points) ? [] : [.email]) + (isSame ? [.nationalId] : [])
            + (sharesName([customer.name, customer.tradeName]) ? [.name] : [])
    }

    private func grounds(_ contact: Contact, country: String?) -> [Ground] {
        var person = Customer(id: contact.id)
        (person.phones, person.emails, person.country) = (contact.phones, contact.emails, country)
        person.name = contact.name
        return grounds(person)
    }

    /// Two surnames are not always told, nor in this order: one name holds all the words of the other.
    private func sharesName(_ others: [String?]) -> Bool {
        let known = others.compactMap { $0.map(Self.words) }.filter { $0.count > 1 }
        return names.map(Self.words).filter { $0.count > 1 }.contains { name in
            known.contains { $0.isSuperset(of: name) || name.isSuperset(of: $0) }
        }
    }

    /// Without particles, which some write and some do not.
    private static func words(_ name: String) -> Set<String> {
        Set(Folding.fold(name).split(separator: " ").map { String($0) })
            .subtracting(["de", "del", "la", "las", "los", "y"])
    }

    /// Two words find whoever is called by fewer or by more of them; the longest tell most.
    private static func pairs(_ words: Set<String>) -> [[String]] {
        let telling = words.sorted { ($1.count, $0) < ($0.count, $1) }.prefix(4)
        return telling.indices.flatMap { one in
            telling[(one + 1)...].map { [telling[one], $0] }
        }
    }

    /// Digits and letters only: dots and dashes are written or not.
    static func squeezed(_ text: String) -> String {
        Folding.fold(text).filter { $0.isLetter || $0.isNumber }
    }
}

extension DuplicateCheck.Ground {
    /// What tells people apart best comes first.
    fileprivate var order: Int {
        switch self {
        case .nationalId: 0
        case .phone: 1
        case .email: 2
        case .name: 3
        }
    }
}
