package import RondaModel

/// Whether a person may be contacted, and on what that rests.
package enum ContactAnswer: Sendable, Hashable {
    case yes(Ground)
    case no(ContactRefusal)

    package enum Ground: String, Sendable, CaseIterable {
        case consent, contract, tacit
        /// An open complaint, or what the law asks: a withdrawal does not stop it.
        case duty
        /// The one contact to ask somebody who was referred.
        case onceToAsk

        package var phrase: Phrase {
            switch self {
            case .consent: Phrase(en: "the person allowed it", es: "la persona lo autorizó")
            case .contract:
                Phrase(
                    en: "it belongs to what was bought", es: "forma parte de lo que compró")
            case .tacit:
                Phrase(
                    en: "allowed tacitly; the person may object at any time",
                    es: "consentimiento tácito; la persona puede oponerse en cualquier momento")
            case .duty:
                Phrase(
                    en: "about an open complaint or a duty by law, and nothing else",
                    es: "por una queja abierta o un deber legal, y nada más")
            case .onceToAsk:
                Phrase(
                    en: "only once, to ask; note whether the person allows more",
                    es: "una sola vez, para preguntar; anote si la persona autoriza más")
            }
        }
    }

    package var isAllowed: Bool { if case .yes = self { true } else { false } }

    package var phrase: Phrase {
        switch self {
        case .yes(let ground): ground.phrase
        case .no(let refusal): refusal.phrase
        }
    }
}

/// Why a person is not contacted now.
package enum ContactRefusal: MethodRefusal {
    case notAsked, forbidden, alreadyAsked, noPermission, noCallList
    case outsideHours, holiday, notAtThisTime, enoughForToday, otherChannelThisWeek, notSynced
    case noChannel

    package var phrase: Phrase {
        switch self {
        case .notAsked:
            Self.say(
                "nobody has asked the person; ask for consent, and note the answer",
                "nadie le ha preguntado a la persona; pida su consentimiento y anote la respuesta")
        case .forbidden:
            Self.say(
                "the person does not allow it; contact the person about it no more",
                "la persona no lo autoriza; no la contacte más por esto")
        case .alreadyAsked:
            Self.say(
                "the person was asked already; note the answer before any other contact",
                "ya se le preguntó a la persona; anote la respuesta antes de otro contacto")
        case .noPermission:
            Self.say(
                "this referral may not be contacted; leave the person in peace",
                "este referido no se puede contactar; deje tranquila a la persona")
        case .noCallList:
            Self.say(
                "the number is on the list of those not to be called; use another channel",
                "el número está en el registro «no llame»; use otro canal")
        case .outsideHours:
            Self.say(
                "the law does not allow it at this hour; do it within the hours of contact",
                "la ley no lo permite a esta hora; hágalo dentro del horario de contacto")
        case .holiday:
            Self.say(
                "the law does not allow it on a Sunday or holiday; do it on a working day",
                "la ley no lo permite en domingo o feriado; hágalo en un día hábil")
        case .notAtThisTime:
            Self.say(
                "the person asked not to be contacted at this time; try at another",
                "la persona pidió no ser contactada a esta hora; intente en otra")
        case .enoughForToday:
            Self.say(
                "the person was contacted today already; try another day",
                "la persona ya fue contactada hoy; intente otro día")
        case .otherChannelThisWeek:
            Self.say(
                "another channel was used this week; use the same one, or wait for Monday",
                "esta semana se usó otro canal; use el mismo o espere al lunes")
        case .notSynced:
            Self.say(
                "this device has not synced for too long to know; sync first",
                "este equipo lleva demasiado sin sincronizar para saberlo; sincronice primero")
        case .noChannel:
            Self.say(
                "name one purpose and one channel", "indique una finalidad y un canal")
        }
    }

    private static func say(_ en: String, _ es: String) -> Phrase { Phrase(en: en, es: es) }
}
