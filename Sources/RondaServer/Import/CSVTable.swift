internal import RondaModel

/// The names a file's first line must have, in any order; the raw values are the names.
protocol ImportColumn: Hashable, CaseIterable, Sendable, RawRepresentable<String> {}

/// A CSV file whose columns are known to be there, with the line every record starts on.
///
/// Whole-file troubles are thrown; what is wrong with one record stands in its place among the
/// others, so that refusals come out in the order of the file.
struct CSVTable<Column: ImportColumn>: Sendable {
    enum Record: Sendable {
        case row(Row)
        case refused(ImportProblem, line: Int)
    }

    struct Row: Sendable {
        let line: Int
        let fields: [String]
    }

    let fileName: String
    let records: [Record]
    /// What was ignored, for the person who imports.
    let notes: [Phrase]
    private let positions: [Column: Int]

    init(bytes: [UInt8], fileName: String) throws(ImportFileError) {
        let text = try CSVEncoding.text(of: bytes, fileName: fileName)
        var tokenizer = CSVTokenizer(text, separator: Self.separator(of: text))
        let header = try Self.header(&tokenizer, fileName: fileName)
        let (positions, extraColumns) = try Self.positions(in: header, fileName: fileName)
        let (records, blankRows) = Self.records(&tokenizer, width: header.count)
        self.fileName = fileName
        self.records = records
        self.positions = positions
        self.notes =
            (extraColumns.isEmpty ? [] : [Phrase.ignoredColumns(extraColumns)])
            + (blankRows == 0 ? [] : [Phrase.blankRows(blankRows)])
    }

    /// The value of a column without the white space around it; empty when the file has none.
    func value(_ column: Column, in row: Row) -> String {
        positions[column].map { row.fields[$0].trimmed } ?? ""
    }

    /// Spreadsheets in most Spanish locales write `;`, because there the comma is the decimal sign.
    private static func separator(of text: ArraySlice<UInt8>) -> UInt8 {
        let isLineBreak = { (byte: UInt8) in
            byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
        }
        let header = text.drop(while: isLineBreak).prefix { !isLineBreak($0) }
        let hasComma = header.contains(UInt8(ascii: ","))
        let hasSemicolon = header.contains(UInt8(ascii: ";"))
        return hasSemicolon && !hasComma ? UInt8(ascii: ";") : UInt8(ascii: ",")
    }

    private static func header(
        _ tokenizer: inout CSVTokenizer, fileName: String
    ) throws(ImportFileError) -> [String] {
        while let record = tokenizer.next() {
            guard case .fields(let fields, _) = record else {
                throw .brokenHeader(fileName: fileName)
            }
            let names = fields.map { $0.trimmed.lowercased() }
            if !names.allSatisfy(\.isEmpty) { return names }
        }
        throw .emptyFile(fileName: fileName)
    }

    private static func positions(
        in header: [String], fileName: String
    ) throws(ImportFileError) -> (positions: [Column: Int], extraColumns: [String]) {
        var positions: [String: Int] = [:]
        var repeated: [String] = []
        for (index, name) in header.enumerated() where !name.isEmpty {
            if positions.updateValue(index, forKey: name) != nil, !repeated.contains(name) {
                repeated.append(name)
            }
        }
        guard repeated.isEmpty else {
            throw .duplicateColumns(repeated, fileName: fileName)
        }
        let missing = Column.allCases.map(\.rawValue).filter { positions[$0] == nil }
        guard missing.isEmpty else { throw .missingColumns(missing, fileName: fileName) }
        var known: [Column: Int] = [:]
        for column in Column.allCases { known[column] = positions[column.rawValue] }
        return (known, header.filter { !$0.isEmpty && Column(rawValue: $0) == nil })
    }

    private static func records(
        _ tokenizer: inout CSVTokenizer, width: Int
    ) -> (records: [Record], blankRows: Int) {
        var records: [Record] = []
        var blankRows = 0
        while let record = tokenizer.next() {
            switch record {
            case .fields(let fields, _) where fields.allSatisfy(\.trimmed.isEmpty):
                blankRows += 1
            case .fields(let fields, let line) where fields.count != width:
                records.append(
                    .refused(.wrongFieldCount(fields.count, expected: width), line: line))
            case .fields(let fields, let line):
                records.append(.row(Row(line: line, fields: fields)))
            case .fault(let fault, let line):
                records.append(.refused(ImportProblem(fault), line: line))
            }
        }
        return (records, blankRows)
    }
}

extension ImportProblem {
    fileprivate init(_ fault: CSVTokenizer.Fault) {
        switch fault {
        case .unterminatedQuote: self = .unterminatedQuote
        case .textAfterQuote: self = .textAfterQuote
        case .nulByte: self = .nulByte
        }
    }
}

extension String {
    /// Without the white space at both ends, no-break spaces (which spreadsheets love) included.
    fileprivate var trimmed: String {
        let isSpace = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
        guard let first = unicodeScalars.first, let last = unicodeScalars.last,
            isSpace(first) || isSpace(last)
        else { return self }
        let tail = unicodeScalars.drop(while: isSpace)
        guard let end = tail.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(tail[...end])
    }
}
