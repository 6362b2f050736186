internal import RondaClient
internal import RondaModel

/// What a sync did, and whether the day is safely in.
enum SyncView {
    /// - Parameter isRenamed: whether this device goes on under another id.
    static func output(
        _ report: SyncReport, status: LocalStatus, isRenamed: Bool = false
    ) -> Output {
        let sentences =
            events(report, isRenamed: isRenamed) + [verdict(report, status: status)]
            + history(report, status: status)
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
        let continued = Phrase(
            en: "The server no longer has all that this device had sent, so it goes on under a new "
                + "id; what is here was offered again.",
            es: "El servidor ya no tiene todo lo que este equipo había enviado, así que sigue con "
                + "un identificador nuevo; lo que hay aquí se le reenvió.")
        let repaired = Phrase.count(
            report.repaired,
            one: Phrase(
                en: "record differed from the server's and was mended.",
                es: "registro difería del que tiene el servidor y se reparó."),
            many: Phrase(
                en: "records differed from the server's and were mended.",
                es: "registros diferían de los que tiene el servidor y se repararon."))
        return (report.isRestored ? [restored] : [])
            + (report.wasContinued
                ? [continued] : isRenamed ? [renamed] : report.wasCopied ? [copied] : [])
            + (report.repaired > 0 ? [repaired] : []) + handedOver(report)
    }

    /// What is not on this device though it could be, and how to get it.
    private static func history(_ report: SyncReport, status: LocalStatus) -> [Phrase] {
        let cut = Phrase(
            en: "The line was cut before all the history came that there is room for; go on with: "
                + "ronda sync",
            es: "La línea se cortó antes de traer todo el historial que cabe; siga con: ronda sync")
        let absent = HistoryView.absent(status).map { $0.uppercasedStart + Phrase(".") }
        return (report.isHistoryCut ? [cut] : []) + (absent.map { [$0] } ?? [])
    }

    /// What is in other hands now, and what became of the work on it.
    private static func handedOver(_ report: SyncReport) -> [Phrase] {
        let kept = report.handedOver.count { $0.suggestions == 0 }
        let passedOn = report.handedOver.count { $0.suggestions > 0 }
        var sentences: [Phrase] = []
        if kept > 0 {
            sentences.append(
                Phrase.count(
                    kept,
                    one: Phrase(
                        en: "record you captured is of a customer who has moved to somebody else; "
                            + "it was accepted and is credited to you.",
                        es: "registro suyo es de un cliente que pasó a otra persona; se aceptó y "
                            + "queda a su nombre."),
                    many: Phrase(
                        en: "records you captured are of customers who have moved to somebody "
                            + "else; they were accepted and are credited to you.",
                        es: "registros suyos son de clientes que pasaron a otra persona; se "
                            + "aceptaron y quedan a su nombre.")))
        }
        if passedOn > 0 {
            sentences.append(
                Phrase.count(
                    passedOn,
                    one: Phrase(
                        en:
                            "record you changed is with somebody else now; your changes were passed "
                            + "on as suggestions.",
                        es: "registro que usted cambió está ahora con otra persona; sus cambios se "
                            + "le pasaron como sugerencias."),
                    many: Phrase(
                        en: "records you changed are with somebody else now; your changes were "
                            + "passed on as suggestions.",
                        es: "registros que usted cambió están ahora con otra persona; sus cambios "
                            + "se le pasaron como sugerencias.")))
        }
        if report.left > 0 {
            sentences.append(
                Phrase.count(
                    report.left,
                    one: Phrase(
                        en: "record left this device: it is not in your territories any more.",
                        es: "registro salió de este equipo: ya no está en sus territorios."),
                    many: Phrase(
                        en: "records left this device: they are not in your territories any more.",
                        es: "registros salieron de este equipo: ya no están en sus territorios.")))
        }
        if report.erased > 0 {
            sentences.append(
                Phrase.count(
                    report.erased,
                    one: Phrase(
                        en: "record was removed: the person asked for erasure.",
                        es: "registro se eliminó: la persona pidió la supresión de sus datos."),
                    many: Phrase(
                        en: "records were removed: the person asked for erasure.",
                        es: "registros se eliminaron: la persona pidió la supresión de sus datos."))
            )
        }
        return sentences
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
        if !report.isComplete, report.pending == 0 {
            return Phrase(
                en: "The sync did not come to its end; nothing is lost, sync again: ronda sync",
                es: "La sincronización no terminó; nada se pierde, sincronice de nuevo: ronda sync")
        }
        guard report.pending == 0 else {
            let count = Phrase.count(
                report.pending, one: Phrase(en: "change is", es: "cambio sigue"),
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
            "continued": .bool(report.wasContinued),
            "renamed": .bool(isRenamed), "repaired": .integer(report.repaired),
            "left": .integer(report.left), "erased": .integer(report.erased),
            "absentHistory": .integer(report.absent),
            "historyCut": .bool(report.isHistoryCut),
            "handedOver": .array(
                report.handedOver.map { handed in
                    .object([
                        "entity": .string(Schema.current[handed.entity]?.name ?? ""),
                        "record": .id(handed.record),
                        "suggestions": .integer(handed.suggestions),
                        "movedTo": handed.movedTo.map { .id($0) } ?? .null,
                    ])
                }),
        ])
    }

    static func progress(_ report: SyncReport) -> Phrase {
        let received = Phrase.count(
            report.received, one: Phrase(en: "record received", es: "registro recibido"),
            many: Phrase(en: "records received", es: "registros recibidos"))
        guard report.expected > report.received + report.outlined else {
            return .list([received, sent(report)])
        }
        let outlined =
            report.outlined == 0
            ? Phrase("")
            : Phrase(
                en: ", \(report.outlined) in outline", es: ", \(report.outlined) en esbozo")
        let megabytes = (report.expectedBytes + 999_999) / 1_000_000
        return .list(
            [
                Phrase(
                    en:
                        "\(received.en)\(outlined.en) of about \(report.expected) (at most \(megabytes) MB in all)",
                    es:
                        "\(received.es)\(outlined.es) de unos \(report.expected) (\(megabytes) MB en total, como mucho)"
                ),
                sent(report),
            ] + (report.unread.flatMap(here).map { [$0] } ?? []))
    }

    /// What a first download has brought so far.
    private static func here(_ unread: Unread) -> Phrase? {
        switch unread {
        case .everything: nil
        case .customers: Phrase(en: "what is open is here", es: "lo pendiente ya está aquí")
        case .history:
            Phrase(
                en: "what is open and the customers are here",
                es: "lo pendiente y los clientes ya están aquí")
        }
    }

    private static func sent(_ report: SyncReport) -> Phrase {
        .count(
            report.accepted, one: Phrase(en: "change sent", es: "cambio enviado"),
            many: Phrase(en: "changes sent", es: "cambios enviados"))
    }
}
