package import RondaModel

/// What makes an entry of points one and the same on every device (domain §2.5): the enrolment, its
/// kind, what caused it and by which terms. Posting twice is harmless.
package enum PointsKey {
    /// `visit@3`: what kind of thing caused it, and by which edition of the terms.
    package static func cause(_ name: String, edition: Int?) -> String {
        edition.map { "\(name)@\($0)" } ?? name
    }

    /// The cause of the bonus that is paid once, whatever the terms have become.
    package static let welcome = "welcome"
    package static let reversal = "reversal"

    /// An entry with the id of its key.
    package static func entry(
        _ kind: PointsKind, points: Int, of enrolment: Enrolment, cause: String,
        causeRecord: RecordID? = nil, terms: ProgrammeTerms? = nil, at now: Instant
    ) -> PointsEntry {
        var entry = PointsEntry(id: .zero)
        entry.enrolment = enrolment.id
        entry.customer = enrolment.customer
        entry.kind = kind
        entry.points = points
        entry.cause = cause
        entry.causeRecord = causeRecord
        entry.at = now
        entry.edition = terms?.edition
        if kind == .earn, let days = terms?.expiryDays { entry.expiresAt = now.adding(days: days) }
        return withItsID(entry)
    }

    /// Takes an entry back: once, whoever asks how often.
    package static func reversing(_ entry: PointsEntry, at now: Instant) -> PointsEntry {
        var reversal = PointsEntry(id: .zero)
        reversal.enrolment = entry.enrolment
        reversal.customer = entry.customer
        reversal.kind = .reverse
        reversal.points = -(entry.points ?? 0)
        reversal.cause = Self.reversal
        reversal.causeRecord = entry.id
        reversal.reverses = entry.id
        reversal.at = now
        return withItsID(reversal)
    }

    private static func withItsID(_ entry: PointsEntry) -> PointsEntry {
        guard let entity = Schema.current[.pointsEntry] else { return entry }
        let id = Schema.current.derivedID(of: entity) { entry.fields[$0].value }
        return PointsEntry(id: id ?? entry.id, fields: entry.fields)
    }
}
