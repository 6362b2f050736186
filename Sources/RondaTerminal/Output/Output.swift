internal import RondaModel

/// What a command has to say, before anybody decided how it is shown.
struct Output: Sendable {
    var json: JSONValue
    var blocks: [Block] = []
    /// Sentences beside the data, on stderr.
    var notes: [Phrase] = []
    /// Where programs read, every row of a table begins with what it is.
    var isMixed = false
    var status: ExitReason = .done
}

enum Block: Sendable {
    /// A sentence for people: on stderr where a program reads stdout.
    case sentence(Phrase)
    case heading(Phrase)
    case table(Table)
    case card([CardRow])
    /// What another program reads as it is: a script.
    case raw(String)
}

/// One labelled value; `name` is its stable name where programs read.
struct CardRow: Sendable {
    let name: String
    let label: Phrase
    let cell: Cell
    /// Left out for people, who have no use for it.
    let isForPrograms: Bool

    init(_ name: String, _ label: Phrase, _ cell: Cell, isForPrograms: Bool = false) {
        self.name = name
        self.label = label
        self.cell = cell
        self.isForPrograms = isForPrograms
    }
}

/// A text with a mood. The mood only adds colour: the words must say it all.
struct Cell: Sendable, ExpressibleByStringLiteral {
    enum Tone: Sendable {
        case plain, strong, alert, good, quiet
    }
    let text: String
    /// What programs read instead: full ids, ISO times.
    let plain: String
    let tone: Tone

    init(_ text: String, plain: String? = nil, tone: Tone = .plain) {
        self.text = text
        self.plain = plain ?? text
        self.tone = tone
    }

    init(stringLiteral value: String) { self.init(value) }
}

struct Table: Sendable {
    struct Column: Sendable {
        let title: Phrase
        /// Numbers stand at the right of their column.
        var isNumber = false
        /// May be wrapped when the line is too long.
        var wraps = false
        /// Left out for people.
        var isForPrograms = false

        init(_ en: String, _ es: String, isNumber: Bool = false, wraps: Bool = false) {
            title = Phrase(en: en, es: es)
            self.isNumber = isNumber
            self.wraps = wraps
        }

        static let fullID: Column = {
            var column = Column("ID", "ID")
            column.isForPrograms = true
            return column
        }()
    }
    /// The stable name of what a row is.
    let kind: String
    let columns: [Column]
    var rows: [[Cell]]
}

enum OutputMode: Sendable, Hashable {
    case json
    /// One document a line.
    case jsonLines
    case csv
    case plain
    case people(width: Int, color: Bool)

    /// Documents and tables of data, in which nobody is asked anything.
    var isData: Bool { self == .json || self == .jsonLines || self == .csv }
    var isJSON: Bool { self == .json || self == .jsonLines }
}
