internal import RondaClient
internal import RondaModel

/// One refused commit with everything a person needs to decide about it.
struct TrayPage: Sendable {
    let item: TrayItem
    let changes: [RefusedChange]

    /// The page of the refused commit with this number.
    static func load(_ n: Int, from reader: LocalReader) throws -> TrayPage {
        guard let item = try reader.tray().first(where: { $0.n == n }) else {
            throw TerminalError.notFound(
                en: "there is no \(n) in the tray; see: ronda tray",
                es: "no hay un \(n) en la bandeja; vea: ronda bandeja")
        }
        let names = try Names(reader)
        let written = try reader.changes(ofRefused: item.n)
        return TrayPage(
            item: item,
            changes: try item.changes.map { change in
                try RefusedChange(
                    change, written.first { $0.record == change.record }, beside: item.changes,
                    names)
            })
    }

    /// What the commit is called, for who must name it before giving it up.
    var name: String { changes.first?.title ?? String(item.n) }

    /// The record and the field at fault, where the server named one.
    var fault: (change: RefusedChange, field: FieldSchema)? {
        guard let name = item.fieldName,
            let change = changes.first(where: { $0.tray.record == item.record }),
            let entity = Schema.current[change.tray.entity],
            let position = entity.position(named: name)
        else { return nil }
        return (change, entity.fields[position])
    }
}
