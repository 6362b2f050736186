internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// What a rep needs to see in the morning.
struct Today: Sendable {
    let visits: [VisitRow]
    /// Overdue, and due today.
    let promises: [PromiseRow]
    /// The next one due after today, when there is one.
    let next: PromiseRow?
    /// What rules ask for, of nobody or of this rep: check-backs of cases, first contacts.
    let followUps: [FollowUpRow]
    let status: LocalStatus

    static func load(_ wording: Wording, from reader: LocalReader) throws -> Today {
        let names = try Names(reader)
        let day = LocalTime.civil(wording.now, in: wording.zone).day
        func isToday(_ instant: Instant?) -> Bool {
            instant.map { LocalTime.civil($0, in: wording.zone).day <= day } ?? false
        }
        let planned = try reader.records(Visit.self)
            .filter { $0.state == .planned || $0.state == .inProgress }
            .filter { isToday($0.at) }
        let now = wording.local(wording.now)
        let open = try names.promises()
            .filter { $0.state(at: now, heardUntil: nil).isUnsettled }
        let rows = PromiseRow.ordered(try open.map { try names.row($0, at: now) })
        let me = try reader.identity()?.account
        let due = try reader.records(FollowUp.self).filter {
            $0.doneAt == nil && $0.skippedAt == nil && isToday($0.dueAt)
                && ($0.owner == nil || $0.owner == me)
        }
        return Today(
            visits: try VisitList.latest(planned, most: .max).reversed().map { try names.row($0) },
            promises: rows.filter { isToday($0.dueAt) },
            next: rows.first { !isToday($0.dueAt) },
            followUps: try due.map { try names.row($0) }.sorted { $0.isBefore($1) },
            status: try reader.status())
    }
}
