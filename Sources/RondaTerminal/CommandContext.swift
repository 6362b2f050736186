package import Foundation
package import RondaClient
internal import RondaModel
package import RondaScreen

/// Everything a command takes from the world around it. Only the executable makes the real one.
package struct CommandContext: Sendable {
    package var environment: [String: String]
    package var hostName: String
    /// The next line the person types; `nil` at the end of the input.
    package var readLine: @Sendable () -> String?
    package var write: @Sendable (String) -> Void
    package var writeError: @Sendable (String) -> Void
    package var isInputTerminal: Bool
    package var isOutputTerminal: Bool
    package var isErrorTerminal: Bool
    /// Columns of the terminal.
    package var width: Int
    package var timeZone: TimeZone
    package var surroundings: DeviceSurroundings
    package var makeTransport:
        @Sendable (_ server: ServerAddress) throws(TransportError) -> any Transport
    /// The wish to stop, by Ctrl-C or by the system, for as long as somebody listens; without a
    /// listener it ends the program.
    package var interrupts: @Sendable () -> AsyncStream<Void> = { AsyncStream { _ in } }

    /// Takes over the terminal for the full-screen mode; `nil` where that cannot be.
    package var openScreen: @Sendable (_ isColored: Bool) -> (any ScreenDevice)? = { _ in nil }

    package init(
        environment: [String: String], hostName: String,
        readLine: @escaping @Sendable () -> String?, write: @escaping @Sendable (String) -> Void,
        writeError: @escaping @Sendable (String) -> Void, isInputTerminal: Bool,
        isOutputTerminal: Bool, isErrorTerminal: Bool, width: Int, timeZone: TimeZone,
        surroundings: DeviceSurroundings,
        makeTransport:
            @escaping @Sendable (_ server: ServerAddress) throws(TransportError) -> any Transport
    ) {
        self.environment = environment
        self.hostName = hostName
        self.readLine = readLine
        self.write = write
        self.writeError = writeError
        self.isInputTerminal = isInputTerminal
        self.isOutputTerminal = isOutputTerminal
        self.isErrorTerminal = isErrorTerminal
        self.width = width
        self.timeZone = timeZone
        self.surroundings = surroundings
        self.makeTransport = makeTransport
    }

    var now: Instant { surroundings.now() }

    /// Where the store is: `--home`, then `RONDA_HOME`, then the XDG data directory.
    func home(option: String?) -> String {
        for given in [option, environment["RONDA_HOME"]] {
            if let given, !given.isEmpty { return given }
        }
        if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") { return data + "/ronda" }
        return (environment["HOME"] ?? ".") + "/.local/share/ronda"
    }
}
