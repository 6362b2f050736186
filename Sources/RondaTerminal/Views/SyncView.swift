internal import RondaClient
internal import RondaModel

/// What a sync did, and whether the day is safely in.
enum SyncView {
    /// - Parameter isRenamed: whether this device goes on under another id.
    static func output(
        _ report: SyncReport, status: LocalStatus, isRenamed: Bool = false
    ) -> Output {
        let sentences = events(report, isRenamed: isRenamed) + [verdict(report, status: status)]
        return Output(
            json: json(report, isRenamed: isRenamed),
            blocks: [.card(rows(report))] + sentences.map { .sentence($0) },
            status: exit(report, status: status))
    }

    /// What was out of the ordinary, and was put right.
    private static func events(_ report: SyncReport, isRenamed: Bool) -> [Phrase] {
        let restored = Phrase(
            en: "The server had been restored from a backup; everything it had lost was offered "
                + "again.",
            es: "El servidor había sido restaurado de un respaldo; se le reenvió todo lo que había "
                + "perdido.")
        let renamed = Phrase(
            en: "This store turned out to be a copy of another; it goes on as a device of its "
                + "own, under a new id.",
            es: "Este almacén resultó ser copia de otro; sigue como un equipo aparte, con un "
                + "identificador nuevo.")
        let copied = Phrase(
            en: "Another copy of this store was found; it goes on as a device of its own.",
            es: "Se encontró otra copia de este almacén; sigue como un equipo aparte.")
        let repaired = Phrase.count(
            report.repaired,
            one: Phrase(
                en: "record differed from the server's and was mended.",
                es: "registro difería del que tiene el servidor y se reparó."),
            many: Phrase(
                en: "records differed from the server's and were mended.",
                es: "registros diferían de los que tiene el servidor y se repararon."))
        return (report.isRestored ? [restored] : [])
            + (isRenamed ? [renamed] : report.wasCopied ? [copied] : [])
            + (report.repaired > 0 ? [repaired] : [])
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
            row(
                "waiting", "kept at the server", "guardados en el servidor", report.waiting,
                .strong),
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
        let open = StatusView.forPeople(status) + StatusView.background(status)
        if open.isEmpty { return safe }
        return safe + Phrase(" ") + .list(open, separator: "; ").uppercasedStart + Phrase(".")
    }

    static func exit(_ report: SyncReport, status: LocalStatus) -> ExitReason {
        if report.refused > 0 { return .refusedByServer }
        return status.conflicts > 0 ? .conflicts : .done
    }

    private static func json(_ report: SyncReport, isRenamed: Bool) -> JSONValue {
        .object([
            "accepted": .integer(report.accepted), "merged": .integer(report.merged),
            "refused": .integer(report.refused), "received": .integer(report.received),
            "exchanges": .integer(report.exchanges), "pending": .integer(report.pending),
            "complete": .bool(report.isComplete), "waiting": .integer(report.waiting),
            "restored": .bool(report.isRestored), "copied": .bool(report.wasCopied),
            "renamed": .bool(isRenamed), "repaired": .integer(report.repaired),
        ])
    }

    static func progress(_ report: SyncReport) -> Phrase {
        .list([
            .count(
                report.received, one: Phrase(en: "record received", es: "registro recibido"),
                many: Phrase(en: "records received", es: "registros recibidos")),
            .count(
                report.accepted, one: Phrase(en: "change sent", es: "cambio enviado"),
                many: Phrase(en: "changes sent", es: "cambios enviados")),
        ])
    }
}
