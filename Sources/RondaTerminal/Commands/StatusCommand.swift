internal import ArgumentParser
internal import RondaClient
internal import RondaModel

struct StatusCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "The truth about sync on this device / La verdad sobre lo sincronizado.",
        aliases: ["estado"])

    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let store = try await session.open()
        guard let identity = try await store.identity() else {
            return Output(json: .null, status: .notPermitted)
        }
        let page = try await session.read(store) { reader in
            let status = try reader.status()
            let territories = try status.scopes.compactMap {
                try reader.record(Territory.self, $0)?.code
            }
            return StatusPage(
                status: status, identity: identity,
                counts: try reader.counts().map { entity, name, count in
                    let label = Schema.current[entity]?.label ?? Phrase(name)
                    return StatusPage.Count(name: name, label: label, count: count)
                }, territories: territories.sorted())
        }
        return StatusView.output(page, in: session.wording)
    }
}
