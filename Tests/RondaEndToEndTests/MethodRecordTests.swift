import Foundation
import RondaClient
import RondaModel
import Testing

@Suite("Records of the method, from one device to another")
struct MethodRecordTests {
    @Test("sets of options are kept, travel, and lose what is taken out")
    func optionSets() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        let beto = try await world.device("beto")
        try await ana.sync()
        try await beto.sync()
        let receipt = try await ana.store.capture { capture in
            var contact = capture.new(Contact.self)
            contact.customer = customer
            contact.name = "Marta Peña"
            contact.roles = [.payer, .decider]
            contact.phones = ["300 123"]
            try capture.create(contact)
        }
        let id = try #require(receipt?.records.first)
        try await ana.store.capture { capture in
            try capture.update(Contact.self, id) { $0.roles = [.decider, .buyer] }
        }
        try await ana.sync()
        try await beto.sync()
        for device in [ana, beto] {
            let contact = try await device.store.read { try $0.record(Contact.self, id) }
            #expect(contact?.roles == [.decider, .buyer])
            #expect(contact?.phones == ["300 123"])
        }
    }

    @Test("a case and its steps, with the promise that one makes, are one commit and come whole")
    func caseWithPromise() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        let beto = try await world.device("beto")
        try await ana.sync()
        let at = Instant(milliseconds: 1_790_000_000_000)
        try await ana.store.capture { capture in
            var record = capture.new(ServiceCase.self)
            record.customer = customer
            record.kind = .complaint
            record.openedAt = at
            record.words = "llegó roto"
            let caseID = try capture.create(record)
            var promise = capture.new(Commitment.self)
            promise.customer = customer
            promise.words = "Cambiarlo"
            promise.dueAt = at.adding(milliseconds: 3_600_000)
            promise.serviceCase = caseID
            var step = capture.new(CaseStep.self)
            step.serviceCase = caseID
            step.customer = customer
            step.step = .act
            step.at = at
            step.commitments = [try capture.create(promise)]
            try capture.create(step)
        }
        let report = try await ana.sync()
        #expect(report.refused == 0)
        try await beto.sync()
        let steps = try await beto.store.read { try $0.records(CaseStep.self) }
        #expect(steps.map(\.step) == [.act])
        #expect(steps.first?.commitments.count == 1)
    }
}
