internal import ArgumentParser

/// The root of the command tree. Its own options stand for those of every command, so that
/// `ronda --lang es hoy` and `ronda hoy --lang es` are the same.
struct Ronda: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ronda",
        abstract: "Field visits, promises and referrals, with or without a network / "
            + "Visitas, promesas y referidos, con red o sin ella.",
        discussion: """
            ronda visit new --customer C0007 --reality met --repurchase 9 --referral-asked no \
            --handoff-ok yes
            ronda promesa nueva --customer C0007 --due "jueves 16h" "llamar a Rosa"

            \(ExitReason.help)
            """,
        version: Terminal.version,
        subcommands: [
            TodayCommand.self, CustomerCommand.self, VisitCommand.self, PromiseCommand.self,
            CaseCommand.self, ReferralCommand.self, EnrolCommand.self, PointsCommand.self,
            SurveyCommand.self, DesertionCommand.self, ConsentCommand.self, PrivacyCommand.self,
            ReportCommand.self, SyncCommand.self, StatusCommand.self, ConflictsCommand.self,
            SuggestionsCommand.self, TrayCommand.self, ReceiptCommand.self, SurrenderCommand.self,
            OutboxCommand.self, ServerCommand.self, LoginCommand.self, DoctorCommand.self,
            CompletionCommand.self, ExportStateCommand.self,
        ],
        defaultSubcommand: TodayCommand.self)

    @OptionGroup var globals: GlobalOptions
}
