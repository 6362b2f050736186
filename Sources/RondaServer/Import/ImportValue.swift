internal import RondaModel

/// The parsers of single values: trimmed, non-empty text in, a typed value or a problem out.
///
/// None of them guesses. A value that could be read in two ways is refused with the form to use.
enum ImportValue {
    typealias Parser<Value> = (String) throws(ImportProblem) -> Value

    /// Before this a date is a typing mistake: no customer and no sale in the file is that old.
    static let earliestDate = CivilDate(days: -25_567)  // 1900-01-01
    static let maximumUnits = 999_999_999
    /// Nine thousand purchases of the largest amount still add up in 64 bits of hundredths.
    static let maximumWholeDigitsInAmount = 13
}

// MARK: - Text

extension ImportValue {
    static func code(_ text: String) throws(ImportProblem) -> String {
        try line(text, limit: 64)
    }

    static func line(limit: Int) -> Parser<String> {
        { text throws(ImportProblem) in try line(text, limit: limit) }
    }

    /// Text that may have line breaks, as addresses in spreadsheets do; each becomes a line feed,
    /// the only one a stored text may have.
    static func lines(limit: Int) -> Parser<String> {
        { value throws(ImportProblem) in
            let text = String(value.map { $0 == "\r\n" || $0 == "\r" ? "\n" : $0 })
            let isRefused = { (scalar: Unicode.Scalar) in
                scalar.isControl && scalar != "\n"
            }
            guard !text.unicodeScalars.contains(where: isRefused) else {
                throw .controlCharacter
            }
            return try lengthChecked(text, limit: limit)
        }
    }

    static func country(_ text: String) throws(ImportProblem) -> String {
        let isLetter = { (character: Character) in character.isASCII && character.isLetter }
        guard text.count == 2, text.allSatisfy(isLetter) else { throw .invalidCountry }
        return text.uppercased()
    }

    static func email(_ text: String) throws(ImportProblem) -> String {
        let address = try line(text, limit: 254)
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts.contains(where: \.isEmpty),
            !address.unicodeScalars.contains(where: \.properties.isWhitespace)
        else { throw .invalidEmail }
        return address
    }

    static func phone(_ text: String) throws(ImportProblem) -> String {
        let number = try line(text, limit: 40)
        let isAllowed = { (byte: UInt8) in isDigit(byte) || "+ -()".utf8.contains(byte) }
        guard number.utf8.allSatisfy(isAllowed), number.utf8.contains(where: isDigit) else {
            throw .invalidPhone
        }
        return number
    }

    /// What a person was told to write, and the same word in Spanish.
    static func consent(_ text: String) throws(ImportProblem) -> Bool {
        switch text.lowercased() {
        case "yes", "sí", "si": true
        case "no": false
        default: throw .invalidConsent
        }
    }

    private static func line(_ text: String, limit: Int) throws(ImportProblem) -> String {
        guard !text.unicodeScalars.contains(where: \.isControl) else { throw .controlCharacter }
        return try lengthChecked(text, limit: limit)
    }

    /// In bytes of UTF-8, as the schema's limits are: what is taken here must not be refused later.
    private static func lengthChecked(_ text: String, limit: Int) throws(ImportProblem) -> String {
        let bytes = text.utf8.count
        guard bytes <= limit else { throw .textTooLong(bytes: bytes, limit: limit) }
        return text
    }
}

// MARK: - Numbers and dates

extension ImportValue {
    static func latitude(_ text: String) throws(ImportProblem) -> Double {
        try degrees(text, limit: 90)
    }

    static func longitude(_ text: String) throws(ImportProblem) -> Double {
        try degrees(text, limit: 180)
    }

    /// Days since 1970-01-01. Strict, because 03/04/2025 is two different days in two countries.
    static func date(notAfter today: Int32) -> Parser<Int32> {
        { text throws(ImportProblem) in
            guard let date = CivilDate(iso: text) else { throw .invalidDate }
            guard date >= earliestDate else { throw .dateTooEarly(earliest: earliestDate) }
            guard date.days <= today else {
                throw .dateInFuture(today: CivilDate(days: today))
            }
            return date.days
        }
    }

    static func units(_ text: String) throws(ImportProblem) -> Int {
        guard text.utf8.allSatisfy(isDigit) else { throw .invalidUnits }
        // All digits, so the only way not to be an Int is to be too large for one.
        guard let units = Int(text), units <= maximumUnits else {
            throw .unitsTooLarge(maximum: maximumUnits)
        }
        return units
    }

    /// Hundredths. "1.234,56" and "1,234.56" are the same sum in two countries and "1.234" is two
    /// different ones, so anything but digits, one point and at most two decimals is refused.
    static func amount(_ text: String) throws(ImportProblem) -> Int64 {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? parts[1].count : 0
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) }),
            decimals <= 2, let whole = parts.first
        else { throw .invalidAmount }
        guard whole.drop(while: { $0 == UInt8(ascii: "0") }).count <= maximumWholeDigitsInAmount
        else { throw .amountTooLarge(wholeDigits: maximumWholeDigitsInAmount) }
        let hundredths = parts.joined().reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
        return decimals == 0 ? hundredths * 100 : decimals == 1 ? hundredths * 10 : hundredths
    }

    /// `Double` would also take "nan", "1e3" and "0x1p3", which nobody types for a place.
    private static func degrees(_ text: String, limit: Int) throws(ImportProblem) -> Double {
        let digits =
            text.utf8.first.map { "+-".utf8.contains($0) } == true
            ? text.utf8.dropFirst() : text.utf8[...]
        let parts = digits.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) }),
            let value = Double(text)
        else { throw .invalidCoordinate }
        guard abs(value) <= Double(limit) else {
            throw .coordinateOutOfRange(limit: limit)
        }
        return value
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte)
    }
}
