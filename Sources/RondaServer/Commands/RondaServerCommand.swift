package import ArgumentParser
internal import Foundation
package import RondaHub
internal import RondaModel
internal import RondaSQLite
internal import RondaStoreSQLite

/// The root of `ronda-server`.
package struct RondaServerCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ronda-server",
        abstract: "The Ronda server / El servidor de Ronda",
        discussion: """
            Exit status: 0 done, 1 other error, 2 usage, 3 not found, 7 refused by a rule, \
            8 store in use, full or damaged, 9 some rows were refused.
            """,
        version: "ronda-server 0.1.0",
        subcommands: [
            InitCommand.self, ServeCommand.self, ImportCommand.self, SampleCommand.self,
            UserCommand.self, AssignCommand.self, TeamCommand.self, MoveCommand.self,
            EraseCommand.self, ErasuresCommand.self, DuplicatesCommand.self, DeviceCommand.self,
            ProgrammeCommand.self, StatusCommand.self,
            TrayCommand.self, BackupCommand.self, VerifyCommand.self, RestoreCommand.self,
            RecoveryCommand.self, ReceiptCommand.self, PurgeCommand.self, AuditCommand.self,
            DevicesCommand.self, CertificateCommand.self, CodesCommand.self, AccountCommand.self,
        ])

    package init() {}

    /// Runs the command line and returns the exit status; the only place where a failure becomes a
    /// sentence.
    package static func runFromCommandLine() async -> Int32 {
        do {
            let command = try parseAsRoot()
            guard let command = command as? any ServerSubcommand else {
                // Only a group without a subcommand: its help says what there is.
                var group = command
                try group.run()
                return ServerTerminal.Exit.done.rawValue
            }
            return try await run(command)
        } catch {
            let message = fullMessage(for: error)
            guard exitCode(for: error).isSuccess else {
                misunderstood(error)
                return ServerTerminal.Exit.usage.rawValue
            }
            print(message)
            return ServerTerminal.Exit.done.rawValue
        }
    }

    private static func misunderstood(_ error: any Error) {
        let said = message(for: error).split(separator: "\n").joined(separator: " ")
        let reason = UsageComplaint.phrase(of: said)
        let arguments = Array(CommandLine.arguments.dropFirst())
        ServerTerminal(lenientlyReading: arguments).report(
            ServerTerminal.usage(
                "the command was not understood: \(reason.en)",
                "no se entendió la orden: \(reason.es)"))
        let usage = fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false)
            .drop { !$0.hasPrefix("Usage:") }
        if !usage.isEmpty { ServerTerminal.standardError(usage.joined(separator: "\n") + "\n") }
    }

    private static func run(_ parsed: sending any ServerSubcommand) async throws -> Int32 {
        let terminal = parsed.options.terminal
        var command = parsed
        do {
            try await command.run()
            return ServerTerminal.Exit.done.rawValue
        } catch {
            if let status = error as? ExitCode { return status.rawValue }
            if error is CleanExit { throw error }
            let failure = ServerTerminal.Failure(error, path: terminal.path)
            terminal.report(failure)
            return failure.exit.rawValue
        }
    }
}

protocol ServerSubcommand: AsyncParsableCommand {
    var options: CommonOptions { get }
}

/// What every command of the server takes.
struct CommonOptions: ParsableArguments {
    @Option(name: .long, help: "Directory of the store / Directorio del almacén.")
    var data = "ronda-data"

    @Flag(name: .long, help: "One JSON document on standard output / Un documento JSON.")
    var json = false

    @Option(name: .long, help: "en or/o es.")
    var lang: String?

    var terminal: ServerTerminal {
        let asked = lang.flatMap(Language.init)
        return ServerTerminal(
            language: asked ?? .preferred(in: ProcessInfo.processInfo.environment), json: json,
            path: data)
    }

    /// Who runs the command, for the audit: not what somebody claims to be.
    var actor: String { OperatingSystemUser.name }

    /// The hub on the store in `--data`.
    func openHub() throws -> Hub {
        Hub(
            store: try SQLiteStore.open(in: data), ledger: ErasureFile(directory: data),
            surroundings: .system)
    }
}

extension Surroundings {
    /// The machine's own clock and random numbers.
    package static let system = Surroundings(
        now: { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) },
        random: { .random(in: 0 ... .max) })
}

extension ServerTerminal.Failure {
    init(_ error: any Error, path: String) {
        switch error {
        case let failure as ServerTerminal.Failure: self = failure
        case let error as StoreError
        where error.code == .notFound && Disk.restoreWasInterrupted(in: path):
            self = Disk.interrupted(path)
        case let error as StoreError:
            self.init(
                error.code == .notFound ? .notFound : .store, error.code.rawValue,
                error.phrase(
                    path: path, creator: "ronda-server init --data \(path)", of: .hub))
        case let error as HubError where error.store != nil:
            self.init(error.store ?? StoreError(.failed, error.detail), path: path)
        case let error as HubError:
            self.init(
                [.busy, .full, .fault].contains(error.code) ? .store : .other,
                error.code.rawValue, error.phrase)
        case let refusal as Refusal:
            self.init(.refusedByRule, refusal.code.name, refusal.code.phrase)
        default:
            self.init(
                .other, "failed",
                Phrase(
                    en: "it failed; try again, and tell whoever looks after Ronda if it goes on "
                        + "(\(type(of: error)): \(error))",
                    es: "falló; intente de nuevo y avise a quien cuida de Ronda si continúa "
                        + "(\(type(of: error)): \(error))"))
        }
    }
}
