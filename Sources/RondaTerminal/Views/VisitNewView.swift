internal import RondaMethod
internal import RondaModel

/// What is said after a visit was recorded.
enum VisitNewView {
    static func sentence(
        state: VisitState, customer: CustomerName, handle: String, missing: [PostSaleAspect],
        draft: VisitDraft, in wording: Wording
    ) -> Phrase {
        let who = Phrase(
            en: "Visit \(handle) to \(customer.name)", es: "Visita \(handle) a \(customer.name)")
        let when = wording.when(draft.at)
        var parts = [
            state == .planned
                ? Phrase(
                    en: "\(who.en) planned: \(when.en)", es: "\(who.es) planificada: \(when.es)")
                : Phrase(en: "\(who.en) saved", es: "\(who.es) guardada")
        ]
        if let sentence = PostSaleAspect.sentence(missing) { parts.append(sentence) }
        if let promise = draft.promise {
            let due = wording.when(promise.dueAt)
            parts.append(Phrase(en: "promise due \(due.en)", es: "promesa para \(due.es)"))
        }
        if let referral = draft.referral {
            parts.append(Phrase(en: "referral \(referral.name)", es: "referido \(referral.name)"))
        }
        if let programme = draft.programme?.name {
            parts.append(Phrase(en: "enrolled in \(programme)", es: "inscripción en \(programme)"))
        }
        return .list(parts, separator: "; ") + Phrase(".")
    }

    /// The method asks for a promise to put right whatever stands in the way.
    static func next(_ draft: VisitDraft, handle: String, customer: CustomerName) -> Phrase? {
        guard draft.impedimentFound == true, draft.promise == nil else { return nil }
        let command = "--customer \(customer.handle) --visit \(handle) --due"
        return Phrase(
            en: "Promise how the impediment is put right: ronda promise add \(command) …",
            es: "Prometa cómo se resuelve el impedimento: ronda promesa nueva \(command) …")
    }
}
