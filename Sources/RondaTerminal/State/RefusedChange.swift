internal import RondaClient
internal import RondaModel

/// What one change of a refused commit held: the rep's own words, which exist nowhere else.
struct RefusedChange: Sendable {
    struct Line: Sendable {
        let field: FieldSchema
        let content: FieldContent
        /// Elements taken out of a set instead of put in.
        let isRemoval: Bool
    }

    let change: Change
    let label: Phrase
    let title: String
    let lines: [Line]
    private let refs: [RecordID: String]

    init(_ change: Change, _ names: Names) throws {
        self.change = change
        let entity = Schema.current[change.entity]
        label = entity?.label ?? Phrase("")
        title = try names.title(change.entity, change.record)
        lines = (entity?.fields ?? []).flatMap { Self.lines(of: $0, in: change) }
        var refs: [RecordID: String] = [:]
        for line in lines {
            for case .ref(let id) in [line.content.value].compactMap({ $0 }) + line.content.elements
            {
                refs[id] = names.ref(id, target: line.field.target)
            }
        }
        self.refs = refs
    }

    private static func lines(of field: FieldSchema, in change: Change) -> [Line] {
        let sets = change.sets.filter { $0.number == field.number }.map {
            Line(field: field, content: $0.value.map { .one($0) } ?? .none, isRemoval: false)
        }
        let added = change.adds.filter { $0.number == field.number }.map(\.value)
        let removed = change.removes.filter { $0.number == field.number }.map(\.value)
        return sets
            + [(added, false), (removed, true)].filter { !$0.0.isEmpty }.map {
                Line(field: field, content: .set($0.0), isRemoval: $0.1)
            }
    }

    func card(in wording: Wording) -> [CardRow] {
        lines.map { line in
            let label =
                line.isRemoval
                ? Phrase(en: "without ", es: "sin ") + line.field.label : line.field.label
            let text = wording.text(line.content, of: line.field) {
                refs[$0] ?? String($0.hex.prefix(8))
            }
            return CardRow(
                line.field.name, label,
                Cell(text, plain: line.content.plainText(of: line.field)))
        }
    }

    var json: JSONValue {
        func members(_ lines: [Line]) -> JSONValue {
            .object(
                Dictionary(
                    lines.map { ($0.field.name, JSONValue.content($0.content, of: $0.field)) },
                    uniquingKeysWith: { $1 }))
        }
        return .object([
            "entity": .string(Schema.current[change.entity]?.name ?? ""),
            "record": .id(change.record), "deletes": .bool(change.deletes),
            "fields": members(lines.filter { !$0.isRemoval }),
            "removed": members(lines.filter(\.isRemoval)),
        ])
    }
}
