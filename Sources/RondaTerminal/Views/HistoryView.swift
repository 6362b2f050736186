internal import RondaClient
internal import RondaModel

/// What is not on this device of what is done with, in words.
enum HistoryView {
    /// `no están en este equipo 48 registros de historial (compra: 30, visita: 18); …`
    static func absent(_ status: LocalStatus) -> Phrase? {
        guard !status.absentHistory.isEmpty else { return nil }
        return Phrase(en: "not on this device: ", es: "no está en este equipo: ")
            + count(status.absentHistory)
            + Phrase(
                en: "; to have more of it: ronda sync --history N, or --history all",
                es: "; para tener más: ronda sync --historial N, o --historial todo")
    }

    /// `48 registros de historial (compra: 30, visita: 18)`
    static func count(_ absent: [AbsentRecords]) -> Phrase {
        let kinds = absent.map { kind in
            Phrase(
                en: "\(kind.label.en): \(kind.count)", es: "\(kind.label.es): \(kind.count)")
        }
        return .count(
            absent.map(\.count).reduce(0, +),
            one: Phrase(en: "record of history", es: "registro de historial"),
            many: Phrase(en: "records of history", es: "registros de historial"))
            + Phrase(" (") + .list(kinds) + Phrase(")")
    }

    static func budget(_ budget: HistoryBudget) -> Phrase {
        switch budget {
        case .all: Phrase(en: "all", es: "todo")
        case .records(let most):
            .count(
                most, one: Phrase(en: "record at most", es: "registro como mucho"),
                many: Phrase(en: "records at most", es: "registros como mucho"))
        }
    }

    static func json(_ absent: [AbsentRecords]) -> JSONValue {
        .object(
            Dictionary(
                absent.map { ($0.name, JSONValue.integer($0.count)) }, uniquingKeysWith: { $1 }))
    }

    /// `null` is all.
    static func json(_ budget: HistoryBudget) -> JSONValue {
        switch budget {
        case .all: .null
        case .records(let most): .integer(most)
        }
    }
}
