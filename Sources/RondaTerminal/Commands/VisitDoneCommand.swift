internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// A planned visit took place.
struct VisitDoneCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "done",
        abstract: "A planned visit took place; on a terminal without answers, asks them / "
            + "Una visita planificada se hizo; en una terminal, sin respuestas, las pregunta.",
        aliases: ["cerrar", "hecha"])

    @Argument(help: "Beginning of the id / Comienzo del id.") var id: String
    @OptionGroup var given: VisitAnswers
    @OptionGroup var extras: VisitExtras
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let change = VisitChange(session: session, store: try await session.open())
        let (visit, customer) = try await change.find(id)
        if let problem = visit.problem(becoming: .completed, at: session.wording.now) {
            throw TerminalError(problem)
        }
        if visit.state == .completed { throw TerminalError(VisitRefusal.completed) }
        var draft = try await change.draft(given, extras, of: visit, customer)
        if session.isInteractive && !draft.hasContent && extras.isEmpty {
            let name = try await session.read(change.store) { try Names($0).customer(customer) }
            try await VisitQuestions(session: session, store: change.store)
                .fill(&draft, customer: customer, name: name)
        }
        return try await change.save(draft, to: visit, customer, state: .completed)
    }
}

/// Adds to a visit, or corrects it.
struct VisitEditCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit", abstract: "Add to a visit, or correct it / Completar o corregir.",
        aliases: ["editar"])

    @Argument(help: "Beginning of the id / Comienzo del id.") var id: String
    @OptionGroup var given: VisitAnswers
    @OptionGroup var extras: VisitExtras
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let change = VisitChange(session: session, store: try await session.open())
        let (visit, customer) = try await change.find(id)
        let draft = try await change.draft(given, extras, of: visit, customer)
        if visit.state == .planned && draft.hasContent {
            throw TerminalError(
                .refusedByRule, "notHeldYet",
                en: "a planned visit has no answers yet; once it took place: ronda visit done",
                es: "una visita planificada aún no tiene respuestas; cuando se haga: ronda visita "
                    + "cerrar")
        }
        return try await change.save(draft, to: visit, customer, state: nil)
    }
}

/// A planned visit does not take place, nobody was there, or it is moved.
struct VisitCancelCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "A planned visit does not take place / Una visita planificada no se hace.",
        aliases: ["cancelar"])

    @Argument(help: "Beginning of the id / Comienzo del id.") var id: String
    @Flag(help: "Nobody was there / No se presentó nadie.") var noShow = false
    @Option(help: "Moved to / Pasa a: \"jueves 16h\".") var to: String?
    @Option(help: "Why / Por qué.") var because: String?
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let change = VisitChange(session: session, store: try await session.open())
        let (visit, customer) = try await change.find(id)
        let state: VisitState = to != nil ? .rescheduled : noShow ? .noShow : .cancelled
        if visit.state == state { throw TerminalError(VisitRefusal.calledOff) }
        if let problem = visit.problem(becoming: state, at: session.wording.now) {
            throw TerminalError(problem)
        }
        let moved = try to.map { try session.moment($0) }
        if let to, let moved, moved <= session.wording.now {
            throw WhenProblem.past(to).error
        }
        let because = AnswerWords.text(because)
        let saved = try await session.save(visit.id, in: change.store) { capture in
            var instead: RecordID?
            if let moved {
                var next = capture.new(Visit.self)
                next.customer = customer.id
                next.at = moved
                next.state = .planned
                next.purchase = visit.purchase
                instead = try capture.create(next)
            }
            try capture.update(Visit.self, visit.id) { visit in
                visit.state = state
                if let instead { visit.rescheduledTo = instead }
                if let because { visit.annotations.append(because) }
            }
        }
        let handle = try await session.read(change.store) {
            try $0.shortID(Visit.self, visit.id)
        }
        let when = moved.map { session.wording.when($0) }
        let label = state.label
        return saved.output(
            "visit",
            Phrase(
                en: "Visit \(handle) to \(customer.name ?? "") \(label.en)"
                    + (when.map { ", now \($0.en)" } ?? "") + ".",
                es: "Visita \(handle) a \(customer.name ?? "") \(label.es)"
                    + (when.map { ", ahora \($0.es)" } ?? "") + "."),
            more: ["state": .string(state.name), "movedTo": .instant(moved)])
    }
}
