// Why this is ours and not SwiftCSV 0.10.0, which was tried first. Its speed is no obstacle (0.6 s
// for both large files), its reading is:
// - a quote that is never closed swallows the rest of the file as one row, without an error;
// - a stray quote throws and ends the reading there: no line number, and later rows are lost;
// - a last field that is empty is dropped when the file does not end in a line break;
// - it reads `Character`s: a comma with a combining accent after it is no separator, and U+2028 or
//   a form feed ends a row, so that no line count made outside can be right.
// An import has to say which line is wrong and go on with the next one. Splitting the file into
// rows before handing it to the library would already be most of what follows.

/// Cuts the bytes of a CSV file into records, each with the line of the file it starts on.
///
/// RFC 4180, and what spreadsheets really write: LF, CRLF or CR; a quote inside a field that does
/// not begin with one stands for itself. The bytes are known to be UTF-8.
///
/// Linear in time, also for the worst input: after a fault reading goes on at the line after the
/// one whose quote was wrong, and a quote can only run on over lines that open none themselves, so
/// no byte is read more than three times.
struct CSVTokenizer {
    /// No text that an import accepts is this tall; a taller record is a quote left open.
    static let maximumLinesInRecord = 32

    enum Record: Sendable, Hashable {
        case fields([String], line: Int)
        case fault(Fault, line: Int)
    }

    enum Fault: Error, Hashable {
        case unterminatedQuote
        case textAfterQuote
        case nulByte
    }

    private enum Ending {
        case separator
        case record
    }

    private let bytes: ArraySlice<UInt8>
    private let separator: UInt8
    private var position: Int
    private var line = 1
    private var recordLine = 1

    init(_ bytes: ArraySlice<UInt8>, separator: UInt8) {
        self.bytes = bytes
        self.separator = separator
        self.position = bytes.startIndex
    }

    /// The next record; nil at the end. A line without a byte is a record of one empty field.
    mutating func next() -> Record? {
        guard position < bytes.endIndex else { return nil }
        recordLine = line
        let start = position
        do throws(Fault) {
            let fields = try record()
            guard !bytes[start..<position].contains(0) else { throw .nulByte }
            return .fields(fields, line: recordLine)
        } catch {
            return .fault(error, line: recordLine)
        }
    }

    private mutating func record() throws(Fault) -> [String] {
        var fields: [String] = []
        while true {
            fields.append(peek(at: position) == .quote ? try quotedField() : plainField())
            if ending() == .record { return fields }
        }
    }

    private mutating func plainField() -> String {
        let start = position
        while let byte = peek(at: position), !endsField(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func quotedField() throws(Fault) -> String {
        let opening = (position: position, line: line)
        do throws(Fault) {
            position += 1
            let field = try quotedText()
            if let byte = peek(at: position), !endsField(byte) { throw .textAfterQuote }
            return field
        } catch {
            (position, line) = opening
            skipLine()
            throw error
        }
    }

    /// Reads to the closing quote and past it.
    private mutating func quotedText() throws(Fault) -> String {
        var text: [UInt8] = []
        while let byte = peek(at: position) {
            position += 1
            if byte == .quote {
                guard peek(at: position) == .quote else {
                    return String(decoding: text, as: UTF8.self)
                }
                position += 1
            } else if endsLine(byte) {
                line += 1
                guard line - recordLine < Self.maximumLinesInRecord else { break }
            }
            text.append(byte)
        }
        throw .unterminatedQuote
    }

    /// Takes what ends a field. Called only where a field ends.
    private mutating func ending() -> Ending {
        if peek(at: position) == separator {
            position += 1
            return .separator
        }
        skipLine()
        return .record
    }

    private mutating func skipLine() {
        while let byte = peek(at: position) {
            position += 1
            if endsLine(byte) {
                line += 1
                return
            }
        }
    }

    private func endsField(_ byte: UInt8) -> Bool {
        byte == separator || byte == .lineFeed || byte == .carriageReturn
    }

    /// Whether the byte just taken is the last one of a line: of CR LF, the LF.
    private func endsLine(_ byte: UInt8) -> Bool {
        byte == .lineFeed || (byte == .carriageReturn && peek(at: position) != .lineFeed)
    }

    private func peek(at index: Int) -> UInt8? {
        index < bytes.endIndex ? bytes[index] : nil
    }
}

extension UInt8 {
    fileprivate static let quote = UInt8(ascii: "\"")
    fileprivate static let lineFeed = UInt8(ascii: "\n")
    fileprivate static let carriageReturn = UInt8(ascii: "\r")
}
