internal import Foundation
internal import RondaModel
internal import RondaSQLite

/// How one entity lies in a typed table of the device, derived from the schema.
///
/// Columns: `id`, `_version` (of the hub's state the row shows), `_flags`, `_creator`, `_search`
/// where people look records up, then one column a field under its own name.
final class DeviceTable: Sendable {
    let entity: EntitySchema
    let name: String
    private let hasSearch: Bool
    let insertSQL: String
    let columnList: String
    /// Where the fields begin in `columnList`.
    static let firstField: Int32 = 4

    init(_ entity: EntitySchema) {
        self.entity = entity
        name = "\"\(entity.name)\""
        hasSearch = entity.fields.contains(where: \.searched)
        let fields = entity.fields.map { "\"\($0.name)\"" }
        columnList = (["id", "_version", "_flags", "_creator"] + fields).joined(separator: ", ")
        let all = columnList + (hasSearch ? ", _search" : "")
        let count = fields.count + 4 + (hasSearch ? 1 : 0)
        let marks = Array(repeating: "?", count: count).joined(separator: ", ")
        insertSQL = "INSERT INTO \(name)(\(all)) VALUES (\(marks)) ON CONFLICT(id) DO NOTHING"
    }

    /// The statements that make the table and its indexes.
    var creation: [String] {
        let columns = entity.fields.map { "\"\($0.name)\" \(Self.columnType($0))" }
        let search = hasSearch ? ["_search TEXT NOT NULL DEFAULT ''"] : []
        var statements = [
            """
            CREATE TABLE \(name)(id BLOB NOT NULL PRIMARY KEY, _version INTEGER NOT NULL, \
            _flags INTEGER NOT NULL, _creator BLOB, \((columns + search).joined(separator: ", ")))
            """
        ]
        if case .customer(let position) = entity.scope, !entity.fields[position].isSet {
            let field = entity.fields[position].name
            statements.append(
                "CREATE INDEX \"\(entity.name)_\(field)\" ON \(name)(\"\(field)\")")
        }
        if let searchIndex { statements.append(searchIndex) }
        // Nearly always empty: whether a deletion is contested is asked at every look at the status.
        statements.append(
            "CREATE INDEX \"\(entity.name)_contested\" ON \(name)(id) WHERE \(Self.isContested)")
        return statements
    }

    /// What people search by, apart from the rows: a search reads a tenth of what they take.
    var searchIndex: String? {
        guard hasSearch else { return nil }
        return "CREATE INDEX IF NOT EXISTS \"\(entity.name)_search\" "
            + "ON \(name)(_search, id, _flags)"
    }

    /// What the partial index is made over; a query uses it when it asks exactly this.
    static let isContested = "(_flags & \(RowFlags.contested.rawValue)) <> 0"

    private static func columnType(_ field: FieldSchema) -> String {
        if field.isSet { return field.type == .ref ? "BLOB" : "TEXT" }
        return switch field.type {
        case .text: "TEXT"
        case .real: "REAL"
        case .ref: "BLOB"
        case .integer, .boolean, .instant, .date, .option, .status: "INTEGER"
        }
    }

    /// The folded text people find the record by.
    func searchText(_ values: FieldValues) -> String {
        var parts: [String] = []
        for (position, field) in entity.fields.enumerated() where field.searched {
            switch values[position] {
            case .none: break
            case .one(.text(let text)): parts.append(Folding.fold(text))
            case .one: break
            case .many(let elements):
                for case .text(let text) in elements { parts.append(Folding.fold(text)) }
            }
        }
        return parts.joined(separator: "\n")
    }

    func bindInsert(
        _ statement: Prepared, id: RecordID, version: UInt64, flags: RowFlags, creator: RecordID?,
        values: FieldValues
    ) {
        statement.bind(1, id)
        statement.bind(2, version)
        statement.bind(3, Int64(flags.rawValue))
        if let creator { statement.bind(4, creator) }
        for position in entity.fields.indices {
            Self.bind(values[position], to: statement, at: Int32(position) + Self.firstField + 1)
        }
        if hasSearch {
            statement.bind(Int32(entity.fields.count) + Self.firstField + 1, searchText(values))
        }
    }

