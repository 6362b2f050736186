import Foundation
import RondaClient
import RondaNcurses
import RondaTerminal

/// The composition root: everything real is made here and nowhere else.
@main
struct Main {
    static func main() async {
        var context = CommandContext(
            environment: ProcessInfo.processInfo.environment,
            hostName: ProcessInfo.processInfo.hostName,
            readLine: { readLine() },
            write: { write($0, to: .standardOutput) },
            writeError: { write($0, to: .standardError) },
            isInputTerminal: isatty(STDIN_FILENO) == 1,
            isOutputTerminal: isatty(STDOUT_FILENO) == 1,
            isErrorTerminal: isatty(STDERR_FILENO) == 1,
            width: columns, timeZone: .current, surroundings: surroundings,
            makeTransport: { server throws(TransportError) in
                try transport(to: server)
            })
        let interrupts = Interrupts()
        context.interrupts = { interrupts.listen() }
        context.openScreen = { NcursesScreen.open(isColored: $0) }
        let status = await Terminal.run(Array(CommandLine.arguments.dropFirst()), in: context)
        exit(status.rawValue)
    }

    private static var surroundings: DeviceSurroundings {
        var surroundings = DeviceSurroundings.system
        surroundings.app = Terminal.version
        return surroundings
    }

    /// Nobody can be told when there is nowhere left to write.
    private static func write(_ text: String, to handle: FileHandle) {
        do {
            try handle.write(contentsOf: Data(text.utf8))
        } catch {
            exit(ExitReason.otherError.rawValue)
        }
    }

    /// The largest answer taken from a server, decompressed.
    private static let maximumResponseBytes = 32 << 20

    private static func transport(to server: ServerAddress) throws(TransportError) -> any Transport
    {
        #if os(Linux)
            try CurlTransport(
                server: server.url, pin: server.pin, maximumResponseBytes: maximumResponseBytes)
        #else
            try URLSessionTransport(
                server: server.url, pin: server.pin, maximumResponseBytes: maximumResponseBytes)
        #endif
    }

    /// The terminal's width; 80 where there is none.
    private static var columns: Int {
        var size = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            return Int(size.ws_col)
        }
        return ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 80
    }
}
