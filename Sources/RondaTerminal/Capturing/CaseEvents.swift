internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// Adds what happens to a case beside its steps.
struct CaseEvents: Sendable {
    let session: Session

    /// - Parameter problem: why it is not added to the case as it is.
    func add(
        _ draft: CaseEvent, staff: String? = nil, to asked: String,
        unless problem: @Sendable (CaseHistory) -> CaseRefusal?
    ) async throws -> Output {
        let store = try await session.open()
        let now = session.wording.now
        let (row, person) = try await session.read(store) { reader in
            let names = try Names(reader)
            return (
                try names.row(try names.serviceCase(asked)),
                try staff.map { try Finder(reader: reader).staff($0).id }
            )
        }
        if let refusal = problem(row.history) {
            var error = TerminalError(refusal)
            // What comes next, in the words to type.
            if refusal == .firstCheckMissing || refusal == .secondCheckMissing,
                let next = CaseView.next(row.history, handle: row.handle)
            {
                error = error.adding(en: ". \(next.en)", es: ". \(next.es)")
            }
            throw error
        }
        let saved = try await session.save(in: store) { capture in
            var event = capture.new(CaseEvent.self)
            event.fields = draft.fields
            event.serviceCase = row.record.id
            event.customer = row.record.customer
            event.at = now
            event.by = capture.author
            event.to = person
            try capture.create(event)
        }
        let after = try await session.read(store) { try Names($0).history(of: row.record) }
        let kind = draft.kind?.label ?? Phrase("")
        let state = after.state.label
        return saved.output(
            "caseEvent",
            Phrase(
                en: "Case \(row.handle): \(kind.en); it is now: \(state.en).",
                es: "Caso \(row.handle): \(kind.es); ahora está: \(state.es)."),
            next: after.state.isOver ? nil : CaseView.next(after, handle: row.handle),
            more: [
                "case": .id(row.record.id), "state": .string(after.state.rawValue),
                "outcome": .optional(after.outcome?.name), "next": CaseView.json(after.next),
            ])
    }

    /// Says that two cases are one complaint. Both stand, and are counted once.
    func link(_ asked: String, to other: String) async throws -> Output {
        let store = try await session.open()
        let (row, twin) = try await session.read(store) { reader in
            let names = try Names(reader)
            return (
                try names.row(try names.serviceCase(asked)),
                try names.row(try names.serviceCase(other))
            )
        }
        let saved = try await session.save(row.record.id, in: store) { capture in
            try capture.update(ServiceCase.self, row.record.id) { record in
                if !record.sameAs.contains(twin.record.id) { record.sameAs.append(twin.record.id) }
            }
        }
        return saved.output(
            "case",
            Phrase(
                en:
                    "Cases \(row.handle) and \(twin.handle) are one complaint; both promises stand.",
                es: "Los casos \(row.handle) y \(twin.handle) son una sola queja; lo prometido en "
                    + "ambos sigue."))
    }
}
