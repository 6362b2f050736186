internal import RondaMethod
internal import RondaModel

/// What a person allows, line by line.
enum ConsentView {
    static func page(_ page: ConsentPage, in wording: Wording) -> Output {
        var notes = page.history.toAskAgain.map { grant in
            let purpose = grant.purpose?.label ?? Phrase("")
            return Phrase(
                en: "a grant (\(purpose.en)) had not seen a withdrawal and counts for nothing; ask "
                    + "the person again",
                es: "una autorización (\(purpose.es)) no conocía un retiro y no vale; pregunte de "
                    + "nuevo a la persona")
        }
        if notes.isEmpty, page.history.events.isEmpty {
            notes = [
                Phrase(
                    en: "Nobody has asked this person: ronda consent grant "
                        + "\(page.customer.handle) --purpose … --evidence-kind …",
                    es: "Nadie le ha preguntado a esta persona: ronda consentimiento otorgar "
                        + "\(page.customer.handle) --purpose … --evidence-kind …")
            ]
        }
        return Output(
            json: json(page),
            blocks: [
                .heading(Phrase(page.name)), .table(table(page, in: wording)),
            ] + history(page, in: wording), notes: notes, isMixed: true)
    }

    /// What has the same answer stands in one line: a screen has 24 of them.
    private static func table(_ page: ConsentPage, in wording: Wording) -> Table {
        var groups: [(purposes: [ContactPurpose], line: ConsentPage.Line)] = []
        for line in page.lines {
            if let index = groups.firstIndex(where: {
                $0.line.answer == line.answer && $0.line.channels == line.channels
            }) {
                groups[index].purposes.append(line.purpose)
            } else {
                groups.append(([line.purpose], line))
            }
        }
        return Table(
            kind: "permission",
            columns: [
                Table.Column("PURPOSES", "FINALIDADES", wraps: true), Table.Column("MAY", "PUEDE"),
                Table.Column("CHANNELS", "CANALES", wraps: true),
                Table.Column("WHY", "POR QUÉ", wraps: true),
            ],
            rows: groups.map { purposes, line in
                let may: Phrase =
                    line.answer.isAllowed ? .yes : Phrase(en: "NO", es: "NO")
                return [
                    Cell(
                        wording(.list(purposes.map(\.label))),
                        plain: purposes.map(\.name).joined(separator: ",")),
                    Cell(
                        wording(may), plain: line.answer.isAllowed ? "yes" : "no",
                        tone: line.answer.isAllowed ? .good : .alert),
                    Cell(
                        wording(channels(line)),
                        plain: line.channels.map(\.name).joined(separator: ",")),
                    Cell(wording(line.answer.phrase), plain: line.answer.name),
                ]
            })
    }

    private static func channels(_ line: ConsentPage.Line) -> Phrase {
        line.channels.count == ConsentPage.channels.count
            ? ContactChannel.all.label : .list(line.channels.map(\.label))
    }

    private static func history(_ page: ConsentPage, in wording: Wording) -> [Block] {
        let events = page.history.events.sorted { ($0.at, $0.id) < ($1.at, $1.id) }
        if events.isEmpty { return [] }
        let table = Table(
            kind: "consentEvent",
            columns: [
                .fullID, Table.Column("WHEN", "CUÁNDO"), Table.Column("ACTION", "ACCIÓN"),
                Table.Column("PURPOSE", "FINALIDAD", wraps: true),
                Table.Column("CHANNEL", "CANAL", wraps: true),
                Table.Column("EVIDENCE", "EVIDENCIA", wraps: true),
            ],
            rows: events.map { event in
                func cell(_ option: (some OptionValue)?) -> Cell {
                    Cell(option.map { wording($0.label) } ?? "", plain: option?.name)
                }
                let evidence = [event.evidenceKind.map { wording($0.label) }, event.evidence]
                return [
                    Cell(event.id.description), wording.cell(event.at), cell(event.action),
                    cell(event.purpose), cell(event.channel),
                    Cell(evidence.compactMap { $0 }.joined(separator: ": ")),
                ]
            })
        return [.heading(Phrase(en: "What was said", es: "Lo que se dijo")), .table(table)]
    }

    /// What was recorded, and what it comes to.
    static func saved(
        _ event: ConsentEvent, _ saved: Saved, _ after: ConsentPage, in wording: Wording
    ) -> Output {
        let what = event.purpose?.label ?? Phrase("")
        let channel = event.channel?.label ?? Phrase("")
        let sentence =
            event.action == .grant
            ? Phrase(
                en: "\(after.name) allows: \(what.en), \(channel.en).",
                es: "\(after.name) autoriza: \(what.es), \(channel.es).")
            : Phrase(
                en: "\(after.name) no longer allows: \(what.en), \(channel.en). It holds from now.",
                es: "\(after.name) ya no autoriza: \(what.es), \(channel.es). Rige desde ya.")
        return saved.output(
            "consentEvent", sentence,
            next: after.summary + Phrase(". ")
                + (StatusView.pending(saved.pending) ?? Phrase("")),
            more: ["permissions": permissions(after)])
    }

    private static func json(_ page: ConsentPage) -> JSONValue {
        .object([
            "customer": .id(page.customer.id), "person": .id(page.person),
            "name": .string(page.name), "permissions": permissions(page),
            "events": .array(page.history.events.map { .record($0) }),
            "askAgain": .array(page.history.toAskAgain.map { .id($0.id) }),
        ])
    }

    private static func permissions(_ page: ConsentPage) -> JSONValue {
        .array(
            page.lines.flatMap { line in
                line.channels.map { channel in
                    .object([
                        "purpose": .string(line.purpose.name), "channel": .string(channel.name),
                        "allowed": .bool(line.answer.isAllowed),
                        "reason": .string(line.answer.name),
                    ])
                }
            })
    }
}

extension ContactAnswer {
    /// The stable name of the ground or of the refusal.
    var name: String {
        switch self {
        case .yes(let ground): ground.rawValue
        case .no(let refusal): refusal.name
        }
    }
}

/// Nothing comes before something.
private func < (left: (Instant?, RecordID), right: (Instant?, RecordID)) -> Bool {
    let (a, b) = (left.0?.milliseconds ?? .min, right.0?.milliseconds ?? .min)
    return a == b ? left.1 < right.1 : a < b
}
