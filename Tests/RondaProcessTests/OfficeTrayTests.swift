import Foundation
import RondaClient
import RondaModel
import RondaServer
import Testing

@Suite("The office deals with refused captures", .timeLimit(.minutes(2)))
struct OfficeTrayTests {
    private struct Refused {
        let office: Office
        let server: ServerProcess
        let store: LocalStore
        let transport: any Transport
    }

    /// Ana's first capture is a promise to a customer the server does not have.
    private func refused() async throws -> Refused {
        let office = try await Office.prepared()
        let server = try await office.serve()
        let device = try await office.device("ana", url: server.url)
        _ = try await device.store.sync(over: device.transport)
        try await device.store.capture { capture in
            var promise = capture.new(Commitment.self)
            promise.customer = Importer.customerID("C9")
            promise.words = "Llamar"
            promise.dueAt = Office.due
            try capture.create(promise)
        }
        let report = try await device.store.sync(over: device.transport)
        #expect(report.refused == 1)
        return Refused(
            office: office, server: server, store: device.store, transport: device.transport)
    }

    private func tray(_ office: Office) async throws -> [OfficeTrayAnswer] {
        try await office.expectDone("tray", "list").decode([OfficeTrayAnswer].self)
    }

    /// Now the customer is there.
    private func importCustomer(_ office: Office) async throws {
        let customers = try office.write(
            Office.customerHeader + Office.customerLine("C9"), to: "more.csv")
        try await office.expectDone("import", "--customers", customers)
    }

    @Test("it is listed and shown, field by field, in both languages")
    func show() async throws {
        let refused = try await refused()
        let office = refused.office
        let entries = try await tray(office)
        #expect(entries.count == 1 && entries[0].code == "unknownParent")
        #expect(entries[0].contents == ["commitment"] && entries[0].field == "customer")
        // By login, and by the beginning or the end of the id.
        let id = entries[0].device
        for name in ["ana", id, String(id.prefix(13)), String(id.suffix(6))] {
            let page = try await office.expectDone("tray", "show", name, "1")
                .decode(OfficeTrayAnswer.self)
            let fields = try #require(page.records?.first?.fields)
            #expect(fields.first { $0.name == "words" }?.captured == "Llamar")
        }
        let english = try await office.say("tray", "show", "ana", "1", language: "en")
        #expect(english.output.contains("what was promised") && english.output.contains("Next:"))
        let spanish = try await office.say("bandeja", "lista", language: "es")
        #expect(spanish.output.contains("captura 1") && spanish.output.contains("promesa"))
        await refused.server.stop()
    }

    @Test("retried after what stood in its way is gone, it is accepted and the rep is told")
    func retry() async throws {
        let refused = try await refused()
        let office = refused.office
        let vain = try await office.run("tray", "retry", "ana", "1")
        #expect(vain.status == 7, "\(vain.output)\(vain.errors)")
        #expect(try await tray(office).count == 1)
        try await importCustomer(office)
        try await office.expectDone("tray", "retry", "ana", "1")
        #expect(try await tray(office).isEmpty)
        #expect(try await office.status().records["commitment"] == 1)
        #expect(try await office.run("tray", "retry", "ana", "1").status == 3)
        _ = try await refused.store.sync(over: refused.transport)
        #expect(try await refused.store.read { try $0.tray() }.isEmpty)
        #expect(try await refused.store.read { try $0.records(Commitment.self) }.count == 1)
        await refused.server.stop()
    }

    @Test("captured again by the office, corrected")
    func resubmit() async throws {
        let refused = try await refused()
        let office = refused.office
        let customer = "customer=\(Office.customer)"
        for (words, status) in [
            ([], Int32(2)), (["--set", "customer"], 2), (["--set", "colour=red"], 2),
            (["--set", "dueAt=soon"], 2), (["--set", customer, "--record", "ffff"], 3),
            (["--set", "words=Otra cosa"], 7), (["--set", customer, "--drop", "words"], 7),
        ] {
            let outcome = try await office.run(["tray", "resubmit", "ana", "1"] + words)
            #expect(outcome.status == status, "\(words): \(outcome.output)\(outcome.errors)")
            #expect(try await tray(office).count == 1)
        }
        try await office.expectDone("tray", "resubmit", "ana", "1", "--set", customer)
        #expect(try await tray(office).isEmpty)
        #expect(try await office.status().records["commitment"] == 1)
        _ = try await refused.store.sync(over: refused.transport)
        #expect(try await refused.store.read { try $0.tray() }.isEmpty)
        let promises = try await refused.store.read { try $0.records(Commitment.self) }
        #expect(promises.map(\.customer) == [Office.customer])
        let spanish = try await office.say(
            "tray", "resubmit", "ana", "1", "--set", customer, language: "es")
        #expect(spanish.status == 3 && spanish.errors.contains("se capturó de nuevo"))
        await refused.server.stop()
    }

