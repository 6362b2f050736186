internal import ArgumentParser
internal import RondaClient
internal import RondaModel
internal import RondaScreen

/// Makes a capture out of a form: through the commands, so that both have the same rules.
struct ScreenCapture: Sendable {
    let session: Session
    let store: LocalStore

    func problems(_ form: ScreenForm) async throws -> [String: Phrase] {
        let session = session
        return try await session.read(store) { reader in
            let customer = try Finder(reader: reader).customer(form.customer)
            return form.problems { field, value in
                do {
                    switch field.kind {
                    case .due: _ = try session.due(value)
                    case .contact:
                        _ = try Finder(reader: reader).referral(
                            name: form.name, phone: value.contains("@") ? nil : value,
                            email: value.contains("@") ? value : nil,
                            programme: Self.programme(form), customer: customer)
                    default: break
                    }
                    return nil
                } catch {
                    return TerminalError(any: error).phrase
                }
            }
        }
    }

    /// Several programmes: a referral is one for that in which the customer is being enrolled, or
    /// the first.
    private static func programme(_ form: ScreenForm) -> String? {
        form.value(named: "enrol") ?? form.programmes.first?.name
    }

    func save(_ form: ScreenForm) async throws -> Output {
        let arguments = arguments(form) + ["--no-input"]
        let command: any TerminalCommand =
            switch form.kind {
            case .visit: try VisitNewCommand.parse(arguments)
            case .promise:
                try PromiseCommand.Add.parse(
                    arguments + ["--", form.value(named: "promise") ?? ""])
            case .referral: try ReferralCommand.Add.parse(arguments)
            case .enrolment: try EnrolCommand.parse(arguments)
            }
        return try await command.perform(in: session)
    }

    /// The same as somebody would type it.
    private func arguments(_ form: ScreenForm) -> [String] {
        var arguments = ["--home=\(session.home)", "--customer=\(form.customer)"]
        func add(_ flag: String, _ name: String) {
            if let value = form.value(named: name) { arguments.append("--\(flag)=\(value)") }
        }
        func contact(_ prefix: String) {
            guard let value = form.value(named: "referralContact") else { return }
            arguments.append("--\(prefix)\(value.contains("@") ? "email" : "phone")=\(value)")
            if let programme = Self.programme(form) {
                arguments.append("--programme=\(programme)")
            }
        }
        switch form.kind {
        case .visit:
            let begun = min(Instant(milliseconds: form.begunAt), session.wording.now)
            arguments.append("--at=\(LocalTime.utcText(begun))")
            for (flag, name) in [
                ("expectation", "expectation"), ("reality", "reality"),
                ("impediment", "impediment"), ("impediment-cause", "impedimentCause"),
                ("repurchase", "repurchase"), ("cross-sell", "crossSell"),
                ("referral-asked", "referralAsked"), ("referral-name", "referralName"),
                ("staff", "staff"), ("handoff-to", "handoffTo"), ("handoff-ok", "handoffOk"),
                ("note", "note"), ("promise", "promise"), ("due", "due"), ("enrol", "enrol"),
            ] { add(flag, name) }
            contact("referral-")
        case .promise: add("due", "due")
        case .referral:
            add("name", "referralName")
            contact("")
        case .enrolment:
            add("programme", "enrol")
            add("card", "card")
        }
        return arguments
    }
}
