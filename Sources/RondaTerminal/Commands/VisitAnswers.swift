internal import ArgumentParser
internal import RondaClient
internal import RondaModel

/// What is recorded of a visit, by flags: the four aspects, and what else came up.
struct VisitAnswers: ParsableArguments {
    @Option(help: "1. What made them buy / Qué esperaba al comprar.") var expectation: String?
    @Option(help: "1. below, met, exceeded / inferior, alcanzó, superó.") var reality: String?
    @Option(help: "1. An impediment? yes, no / ¿Hay un impedimento? sí, no.")
    var impediment: String?
    @Option(
        help: "1. productQuality, missingPreDeliveryCheck, companyError, customerSide / Su causa.")
    var impedimentCause: String?
    @Option(help: "2. Would buy again, 0 to 10 / Volvería a comprar, de 0 a 10.")
    var repurchase: Int?
    @Option(help: "2. Cross-sell idea / Idea de venta cruzada.") var crossSell: [String] = []
    @Option(help: "3. Referrals asked for? yes, no / ¿Pidió referidos? sí, no.")
    var referralAsked: String?
    @Option(help: "4. Somebody else involved / Otra persona de la empresa.")
    var staff: [String] = []
    @Option(help: "4. Handed over to / Se entrega a.") var handoffTo: String?
    @Option(help: "4. The company stands behind it? yes, no / ¿La empresa respalda? sí, no.")
    var handoffOk: String?
    @Option(help: "Note / Nota.") var note: String?
    @Option(help: "Channel: visit, phone, email … / Canal.") var channel: String?
    @Option(help: "Purchase it is about / Compra de que trata.") var purchase: String?
    @Option(help: "Why not who sold it / Por qué no fue quien vendió.")
    var substituteReason: String?
    @Option(help: "Buying signal: looksAgain, asksPayment … / Señal de compra.")
    var signal: [String] = []
    @Option(help: "Objection: distrust, noNeed, hasIt, noHurry / Objeción.")
    var objection: [String] = []
    @Option(help: "Outcome: repeatPurchase, salesAspects, trust, referrals / Resultado.")
    var outcome: [String] = []
    @Option(help: "What was praised / Qué elogió.") var praise: String?
    @Option(help: "What was criticised / Qué criticó.") var criticism: String?
    @Option(help: "May it be quoted? yes, no / ¿Se puede citar? sí, no.") var quotable: String?
    @Option(help: "4. Handed over to somebody of the company / Se entrega a (personal).")
    var handoffStaff: String?
    @Option(
        help: """
            Moment of truth: arrivesOrAsks, angryOrDefensive, specialRequest, undecided, objects, \
            buyingSignals, buys, refuses, complains; with “/badNews” and “: result” / Momento de \
            verdad, con «/mala noticia» y «: resultado».
            """)
    var moment: [String] = []
    @Option(help: "Special request / Solicitud especial.") var request: [String] = []

    func fill(_ draft: inout VisitDraft) throws(TerminalError) {
        draft.expectation = AnswerWords.text(expectation)
        draft.reality = try AnswerWords.required(Reality.self, reality, flag: "--reality")
        draft.impedimentCause = try AnswerWords.required(
            ImpedimentCause.self, impedimentCause, flag: "--impediment-cause")
        draft.impedimentFound =
            try AnswerWords.requiredYesNo(impediment, flag: "--impediment")
            ?? (draft.impedimentCause == nil ? nil : true)
        if let repurchase, !(0...10).contains(repurchase) {
            throw .usage(
                en: "--repurchase goes from 0 to 10, not \(repurchase)",
                es: "--repurchase va de 0 a 10, no \(repurchase)")
        }
        draft.repurchaseIntent = repurchase
        draft.crossSellIdeas = crossSell.compactMap(AnswerWords.text)
        draft.referralAsked = try AnswerWords.requiredYesNo(referralAsked, flag: "--referral-asked")
        draft.otherStaff = staff.compactMap(AnswerWords.text)
        draft.handoffTo = AnswerWords.text(handoffTo)
        draft.handoffOk = try AnswerWords.requiredYesNo(handoffOk, flag: "--handoff-ok")
        draft.note = AnswerWords.text(note)
        draft.channel = try AnswerWords.required(ContactChannel.self, channel, flag: "--channel")
        draft.substituteReason = AnswerWords.text(substituteReason)
        draft.signals = try AnswerWords.all(BuyingSignal.self, signal, flag: "--signal")
        draft.objections = try AnswerWords.all(Objection.self, objection, flag: "--objection")
        draft.outcomes = try AnswerWords.all(VisitOutcome.self, outcome, flag: "--outcome")
        draft.praise = AnswerWords.text(praise)
        draft.criticism = AnswerWords.text(criticism)
        draft.quotable = try AnswerWords.requiredYesNo(quotable, flag: "--quotable")
        draft.requests = request.compactMap(AnswerWords.text)
        for text in moment { draft.moments.append(try Self.moment(text)) }
    }

    /// The records that it names.
    func records(
        _ finder: Finder
    ) throws -> (purchase: RecordID?, handoffStaff: RecordID?) {
        (
            try purchase.map { try finder.record(Purchase.self, $0).id },
            try handoffStaff.map { try finder.staff($0).id }
        )
    }

    /// `complains: se calmó al escucharlo`, or with one of the six special moments
    /// `buys/valueForMoney: …`.
    private static func moment(_ text: String) throws(TerminalError) -> MomentDraft {
        let parts = text.split(separator: ":", maxSplits: 1).map { String($0) }
        let names = (parts.first ?? "").split(separator: "/", maxSplits: 1).map { String($0) }
        let result = parts.count > 1 ? AnswerWords.text(parts[1]) : nil
        guard
            let type = try AnswerWords.required(
                MomentType.self, names.first ?? "", flag: "--moment")
        else { throw .usage(en: "say which moment", es: "diga qué momento") }
        let special = try AnswerWords.required(
            SpecialMoment.self, names.count > 1 ? names[1] : nil, flag: "--moment")
        return MomentDraft(type: type, special: special, result: result)
    }
}
