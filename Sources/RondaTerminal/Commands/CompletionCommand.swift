internal import ArgumentParser
internal import RondaClient
internal import RondaModel

/// The script with which a shell completes commands, and what it asks while somebody types.
struct CompletionCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Script for bash, zsh or fish / Guion para bash, zsh o fish.",
        discussion: """
            source <(ronda completion bash)
            ronda completado fish > ~/.config/fish/completions/ronda.fish
            """,
        aliases: ["completado"])

    @Argument(help: "bash, zsh, fish.") var shell: String
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        guard let shell = CompletionShell(rawValue: shell) else {
            throw TerminalError.usage(
                en: "“\(shell)” is no shell that is known here; bash, zsh or fish",
                es: "«\(shell)» no es un intérprete conocido; bash, zsh o fish")
        }
        let script = Ronda.completionScript(for: shell)
        return Output(json: .string(script), blocks: [.raw(script)])
    }
}