    @Test("given up only with --yes; the rep is told")
    func discard() async throws {
        let refused = try await refused()
        let office = refused.office
        #expect(try await office.run("tray", "discard", "ana", "1").status == 2)
        #expect(try await tray(office).count == 1)
        try await office.expectDone("tray", "discard", "ana", "1", "--yes")
        #expect(try await tray(office).isEmpty)
        _ = try await refused.store.sync(over: refused.transport)
        #expect(try await refused.store.read { try $0.tray() }.isEmpty)
        await refused.server.stop()
    }

    @Test(
        "what is not there is said, and where to look",
        arguments: [["nobody", "1"], ["ana", "2"], ["ana", "99"]])
    func notThere(place: [String]) async throws {
        let refused = try await refused()
        let office = refused.office
        _ = try await refused.store.capture { capture in
            var visit = capture.new(Visit.self)
            visit.customer = Office.customer
            visit.at = Office.due
            try capture.create(visit)
        }
        _ = try await refused.store.sync(over: refused.transport)
        for verb in [["show"], ["retry"], ["discard", "--yes"], ["resubmit", "--drop", "x"]] {
            let words = ["tray", verb[0]] + place + verb.dropFirst()
            let outcome = try await office.run(words)
            #expect(outcome.status == 3, "\(words): \(outcome.output)\(outcome.errors)")
            let error = try outcome.decode(ErrorAnswer.self).error
            #expect(error.en.contains("ronda-server") && error.en != error.es)
        }
        await refused.server.stop()
    }

    @Test("old deletions are removed for good, and only those")
    func purge() async throws {
        let office = try await Office.prepared()
        let server = try await office.serve()
        let device = try await office.device("office", url: server.url)
        _ = try await device.store.sync(over: device.transport)
        try await device.store.capture { try $0.delete(Customer.self, Office.customer) }
        _ = try await device.store.sync(over: device.transport)
        #expect(try await office.expectDone("purge").decode(PurgeAnswer.self).purged == 0)
        for days in ["0", "-3", "x"] {
            #expect(try await office.run("purge", "--older-than=\(days)").status == 2)
        }
        let spanish = try await office.say("purge", "--older-than", "1", language: "es")
        #expect(spanish.status == 0 && spanish.output.contains("Se quitaron para siempre 0"))
        #expect(try await office.expectDone("verify").decode(VerifyAnswer.self).whole)
        await server.stop()
    }

    @Test("a receipt that is none, or not ours, is told apart")
    func receipts() async throws {
        let office = try await Office.prepared()
        let server = try await office.serve()
        try await office.login("ana", url: server.url)
        #expect(try await office.ronda("ana", "sync").status == 0)
        #expect(try await office.ronda("ana", "receipt").status == 3)
        try await office.note("ana", "una")
        #expect(try await office.ronda("ana", "sync").status == 0)
        let text = try await office.ronda("ana", "receipt").output
        let whole = try office.write(text, to: "whole.json")
        let checked = try await office.expectDone("receipt", "check", whole)
        #expect(try checked.decode(ReceiptAnswer.self).journal == "same")
        let forged = try office.write(
            text.replacing("\"number\":1,", with: "\"number\":2,"), to: "forged.json")
        let wrong = try await office.run("receipt", "check", forged)
        #expect(try wrong.status == 1 && !wrong.decode(ReceiptAnswer.self).signed)
        let broken = try office.write("[]", to: "broken.json")
        #expect(try await office.run("receipt", "check", broken).status == 2)
        #expect(try await office.run("receipt", "check", broken + "x").status == 3)
        let spanish = try await office.say("constancia", "verificar", whole, language: "es")
        #expect(spanish.output.contains("Firmada por este servidor"))
        await server.stop()
    }
}
