internal import RondaClient
internal import RondaModel

/// What the server refused, and why.
enum TrayView {
    static func list(_ items: [TrayItem], waiting: Int, in wording: Wording) -> Output {
        let table = Table(
            kind: "refused",
            columns: [
                Table.Column("N", "N", isNumber: true), Table.Column("CAPTURED", "CAPTURADO"),
                Table.Column("WHAT", "QUÉ", wraps: true),
                Table.Column("REASON", "MOTIVO", wraps: true),
                Table.Column("STATE", "ESTADO", wraps: true),
                Table.Column("WAITING", "EN ESPERA", isNumber: true),
            ],
            rows: items.map { item in
                [
                    Cell(String(item.n)), wording.cell(item.capturedAt),
                    Cell(wording(contents(item)), plain: names(item).joined(separator: ",")),
                    Cell(wording(item.reason), plain: item.code.name, tone: .alert),
                    Cell(wording(state(item)), plain: item.disposition.name),
                    Cell(String(item.waiting)),
                ]
            })
        return Output(
            json: .array(items.map(json)),
            blocks: items.isEmpty
                ? [.sentence(Phrase(en: "The tray is empty.", es: "La bandeja está vacía."))]
                : [.table(table)],
            notes: StatusView.kept(waiting).map { [$0] } ?? [])
    }

    static func page(_ page: TrayPage, in wording: Wording) -> Output {
        let item = page.item
        var rows = [
            CardRow("n", Phrase("N"), Cell(String(item.n))),
            CardRow(
                "capturedAt", Phrase(en: "captured", es: "capturado"),
                wording.cell(item.capturedAt)),
            CardRow(
                "contents", Phrase(en: "what", es: "qué"),
                Cell(wording(contents(item)), plain: names(item).joined(separator: ","))),
            CardRow(
                "record", Phrase(en: "record", es: "registro"),
                Cell(item.record?.description ?? "")),
            CardRow(
                "reason", Phrase(en: "reason", es: "motivo"),
                Cell(wording(item.reason), plain: item.code.name, tone: .alert)),
            CardRow(
                "state", Phrase(en: "state", es: "estado"),
                Cell(wording(state(item)), plain: item.disposition.name)),
        ]
        if let field = page.fault?.field {
            rows.append(
                CardRow(
                    "field", Phrase(en: "field at fault", es: "campo con problema"),
                    Cell(wording(field.label), plain: field.name)))
        }
        rows.append(
            CardRow(
                "waiting", Phrase(en: "waiting because of it", es: "en espera por esto"),
                Cell(String(item.waiting))))
        var output = Output(
            json: json(item).adding(["changes": .array(page.changes.map(\.json))]),
            blocks: [.card(rows)] + page.changes.flatMap { details($0, in: wording) })
        output.notes = [next(page)]
        return output
    }

    private static func details(_ change: RefusedChange, in wording: Wording) -> [Block] {
        let heading = change.label + Phrase(": \(change.title) (\(change.handle))")
        let deletion = Phrase(en: "It was to be deleted.", es: "Se iba a eliminar.")
        return [.heading(heading)]
            + (change.tray.deletes ? [.sentence(deletion)] : [])
            + (change.lines.isEmpty ? [] : [.table(change.table(in: wording))])
    }

    /// What can be done about it.
    private static func next(_ page: TrayPage) -> Phrase {
        let n = page.item.n
        if page.item.disposition == .office {
            return Phrase(
                en: "It is with the office; the next sync brings what they decide.",
                es: "Lo tiene la oficina; la próxima sincronización trae lo que decida.")
        }
        let giveUp = Phrase(
            en: "or give it up: ronda tray discard \(n)",
            es: "o descártelo: ronda bandeja descartar \(n)")
        let office = Phrase(
            en: "Leave it to the office: ronda tray office \(n)",
            es: "Déjelo a la oficina: ronda bandeja oficina \(n)")
        let first: Phrase
        switch page.item.code.remedy {
        case .fixCommit where page.item.code == .unknownRecord:
            // No field of it is wrong: what it is about is not there, or not seen.
            first = Phrase(
                en: "Sync, and once the record is there send it again as it is: "
                    + "ronda tray edit \(n) --as-is",
                es: "Sincronice y, cuando el registro esté, envíelo de nuevo tal cual: "
                    + "ronda bandeja editar \(n) --as-is")
        case .fixCommit:
            let field = page.fault?.field.name
            first = Phrase(
                en: "Correct it: ronda tray edit \(n) --set \(field ?? "FIELD")=VALUE",
                es: "Corríjalo: ronda bandeja editar \(n) --set \(field ?? "CAMPO")=VALOR")
        case .upgrade, .resync:
            first = Phrase(
                en: "Afterwards send it again as it is: ronda tray edit \(n) --as-is",
                es: "Después envíelo de nuevo tal cual: ronda bandeja editar \(n) --as-is")
        case .tellUser where page.item.code == .erased && !page.changes.isEmpty:
            // Whoever gives it up loses what it says of others: nobody else has that.
            first = Phrase(
                en:
                    "What is left of it concerns others; send that again: ronda tray edit \(n) --as-is",
                es: "Lo que queda concierne a otros; envíelo de nuevo: ronda bandeja editar \(n) "
                    + "--as-is")
        case .tellUser, .wait, .reidentify:
            return office + Phrase("; ") + giveUp
        }
        return first + Phrase("; ") + office.lowercasedStart + Phrase("; ") + giveUp
    }

    private static func names(_ item: TrayItem) -> [String] {
        item.contents.compactMap { Schema.current[$0]?.name }
    }

    static func contents(_ item: TrayItem) -> Phrase {
        .list(item.contents.compactMap { Schema.current[$0]?.label })
    }

    private static func state(_ item: TrayItem) -> Phrase {
        item.disposition == .office
            ? Phrase(en: "at the office", es: "en la oficina")
            : Phrase(en: "to decide", es: "por decidir")
    }

    private static func json(_ item: TrayItem) -> JSONValue {
        .object([
            "n": .integer(item.n), "capturedAt": .instant(item.capturedAt),
            "code": .string(item.code.name), "reason": .phrase(item.reason),
            "entity": .optional(item.entity.flatMap { Schema.current[$0]?.name }),
            "record": .id(item.record), "field": .optional(item.fieldName),
            "contents": .strings(names(item)), "disposition": .string(item.disposition.name),
            "waiting": .integer(item.waiting),
        ])
    }
}

extension Disposition {
    /// The stable name used in JSON.
    var name: String { "\(self)" }
}

extension Phrase {
    /// As it reads in the middle of a sentence.
    var lowercasedStart: Phrase {
        Phrase(
            en: en.prefix(1).lowercased() + en.dropFirst(),
            es: es.prefix(1).lowercased() + es.dropFirst())
    }

    /// As it reads at the beginning of one.
    var uppercasedStart: Phrase {
        Phrase(
            en: en.prefix(1).uppercased() + en.dropFirst(),
            es: es.prefix(1).uppercased() + es.dropFirst())
    }
}

extension JSONValue {
    /// A sentence for people, in both languages.
    static func phrase(_ phrase: Phrase) -> JSONValue {
        .object(["en": .string(phrase.en), "es": .string(phrase.es)])
    }
}
