import RondaHub
import RondaMethod
import RondaModel
import RondaStore
import Testing

@testable import RondaTerminal

@Suite("Points, surveys, desertion and privacy, at the keyboard")
struct MethodCommandTests {
    private static let customer = RecordID(high: 0xaaaa_0000, low: 9)

    private func world(_ changes: [Change] = []) async throws -> TerminalWorld {
        let world = try await TerminalWorld()
        if !changes.isEmpty { try await world.enter(changes) }
        try await world.join("ana")
        return world
    }

    private func catalogued<R: RondaRecord>(_ record: R) throws -> R {
        let entity = try #require(Schema.current[R.entity])
        let id = Schema.current.derivedID(of: entity) { record.fields[$0].value }
        return R(id: try #require(id), fields: record.fields)
    }

    private func programme() throws -> RecordID {
        try #require(Schema.current.derivedID(of: .programme) { _ in .text("CLUB") })
    }

    /// Terms that allow redeeming without a network.
    private func terms() throws -> ProgrammeTerms {
        var terms = ProgrammeTerms(id: .zero)
        terms.programme = try programme()
        terms.edition = 1
        terms.from = Instant(milliseconds: 1)
        terms.credit = .earliestEvidenced
        terms.offlineRedemption = true
        return try catalogued(terms)
    }

    // MARK: Points

    @Test("points come from what is done, once, and to who is enrolled")
    func earn() async throws {
        let world = try await world()
        let none = await world.run("ana", "points", "show", "C0001", "--lang", "es")
        #expect(none.status == .refusedByRule)
        #expect(none.err.contains("el cliente no está inscrito; inscríbalo primero"))
        _ = await world.run("ana", "enrol", "--customer", "C0001")
        let planned = try await world.run(
            "ana", "visit", "new", "--customer", "C0001", "--at", "+2h", "--json", "--no-input"
        ).json([String: Any].self)
        let id = try #require(planned["id"] as? String)
        let early = await world.run("ana", "points", "earn", "C0001", "20", "--visit", id)
        #expect(early.status == .refusedByRule && early.err.contains("complete the visit"))
        world.advance(hours: 3)
        _ = await world.run("ana", "visit", "done", id, "--reality", "met")
        for _ in 0..<2 {
            let run = await world.run(
                "ana", "puntos", "ganar", "C0001", "20", "--visit", id, "--json")
            #expect(try run.json([String: Any].self)["available"] as? Int == 120)
        }
        let zero = await world.run("ana", "points", "earn", "C0001", "0", "--visit", id)
        #expect(zero.status == .refusedByRule && zero.err.contains("above zero"))
        let page = try await world.run("ana", "points", "C0001", "--json").json([String: Any].self)
        let entries = try #require(page["entries"] as? [[String: Any]])
        let earned = try #require(entries.last?["id"] as? String)
        let back = await world.run("ana", "points", "reverse", "C0001", earned, "--json")
        #expect(try back.json([String: Any].self)["available"] as? Int == 100)
        let again = await world.run("ana", "points", "reverse", "C0001", earned, "--lang", "es")
        #expect(again.status == .refusedByRule && again.err.contains("ya fue reversado"))
    }

    @Test("domain §2.5: without a network only what was set aside is redeemed")
    func redeem() async throws {
        let world = try await world([Change(creating: try terms())])
        _ = await world.run("ana", "enrol", "--customer", "C0001")
        let none = await world.run("ana", "points", "redeem", "C0001", "30", "--lang", "es")
        #expect(none.status == .refusedByRule && none.err.contains("este equipo no puede entregar"))
        _ = await world.run("ana", "sync")
        let account = try #require(
            try await world.hub().store.read { try $0.account(login: "ana") })
        var allowance = RedemptionAllowance(id: RecordID(high: 0xbbbb, low: 1))
        var enrolment = Enrolment(id: .zero)
        (enrolment.programme, enrolment.customer) = (try programme(), Self.customer)
        allowance.enrolment = try catalogued(enrolment).id
        allowance.customer = Self.customer
        allowance.holder = account.id
        allowance.points = 50
        allowance.grantedAt = world.now
        allowance.until = world.now.adding(days: 5)
        try await world.enter([Change(creating: allowance)])
        _ = await world.run("ana", "sync")
        let run = await world.run("ana", "points", "redeem", "C0001", "30", "--json")
        #expect(run.status == .done, "\(run.err)")
        #expect(try run.json([String: Any].self)["available"] as? Int == 70)
        let more = await world.run("ana", "points", "redeem", "C0001", "30", "--json")
        #expect(more.status == .refusedByRule)
        let document = try more.json([String: [String: String]].self)
        #expect(document["error"]?["code"] == "allowanceSpent")
        #expect(await world.run("ana", "points", "redeem", "C0001", "NADA").status == .notFound)
    }

    @Test("a programme without terms redeems through the office")
    func office() async throws {
        let world = try await world()
        _ = await world.run("ana", "enrol", "--customer", "C0001")
        let run = await world.run("ana", "points", "redeem", "C0001", "30", "--lang", "es")
        #expect(run.status == .refusedByRule)
        #expect(run.err.contains("este programa solo canjea en la oficina"))
    }

    @Test("programme, card and consent in one flow")
    func enrolWithConsent() async throws {
        let world = try await world()
        let bare = await world.run(
            "ana", "enrol", "--customer", "C0001", "--consent-evidence", "hoja 3")
        #expect(bare.status == .refusedByRule && bare.err.contains("a grant needs evidence"))
        let run = await world.run(
            "ana", "inscribir", "--customer", "C0001", "--card", "11", "--consent-kind", "firma",
            "--consent-evidence", "hoja 3", "--json")
        let document = try run.json([String: Any].self)
        #expect(document["consent"] as? Bool == true)
        #expect((document["records"] as? [Any])?.count == 3)
        let without = await world.run("ana", "enrol", "--customer", "C0002", "--lang", "es")
        #expect(without.err.contains("Aún no se puede escribir sobre el programa"))
    }

