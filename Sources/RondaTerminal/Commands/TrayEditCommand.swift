internal import ArgumentParser
internal import RondaClient
internal import RondaModel

struct TrayEditCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit",
        abstract: "Correct a refused change and capture it again; on a terminal, asks / "
            + "Corregir un cambio rechazado y capturarlo de nuevo; en una terminal, pregunta.",
        discussion: """
            ronda tray edit 7 --set name="Rosa Núñez" --clear relation
            ronda bandeja editar 7 --set nombre="Rosa Núñez"
            """,
        aliases: ["editar"])

    @Argument(help: "Number in the list / Número en la lista.") var number: Int
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "What a field shall be; again for each value of a list / Lo que el campo debe ser.",
            valueName: "field=value"))
    var sets: [String] = []
    @Option(help: ArgumentHelp("Leave it empty / Dejarlo vacío.", valueName: "field"))
    var clear: [String] = []
    @Option(
        help: ArgumentHelp("Leave it as it is now / Dejarlo como está ahora.", valueName: "field"))
    var drop: [String] = []
    @Option(
        help: ArgumentHelp("Which of its records / Cuál de sus registros.", valueName: "id"))
    var record: String?
    @Flag(help: "Send it again uncorrected / Enviarlo de nuevo sin corregir.")
    var asIs = false
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let (store, number) = (try await session.open(), number)
        let page = try await session.read(store) { try TrayPage.load(number, from: $0) }
        let editor = TrayEditor(page: page, record: record, session: session, store: store)
        var corrections = try await editor.corrections(sets: sets, clear: clear, drop: drop)
        if corrections.isEmpty && !asIs {
            guard session.isInteractive, let fault = page.fault else {
                throw Self.nothingSaid(page)
            }
            guard let answer = try await editor.ask(fault.change, fault.field) else {
                return Output(
                    json: .object(["n": .integer(page.item.n)]),
                    blocks: [
                        .sentence(
                            Phrase(
                                en: "Nothing was changed; \(number) is still in the tray.",
                                es: "No se cambió nada; \(number) sigue en la bandeja."))
                    ], status: .otherError)
            }
            corrections = [answer]
        }
        let made = corrections
        let receipt = try await store.resubmit(tray: page.item.n) { capture in
            try capture.correct(page, made)
        }
        let pending = try await session.read(store) { try $0.status().pending }
        let what =
            receipt == nil
            ? Phrase(
                en: "\(page.name): nothing differs any more from what is recorded; it has left "
                    + "the tray.",
                es: "\(page.name): ya nada difiere de lo registrado; salió de la bandeja.")
            : Phrase(
                en: "\(page.name): captured again; it has left the tray.",
                es: "\(page.name): capturado de nuevo; salió de la bandeja.")
        let saved = Saved(
            id: receipt?.records.first ?? .zero, receipt: receipt, pending: pending)
        return saved.output(
            "resubmitted", what,
            more: [
                "n": .integer(page.item.n), "id": .id(receipt?.records.first),
                "disposition": .string("resubmitted"),
            ])
    }

    private static func nothingSaid(_ page: TrayPage) -> TerminalError {
        let entities = Set(page.changes.map(\.tray.entity)).sorted()
        let names = entities.compactMap { Schema.current[$0] }
            .map { "\($0.name): " + $0.fields.map(\.name).joined(separator: ", ") }
            .joined(separator: "; ")
        return .usage(
            en: "say what to correct with --set FIELD=VALUE, --clear FIELD or --drop FIELD, or "
                + "--as-is to send it again uncorrected; the fields are: \(names)",
            es: "diga qué corregir con --set CAMPO=VALOR, --clear CAMPO o --drop CAMPO, o --as-is "
                + "para enviarlo de nuevo sin corregir; los campos son: \(names)")
    }
}
