internal import ArgumentParser
internal import RondaModel

/// The options every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Directory of the local store (or RONDA_HOME) / Directorio del almacén local.",
            valueName: "dir"))
    var home: String?

    @Flag(help: "One JSON document on stdout / Un documento JSON en la salida.")
    var json = false

    @Flag(help: "One JSON document a line / Un documento JSON por línea.")
    var jsonl = false

    @Flag(help: "Comma-separated, for spreadsheets / Separado por comas, para hojas de cálculo.")
    var csv = false

    @Flag(help: "One tab-separated record a line / Un registro por línea, con tabuladores.")
    var plain = false

    @Option(
        help: ArgumentHelp("Colour / Color: auto, always, never.", valueName: "when"))
    var color: ColorChoice = .auto

    @Option(help: ArgumentHelp("Language / Idioma: en, es.", valueName: "language"))
    var lang: LanguageChoice?

    @Flag(help: "Never ask anything / No preguntar nada.")
    var noInput = false
}

enum ColorChoice: String, ExpressibleByArgument {
    case auto, always, never
}

enum LanguageChoice: String, ExpressibleByArgument {
    case en, es

    var language: Language {
        switch self {
        case .en: .english
        case .es: .spanish
        }
    }
}
