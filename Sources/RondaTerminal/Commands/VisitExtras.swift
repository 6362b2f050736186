internal import ArgumentParser
internal import RondaModel

/// What may come out of a visit and is saved with it, all or nothing.
struct VisitExtras: ParsableArguments {
    @Option(help: "What was promised / Qué se prometió.") var promise: String?
    @Option(help: "When it is due / Para cuándo: \"jueves 16h\", +3d.") var due: String?
    @Option(help: "Who was referred / Nombre del referido.") var referralName: String?
    @Option(help: "Their phone / Su teléfono.") var referralPhone: String?
    @Option(help: "Their e-mail / Su correo.") var referralEmail: String?
    @Option(help: "Programme of the referral / Programa del referido.") var programme: String?
    @Option(help: "Enrol in this programme / Inscribir en este programa.") var enrol: String?

    var isEmpty: Bool {
        [promise, due, referralName, referralPhone, referralEmail, programme, enrol]
            .allSatisfy { $0 == nil }
    }

    func promise(in session: Session) throws(TerminalError) -> PromiseDraft? {
        switch (AnswerWords.text(promise), due) {
        case (nil, nil): return nil
        case (let words?, let due?): return PromiseDraft(words: words, dueAt: try session.due(due))
        default:
            throw .usage(
                en: "a promise needs both --promise and --due",
                es: "una promesa necesita --promise y --due")
        }
    }

    func referral(_ finder: Finder, _ customer: Customer) throws -> ReferralDraft? {
        guard referralName != nil || referralPhone != nil || referralEmail != nil else {
            return nil
        }
        return try finder.referral(
            name: referralName, phone: referralPhone, email: referralEmail, programme: programme,
            customer: customer)
    }

    func programme(_ finder: Finder) throws -> Programme? {
        try enrol.map { try finder.programme($0) }
    }
}
