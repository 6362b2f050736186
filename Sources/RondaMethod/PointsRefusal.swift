package import RondaModel

/// Why points are not earned, redeemed or taken back.
package enum PointsRefusal: MethodRefusal {
    case notEnrolled, causeNotFinal, notPositive, notEnough, allowanceSpent, offlineNotOffered
    case alreadyReversed, nothingToReverse

    package var phrase: Phrase {
        switch self {
        case .notEnrolled:
            Phrase(
                en: "the customer is not enrolled; enrol the customer first",
                es: "el cliente no está inscrito; inscríbalo primero")
        case .causeNotFinal:
            Phrase(
                en: "points come from what is done: complete the visit, or wait for the sale",
                es: "los puntos vienen de lo que ya se hizo: complete la visita o espere la venta")
        case .notPositive:
            Phrase(
                en: "give a number of points above zero",
                es: "indique un número de puntos mayor que cero")
        case .notEnough:
            Phrase(
                en: "there are not that many points; redeem fewer",
                es: "no hay tantos puntos; canjee menos")
        case .allowanceSpent:
            Phrase(
                en:
                    "this device may not give that many without the server; redeem fewer, or sync first",
                es:
                    "este equipo no puede entregar tantos sin el servidor; canjee menos o sincronice "
                    + "primero")
        case .offlineNotOffered:
            Phrase(
                en: "this programme redeems only through the office; ask the office to do it",
                es: "este programa solo canjea en la oficina; pida a la oficina que lo haga")
        case .alreadyReversed:
            Phrase(
                en: "this entry was taken back already; there is nothing to do",
                es: "este movimiento ya fue reversado; no hay nada que hacer")
        case .nothingToReverse:
            Phrase(
                en: "a reversal is not taken back; make a new entry",
                es: "un reverso no se reversa; haga un movimiento nuevo")
        }
    }
}

/// What points are earned from: things that are done, never drafts of them (domain §2.5).
package enum PointsCause: Sendable {
    case welcome(Enrolment)
    case purchase(Purchase)
    case visit(Visit)
    case referral(Referral)

    package var problem: PointsRefusal? {
        switch self {
        case .welcome(let enrolment): enrolment.state == .active ? nil : .notEnrolled
        // What the office or its system brought is a sale; nobody else can make one.
        case .purchase: nil
        case .visit(let visit): visit.state == .completed ? nil : .causeNotFinal
        case .referral(let referral): referral.state == .converted ? nil : .causeNotFinal
        }
    }
}
