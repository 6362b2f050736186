internal import RondaClient
internal import RondaModel

/// What is already known about somebody who is about to be recorded as a referral: said before
/// saving, from the local records. It is saved all the same, because it happened.
enum ReferralCheck {
    static func warnings(_ draft: ReferralDraft, from reader: LocalReader) throws -> [Phrase] {
        let names = try Names(reader)
        var warnings: [Phrase] = []
        let same = try reader.candidates(
            Referral.self, anyOf: [[draft.contactPoint], [draft.name]], limit: 20
        ).filter {
            $0.contactPoint == draft.contactPoint
                || Folding.fold($0.name ?? "") == Folding.fold(draft.name)
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
        warnings += try DuplicateCheck(draft).matches(reader).map(\.phrase)
        return warnings
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
