internal import RondaModel

/// What can be wrong with a row: its code and the sentence that says what to do about it.
struct ImportProblem: Error, Sendable, Hashable {
    let code: ImportRefusal.Code
    let phrase: Phrase

    private init(_ code: ImportRefusal.Code, en: String, es: String) {
        self.code = code
        self.phrase = Phrase(en: en, es: es)
    }
}

// MARK: - The row as a whole

extension ImportProblem {
    static func wrongFieldCount(_ count: Int, expected: Int) -> Self {
        Self(
            .wrongFieldCount,
            en: """
                The row has \(count) fields, but the file has \(expected) columns. Put text that \
                contains the separator between double quotes.
                """,
            es: """
                La fila tiene \(count) campos, pero el archivo tiene \(expected) columnas. Ponga \
                entre comillas dobles el texto que contenga el separador.
                """)
    }

    static let unterminatedQuote = Self(
        .unterminatedQuote,
        en: """
            A double quote opens a field and is never closed. Close it, or write it twice if it \
            belongs to the text.
            """,
        es: """
            Una comilla doble abre un campo y nunca se cierra. Ciérrela, o escríbala dos veces si \
            es parte del texto.
            """)

    static let textAfterQuote = Self(
        .textAfterQuote,
        en: """
            There is text after the double quote that closes a field. Write every quote inside the \
            text twice.
            """,
        es: """
            Hay texto después de la comilla doble que cierra un campo. Escriba dos veces cada \
            comilla que sea parte del texto.
            """)

    static let nulByte = Self(
        .nulByte,
        en: "The row contains a zero byte, which no text has. Type the row again.",
        es: "La fila contiene un byte nulo, que ningún texto lleva. Escriba la fila de nuevo.")
}

// MARK: - Text

extension ImportProblem {
    static let emptyField = Self(
        .emptyField,
        en: "This value is required. Fill it in.",
        es: "Este valor es obligatorio. Complételo.")

    static func textTooLong(bytes: Int, limit: Int) -> Self {
        Self(
            .textTooLong,
            en: """
                The text is too long: it takes \(bytes) bytes, and \(limit) are allowed (a letter \
                with an accent takes two). Shorten it.
                """,
            es: """
                El texto es demasiado largo: ocupa \(bytes) bytes y se admiten \(limit) (una letra \
                con tilde ocupa dos). Acórtelo.
                """)
    }

    static let controlCharacter = Self(
        .controlCharacter,
        en: """
            The text contains a control character or a line break that is not allowed here. Type \
            it again on one line.
            """,
        es: """
            El texto contiene un carácter de control o un salto de línea que aquí no se admite. \
            Escríbalo de nuevo en una sola línea.
            """)

    static let unknownKind = Self(
        .unknownKind,
        en: "The kind of customer is not known. Write \"person\" or \"company\".",
        es: "El tipo de cliente no se reconoce. Escriba «person» (persona) o «company» (empresa).")

    static let invalidCountry = Self(
        .invalidCountry,
        en: "Write the country as its two-letter code, for example MX, CO, EC or AR.",
        es: "Escriba el país con su código de dos letras; por ejemplo, MX, CO, EC o AR.")

    static let invalidEmail = Self(
        .invalidEmail,
        en: """
            This is not an e-mail address. Write one address with a single @ and no spaces, or \
            leave it empty.
            """,
        es: """
            Esto no es un correo electrónico. Escriba una sola dirección, con un único signo @ y \
            sin espacios, o déjelo vacío.
            """)

    static let invalidPhone = Self(
        .invalidPhone,
        en: """
            A phone number has digits and may have +, -, spaces and parentheses. Write one number, \
            or leave it empty.
            """,
        es: """
            Un teléfono lleva dígitos y puede llevar +, -, espacios y paréntesis. Escriba un solo \
            número, o déjelo vacío.
            """)

