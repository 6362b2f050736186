internal import RondaClient
internal import RondaModel

/// One event of `sync --watch`, in the three ways in which it may be shown.
struct WatchLine: Sendable {
    let phrase: Phrase
    let plain: [String]
    let json: JSONValue
}

/// What happens while a sync is watched.
enum WatchView {
    static func line(_ state: LiveState, at now: Instant) -> WatchLine {
        let phrase =
            switch state {
            case .live:
                Phrase(
                    en: "live: the server tells what changes; Ctrl-C ends",
                    es: "en vivo: el servidor avisa de los cambios; Ctrl-C termina")
            case .polling:
                Phrase(
                    en: "polling: the server is asked now and then; Ctrl-C ends",
                    es: "consultando: se pregunta al servidor cada tanto; Ctrl-C termina")
            case .offline:
                Phrase(
                    en: "offline: no answer from the server, it is tried again; work stays queued",
                    es: "sin red: el servidor no responde, se reintenta; el trabajo sigue en cola")
            }
        return WatchLine(
            phrase: phrase, plain: ["state", LocalTime.utcText(now), state.rawValue],
            json: .object([
                "event": .string("state"), "at": .string(LocalTime.utcText(now)),
                "state": .string(state.rawValue),
            ]))
    }

    static func line(_ error: ClientError, at now: Instant) -> WatchLine {
        WatchLine(
            phrase: error.phrase,
            plain: ["failed", LocalTime.utcText(now), error.code.rawValue],
            json: .object([
                "event": .string("failed"), "at": .string(LocalTime.utcText(now)),
                "code": .string(error.code.rawValue), "en": .string(error.phrase.en),
                "es": .string(error.phrase.es),
            ]))
    }

    /// What, who and when, as far as this device knows.
    static func line(
        _ change: RecordChange, names: Names, at now: Instant
    ) throws -> WatchLine {
        let schema = Schema.current[change.entity]
        let title = try names.title(change.entity, change.record)
        let fields = change.fields.compactMap { number in
            schema?.position(ofNumber: number).flatMap { schema?.fields[$0] }
        }
        let author = change.creator.map { names.person($0) }
        let kind = Self.name(change.kind)
        let label = schema?.label ?? Phrase(String(change.entity.rawValue))
        var phrase = Self.word(change.kind) + Phrase(" ") + label + Phrase(" \(title)")
        if !fields.isEmpty { phrase = phrase + Phrase(": ") + .list(fields.map(\.label)) }
        if change.kind == .new, let author { phrase = phrase + Phrase(" (\(author))") }
        let at = LocalTime.utcText(now)
        return WatchLine(
            phrase: phrase,
            plain: [
                "change", at, kind, schema?.name ?? "", change.record.description, title,
                author ?? "", fields.map(\.name).joined(separator: ","),
            ].map { $0.replacing("\t", with: " ").replacing("\n", with: " ") },
            json: .object([
                "event": .string("change"), "at": .string(at), "kind": .string(kind),
                "entity": .string(schema?.name ?? ""),
                "record": .string(change.record.description), "title": .string(title),
                "by": author.map { .string($0) } ?? .null,
                "fields": .array(fields.map { .string($0.name) }),
            ]))
    }

    private static func name(_ kind: RecordChange.Kind) -> String {
        switch kind {
        case .new: "new"
        case .changed: "changed"
        case .gone: "gone"
        }
    }

    private static func word(_ kind: RecordChange.Kind) -> Phrase {
        switch kind {
        case .new: Phrase(en: "new:", es: "nuevo:")
        case .changed: Phrase(en: "changed:", es: "cambió:")
        case .gone: Phrase(en: "gone:", es: "ya no está:")
        }
    }
}
