internal import RondaModel

/// The rep's own numbers.
enum ReportView {
    static func output(_ report: OwnReport, in wording: Wording) -> Output {
        let (first, last) = (report.days.lowerBound, report.days.upperBound)
        let (from, to) = (wording.day(first), wording.day(last))
        let table = Table(
            kind: "report",
            columns: [
                Table.Column("WHAT", "QUÉ", wraps: true),
                Table.Column("CONFIRMED", "CONFIRMADO", isNumber: true),
                Table.Column("PENDING", "PENDIENTE", isNumber: true),
                Table.Column("REFUSED", "RECHAZADO", isNumber: true),
            ],
            rows: report.lines.map { line in
                [
                    Cell(wording(line.label), plain: line.name), Cell(String(line.confirmed)),
                    Cell(String(line.pending), tone: line.pending > 0 ? .strong : .plain),
                    Cell(String(line.refused), tone: line.refused > 0 ? .alert : .plain),
                ]
            })
        let synced = report.lastSync.map { wording.when($0) }
        let note =
            synced.map {
                Phrase(
                    en: "What this device knew at its last sync, \($0.en).",
                    es: "Lo que este equipo sabía en su última sincronización, \($0.es).")
            } ?? Phrase(en: "This device has never synced.", es: "Este equipo nunca sincronizó.")
        return Output(
            json: .object([
                "from": .string(first.description), "to": .string(last.description),
                "lastSync": .instant(report.lastSync),
                "lines": .object(
                    Dictionary(
                        report.lines.map { line in
                            (
                                line.name,
                                JSONValue.object([
                                    "confirmed": .integer(line.confirmed),
                                    "pending": .integer(line.pending),
                                    "refused": .integer(line.refused),
                                ])
                            )
                        }, uniquingKeysWith: { $1 })),
            ]),
            blocks: [
                .heading(
                    Phrase(en: "\(from.en) to \(to.en)", es: "Del \(from.es) al \(to.es)")),
                .table(table),
            ], notes: [note])
    }
}
