internal import RondaClient
internal import RondaModel

/// What is already known about somebody who is about to be recorded as a referral: said before
/// saving, from the local records. It is saved all the same, because it happened.
enum ReferralCheck {
    static func warnings(_ draft: ReferralDraft, from reader: LocalReader) throws -> [Phrase] {
        let names = try Names(reader)
        var warnings: [Phrase] = []
        let same = try reader.records(Referral.self).filter {
            $0.contactPoint == draft.contactPoint
        }
        for referral in same {
            let referrers = try referral.referrers.map { try names.customer($0).name }
            let list = referrers.joined(separator: ", ")
            warnings.append(
                Phrase(
                    en: "warning: this referral is already here: \(referral.name ?? ""), "
                        + "referred by \(list)",
                    es: "aviso: este referido ya está registrado: \(referral.name ?? ""), "
                        + "recomendado por \(list)"))
        }
        for customer in try reader.records(Customer.self)
        where contactPoints(customer).contains(draft.contactPoint) {
            let name = try names.customer(customer)
            warnings.append(
                Phrase(
                    en: "warning: \(name.name) (\(name.handle)) is already a customer with this "
                        + "contact",
                    es: "aviso: \(name.name) (\(name.handle)) ya es cliente con este contacto"))
        }
        return warnings
    }

    /// The ways to reach a customer, normalised; what cannot be read is left out.
    static func contactPoints(_ customer: Customer) -> Set<String> {
        Set(
            customer.phones.compactMap { try? ContactPoint.phone($0, country: customer.country) }
                + customer.emails.compactMap { try? ContactPoint.email($0) })
    }
}

extension Finder {
    /// A referral's draft from what was typed; exactly one contact must be given.
    func referral(
        name: String?, phone: String?, email: String?, programme code: String?,
        relation: String? = nil, customer: Customer
    ) throws -> ReferralDraft {
        guard let name = AnswerWords.text(name) else {
            throw TerminalError.usage(
                en: "say the name of the person referred", es: "diga el nombre del referido")
        }
        let contactPoint: String
        do {
            switch (AnswerWords.text(phone), AnswerWords.text(email)) {
            case (let phone?, nil):
                contactPoint = try ContactPoint.phone(phone, country: customer.country)
            case (nil, let email?): contactPoint = try ContactPoint.email(email)
            default:
                throw TerminalError.usage(
                    en: "give either a phone or an e-mail of \(name)",
                    es: "dé un teléfono o un correo de \(name), uno de los dos")
            }
        } catch let error as ContactPoint.Problem {
            throw error.error
        }
        return ReferralDraft(
            name: name, contactPoint: contactPoint, relation: AnswerWords.text(relation),
            programme: try programme(code).id)
    }
}
