internal import RondaClient
internal import RondaModel

/// What a sync did, and whether the day is safely in.
enum SyncView {
    static func output(_ report: SyncReport, status: LocalStatus) -> Output {
        Output(
            json: json(report),
            blocks: [.card(rows(report)), .sentence(verdict(report, status: status))],
            status: exit(report, status: status))
    }

    private static func rows(_ report: SyncReport) -> [CardRow] {
        func row(_ name: String, _ en: String, _ es: String, _ number: Int, _ tone: Cell.Tone)
            -> CardRow
        {
            CardRow(
                name, Phrase(en: en, es: es),
                Cell(String(number), tone: number == 0 ? .plain : tone))
        }
        return [
            row("accepted", "accepted", "aceptados", report.accepted, .good),
            row("merged", "of them beside others", "de ellos junto a otros", report.merged, .good),
            row("refused", "refused", "rechazados", report.refused, .alert),
            row("received", "records received", "registros recibidos", report.received, .plain),
            row("pending", "to send", "por enviar", report.pending, .strong),
        ]
    }

    /// The last line: is the day safely in?
    static func verdict(_ report: SyncReport, status: LocalStatus) -> Phrase {
        guard report.isComplete, report.pending == 0 else {
            let count = Phrase.count(
                max(report.pending, 1), one: Phrase(en: "change is", es: "cambio sigue"),
                many: Phrase(en: "changes are", es: "cambios siguen"))
            return Phrase(
                en: "\(count.en) still waiting to be sent; nothing is lost, sync again: ronda sync",
                es: "\(count.es) por enviar; nada se pierde, sincronice de nuevo: ronda sync")
        }
        let safe = Phrase(
            en: "Your day is safely on the server.", es: "Su día está a salvo en el servidor.")
        let waiting = StatusView.waiting(status)
        if waiting.isEmpty { return safe }
        return safe + Phrase(" ") + .list(waiting, separator: "; ")
    }

    static func exit(_ report: SyncReport, status: LocalStatus) -> ExitReason {
        if report.refused > 0 { return .refusedByServer }
        return status.conflicts > 0 ? .conflicts : .done
    }

    private static func json(_ report: SyncReport) -> JSONValue {
        .object([
            "accepted": .integer(report.accepted), "merged": .integer(report.merged),
            "refused": .integer(report.refused), "received": .integer(report.received),
            "exchanges": .integer(report.exchanges), "pending": .integer(report.pending),
            "complete": .bool(report.isComplete),
        ])
    }

    static func progress(_ report: SyncReport) -> Phrase {
        Phrase(
            en: "\(report.received) records received, \(report.accepted) changes sent",
            es: "\(report.received) registros recibidos, \(report.accepted) cambios enviados")
    }
}
