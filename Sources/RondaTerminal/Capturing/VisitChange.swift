internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// What becomes of a visit that is there.
struct VisitChange: Sendable {
    let session: Session
    let store: LocalStore

    func find(_ asked: String) async throws -> (Visit, Customer) {
        try await session.read(store) { reader in
            let visit = try Finder(reader: reader).record(Visit.self, asked)
            let customer = try visit.customer.flatMap { try reader.record(Customer.self, $0) }
            return (visit, customer ?? Customer(id: visit.customer ?? .zero))
        }
    }

    func draft(
        _ given: VisitAnswers, _ extras: VisitExtras, of visit: Visit, _ customer: Customer
    ) async throws -> VisitDraft {
        var draft = VisitDraft(at: visit.at ?? session.wording.now)
        try given.fill(&draft)
        draft.promise = try extras.promise(in: session)
        let (referral, programme, named) = try await session.read(store) { reader in
            let finder = Finder(reader: reader)
            return (
                try extras.referral(finder, customer), try extras.programme(finder),
                try given.records(finder)
            )
        }
        (draft.referral, draft.programme) = (referral, programme)
        (draft.purchase, draft.handoffStaff) = (named.purchase, named.handoffStaff)
        return draft
    }

    /// Completing what somebody else planned makes a visit of one's own beside it: two may have
    /// gone, and each tells their own (domain §2.4).
    func save(
        _ draft: VisitDraft, to visit: Visit, _ customer: Customer, state: VisitState?
    ) async throws -> Output {
        let now = session.wording.now
        let referral = draft.referral
        let warnings = try await session.read(store) { reader in
            try referral.map { try ReferralCheck.warnings($0, from: reader) } ?? []
        }
        warnings.forEach(session.say)
        var saved: Saved
        do {
            saved = try await session.save(visit.id, in: store) {
                try $0.fill(
                    visit.id, from: draft, customer: customer.id, state: state, at: now)
            }
        } catch let error as ClientError
            where state == .completed
            && error.problems.contains(where: { $0.code == .notPermitted })
        {
            var own = draft
            own.plan = visit.id
            let mine = own
            saved = try await session.save(in: store) {
                try $0.add(mine, state: .completed, customer: customer.id, at: now)
            }
        }
        let id = saved.id
        let (after, handle, name, gaps) = try await session.read(store) { reader in
            let after = try reader.record(Visit.self, id) ?? visit
            let purchase = try after.purchase.flatMap { try reader.record(Purchase.self, $0) }
            let promises = try reader.records(Commitment.self, of: customer.id)
            return (
                after, try reader.shortID(Visit.self, id), try Names(reader).customer(customer),
                after.gaps(purchase: purchase, promises: promises)
            )
        }
        let missing = after.state == .completed ? PostSaleAspect.missing(in: after) : []
        let what =
            saved.receipt == nil
            ? Phrase(
                en: "Nothing differs from what is recorded of visit \(handle).",
                es: "Nada difiere de lo registrado de la visita \(handle).")
            : VisitNewView.sentence(
                state: after.state ?? .completed, customer: name, handle: handle,
                missing: missing, draft: draft, in: session.wording)
        var output = saved.output(
            "visit", what, next: VisitNewView.next(draft, handle: handle, customer: name),
            more: [
                "missingAspects": .strings(missing.map(\.name)),
                "state": .string((after.state ?? .completed).name),
                "warnings": .array(warnings.map(JSONValue.phrase)),
            ])
        output.notes += gaps.compactMap { gap in
            if case .aspect = gap { return nil }
            return gap == .impedimentPromise && draft.promise == nil ? nil : gap.phrase
        }
        return output
    }
}