    static let invalidConsent = Self(
        .invalidConsent,
        en: "Write \"yes\" or \"no\", or leave it empty if the customer was never asked.",
        es: "Escriba «yes» (sí) o «no», o déjelo vacío si nunca se le preguntó al cliente.")
}

// MARK: - Numbers and dates

extension ImportProblem {
    static let invalidCoordinate = Self(
        .invalidCoordinate,
        en: "Write the coordinate in degrees with a decimal point, for example -33.14132.",
        es: "Escriba la coordenada en grados con punto decimal; por ejemplo, -33.14132.")

    static func coordinateOutOfRange(limit: Int) -> Self {
        Self(
            .coordinateOutOfRange,
            en: """
                The coordinate must lie between -\(limit) and \(limit) degrees. Check that latitude \
                and longitude are not swapped.
                """,
            es: """
                La coordenada debe estar entre -\(limit) y \(limit) grados. Revise que la latitud \
                y la longitud no estén cambiadas.
                """)
    }

    static let incompleteCoordinates = Self(
        .incompleteCoordinates,
        en: "Latitude and longitude go together. Give both, or leave both empty.",
        es: "La latitud y la longitud van juntas. Indique las dos, o deje las dos vacías.")

    static let invalidDate = Self(
        .invalidDate,
        en: """
            This is not a date. Write an existing day as year-month-day, for example 2025-01-31.
            """,
        es: """
            Esto no es una fecha. Escriba un día que exista como año-mes-día; por ejemplo, \
            2025-01-31.
            """)

    static func dateTooEarly(earliest: CivilDate) -> Self {
        Self(
            .dateTooEarly,
            en: "The date is before \(earliest). Check the year.",
            es: "La fecha es anterior al \(earliest). Revise el año.")
    }

    static func dateInFuture(today: CivilDate) -> Self {
        Self(
            .dateInFuture,
            en: "The date is after today, \(today). Check the year and the order of day and month.",
            es: "La fecha es posterior a hoy, \(today). Revise el año y el orden de día y mes.")
    }

    static let invalidUnits = Self(
        .invalidUnits,
        en: "Write the units as a whole number in digits, 0 or more, for example 12.",
        es: "Escriba las unidades como número entero en dígitos, 0 o más; por ejemplo, 12.")

    static func unitsTooLarge(maximum: Int) -> Self {
        Self(
            .unitsTooLarge,
            en: "The number of units is above \(maximum). Check it.",
            es: "El número de unidades pasa de \(maximum). Revíselo.")
    }

    static let invalidAmount = Self(
        .invalidAmount,
        en: """
            Write the amount, 0 or more, with a point before the decimals, at most two decimals \
            and nothing between the thousands, for example 1234.56.
            """,
        es: """
            Escriba el importe, 0 o más, con punto antes de los decimales, dos decimales como máximo \
            y nada entre los miles; por ejemplo, 1234.56.
            """)

    static func amountTooLarge(wholeDigits: Int) -> Self {
        Self(
            .amountTooLarge,
            en: "The amount has more than \(wholeDigits) digits before the point. Check it.",
            es: "El importe tiene más de \(wholeDigits) dígitos antes del punto. Revíselo.")
    }
}

// MARK: - Against other rows and files

extension ImportProblem {
    static func duplicateCode(firstLine: Int) -> Self {
        Self(
            .duplicateCode,
            en: """
                Line \(firstLine) already has this code. Give each row its own code, or delete \
                this row.
                """,
            es: """
                La línea \(firstLine) ya tiene este código. Dé a cada fila un código propio, o \
                borre esta fila.
                """)
    }

    static let unknownTerritory = Self(
        .unknownTerritory,
        en: "There is no territory with this code. Correct it, or import the territory first.",
        es: "No hay un territorio con este código. Corríjalo, o importe antes el territorio.")

    static let unknownCustomer = Self(
        .unknownCustomer,
        en: "There is no customer with this code. Correct it, or import the customer first.",
        es: "No hay un cliente con este código. Corríjalo, o importe antes el cliente.")
}
