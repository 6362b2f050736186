internal import ArgumentParser
internal import RondaClient
internal import RondaModel

struct SyncCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Send what is queued, take what is new / Enviar lo pendiente, traer lo nuevo.",
        aliases: ["sincronizar"])

    @OptionGroup var globals: GlobalOptions

    @Flag(
        name: [.long, .customLong("vigilar")],
        help: "Stay, and show each change as it comes / Quedarse y mostrar los cambios.")
    var watch = false

    @Option(
        name: [.long, .customLong("historial")],
        help: ArgumentHelp(
            "From now on keep so many records of history here, or all / "
                + "Desde ahora, cuántos registros de historial guardar aquí, o todo.",
            valueName: "N|all"))
    var history: String?

    func perform(in session: Session) async throws -> Output {
        let budget = try history.map(Self.budget)
        let store = try await session.open()
        if let budget { try await store.setHistoryBudget(budget) }
        let before = try await store.identity()
        let address = before?.address ?? ServerAddress("")
        let transport = try session.transport(address)
        var report: SyncReport
        do {
            report = try await session.interruptibly {
                try await store.sync(over: transport) { session.progress($0) }
            }
            session.endProgress()
        } catch {
            session.endProgress()
            let pending = try await session.read(store) { try $0.status().pending }
            guard let error = error as? ClientError else { throw error }
            throw Self.withPending(Self.explained(error), pending)
        }
        if watch {
            do {
                report = try await SyncWatch(
                    session: session, store: store, server: address
                ).run(after: report)
            } catch let error as ClientError {
                throw Self.explained(error)
            }
        }
        let (status, now) = try await session.read(store) { (try $0.status(), try $0.identity()) }
        if watch { report.pending = status.pending }
        var output = SyncView.output(
            report, status: status, isRenamed: now?.device != before?.device)
        // What has to be done was said as it came; to be ended is how a watch ends well.
        if watch { output.status = .done }
        return output
    }

    private static func budget(_ text: String) throws(TerminalError) -> HistoryBudget {
        if ["all", "todo"].contains(text.lowercased()) { return .all }
        guard text.allSatisfy(\.isNumber), let most = Int(text) else {
            throw .usage(
                en:
                    "“\(text)” is no number of records; write it like --history 20000, or --history "
                    + "all",
                es: "«\(text)» no es un número de registros; escríbalo como --historial 20000, o "
                    + "--historial todo")
        }
        return .records(most)
    }

    /// A device that a restored server has lost can be brought back, and one without access can hand
    /// in its work: that is what to do then.
    private static func explained(_ error: ClientError) -> TerminalError {
        if error.serverCode == "revoked" {
            return TerminalError(
                .notPermitted, "revoked", en: StatusView.revoked.en, es: StatusView.revoked.es)
        }
        guard error.serverCode == "badCredential" else { return TerminalError(error) }
        return TerminalError(
            .notPermitted, "unknownDevice", en: StatusView.unknown.en, es: StatusView.unknown.es)
    }

    private static func withPending(_ error: TerminalError, _ pending: Int) -> TerminalError {
        guard pending > 0 else { return error }
        let count = Phrase.count(
            pending, one: Phrase(en: "change waits here", es: "cambio espera aquí"),
            many: Phrase(en: "changes wait here", es: "cambios esperan aquí"))
        return error.adding(en: " (\(count.en))", es: " (\(count.es))")
    }
}

extension Session {
    func transport(_ server: ServerAddress) throws(TerminalError) -> any Transport {
        do throws(TransportError) {
            return try context.makeTransport(server)
        } catch {
            if server.pin != nil, server.problem != nil {
                throw .usage(
                    en: "a fingerprint is sha256// and 32 bytes in base64, and goes with an https "
                        + "address",
                    es: "una huella es sha256// y 32 bytes en base64, y va con una dirección https")
            }
            throw .usage(
                en: "“\(server.url)” cannot be used as the server's address; write it like "
                    + "https://ronda.example or http://127.0.0.1:8080",
                es: "«\(server.url)» no sirve como dirección del servidor; escríbala como "
                    + "https://ronda.example o http://127.0.0.1:8080")
        }
    }

    /// One line on stderr, written over and over, when somebody is watching.
    func progress(_ report: SyncReport) {
        guard context.isErrorTerminal else { return }
        context.writeError("\r\(wording(SyncView.progress(report)))\u{1b}[K")
    }

    func endProgress() {
        if context.isErrorTerminal { context.writeError("\r\u{1b}[K") }
    }
}
