package import RondaModel

/// Why a whole file cannot be imported: nothing of it was read.
package struct ImportFileError: Error, Sendable, Hashable {
    /// Stable: scripts and the API rely on the names.
    package enum Code: String, Sendable, CaseIterable {
        case emptyFile
        case notUTF8
        case utf16
        case spreadsheet
        case brokenHeader
        case missingColumns
        case duplicateColumns
    }

    /// The name only, never a path.
    package let file: String
    package let code: Code
    package let phrase: Phrase
}

extension ImportFileError {
    static func emptyFile(fileName: String) -> Self {
        Self(
            file: fileName, code: .emptyFile,
            phrase: Phrase(
                en: "The file is empty. Its first line must hold the column names.",
                es: "El archivo está vacío. La primera línea debe llevar los nombres de columna."))
    }

    static func notUTF8(fileName: String, offset: Int, line: Int) -> Self {
        Self(
            file: fileName, code: .notUTF8,
            phrase: Phrase(
                en: """
                    The text is not UTF-8: byte \(offset + 1), on line \(line), cannot be read. \
                    Save the file as UTF-8 (in Excel: "CSV UTF-8") and import it again.
                    """,
                es: """
                    El texto no está en UTF-8: el byte \(offset + 1), en la línea \(line), no se \
                    puede leer. Guarde el archivo como UTF-8 (en Excel: «CSV UTF-8») e impórtelo \
                    de nuevo.
                    """))
    }

    static func utf16(fileName: String) -> Self {
        Self(
            file: fileName, code: .utf16,
            phrase: Phrase(
                en: """
                    The text is in UTF-16 ("Unicode text"). Save the file as UTF-8 (in Excel: \
                    "CSV UTF-8") and import it again.
                    """,
                es: """
                    El texto está en UTF-16 («texto Unicode»). Guarde el archivo como UTF-8 (en \
                    Excel: «CSV UTF-8») e impórtelo de nuevo.
                    """))
    }

    static func spreadsheet(fileName: String) -> Self {
        Self(
            file: fileName, code: .spreadsheet,
            phrase: Phrase(
                en: """
                    This is a spreadsheet or a ZIP archive, not a CSV file. Open it, save the sheet \
                    as CSV in UTF-8 (in Excel: "CSV UTF-8") and import that file.
                    """,
                es: """
                    Esto es una hoja de cálculo o un archivo ZIP, no un archivo CSV. Ábralo, guarde \
                    la hoja como CSV en UTF-8 (en Excel: «CSV UTF-8») e importe ese archivo.
                    """))
    }

    static func brokenHeader(fileName: String) -> Self {
        Self(
            file: fileName, code: .brokenHeader,
            phrase: Phrase(
                en: """
                    The line with the column names cannot be read: it has a quote that does not \
                    match, or a zero byte. Write the names without quotes.
                    """,
                es: """
                    No se puede leer la línea con los nombres de columna: tiene una comilla sin \
                    pareja o un byte nulo. Escriba los nombres sin comillas.
                    """))
    }

    static func missingColumns(_ names: [String], fileName: String) -> Self {
        let list = names.joined(separator: ", ")
        return Self(
            file: fileName, code: .missingColumns,
            phrase: Phrase(
                en: """
                    Missing columns: \(list). The first line must hold the column names, separated \
                    by commas or semicolons; an empty column is fine where its values may be empty.
                    """,
                es: """
                    Faltan columnas: \(list). La primera línea debe llevar los nombres de columna, \
                    separados por comas o puntos y comas; una columna puede ir vacía si sus \
                    valores pueden estarlo.
                    """))
    }

    static func duplicateColumns(_ names: [String], fileName: String) -> Self {
        let list = names.joined(separator: ", ")
        return Self(
            file: fileName, code: .duplicateColumns,
            phrase: Phrase(
                en: "Columns named more than once: \(list). Keep one column of each name.",
                es: "Columnas con el nombre repetido: \(list). Deje una sola de cada nombre."))
    }
}
