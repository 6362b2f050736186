internal import Foundation
internal import RondaClient
internal import RondaModel

/// The days that a word means.
enum ReportPeriod {
    static func days(
        _ text: String, today: CivilDate
    ) throws(TerminalError) -> ClosedRange<CivilDate> {
        let (year, month, _) = today.yearMonthDay
        switch Folding.fold(text) {
        case "today", "hoy": return today...today
        case "week", "semana": return today.adding(days: -today.weekday)...today
        case "month", "mes":
            return (CivilDate(year: year, month: month, day: 1) ?? today)...today
        default:
            let parts = text.split(separator: "-").map { Int($0) ?? 0 }
            if parts.count == 2, (1...12).contains(parts[1]),
                let first = CivilDate(year: parts[0], month: parts[1], day: 1),
                CivilDate.allowed.contains(first)
            {
                let next =
                    parts[1] == 12
                    ? CivilDate(year: parts[0] + 1, month: 1, day: 1)
                    : CivilDate(year: parts[0], month: parts[1] + 1, day: 1)
                return first...(next ?? first).adding(days: -1)
            }
            throw .usage(
                en: "“\(text)” is no period; write today, week, month or 2026-11",
                es: "«\(text)» no es un periodo; escriba hoy, semana, mes o 2026-11")
        }
    }
}

/// What this person did in a period: what the hub has, what it has not judged, what it refused.
struct OwnReport: Sendable {
    struct Line: Sendable {
        let name: String
        let label: Phrase
        var confirmed = 0
        var pending = 0
        var refused = 0
    }

    let days: ClosedRange<CivilDate>
    let lines: [Line]
    let lastSync: Instant?

    static func load(
        _ days: ClosedRange<CivilDate>, zone: TimeZone, from reader: LocalReader
    ) throws -> OwnReport {
        let me = try reader.identity()?.account
        var unsent: [RecordID: Set<String>] = [:]
        for change in try reader.unsent() {
            unsent[change.record, default: []].formUnion(change.fieldNames)
        }
        func isIn(_ instant: Instant?) -> Bool {
            instant.map { days.contains(LocalTime.civil($0, in: zone).day) } ?? false
        }
        func line(
            _ name: String, _ en: String, _ es: String, _ counted: [(id: RecordID, amount: Int)],
            by field: String? = nil, refused: Int
        ) -> Line {
            var line = Line(name: name, label: Phrase(en: en, es: es))
            for (id, amount) in counted {
                // A promise that the hub has may have been kept here since.
                let isPending =
                    unsent[id].map { fields in field.map(fields.contains) ?? true } ?? false
                if isPending { line.pending += amount } else { line.confirmed += amount }
            }
            line.refused = refused
            return line
        }
        let tray = try Refused(reader.tray().filter { isIn($0.capturedAt) })
        let visits = try reader.records(Visit.self).filter {
            $0.state == .completed && $0.madeBy == me && isIn($0.at)
        }
        let kept = try reader.records(Commitment.self).filter {
            isIn($0.keptAt) && ($0.owner == nil || $0.owner == me)
        }
        let claims = try reader.records(ReferralClaim.self).filter {
            $0.rep == me && isIn($0.claimedAt)
        }
        let enrolments = try reader.records(Enrolment.self).filter { enrolment in
            isIn(enrolment.enrolledAt) && me.map(enrolment.sources.contains) == true
        }
        let mine = Set(
            try reader.records(Enrolment.self).filter { enrolment in
                me.map(enrolment.sources.contains) == true
            }.map(\.id))
        let points = try reader.records(PointsEntry.self).filter { entry in
            isIn(entry.at) && entry.enrolment.map(mine.contains) == true
        }
        let referrals = Set(claims.compactMap(\.referral)).sorted()
        return OwnReport(
            days: days,
            lines: [
                line(
                    "visits", "visits made", "visitas hechas", visits.map { ($0.id, 1) },
                    by: "state", refused: tray.count(.visit)),
                line(
                    "promisesKept", "promises kept", "promesas cumplidas", kept.map { ($0.id, 1) },
                    by: "keptAt", refused: tray.count(.commitment, field: "keptAt")),
                line(
                    "referrals", "referrals", "referidos", referrals.map { ($0, 1) },
                    refused: tray.count(.referral)),
                line(
                    "claims", "claims to referrals", "referidos registrados a su nombre",
                    claims.map { ($0.id, 1) }, refused: tray.count(.referralClaim)),
                line(
                    "enrolments", "enrolments", "inscripciones", enrolments.map { ($0.id, 1) },
                    refused: tray.count(.enrolment)),
                line(
                    "points", "points", "puntos", points.map { ($0.id, $0.points ?? 0) },
                    refused: tray.points),
            ], lastSync: try reader.lastSync())
    }

    /// What is in the tray, by what it would have made.
    private struct Refused {
        let changes: [TrayChange]

        init(_ items: [TrayItem]) { changes = items.flatMap(\.changes) }

        func count(_ entity: EntityID, field: String? = nil) -> Int {
            Set(
                changes.filter { change in
                    guard change.entity == entity else { return false }
                    guard let field else { return change.creates }
                    return change.fields.contains { $0.name == field }
                }.map(\.record)
            ).count
        }

        var points: Int {
            changes.filter { $0.entity == .pointsEntry && $0.creates }.reduce(0) { sum, change in
                guard case .integer(let points)? = change.captured("points").first else {
                    return sum
                }
                return sum + Int(points)
            }
        }
    }
}