    // MARK: Surveys

    private func survey() throws -> [Change] {
        var sheet = SurveyTemplate(id: .zero)
        (sheet.code, sheet.edition, sheet.name) = ("POSVENTA", 1, "Posventa")
        sheet.temperature = .hot
        sheet = try catalogued(sheet)
        let kinds: [(String, QuestionKind)] = [
            ("¿Está conforme?", .yesNo), ("¿Cómo calificaría el trabajo?", .zeroToTen),
            ("¿Algo más?", .words),
        ]
        return [Change(creating: sheet)]
            + (try kinds.enumerated().map { index, asked in
                var question = SurveyQuestion(id: .zero)
                question.template = sheet.id
                question.position = index + 1
                (question.words, question.kind) = asked
                return Change(creating: try catalogued(question))
            })
    }

    @Test("answers fit their questions, are asked on a terminal, and a refusal is one too")
    func surveys() async throws {
        let world = try await world(try survey())
        let run = await world.run(
            "ana", "survey", "answer", "C0001", "--answer", "1=sí", "--answer", "2=9", "--json")
        #expect(run.status == .done, "\(run.err)")
        #expect(try run.json([String: Any].self)["answers"] as? Int == 2)
        let outside = await world.run(
            "ana", "encuesta", "contestar", "C0001", "--answer", "2=11", "--lang", "es")
        #expect(outside.status == .refusedByRule)
        #expect(outside.err.contains("fuera de la escala de la pregunta"))
        let wrong = await world.run("ana", "survey", "answer", "C0001", "--answer", "1=quizá")
        #expect(wrong.status == .refusedByRule && wrong.err.contains("another kind of answer"))
        let both = await world.run(
            "ana", "survey", "answer", "C0001", "--refused", "--answer", "1=no", "--lang", "es")
        #expect(both.status == .refusedByRule && both.err.contains("deje una de las dos cosas"))
        #expect(await world.run("ana", "survey", "answer", "C0001").status == .refusedByRule)
        let no = await world.run("ana", "survey", "answer", "C0001", "--refused")
        #expect(no.status == .done)
        let guided = await world.run(
            "ana", "encuesta", "contestar", "C0001", language: "es",
            answers: ["quizá", "s", "8", "gracias"], terminal: true)
        #expect(guided.line.contains("3 de 3 respuestas"))
        #expect(
            await world.run("ana", "survey", "answer", "C0001", "--template", "X").status
                == .notFound)
        #expect(await world.run("ana", "survey", "list").out.contains("POSVENTA\t1\t¿Está"))
    }

    // MARK: Desertion

    @Test(
        "domain §1.10: a reason has its group and its counter-arguments; two reps make one record")
    func desertion() async throws {
        var argument = CounterArgument(id: .zero)
        (argument.reason, argument.position) = (.noUse, 1)
        argument.words = "Le mostramos cómo usarlo en diez minutos"
        let world = try await world([Change(creating: try catalogued(argument))])
        try await world.join("luis")
        let run = await world.run(
            "ana", "deserción", "nueva", "C0001", "--reason", "no lo usa", "--lang", "es")
        #expect(run.status == .done && run.err.contains("Le mostramos cómo usarlo"))
        #expect(run.err.contains("(mala atención)"))
        _ = await world.run("luis", "desertion", "new", "C0001", "--reason", "noUse")
        for device in ["ana", "luis", "ana"] { _ = await world.run(device, "sync") }
        let rows = try await world.run("ana", "desertion", "list", "--json")
            .json([[String: Any]].self)
        #expect(rows.count == 1 && rows.first?["group"] as? String == "poorAttention")
        let wonBack = await world.run(
            "ana", "desertion", "new", "C0001", "--reason", "noUse", "--result", "recovered",
            "--argument", "1")
        #expect(wonBack.status == .done)
        let none = await world.run(
            "ana", "desertion", "new", "C0001", "--reason", "noUse", "--argument", "7")
        #expect(none.status == .usage)
        #expect(
            await world.run("ana", "desertion", "new", "C0001", "--reason", "x").status == .usage)
    }

    // MARK: Privacy

    @Test(
        "privacy.md feature 4: the clock runs from when the person spoke, by the law of the country"
    )
    func privacy() async throws {
        let world = try await world()
        // The customer is of Colombia: a consultation, ten working days.
        let run = await world.run(
            "ana", "datos", "acceso", "C0001", "quiere ver sus datos", "--lang", "es", "--json")
        #expect(run.status == .done, "\(run.err)")
        #expect(try run.json([String: Any].self)["answerBy"] as? String == "2026-12-04")
        let earlier = await world.run(
            "ana", "privacy", "erase", "C0001", "--at", "2026-11-02 09:00", "--json")
        #expect(try earlier.json([String: Any].self)["answerBy"] as? String == "2026-11-23")
        let future = await world.run("ana", "privacy", "erase", "C0001", "--at", "mañana 10:00")
        #expect(future.status == .refusedByRule)
        world.advance(hours: 24 * 3)
        let rows = try await world.run("ana", "privacy", "list", "--json")
            .json([[String: Any]].self)
        #expect(rows.map { $0["overdue"] as? Bool } == [true, false])
        let screen = await world.run("ana", "datos", language: "es", terminal: true)
        #expect(screen.line.contains("VENCIDA"))
    }
}
