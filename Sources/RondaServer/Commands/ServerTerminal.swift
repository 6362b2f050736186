internal import Foundation
package import RondaModel

/// How a command of the server speaks: results to standard output, the rest to standard error, in
/// the language asked for or as JSON.
package struct ServerTerminal: Sendable {
    let language: Language
    let json: Bool
    /// The store the command works on, for its messages.
    let path: String

    /// Exit statuses, documented in the help of `ronda-server`.
    package enum Exit: Int32, Sendable {
        case done = 0
        case other = 1
        case usage = 2
        case notFound = 3
        case refusedByRule = 7
        case store = 8
        case partlyRefused = 9
    }

    /// Why a command ends without doing what was asked.
    package struct Failure: Error, Sendable {
        package let exit: Exit
        package let code: String
        package let phrase: Phrase

        package init(_ exit: Exit, _ code: String, _ phrase: Phrase) {
            self.exit = exit
            self.code = code
            self.phrase = phrase
        }
    }

    init(language: Language, json: Bool, path: String) {
        self.language = language
        self.json = json
        self.path = path
    }

    /// For arguments that could not be parsed: what can still be seen in them.
    init(lenientlyReading arguments: [String]) {
        let asked = arguments.indices.compactMap { index -> Language? in
            if arguments[index].hasPrefix("--lang=") {
                return Language(rawValue: String(arguments[index].dropFirst(7)))
            }
            guard arguments[index] == "--lang", index + 1 < arguments.count else { return nil }
            return Language(rawValue: arguments[index + 1])
        }
        self.init(
            language: asked.first ?? .preferred(in: ProcessInfo.processInfo.environment),
            json: arguments.contains("--json"), path: "")
    }

    /// A command line that cannot be meant.
    static func usage(_ en: String, _ es: String) -> Failure {
        Failure(.usage, "usage", Phrase(en: en, es: es))
    }

    private struct ErrorDocument: Encodable {
        struct Body: Encodable {
            let code: String
            let en: String
            let es: String
        }
        let error: Body
    }

    /// The result of a command: a JSON document, or lines for people.
    func show(_ document: some Encodable, _ lines: [Phrase]) throws {
        if json {
            try print(document: document)
        } else {
            for line in lines { Swift.print(line.text(in: language)) }
        }
    }

    func note(_ phrase: Phrase) {
        if !json { Self.standardError(phrase.text(in: language) + "\n") }
    }

    func report(_ failure: Failure) {
        Self.standardError("ronda-server: \(failure.phrase.text(in: language))\n")
        guard json else { return }
        let document = ErrorDocument(
            error: .init(code: failure.code, en: failure.phrase.en, es: failure.phrase.es))
        // Encoding three strings does not fail; the status tells the rest.
        try? print(document: document)
    }

    private func print(document: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        Swift.print(String(decoding: try encoder.encode(document), as: UTF8.self))
        // A server that runs on must not keep its first line in a buffer.
        fflush(nil)
    }

    static func standardError(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}

/// A line on standard error that shows how far a long command is; nothing when nobody looks.
final class ProgressBar {
    private let label: String
    private let total: Int
    private let isShown: Bool
    private var lastShown = -1

    init(_ label: String, total: Int, isShown: Bool) {
        self.label = label
        self.total = total
        self.isShown = isShown && isatty(STDERR_FILENO) != 0
    }

    func show(_ done: Int) {
        let percent = total == 0 ? 100 : done * 100 / total
        guard isShown, percent != lastShown else { return }
        lastShown = percent
        let filled = percent * 30 / 100
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
        ServerTerminal.standardError(
            "\r\(label) [\(bar)] \(percent)% \(done)/\(total)\(percent == 100 ? "\n" : "")")
    }
}
