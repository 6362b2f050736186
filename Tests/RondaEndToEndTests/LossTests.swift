import Foundation
import RondaClient
import RondaHub
import RondaMerge
import RondaModel
import RondaStore
import Testing

@Suite("What is captured arrives once, whatever happens on the way")
struct LossTests {
    private func promise(_ device: TestDevice, _ customer: RecordID, _ words: String) async throws {
        try await device.store.capture { capture in
            var promise = capture.new(Commitment.self)
            promise.customer = customer
            promise.words = words
            promise.dueAt = Instant(milliseconds: 1_790_100_000_000)
            try capture.create(promise)
        }
    }

    @Test("an answer lost on its way back is asked for again, with one effect and one verdict")
    func answerLost() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        try await promise(ana, customer, "Llamar el jueves")
        ana.transport.loseAnswers(1)
        await #expect(throws: ClientError.self) { try await ana.sync() }
        #expect(try await ana.store.read { try $0.status() }.pending == 1)
        let report = try await ana.sync()
        #expect(report.accepted == 1)
        #expect(report.pending == 0)
        let counts = try await world.hub.store.read { try $0.counts() }
        #expect(counts.records[.commitment] == 1)
    }

    @Test("an edit made while the first is under way stays pending and visible")
    func editInFlight() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        func setStreet(_ street: String) async throws {
            try await ana.store.capture { capture in
                try capture.update(Customer.self, customer) { $0.street = street }
            }
        }
        try await setStreet("Uno")
        ana.transport.loseAnswers(1)
        await #expect(throws: ClientError.self) { try await ana.sync() }
        try await setStreet("Dos")
        try await ana.sync()
        let (record, status) = try await ana.store.read { reader in
            (try reader.record(Customer.self, customer), try reader.status())
        }
        #expect(record?.street == "Dos")
        #expect(status.pending == 0)
        let stored = try await world.hub.store.read { try $0.record(customer) }
        #expect(stored?.shown(7) == .one(.text("Dos")))
    }

    @Test("one commit that can never be accepted sits in the tray and the rest goes on")
    func poison() async throws {
        let world = try await World()
        let mine = try await world.customer("C1")
        let theirs = try await world.customer("C2", territory: "AR-05")
        let ana = try await world.device("ana")
        try await ana.sync()
        try await promise(ana, mine, "Uno")
        try await promise(ana, theirs, "Dos")
        try await promise(ana, mine, "Tres")
        let report = try await ana.sync()
        #expect(report.accepted == 2)
        #expect(report.refused == 1)
        #expect(report.isComplete)
        let (tray, promises) = try await ana.store.read { reader in
            (try reader.tray(), try reader.records(Commitment.self))
        }
        #expect(tray.map(\.code) == [.unknownParent])
        #expect(tray.first?.contents == [.commitment])
        #expect(promises.compactMap(\.words) == ["Uno", "Tres"])
    }

    @Test("a refused edit gives back what the hub says, under later edits that stand")
    func refusedEdit() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        let beto = try await world.device("beto")
        try await ana.sync()
        try await ana.store.capture { capture in
            var promise = capture.new(Commitment.self)
            promise.customer = customer
            promise.words = "Original"
            promise.dueAt = Instant(milliseconds: 1_790_100_000_000)
            try capture.create(promise)
        }
        try await ana.sync()
        try await beto.sync()
        // The keyboard refuses to rewrite what was promised.
        let id = try #require(
            try await beto.store.read { try $0.records(Commitment.self) }.first?.id)
        await #expect(throws: ClientError.self) {
            try await beto.store.capture { capture in
                try capture.update(Commitment.self, id) { $0.words = "Otra cosa" }
            }
        }
        #expect(try await beto.store.read { try $0.status() }.pending == 0)
    }

    @Test("a first sync in small pages is whole, also when a record changes between pages")
    func pages() async throws {
        let world = try await World()
        var ids: [RecordID] = []
        for number in 0..<30 { ids.append(try await world.customer("C\(number)")) }
        let writer = try await world.device("writer")
        try await writer.sync()
        // Moves every third record to the end of the stream, with one field changed.
        for id in ids.enumerated().filter({ $0.offset % 3 == 0 }).map(\.element) {
            try await writer.store.capture { capture in
                try capture.update(Customer.self, id) { $0.city = "Guadalajara" }
            }
        }
        try await writer.sync()
        var limits = Limits()
        limits.pageRecords = 4
        let narrow = Hub(
            store: world.hub.store, limits: limits, surroundings: world.hub.surroundings)
        let reader = try await world.device("reader")
        let report = try await reader.store.sync(over: HubTransport(narrow))
        #expect(report.exchanges > 5)
        let records = try await reader.store.read { try $0.records(Customer.self) }
        #expect(records.count == 30)
        #expect(records.allSatisfy { $0.name != nil && $0.street != nil })
        #expect(records.count { $0.city == "Guadalajara" } == 10)
    }

    @Test("a smaller value that lost against a join is not shown on the device that wrote it")
    func losingJoin() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        let beto = try await world.device("beto")
        try await ana.sync()
        try await promise(ana, customer, "Llamar")
        try await ana.sync()
        try await beto.sync()
        let id = try #require(
            try await ana.store.read { try $0.records(Commitment.self) }.first?.id)
        func keep(_ device: TestDevice, at milliseconds: Int64) async throws {
            try await device.store.capture { capture in
                try capture.update(Commitment.self, id) {
                    $0.keptAt = Instant(milliseconds: milliseconds)
                }
            }
            try await device.sync()
        }
        try await keep(ana, at: 10)
        try await keep(beto, at: 20)
        try await ana.sync()
        for device in [ana, beto] {
            let record = try await device.store.read { try $0.record(Commitment.self, id) }
            #expect(record?.keptAt == Instant(milliseconds: 10))
        }
    }

    @Test("a cleared field stays cleared when a device reads everything again")
    func cleared() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        let beto = try await world.device("beto")
        try await beto.sync()
        try await ana.sync()
        func set(_ street: String?) async throws {
            try await ana.store.capture { capture in
                try capture.update(Customer.self, customer) { $0.bestHours = street }
            }
            try await ana.sync()
        }
        try await set("9")
        try await beto.sync()
        try await set(nil)
        try await beto.store.forgetCursors()
        try await beto.sync()
        let record = try await beto.store.read { try $0.record(Customer.self, customer) }
        #expect(record?.bestHours == nil)
        #expect(record?.name == "Cliente C1")
    }

    @Test("own work sent while everything is read again from the start stays on the device")
    func wholeWithOwnWork() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        try await ana.store.capture { capture in
            try capture.update(Customer.self, customer) {
                $0.street = "Calle Nueva 5"
                $0.phones.append("+523399999999")
            }
            var visit = capture.new(Visit.self)
            visit.customer = customer
            visit.at = Instant(milliseconds: 1_790_000_000_000)
            visit.note = "Abre a las nueve"
            try capture.create(visit)
        }
        try await ana.store.forgetCursors()
        try await ana.sync()
        let (record, visits) = try await ana.store.read { reader in
            (try reader.record(Customer.self, customer), try reader.records(Visit.self))
        }
        #expect(record?.street == "Calle Nueva 5")
        #expect(record?.phones == ["+523312345678", "+523399999999"])
        #expect(record?.name == "Cliente C1")
        #expect(visits.map(\.note) == ["Abre a las nueve"])
        #expect(visits.map(\.customer) == [customer])
    }

    @Test("a value that came while an own edit was waiting is not overwritten by editing again")
    func hiddenValue() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        let beto = try await world.device("beto")
        for device in [ana, beto] { try await device.sync() }
        @Sendable func set(_ device: TestDevice, _ street: String) async throws {
            try await device.store.capture { capture in
                try capture.update(Customer.self, customer) { $0.street = street }
            }
        }
        try await set(ana, "De Ana")
        try await ana.sync()
        // More than one exchange holds, so that Ana's value arrives before Beto's is judged.
        for number in 0..<Limits().commitsPerExchange {
            try await promise(beto, customer, "Promesa \(number)")
        }
        try await set(beto, "De Beto, uno")
        beto.transport.loseOneAnswer(after: 1)
        await #expect(throws: ClientError.self) { try await beto.sync() }
        #expect(try await beto.store.read { try $0.status() }.pending == 1)
        try await set(beto, "De Beto, dos")
        try await beto.sync()
        try await ana.sync()
        for device in [ana, beto] {
            let conflicts = try await device.store.read { try $0.conflicts() }
            #expect(
                Set(conflicts.flatMap(\.values).compactMap(\.value)) == [
                    .text("De Ana"), .text("De Beto, dos"),
                ])
        }
    }

    @Test("what is captured survives a power cut: every commit is synced to the disk")
    func synchronous() async throws {
        let world = try await World()
        let ana = try await world.device("ana")
        #expect(try await ana.store.synchronousPragma() == 2)
    }
}
