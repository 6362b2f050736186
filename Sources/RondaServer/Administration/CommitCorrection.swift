internal import Foundation
internal import RondaModel

/// Corrects the changes of a refused commit, field by field.
struct CommitCorrection {
    private(set) var changes: [Change]
    private let schema: Schema

    init(_ commit: Commit, schema: Schema) {
        changes = commit.changes
        self.schema = schema
    }

    /// The index of the change and the field that a name means.
    private func target(
        _ name: String, record: String?, faulty: RecordID?
    ) throws(ServerTerminal.Failure) -> (Int, FieldSchema) {
        func field(of change: Change) -> FieldSchema? {
            schema[change.entity]?.fields.first {
                [$0.name, $0.label.en, $0.label.es].contains(name)
            }
        }
        var candidates = Array(changes.indices)
        if let record {
            let digits = record.lowercased().filter { $0 != "-" }
            candidates = candidates.filter {
                !digits.isEmpty && changes[$0].record.hex.hasPrefix(digits)
            }
            if candidates.isEmpty {
                throw ServerTerminal.Failure(
                    .notFound, "unknownRecord",
                    Phrase(
                        en: "no record “\(record)” is in it; its records: \(records)",
                        es: "no contiene un registro «\(record)»; sus registros: \(records)"))
            }
        }
        candidates = candidates.filter { field(of: changes[$0]) != nil }
        if candidates.count > 1,
            let index = candidates.first(where: { changes[$0].record == faulty })
        {
            candidates = [index]
        }
        if candidates.count > 1 {
            throw ServerTerminal.usage(
                "more than one record has “\(name)”; say which with --record: \(records)",
                "más de un registro tiene «\(name)»; diga cuál con --record: \(records)")
        }
        guard let index = candidates.first, let field = field(of: changes[index]) else {
            let known = Set(changes.map(\.entity)).sorted().compactMap { schema[$0] }
                .flatMap(\.fields).map(\.name).joined(separator: ", ")
            throw ServerTerminal.usage(
                "there is no field “\(name)”; the fields are: \(known)",
                "no hay un campo «\(name)»; los campos son: \(known)")
        }
        return (index, field)
    }

    private var records: String {
        changes.map { "\($0.record.hex) (\(schema[$0.entity]?.name ?? ""))" }
            .joined(separator: ", ")
    }

    /// `assignment` is `field=value`; a set field gets one more element.
    mutating func set(
        _ assignment: String, record: String?, faulty: RecordID?, isFirst: Bool
    ) throws(ServerTerminal.Failure) {
        guard let equals = assignment.firstIndex(of: "=") else {
            throw ServerTerminal.usage(
                "--set wants FIELD=VALUE, not “\(assignment)”",
                "--set espera CAMPO=VALOR, no «\(assignment)»")
        }
        let name = String(assignment[..<equals])
        let text = String(assignment[assignment.index(after: equals)...])
        let (index, field) = try target(name, record: record, faulty: faulty)
        guard let value = FieldText.value(text, of: field) else {
            let options = field.options.map(\.name).joined(separator: ", ")
            let hint = options.isEmpty ? "" : ": \(options)"
            throw ServerTerminal.usage(
                "“\(text)” cannot be \(field.label.en)\(hint)",
                "«\(text)» no puede ser \(field.label.es)\(hint)")
        }
        if field.isSet {
            if isFirst { changes[index].adds.removeAll { $0.number == field.number } }
            changes[index].adds.append(ElementWrite(field.number, value))
        } else {
            changes[index].sets.removeAll { $0.number == field.number }
            changes[index].sets.append(FieldWrite(field.number, value))
        }
    }

    /// Takes a field out of the commit: it stays as it is at the server.
    mutating func drop(
        _ name: String, record: String?, faulty: RecordID?
    ) throws(ServerTerminal.Failure) {
        let (index, field) = try target(name, record: record, faulty: faulty)
        changes[index].sets.removeAll { $0.number == field.number }
        changes[index].adds.removeAll { $0.number == field.number }
        changes[index].removes.removeAll { $0.number == field.number }
    }

    /// The commit as it is to be submitted: in order, without changes that write nothing, and with
    /// the ids that follow from the corrected keys, wherever it names them.
    func finished() -> [Change] {
        var moved: [RecordID: RecordID] = [:]
        func new(_ value: Value) -> Value {
            if case .ref(let id) = value { .ref(moved[id] ?? id) } else { value }
        }
        return changes.compactMap { change in
            var change = change
            change.sets = change.sets.map { FieldWrite($0.number, $0.value.map(new)) }
                .sorted { $0.number < $1.number }
            change.adds = change.adds.map { ElementWrite($0.number, new($0.value)) }
                .sorted { ($0.number, $0.value) < ($1.number, $1.value) }
            if change.base == 0, let entity = schema[change.entity] {
                let id = schema.derivedID(of: entity) { position in
                    change.sets.first { $0.number == entity.fields[position].number }?.value
                }
                if let id, id != change.record {
                    moved[change.record] = id
                    change.record = id
                }
            }
            let isEmpty = change.sets.isEmpty && change.adds.isEmpty && change.removes.isEmpty
            return isEmpty && !change.deletes ? nil : change
        }
    }
}

/// Values as the office reads and types them.
enum FieldText {
    static func value(_ text: String, of field: FieldSchema) -> Value? {
        if text.isEmpty { return nil }
        switch field.type {
        case .text: return .composed(text)
        case .integer:
            return field.isMoney
                ? (try? ImportValue.amount(text)).map { .integer($0) }
                : Int64(text).map { .integer($0) }
        case .real: return Double(text).flatMap { $0.isFinite ? .real($0) : nil }
        case .boolean: return (try? ImportValue.consent(text)).map { .boolean($0) }
        case .instant: return instant(text).map { .instant($0) }
        case .date: return CivilDate(iso: text).map { .date($0) }
        case .option, .status:
            let option = field.options.first {
                [$0.name, $0.label.en, $0.label.es].contains(text)
            }
            guard let option else { return nil }
            return field.type == .option
                ? .option(option.number) : .status(option: option.number, round: 0)
        case .ref: return RecordID(text).map { .ref($0) }
        }
    }

    private static func instant(_ text: String) -> Instant? {
        guard let date = try? Date(text, strategy: .iso8601) else { return nil }
        return Instant(milliseconds: Int64(date.timeIntervalSince1970 * 1_000))
    }

    static func text(_ content: FieldContent, of field: FieldSchema) -> String {
        let values = content.value.map { [$0] } ?? content.elements
        return values.isEmpty ? "–" : values.map { text($0, of: field) }.joined(separator: ", ")
    }

    private static func text(_ value: Value, of field: FieldSchema) -> String {
        switch value {
        case .text(let text): text
        case .integer(let number):
            field.isMoney
                ? "\(number / 100).\(String(number.magnitude % 100 + 100).dropFirst())"
                : String(number)
        case .real(let number): String(number)
        case .boolean(let flag): flag ? "yes" : "no"
        case .instant(let instant): instant.text
        case .date(let date): date.description
        case .option(let number), .status(let number, _):
            field.option(number)?.name ?? String(number)
        case .ref(let id): id.description
        }
    }
}
