internal import RondaClient
internal import RondaModel
internal import RondaScreen

/// One run of one command: the context with the options applied to it.
struct Session: Sendable {
    let context: CommandContext
    let home: String
    let mode: OutputMode
    let wording: Wording
    /// Whether questions may be asked.
    let isInteractive: Bool

    private init(
        context: CommandContext, home: String?, mode: OutputMode, language: Language?, asks: Bool
    ) {
        self.context = context
        self.home = context.home(option: home)
        self.mode = mode
        wording = Wording(
            language: language ?? .preferred(in: context.environment), zone: context.timeZone,
            now: context.now)
        isInteractive =
            asks && !mode.isData && context.isInputTerminal && context.isErrorTerminal
    }

    init(context: CommandContext, options: GlobalOptions) {
        let mode: OutputMode =
            if options.json {
                .json
            } else if options.jsonl {
                .jsonLines
            } else if options.csv {
                .csv
            } else if options.plain || !context.isOutputTerminal {
                .plain
            } else {
                .people(
                    width: context.width, color: Self.isColored(options.color, context: context))
            }
        self.init(
            context: context, home: options.home, mode: mode, language: options.lang?.language,
            asks: !options.noInput)
    }

    /// For arguments that could not be parsed: what can still be seen in them.
    init(context: CommandContext, lenientlyReading arguments: [String]) {
        let asked = arguments.indices.compactMap { index -> LanguageChoice? in
            if arguments[index].hasPrefix("--lang=") {
                return LanguageChoice(rawValue: String(arguments[index].dropFirst(7)))
            }
            guard arguments[index] == "--lang", index + 1 < arguments.count else { return nil }
            return LanguageChoice(rawValue: arguments[index + 1])
        }
        self.init(
            context: context, home: nil,
            mode: arguments.contains("--json")
                ? .json : arguments.contains("--jsonl") ? .jsonLines : .plain,
            language: asked.first?.language, asks: false)
    }

    /// NO_COLOR (no-color.org) and dumb terminals are honoured unless colour is asked for.
    private static func isColored(_ choice: ColorChoice, context: CommandContext) -> Bool {
        switch choice {
        case .always: return true
        case .never: return false
        case .auto:
            let environment = context.environment
            return context.isOutputTerminal && environment["TERM"] != "dumb"
                && (environment["NO_COLOR"] ?? "").isEmpty
        }
    }
}

// MARK: - The store

extension Session {
    /// The store of this device, once it is somebody's.
    func open() async throws(TerminalError) -> LocalStore {
        do throws(ClientError) {
            let store = try LocalStore.open(at: home, surroundings: context.surroundings)
            if try await store.identity() != nil { return store }
        } catch {
            throw TerminalError(error)
        }
        throw TerminalError(
            .notPermitted, "notLoggedIn",
            en: "this device is not logged in; use: ronda login --server URL",
            es: "este equipo no ha iniciado sesión; use: ronda entrar --server URL")
    }

    /// Reads on one snapshot. What `body` throws about the command itself passes unchanged.
    func read<Result: Sendable>(
        _ store: LocalStore, _ body: @Sendable (LocalReader) throws -> Result
    ) async throws -> Result {
        let result: Swift.Result<Result, TerminalError> = try await store.read { reader in
            do {
                return .success(try body(reader))
            } catch let error as TerminalError {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Opens the store and reads.
    func read<Result: Sendable>(
        _ body: @Sendable (LocalReader) throws -> Result
    ) async throws -> Result {
        try await read(try await open(), body)
    }
}

// MARK: - What the person sees

extension Session {
    func show(_ output: Output) {
        let renderer = Renderer(mode: mode, wording: wording)
        let text = renderer.text(output, pretty: context.isOutputTerminal)
        if !text.isEmpty { context.write(text) }
        renderer.asides(output).forEach(say)
    }

    /// A sentence on stderr.
    func say(_ phrase: Phrase) {
        writeError(wording(phrase))
    }

    /// Broken between words where a person reads it; where a program does, one line.
    private func writeError(_ text: String) {
        let lines = context.isErrorTerminal ? TextWidth.wrap(text, to: context.width) : [text]
        context.writeError(lines.map { $0 + "\n" }.joined())
    }

    func show(_ error: TerminalError) {
        writeError("ronda: \(wording(error.phrase))")
        guard mode.isJSON else { return }
        let document = JSONValue.object([
            "error": .object([
                "code": .string(error.code), "en": .string(error.phrase.en),
                "es": .string(error.phrase.es),
            ])
        ])
        context.write(document.text(pretty: false) + "\n")
    }
}

// MARK: - Stopping

extension Session {
    /// Does `work`, and cancels it when the person wants to stop.
    func interruptibly<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let interrupts = context.interrupts
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                for await _ in interrupts() { break }
                return nil
            }
            // The first to end ends the other: no more listening, or the work is cancelled.
            var result: Result?
            while let ended = try await group.next() {
                result = ended ?? result
                group.cancelAll()
            }
            guard let result else { throw CancellationError() }
            return result
        }
    }
}
