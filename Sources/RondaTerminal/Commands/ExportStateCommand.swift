internal import ArgumentParser
internal import RondaClient
internal import RondaModel

/// Everything on the device in one canonical text, so that two devices can be compared byte for
/// byte. For demonstrations and tests.
struct ExportStateCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "export-state", abstract: "Every record on this device / Todos los registros.",
        shouldDisplay: false)

    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let records = try await session.read { try StateExport.records($0) }
        let lines = records.map { [Cell($0.text(pretty: false))] }
        let table = Table(
            kind: "record", columns: [Table.Column("RECORD", "REGISTRO")], rows: lines)
        return Output(json: .array(records), blocks: [.table(table)])
    }
}
