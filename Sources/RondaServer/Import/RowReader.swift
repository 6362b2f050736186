internal import RondaModel

/// Reads the values of one row and notes everything that is wrong with them.
///
/// Every reading function gives nil either for an empty optional value or after noting a refusal;
/// the `required` ones never give nil without one.
struct RowReader<Column: ImportColumn> {
    private(set) var refusals: [ImportRefusal] = []
    var line: Int { row.line }

    private let table: CSVTable<Column>
    private let row: CSVTable<Column>.Row

    init(table: CSVTable<Column>, row: CSVTable<Column>.Row) {
        self.table = table
        self.row = row
    }

    mutating func refuse(_ column: Column, _ problem: ImportProblem, value: String?) {
        refusals.append(
            ImportRefusal(
                problem, file: table.fileName, line: row.line, column: column.rawValue,
                value: value))
    }

    /// Reads an optional value with one of the parsers of `ImportValue`.
    mutating func optional<Value>(
        _ column: Column, _ parse: ImportValue.Parser<Value>
    ) -> Value? {
        let value = table.value(column, in: row)
        guard !value.isEmpty else { return nil }
        do throws(ImportProblem) {
            return try parse(value)
        } catch {
            refuse(column, error, value: value)
            return nil
        }
    }

    mutating func required<Value>(
        _ column: Column, _ parse: ImportValue.Parser<Value>
    ) -> Value? {
        guard !table.value(column, in: row).isEmpty else {
            refuse(column, .emptyField, value: nil)
            return nil
        }
        return optional(column, parse)
    }

    /// A required code that no earlier line of the file has.
    ///
    /// The first line with a code owns it even when that line is refused for another reason: what
    /// an import takes must not change because an unrelated mistake was corrected.
    mutating func uniqueCode(_ column: Column, firstLines: inout [String: Int]) -> String? {
        guard let code = required(column, ImportValue.code) else { return nil }
        if let firstLine = firstLines[code] {
            refuse(column, .duplicateCode(firstLine: firstLine), value: code)
            return nil
        }
        firstLines[code] = row.line
        return code
    }

    /// Both coordinates, or neither.
    mutating func coordinates(
        _ latitudeColumn: Column, _ longitudeColumn: Column
    ) -> (latitude: Double, longitude: Double)? {
        let noted = refusals.count
        let latitude = optional(latitudeColumn, ImportValue.latitude)
        let longitude = optional(longitudeColumn, ImportValue.longitude)
        switch (latitude, longitude) {
        case (let latitude?, let longitude?):
            return (latitude, longitude)
        case (nil, nil):
            return nil
        case (nil, _):
            if refusals.count == noted {
                refuse(latitudeColumn, .incompleteCoordinates, value: nil)
            }
            return nil
        case (_, nil):
            if refusals.count == noted {
                refuse(longitudeColumn, .incompleteCoordinates, value: nil)
            }
            return nil
        }
    }
}
