package import RondaModel

/// Why a step of a case is not taken now.
package enum CaseRefusal: MethodRefusal {
    case over, respectFirst, listenFirst, expectationsFirst, restateFirst, notConfirmed
    case solutionFirst, actFirst, wordsMissing, expectationMissing, confirmationMissing
    case solutionMissing, alternativesMissing, noPromise, noDueTime, satisfactionMissing
    case checkTooSoon, firstCheckMissing, secondCheckMissing, notSatisfied, outcomeMissing
    case subjectOwns, notOver

    package var phrase: Phrase {
        switch self {
        case .over:
            Self.say("the case is over; reopen it first", "el caso terminó; reábralo primero")
        case .respectFirst:
            Self.say(
                "show respect first (step 1): say that it matters",
                "primero demuestre respeto (paso 1): diga que importa")
        case .listenFirst:
            Self.say(
                "listen first (step 2): note what happened in the customer's words",
                "primero escuche (paso 2): anote qué sucedió en palabras del cliente")
        case .expectationsFirst:
            Self.say(
                "find out first what the customer expects (step 3)",
                "primero descubra qué espera el cliente (paso 3)")
        case .restateFirst:
            Self.say(
                "repeat first what you understood (step 4)",
                "primero repita lo que entendió (paso 4)")
        case .notConfirmed:
            Self.say(
                "the customer did not confirm what you repeated; repeat it again (step 4)",
                "el cliente no confirmó lo que usted repitió; repítalo de nuevo (paso 4)")
        case .solutionFirst:
            Self.say(
                "agree on a solution first (step 5)", "primero acuerde una solución (paso 5)")
        case .actFirst:
            Self.say(
                "act first (step 6), with a promise that has a day and an hour",
                "primero emprenda una acción (paso 6), con una promesa con día y hora")
        case .wordsMissing:
            Self.say("note what was said", "anote qué se dijo")
        case .expectationMissing:
            Self.say("note what the customer expects", "anote qué espera el cliente")
        case .confirmationMissing:
            Self.say(
                "say whether the customer confirmed it", "indique si el cliente lo confirmó")
        case .solutionMissing:
            Self.say("note what was chosen", "anote qué se eligió")
        case .alternativesMissing:
            Self.say(
                "it does not meet the expectation; note the alternatives you offered",
                "no cubre la expectativa; anote las alternativas que ofreció")
        case .noPromise:
            Self.say(
                "add the promise that the action makes", "agregue la promesa que hace la acción")
        case .noDueTime:
            Self.say(
                "the promise needs a day and an hour that are still to come",
                "la promesa necesita un día y una hora que aún no lleguen")
        case .satisfactionMissing:
            Self.say(
                "say whether the customer is satisfied: yes, partly or no",
                "indique si el cliente quedó satisfecho: sí, en parte o no")
        case .checkTooSoon:
            Self.say(
                "the second check comes later than the first; call again then",
                "la segunda verificación es posterior a la primera; vuelva a llamar entonces")
        case .firstCheckMissing:
            Self.say(
                "check with the customer first (step 7), twice",
                "primero verifique con el cliente (paso 7), dos veces")
        case .secondCheckMissing:
            Self.say(
                "check with the customer a second time (step 7), then close it",
                "verifique con el cliente por segunda vez (paso 7) y después ciérrelo")
        case .notSatisfied:
            Self.say(
                "the customer was not satisfied at the last check; look for another solution",
                "el cliente no quedó satisfecho en la última verificación; busque otra solución")
        case .outcomeMissing:
            Self.say("say how it ended", "indique cómo terminó")
        case .subjectOwns:
            Self.say(
                "the case is about this person; give it to somebody else",
                "el caso trata de esta persona; asígnelo a otra")
        case .notOver:
            Self.say(
                "the case is not over; go on with its next step",
                "el caso no ha terminado; siga con el próximo paso")
        }
    }

    private static func say(_ en: String, _ es: String) -> Phrase { Phrase(en: en, es: es) }
}
