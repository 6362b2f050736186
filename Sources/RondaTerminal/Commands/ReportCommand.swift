internal import ArgumentParser
internal import RondaClient
internal import RondaModel

/// The rep's own numbers, from this device alone and marked with its date.
struct ReportCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Your own numbers: confirmed, pending, refused / "
            + "Sus números: confirmado, pendiente, rechazado.",
        aliases: ["informe"])

    @Argument(
        help:
            "today, week, month, 2026-11 / hoy, semana, mes, 2026-11; month by itself / si no, mes."
    )
    var period = "month"
    @Option(help: "From this day / Desde este día.") var from: String?
    @Option(help: "To this day, included / Hasta este día, incluido.") var to: String?
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let wording = session.wording
        let today = LocalTime.civil(wording.now, in: wording.zone).day
        var days = try ReportPeriod.days(period, today: today)
        let first = try AnswerWords.day(from, flag: "--from")
        let last = try AnswerWords.day(to, flag: "--to")
        if let first, last != nil || to == nil { days = first...max(first, last ?? today) }
        if first == nil, let last { days = min(days.lowerBound, last)...last }
        let asked = days
        let report = try await session.read { reader in
            try OwnReport.load(asked, zone: wording.zone, from: reader)
        }
        return ReportView.output(report, in: wording)
    }
}