    static func bind(_ content: FieldContent, to statement: Prepared, at index: Int32) {
        switch content {
        case .none: statement.bindNull(index)
        case .one(let value): bind(value, to: statement, at: index)
        case .many(let elements):
            if case .ref = elements.first {
                statement.bind(
                    index,
                    elements.flatMap { if case .ref(let id) = $0 { id.bytes } else { [UInt8]() } })
            } else {
                statement.bind(
                    index, elements.map(\.plainText).joined(separator: separator))
            }
        }
    }

    /// Text elements cannot contain control characters (`Validation`), so this parts them.
    private static let separator = "\u{1f}"

    static func bind(_ value: Value, to statement: Prepared, at index: Int32) {
        switch value {
        case .text(let text): statement.bind(index, text)
        case .integer(let number): statement.bind(index, number)
        case .real(let number): statement.bind(index, number)
        case .boolean(let flag): statement.bind(index, Int64(flag ? 1 : 0))
        case .instant(let instant): statement.bind(index, instant.milliseconds)
        case .date(let date): statement.bind(index, Int64(date.days))
        case .option(let number): statement.bind(index, Int64(number))
        case .status(let option, let round):
            statement.bind(index, Int64(round) << 16 | Int64(option))
        case .ref(let id): statement.bind(index, id)
        }
    }

    /// Reads the row that `columnList` selected.
    func row(_ statement: Prepared) -> DeviceRow {
        var values = FieldValues(for: entity)
        for (position, field) in entity.fields.enumerated() {
            values[position] = Self.content(
                of: field, in: statement, at: Int32(position) + Self.firstField)
        }
        return DeviceRow(
            id: statement.id(0), version: statement.uint64(1),
            flags: RowFlags(rawValue: Int(statement.int64(2))),
            creator: statement.isNull(3) ? nil : statement.id(3), values: values)
    }

    private static func content(
        of field: FieldSchema, in statement: Prepared, at column: Int32
    ) -> FieldContent {
        if statement.isNull(column) { return .none }
        if field.isSet {
            if field.type == .ref {
                let bytes = statement.bytes(column)
                return .set(
                    stride(from: 0, to: bytes.count - 15, by: 16).compactMap {
                        RecordID(bytes: bytes[$0..<$0 + 16]).map(Value.ref)
                    })
            }
            return .set(
                statement.text(column).split(separator: separator).compactMap {
                    Value(plainText: String($0), field: field)
                })
        }
        let number = field.type == .text || field.type == .real ? 0 : statement.int64(column)
        let value: Value =
            switch field.type {
            case .text: .text(statement.text(column))
            case .integer: .integer(number)
            case .real: .real(statement.double(column))
            case .boolean: .boolean(number != 0)
            case .instant: .instant(Instant(milliseconds: number))
            case .date: .date(CivilDate(days: Int32(clamping: number)))
            case .option: .option(UInt32(clamping: number))
            case .status:
                .status(option: UInt32(number & 0xffff), round: UInt32(clamping: number >> 16))
            case .ref: .ref(statement.id(column))
            }
        return .one(value)
    }

    static func of(_ entity: EntityID) -> DeviceTable? {
        entity.rawValue < byNumber.count ? byNumber[Int(entity.rawValue)] : nil
    }

    private static let byNumber: [DeviceTable?] = {
        let last = Schema.current.entities.map(\.id.rawValue).max() ?? 0
        return (0...last).map { number in
            Schema.current[EntityID(rawValue: number)].map(DeviceTable.init)
        }
    }()
}

struct RowFlags: OptionSet, Sendable {
    let rawValue: Int

    /// Deleted: kept so that later deltas find it, shown to nobody.
    static let deleted = RowFlags(rawValue: 1)
    /// Deleted by one and edited by another.
    static let contested = RowFlags(rawValue: 2)
    /// Created here and not yet accepted.
    static let local = RowFlags(rawValue: 4)
}

struct DeviceRow: Sendable {
    let id: RecordID
    let version: UInt64
    let flags: RowFlags
    let creator: RecordID?
    let values: FieldValues
}
