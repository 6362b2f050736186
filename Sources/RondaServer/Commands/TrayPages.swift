internal import RondaHub
internal import RondaModel
internal import RondaStore

/// What was done about a refused commit.
struct DecisionDocument: Encodable {
    let device: String
    let number: UInt64
    let outcome: String
    let code: String?

    init(_ entry: OfficeTrayEntry, outcome: String, _ code: String?) {
        device = entry.device.id.description
        number = entry.entry.number
        self.outcome = outcome
        self.code = code
    }
}

struct TrayDocument: Encodable {
    struct Record: Encodable {
        let entity: String
        let record: String
        let deletes: Bool
        let fields: [Field]
    }
    struct Field: Encodable {
        let name: String
        let captured: String
        let now: String
    }
    let device: String
    let title: String
    let number: UInt64
    let receivedAt: String
    let contents: [String]
    let code: String
    let record: String?
    let field: String?
    let disposition: String
    let waiting: Int
    let records: [Record]?

    init(_ entry: OfficeTrayEntry, withFields: Bool = false) {
        let refusal = entry.refusal
        device = entry.device.id.description
        title = entry.title
        number = entry.entry.number
        receivedAt = entry.entry.receivedAt.text
        contents = entry.commit?.changes.compactMap { Schema.current[$0.entity]?.name } ?? []
        code = refusal.code.name
        record = refusal.record?.description
        field = entry.faultyField?.name
        disposition = "\(entry.entry.verdict.disposition)"
        waiting = entry.waiting
        records =
            withFields
            ? entry.commit?.changes.map { change in
                Record(
                    entity: Schema.current[change.entity]?.name ?? "",
                    record: change.record.description, deletes: change.deletes,
                    fields: entry.fields(of: change).map {
                        Field(name: $0.field.name, captured: $0.captured, now: $0.now)
                    })
            } : nil
    }
}

extension OfficeTrayEntry {
    var faultyField: FieldSchema? {
        let entity = refusal.entity.flatMap { Schema.current[$0] }
        return entity?.position(ofNumber: refusal.field).flatMap { entity?.fields[$0] }
    }

    var name: Phrase {
        Phrase(en: "\(title), commit \(entry.number): ", es: "\(title), captura \(entry.number): ")
    }

    private var contents: Phrase {
        let labels = commit?.changes.compactMap { Schema.current[$0.entity]?.label } ?? []
        return Phrase(
            en: labels.map(\.en).joined(separator: ", "),
            es: labels.map(\.es).joined(separator: ", "))
    }

    private var state: Phrase {
        var state =
            entry.verdict.disposition == .office
            ? Phrase(en: " [left to the office]", es: " [queda en manos de la oficina]")
            : Phrase(en: "", es: "")
        if waiting > 0 {
            state =
                state
                + Phrase(en: " [\(waiting) wait for it]", es: " [\(waiting) esperan por ella]")
        }
        return state
    }

    var line: Phrase {
        let field = faultyField.map { Phrase(en: "\($0.label.en): ", es: "\($0.label.es): ") }
        let reason = refusal.code.phraseForOffice
        return name
            + Phrase(
                en: "\(contents.en), \(entry.receivedAt.text); \(field?.en ?? "")\(reason.en)",
                es: "\(contents.es), \(entry.receivedAt.text); \(field?.es ?? "")\(reason.es)")
            + state
    }

