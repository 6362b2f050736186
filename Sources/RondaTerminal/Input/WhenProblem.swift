internal import RondaModel

/// Why a time was not taken.
enum WhenProblem: Error, Sendable, Hashable {
    case notUnderstood(String)
    case noSuchDay(String)
    case noSuchTime(String)
    case hourMissing(String)
    case skippedByClocks(String)
    case past(String)
    case future(String)

    var error: TerminalError {
        switch self {
        case .notUnderstood(let text):
            .usage(
                en: "“\(text)” is not a time; write for example: tomorrow 12:00, thursday 16:00, "
                    + "+3d, 2026-11-30 16:00, end of month",
                es: "«\(text)» no es una fecha y hora; escriba por ejemplo: mañana 12:00, jueves "
                    + "16h, +3d, 2026-11-30 16:00, fin de mes")
        case .noSuchDay(let text):
            .usage(
                en: "there is no such day as “\(text)”",
                es: "no existe el día «\(text)»")
        case .noSuchTime(let text):
            .usage(
                en: "there is no such hour as in “\(text)”",
                es: "no existe la hora de «\(text)»")
        case .hourMissing(let text):
            .usage(
                en: "“\(text)” needs its hour too, for example: \(text) 12:00",
                es: "a «\(text)» le falta la hora, por ejemplo: \(text) 12:00")
        case .skippedByClocks(let text):
            .usage(
                en: "“\(text)” does not exist: the clocks go forward over it; write another hour",
                es: "«\(text)» no existe: a esa hora se adelanta el reloj; escriba otra hora")
        case .past(let text):
            TerminalError(
                .refusedByRule, "past",
                en: "“\(text)” has already passed; a promise is due in the future",
                es: "«\(text)» ya pasó; una promesa vence en el futuro")
        case .future(let text):
            TerminalError(
                .refusedByRule, "future",
                en: "“\(text)” is still to come; say when it happened",
                es: "«\(text)» aún no ocurre; diga cuándo fue")
        }
    }
}

extension Session {
    private var parser: WhenParser { WhenParser(now: wording.now, zone: wording.zone) }

    func moment(_ text: String) throws(TerminalError) -> Instant {
        do throws(WhenProblem) {
            return try parser.parse(text)
        } catch {
            throw error.error
        }
    }

    /// A moment still to come.
    func due(_ text: String) throws(TerminalError) -> Instant {
        let instant = try moment(text)
        guard instant > wording.now else { throw WhenProblem.past(text).error }
        return instant
    }

    /// A moment of something that happened.
    func past(_ text: String) throws(TerminalError) -> Instant {
        let instant = try moment(text)
        guard instant <= wording.now else { throw WhenProblem.future(text).error }
        return instant
    }
}
