internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// The first screen of the day.
enum TodayView {
    static func output(_ today: Today, in wording: Wording) -> Output {
        let day = LocalTime.civil(wording.now, in: wording.zone).day
        var blocks: [Block] = [
            .heading(Phrase(en: "Today, ", es: "Hoy, ") + wording.day(day))
        ]
        if !today.visits.isEmpty {
            blocks += [
                .heading(Phrase(en: "Visits planned", es: "Visitas planificadas")),
                .table(VisitRow.table(today.visits, in: wording)),
            ]
        }
        if today.promises.isEmpty {
            blocks.append(.sentence(nothingDue(today, in: wording)))
        } else {
            blocks += [
                .heading(Phrase(en: "Promises due", es: "Promesas por cumplir")),
                .table(PromiseRow.table(today.promises, in: wording)),
            ]
        }
        if !today.followUps.isEmpty {
            blocks += [
                .heading(Phrase(en: "To follow up", es: "Seguimientos")),
                .table(FollowUpRow.table(today.followUps, in: wording)),
            ]
        }
        return Output(
            json: json(today, day: day), blocks: blocks,
            notes: StatusView.attention(today.status), isMixed: true)
    }

    private static func nothingDue(_ today: Today, in wording: Wording) -> Phrase {
        let nothing = Phrase(
            en: "No promises are due today.", es: "No hay promesas por cumplir hoy.")
        guard let next = today.next else { return nothing }
        let when = wording.when(next.dueAt)
        return nothing
            + Phrase(
                en: " Next: \(when.en), \(next.promise.words ?? "") (\(next.customer.name)).",
                es: " La próxima: \(when.es), \(next.promise.words ?? "") (\(next.customer.name)).")
    }

    private static func json(_ today: Today, day: CivilDate) -> JSONValue {
        .object([
            "date": .string(day.description),
            "visits": .array(today.visits.map(\.json)),
            "promises": .array(today.promises.map(\.json)),
            "followUps": .array(today.followUps.map(\.json)),
            "conflicts": .integer(today.status.conflicts),
            "refused": .integer(today.status.refused),
            "pending": .integer(today.status.pending),
            "lastSync": .instant(today.status.lastSync),
        ])
    }
}
