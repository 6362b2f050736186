/// Whether the bytes of a file are text at all, told before anything is read into them.
enum CSVEncoding {
    /// The UTF-8 text of the file without its byte order mark.
    ///
    /// A file in another encoding is refused, not guessed at: "Muñoz" read wrongly would be stored,
    /// synchronised and never found again.
    static func text(
        of bytes: [UInt8], fileName: String
    ) throws(ImportFileError) -> ArraySlice<UInt8> {
        guard !bytes.isEmpty else { throw .emptyFile(fileName: fileName) }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw .utf16(fileName: fileName)
        }
        // The signature of a ZIP archive, which is what .xlsx and .ods files are.
        if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            throw .spreadsheet(fileName: fileName)
        }
        if let offset = firstInvalidOffset(in: bytes) {
            throw .notUTF8(
                fileName: fileName, offset: offset, line: line(of: offset, in: bytes))
        }
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        // UTF-16 without a mark is valid UTF-8 as long as it is ASCII, with a NUL in every pair.
        if text.prefix(2).contains(0) { throw .utf16(fileName: fileName) }
        return text
    }

    private static func firstInvalidOffset(in bytes: [UInt8]) -> Int? {
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let scalar): offset += scalar.count
            case .error: return offset
            case .emptyInput: return nil
            }
        }
    }

    private static func line(of offset: Int, in bytes: [UInt8]) -> Int {
        var line = 1
        for index in 0..<offset {
            let isLineFeed = bytes[index] == UInt8(ascii: "\n")
            let isReturn = bytes[index] == UInt8(ascii: "\r")
            if isLineFeed || (isReturn && bytes[index + 1] != UInt8(ascii: "\n")) { line += 1 }
        }
        return line
    }
}
