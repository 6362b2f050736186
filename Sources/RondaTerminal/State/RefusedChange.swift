internal import RondaClient
internal import RondaModel

/// What one change of a refused commit held: the rep's own words, which exist nowhere else.
struct RefusedChange: Sendable {
    struct Line: Sendable {
        let field: FieldSchema
        /// As it was meant to be.
        let captured: FieldContent
        /// What the device shows.
        let now: FieldContent
    }

    let tray: TrayChange
    let label: Phrase
    let title: String
    let lines: [Line]
    /// Exactly what was written, where a set only says what came and went.
    private let change: Change?
    private let refs: [RecordID: String]

    /// What to type after `--record`: as much of the id as no other record of the commit shares.
    let handle: String

    init(
        _ tray: TrayChange, _ change: Change?, beside others: [TrayChange], _ names: Names
    ) throws {
        self.tray = tray
        let digits = tray.record.hex
        let shared = others.filter { $0.record != tray.record }.map { other in
            zip(digits, other.record.hex).prefix { $0 == $1 }.count
        }
        handle = String(digits.prefix(max(8, (shared.max() ?? 0) + 1)))
        self.change = change
        let entity = Schema.current[tray.entity]
        label = entity?.label ?? Phrase("")
        title = try names.title(tray)
        lines = tray.fields.compactMap { content in
            guard let entity, let position = entity.position(named: content.name) else {
                return nil
            }
            let field = entity.fields[position]
            return Line(
                field: field, captured: FieldContent(content.captured, of: field),
                now: FieldContent(content.now, of: field))
        }
        var refs: [RecordID: String] = [:]
        for line in lines {
            for content in [line.captured, line.now] {
                for case .ref(let id) in [content.value].compactMap({ $0 }) + content.elements {
                    refs[id] = names.ref(id, target: line.field.target)
                }
            }
        }
        self.refs = refs
    }

    /// Field by field, what was captured beside what there is.
    func table(in wording: Wording) -> Table {
        Table(
            kind: "field",
            columns: [
                Self.recordColumn, Table.Column("FIELD", "CAMPO", wraps: true),
                Table.Column("CAPTURED", "CAPTURADO", wraps: true),
                Table.Column("NOW", "AHORA", wraps: true),
            ],
            rows: lines.map { line in
                [
                    Cell(tray.record.description),
                    Cell(wording(line.field.label), plain: line.field.name),
                    cell(line.captured, line.field, in: wording),
                    cell(line.now, line.field, in: wording),
                ]
            })
    }

    private static let recordColumn: Table.Column = {
        var column = Table.Column("RECORD", "REGISTRO")
        column.isForPrograms = true
        return column
    }()

    private func cell(
        _ content: FieldContent, _ field: FieldSchema, in wording: Wording
    ) -> Cell {
        let text = wording.text(content, of: field) { refs[$0] ?? String($0.hex.prefix(8)) }
        return Cell(text.isEmpty ? "–" : text, plain: content.plainText(of: field))
    }

    var json: JSONValue {
        func members(_ contents: [(FieldSchema, FieldContent)]) -> JSONValue {
            .object(
                Dictionary(
                    contents.map { ($0.0.name, JSONValue.content($0.1, of: $0.0)) },
                    uniquingKeysWith: { $1 }))
        }
        let removed = lines.compactMap { line -> (FieldSchema, FieldContent)? in
            let values = change?.removes.filter { $0.number == line.field.number }.map(\.value)
            guard let values, !values.isEmpty else { return nil }
            return (line.field, .set(values))
        }
        return .object([
            "entity": .string(Schema.current[tray.entity]?.name ?? ""),
            "record": .id(tray.record), "title": .string(title), "deletes": .bool(tray.deletes),
            "creates": .bool(tray.creates),
            "fields": members(lines.map { ($0.field, $0.captured) }),
            "now": members(lines.map { ($0.field, $0.now) }), "removed": members(removed),
        ])
    }
}

extension FieldContent {
    init(_ values: [Value], of field: FieldSchema) {
        self = field.isSet ? .set(values) : values.first.map { .one($0) } ?? .none
    }
}

extension TrayChange {
    /// What was captured in a field.
    func captured(_ field: String) -> [Value] { fields.first { $0.name == field }?.captured ?? [] }
}

extension Names {
    /// What a refused record is called: the device no longer holds one that was to be new, but the
    /// tray knows what it said.
    func title(_ change: TrayChange) throws -> String {
        if !change.creates { return try title(change.entity, change.record) }
        for name in ["name", "code"] {
            if case .text(let text)? = change.captured(name).first { return text }
        }
        for name in ["customer", "referrers"] {
            if case .ref(let id)? = change.captured(name).first { return try customer(id).name }
        }
        return String(change.record.hex.prefix(8))
    }
}
