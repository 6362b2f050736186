internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// A customer's part in a programme, with its points.
struct PointsAccount: Sendable {
    let customer: CustomerName
    let programme: Programme
    let enrolment: Enrolment
    let ledger: PointsLedger
    let terms: ProgrammeTerms?
    let allowances: [RedemptionAllowance]
}

/// Adds an entry to a ledger. Entries are never changed.
struct PointsPosting: Sendable {
    let session: Session
    let store: LocalStore

    func post(_ entry: PointsEntry, _ whose: PointsOwner) async throws -> Output {
        let saved = try await session.save(entry.id, in: store) { try $0.create(entry) }
        return try await said(entry.points ?? 0, saved, whose)
    }

    /// Each redemption is one of its own: what caused it is nobody else's id.
    func redeem(
        _ points: Int, _ reward: String, _ account: PointsAccount,
        _ allowance: RedemptionAllowance, _ whose: PointsOwner
    ) async throws -> Output {
        let now = session.wording.now
        let saved = try await session.save(in: store) { capture in
            var entry = PointsKey.entry(
                .redeem, points: -points, of: account.enrolment,
                cause: PointsKey.cause(reward, edition: account.terms?.edition),
                causeRecord: capture.new(PointsEntry.self).id, terms: account.terms, at: now)
            entry.allowance = allowance.id
            try capture.create(entry)
        }
        return try await said(-points, saved, whose)
    }

    private func said(
        _ points: Int, _ saved: Saved, _ whose: PointsOwner
    ) async throws -> Output {
        let now = session.wording.now
        let after = try await session.read(store) { try whose.account($0, at: now) }
        let (left, who) = (after.ledger.available(at: now), after.customer.name)
        let change = points > 0 ? "+\(points)" : "\(points)"
        return saved.output(
            "pointsEntry",
            saved.receipt == nil
                ? Phrase(
                    en: "These points were there already: \(who) has \(left).",
                    es: "Estos puntos ya estaban: \(who) tiene \(left).")
                : Phrase(
                    en: "\(change) points: \(who) has \(left).",
                    es: "\(change) puntos: \(who) tiene \(left)."),
            more: ["points": .integer(points), "available": .integer(left)])
    }
}