    var page: [Phrase] {
        var lines = [line]
        guard let commit else {
            return lines + [
                entry.isRedacted
                    ? Phrase(
                        en:
                            "It concerned somebody who was erased, so nothing of its content is "
                            + "left. Close it with: ronda-server tray discard",
                        es:
                            "Se refería a alguien cuyos datos se suprimieron, así que no queda nada "
                            + "de su contenido. Ciérrela con: ronda-server tray discard")
                    : Phrase(en: "Its bytes cannot be read.", es: "No se puede leer su contenido.")
            ]
        }
        if entry.isRedacted {
            lines.append(
                Phrase(
                    en: "It concerned somebody who was erased; this is what concerns others:",
                    es: "Se refería a alguien cuyos datos se suprimieron; esto concierne a otros:"))
        }
        for change in commit.changes {
            let label = Schema.current[change.entity]?.label ?? Phrase(en: "?", es: "?")
            let deleted =
                change.deletes
                ? Phrase(en: ", to be deleted", es: ", por eliminar") : Phrase(en: "", es: "")
            lines.append(label + Phrase(en: " \(change.record)", es: " \(change.record)") + deleted)
            lines += fields(of: change).map { line in
                let label = line.field.label
                return Phrase(
                    en: "  \(line.field.name) (\(label.en)): \(line.captured) | now: \(line.now)",
                    es: "  \(line.field.name) (\(label.es)): \(line.captured) | ahora: \(line.now)")
            }
        }
        let place = "\(device.id.hex.suffix(8)) \(entry.number)"
        if entry.isRedacted {
            return lines + [
                Phrase(
                    en:
                        "Next: ronda-server tray resubmit \(place), with --set FIELD=VALUE where it "
                        + "lacks something, or tray discard \(place) --yes",
                    es:
                        "Siga con: ronda-server tray resubmit \(place), con --set CAMPO=VALOR si le "
                        + "falta algo, o tray discard \(place) --yes")
            ]
        }
        lines.append(
            Phrase(
                en: "Next: ronda-server tray retry \(place), tray resubmit \(place) --set "
                    + "FIELD=VALUE, or tray discard \(place) --yes",
                es: "Siga con: ronda-server tray retry \(place), tray resubmit \(place) --set "
                    + "CAMPO=VALOR, o tray discard \(place) --yes"))
        return lines
    }

    /// What each touched field was to be, and is.
    func fields(
        of change: Change
    ) -> [(field: FieldSchema, captured: String, now: String)] {
        guard let entity = Schema.current[change.entity] else { return [] }
        return entity.fields.enumerated().compactMap { position, field in
            let now = self.now[change.record]?[position] ?? .none
            let captured: FieldContent
            if let write = change.sets.last(where: { $0.number == field.number }) {
                captured = write.value.map { .one($0) } ?? .none
            } else {
                let adds = change.adds.filter { $0.number == field.number }.map(\.value)
                let removes = change.removes.filter { $0.number == field.number }.map(\.value)
                if adds.isEmpty && removes.isEmpty { return nil }
                captured = .set(Set(now.elements).subtracting(removes).union(adds))
            }
            return (
                field, FieldText.text(captured, of: field), FieldText.text(now, of: field)
            )
        }
    }
}

extension Phrase {
    static func + (left: Phrase, right: Phrase) -> Phrase {
        Phrase(en: left.en + right.en, es: left.es + right.es)
    }
}

extension RefusalCode {
    /// What is wrong and what to do next, said to the office, not to the rep.
    var phraseForOffice: Phrase {
        switch self {
        case .unknownRecord:
            Phrase(
                en: "the record is not there, or the rep does not see it; judge it again once that "
                    + "is mended, or discard it",
                es:
                    "el registro no está, o el representante no lo ve; júzguela de nuevo cuando eso "
                    + "esté resuelto, o descártela")
        case .unknownParent:
            Phrase(
                en: "it belongs to a record that is not there, or that the rep does not see; judge "
                    + "it again once that is mended, or discard it",
                es: "pertenece a un registro que no está o que el representante no ve; júzguela de "
                    + "nuevo cuando eso esté resuelto, o descártela")
        case .notPermitted:
            Phrase(
                en: "the role of the rep may not change this; capture it for them with "
                    + "ronda-server tray resubmit, or discard it",
                es: "la función del representante no puede cambiar esto; captúrela usted con "
                    + "ronda-server tray resubmit, o descártela")
        case .internalFault:
            Phrase(
                en: "the server failed on this change; judge it again after an update",
                es: "el servidor falló con este cambio; júzguela de nuevo tras una actualización")
        default: phrase
        }
    }
}
