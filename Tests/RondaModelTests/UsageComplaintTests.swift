import RondaModel
import Testing

@Suite("What is wrong with a command line")
struct UsageComplaintTests {
    @Test(
        "is said in both languages",
        arguments: [
            (
                "Unknown option '--custmer'", "there is no option --custmer",
                "no hay una opción --custmer"
            ),
            (
                "Unknown option '--custmer'. Did you mean '--customer'?",
                "there is no option --custmer; did you mean --customer?",
                "no hay una opción --custmer; ¿quiso decir --customer?"
            ),
            (
                "Missing value for '--server <server>'", "a value is missing for --server <server>",
                "falta el valor de --server <server>"
            ),
            ("Unexpected argument 'blah'", "“blah” is one word too many", "sobra «blah»"),
            (
                "2 unexpected arguments: 'a', 'b'", "“a b” is too many words",
                "sobran palabras: «a b»"
            ),
            ("Missing expected argument '<number>'", "<number> is missing", "falta <number>"),
            ("Missing one of: '--a', '--b'", "--a or --b is missing", "falta --a o --b"),
            ("Missing required subcommand.", "a command is missing", "falta una orden"),
            (
                "The value 'abc' is invalid for '<number>'", "“abc” is no value for <number>",
                "«abc» no es un valor para <number>"
            ),
            (
                "The value 'x' is invalid for '--color <when>'. Please provide one of 'auto', "
                    + "'always' or 'never'.",
                "“x” is no value for --color <when>; it takes auto, always or never",
                "«x» no es un valor para --color <when>; lleva auto, always o never"
            ),
            (
                "The value 'x' is invalid for '--lang <lang>'. Please provide one of 'en' and 'es'.",
                "“x” is no value for --lang <lang>; it takes en or es",
                "«x» no es un valor para --lang <lang>; lleva en o es"
            ),
            (
                "The option '--json' does not take any value, but 'si' was specified.",
                "--json takes no value; leave “si” out", "--json no lleva valor; quite «si»"
            ),
            (
                "Value to be set with flag '--b' had already been set with flag '--a'",
                "--a and --b exclude each other; keep one", "--a y --b se excluyen; deje una"
            ),
            ("Something new", "Something new", "Something new"),
        ])
    func said(_ message: String, _ en: String, _ es: String) {
        #expect(UsageComplaint.phrase(of: message) == Phrase(en: en, es: es))
    }
}
