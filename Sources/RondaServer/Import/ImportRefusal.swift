package import RondaModel

/// One reason why one row of an imported file was not taken.
package struct ImportRefusal: Sendable, Hashable {
    /// Stable: scripts and the API rely on the names.
    package enum Code: String, Sendable, CaseIterable {
        // The row as a whole.
        case wrongFieldCount
        case unterminatedQuote
        case textAfterQuote
        case nulByte
        // One value.
        case emptyField
        case textTooLong
        case controlCharacter
        case unknownKind
        case invalidCountry
        case invalidCoordinate
        case coordinateOutOfRange
        case incompleteCoordinates
        case invalidDate
        case dateTooEarly
        case dateInFuture
        case invalidUnits
        case unitsTooLarge
        case invalidAmount
        case amountTooLarge
        case invalidEmail
        case invalidPhone
        case invalidConsent
        // Against other rows and files.
        case duplicateCode
        case unknownTerritory
        case unknownCustomer
        /// It parsed, and a rule of the hub refuses it.
        case refusedByHub
    }

    /// The name only, never a path.
    package let file: String
    /// The line of the file the row starts on, the first line being 1.
    package let line: Int
    /// The column at fault; nil when it is the row as a whole.
    package let column: String?
    package let code: Code
    /// The value at fault, fit to be shown: clipped, and without control characters.
    package let value: String?
    package let phrase: Phrase

    package static let maximumValueLength = 60

    package init(
        file: String, line: Int, column: String?, code: Code, value: String?, phrase: Phrase
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.code = code
        self.value = value.map(Self.shown)
        self.phrase = phrase
    }

    init(
        _ problem: ImportProblem, file: String, line: Int, column: String? = nil,
        value: String? = nil
    ) {
        self.init(
            file: file, line: line, column: column, code: problem.code, value: value,
            phrase: problem.phrase)
    }

    /// For a customer row whose territory is neither in the territories file nor known already.
    package static func unknownTerritory(_ territory: String, file: String, line: Int) -> Self {
        Self(
            .unknownTerritory, file: file, line: line,
            column: CustomerFile.Column.territory.rawValue, value: territory)
    }

    /// For a purchase row whose customer is neither in the customers file nor known already.
    package static func unknownCustomer(_ customer: String, file: String, line: Int) -> Self {
        Self(
            .unknownCustomer, file: file, line: line,
            column: PurchaseFile.Column.customer.rawValue, value: customer)
    }

    /// Clipped by scalars, because one `Character` may be of any size.
    private static func shown(_ value: String) -> String {
        let scalars = value.unicodeScalars
        let clipped = scalars.prefix(
            scalars.count > maximumValueLength ? maximumValueLength - 1 : maximumValueLength)
        var text = String.UnicodeScalarView()
        for scalar in clipped { text.append(scalar.isControl ? "\u{FFFD}" : scalar) }
        if clipped.endIndex < scalars.endIndex { text.append("…") }
        return String(text)
    }
}

extension Unicode.Scalar {
    /// C0, DEL and C1: what could move the cursor or recolour the screen of whoever reads the value.
    var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }
}
