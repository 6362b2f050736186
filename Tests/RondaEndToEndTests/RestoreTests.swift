import Foundation
import RondaClient
import RondaHub
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaStoreSQLite
import SwiftProtobuf
import Testing

@Suite("A hub that lost its history gets it back from its devices")
struct RestoreTests {
    /// Ana has delivered 100 commits, the hub's backup holds 40 of them, Beto has read them all.
    private func story(
        isNoticed: Bool
    ) async throws -> (World, ana: TestDevice, beto: TestDevice, journal: [JournalEntry]) {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        let beto = try await world.device("beto")
        try await ana.sync()
        var backup: SQLiteStore?
        for number in 1...100 {
            switch number % 3 {
            case 0: try await ana.setStreet(customer, "Calle \(number)")
            case 1: try await ana.promise(customer, "Promesa \(number)")
            default: _ = try await ana.newCustomer("Cliente nuevo \(number)")
            }
            if number == 40 || number == 100 { try await ana.sync() }
            if number == 40 { backup = try world.backup() }
        }
        try await beto.sync()
        let journal = try await self.journal(world, ana)
        #expect(journal.count == 100)
        try await world.restore(try #require(backup), isNoticed: isNoticed)
        #expect(try await self.journal(world, ana).count == 40)
        return (world, ana, beto, journal)
    }

    private func journal(_ world: World, _ device: TestDevice) async throws -> [JournalEntry] {
        let id = try #require(try await device.store.identity()).device
        return try await world.hub.store.read { store in
            var entries: [JournalEntry] = []
            try store.journal(of: id) { entries.append($0) }
            return entries
        }
    }

    private func expectWhole(
        _ world: World, _ ana: TestDevice, _ beto: TestDevice, _ before: [JournalEntry]
    ) async throws {
        let after = try await journal(world, ana)
        #expect(after.map(\.number) == before.map(\.number))
        #expect(after.map(\.commit) == before.map(\.commit))
        #expect(after.map(\.author) == before.map(\.author))
        #expect(after.map(\.verdict.outcome) == before.map(\.verdict.outcome))
        try await world.expectAgreement(of: ana)
        try await world.expectAgreement(of: beto)
        #expect(try await Verification.of(world.hub.store).problems == [])
        #expect(try await world.isRecovering() == false)
    }

    @Test("all 100 commits are back, once, whoever comes first", arguments: [true, false])
    func restored(anaFirst: Bool) async throws {
        let (world, ana, beto, before) = try await story(isNoticed: true)
        #expect(try await world.isRecovering())
        let first = try await (anaFirst ? ana : beto).sync()
        #expect(first.isRestored)
        try await (anaFirst ? beto : ana).sync()
        // Who came before the other had offered everything asks once more.
        if !anaFirst { try await beto.sync() }
        try await expectWhole(world, ana, beto, before)
    }

    @Test("a hub set back without a restore is shown its own receipt, and does the same")
    func unnoticed() async throws {
        let (world, ana, beto, before) = try await story(isNoticed: false)
        let report = try await ana.sync()
        #expect(report.isRestored)
        try await beto.sync()
        try await expectWhole(world, ana, beto, before)
        let incidents = try await world.hub.store.read { try $0.incidents() }
        #expect(incidents.map(\.kind) == [.historyLost])
    }

    @Test("what was captured meanwhile, on top of what is lost, waits for it and goes in")
    func newWork() async throws {
        let (world, ana, beto, _) = try await story(isNoticed: true)
        // Beto knows a customer that the hub has lost.
        let lost = try #require(
            try await beto.store.read { try $0.records(Customer.self) }
                .first { $0.name == "Cliente nuevo 98" }?.id)
        try await beto.promise(lost, "De Beto")
        try await beto.setStreet(lost, "Calle de Beto")
        let report = try await beto.sync()
        #expect(report.waiting == 2)
        #expect(report.refused == 0)
        #expect(try await beto.status.waiting == 2)
        #expect(
            try await beto.store.read { try $0.record(Customer.self, lost) }?.street
                == "Calle de Beto")
        try await ana.sync()
        try await beto.sync()
        try await ana.sync()
        #expect(try await beto.status.waiting == 0)
        try await world.expectAgreement(of: ana)
        try await world.expectAgreement(of: beto)
        let street = try await ana.store.read { try $0.record(Customer.self, lost) }?.street
        #expect(street == "Calle de Beto")
    }

    @Test("re-offers that arrive in another order still know what they had seen")
    func seen() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        let beto = try await world.device("beto")
        try await ana.sync()
        try await beto.sync()
        let backup = try world.backup()
        try await ana.setStreet(customer, "Primera")
        try await ana.sync()
        try await beto.sync()
        try await beto.setStreet(customer, "Segunda, que vio la primera")
        try await beto.sync()
        try await world.restore(backup)
        try await beto.sync()
        try await ana.sync()
        try await beto.sync()
        let record = try #require(try await world.hub.store.read { try $0.record(customer) })
        #expect(record.shown(7) == .one(.text("Segunda, que vio la primera")))
        #expect(record.differing(7) == [])
        try await world.expectAgreement(of: ana)
        try await world.expectAgreement(of: beto)
    }

    @Test("a device enrolled after the backup comes back as itself with a new code")
    func enrolledLater() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        let backup = try world.backup()
        let (code, _) = try await world.hub.newCode(login: "ana")
        let second = TestDevice(
            store: try LocalStore.open(
                at: world.directory + "/second", create: true, surroundings: world.surroundings),
            transport: HubTransport(world))
        _ = try await second.store.login(
            server: "test", code: code, deviceName: "second", transport: second.transport)
        let id = try #require(try await second.store.identity()).device
        try await second.sync()
        try await second.promise(customer, "Antes del respaldo perdido")
        try await second.sync()
        try await world.restore(backup)
        try await second.promise(customer, "Después")
        let error = await #expect(throws: ClientError.self) { try await second.sync() }
        #expect(error?.serverCode == "badCredential")
        #expect(try await second.status.isUnknownToServer)
        let (again, _) = try await world.hub.newCode(login: "ana")
        let identity = try await second.store.login(
            server: "test", code: again, deviceName: "second", transport: second.transport)
        #expect(identity.device == id)
        try await second.sync()
        try await ana.sync()
        try await world.expectAgreement(of: ana)
        try await world.expectAgreement(of: second)
        #expect(try await journal(world, second).count == 2)
    }

    @Test("a lost device does not become another person's by a code that was made for that one")
    func codeOfAnother() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        let account = try await world.hub.addAccount(
            login: "beto", name: "Beto", role: .rep, territoryCodes: ["MX-14"])
        let backup = try world.backup()
        let beto = TestDevice(
            store: try LocalStore.open(
                at: world.directory + "/beto", create: true, surroundings: world.surroundings),
            transport: HubTransport(world))
        @Sendable func login(codeOf login: String) async throws -> DeviceIdentity {
            let code = try await world.hub.newCode(login: login).code
            return try await beto.store.login(
                server: "test", code: code, deviceName: "beto", transport: beto.transport)
        }
        let identity = try await login(codeOf: "beto")
        try await beto.promise(customer, "De Beto, antes")
        try await beto.sync()
        try await world.restore(backup)
        try await beto.promise(customer, "De Beto, después")
        await #expect(throws: ClientError.self) { try await beto.sync() }
        let error = await #expect(throws: ClientError.self) { try await login(codeOf: "ana") }
        #expect(error?.serverCode == "badCode")
        #expect(error?.phrase.es.contains("pida a la oficina uno nuevo para Beto") == true)
        #expect(try await world.hub.store.read { try $0.device(identity.device) } == nil)
        #expect(try await beto.status.isUnknownToServer)
        #expect(try await login(codeOf: "beto") == identity)
        try await beto.sync()
        #expect(try await journal(world, beto).map(\.author) == [account.id, account.id])
        try await world.expectAgreement(of: beto)
    }

    @Test("what only a lost history had does not stay beside one's own edit")
    func lostField() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let (ana, beto) = (try await world.device("ana"), try await world.device("beto"))
        let backup = try world.backup()
        try await beto.sync()
        try await beto.store.capture { capture in
            try capture.update(Customer.self, customer) { $0.city = "Ciudad" }
        }
        try await beto.sync()
        try await ana.sync()
        // Nobody brings what Beto wrote.
        try await world.restore(backup)
        try await ana.sync()
        try await ana.setStreet(customer, "Calle de Ana")
        try await ana.sync()
        let shown = try await ana.store.read { try $0.record(Customer.self, customer) }
        #expect(shown?.street == "Calle de Ana" && shown?.city == nil)
        try await world.expectAgreement(of: ana)
    }

    @Test("what an erasure has left of a commit comes back, when the commit was lost with the hub")
    func lostRest() async throws {
        let world = try await World()
        let person = try await world.customer("C1")
        let (ana, beto) = (try await world.device("ana"), try await world.device("beto"))
        try await ana.sync()
        try await beto.sync()
        let backup = try world.backup()
        let new = try await beto.newCustomer("Nuevo")
        try await beto.store.capture { capture in
            try capture.update(Customer.self, person) { $0.city = "Ciudad" }
            try capture.update(Customer.self, new) { $0.city = "Ciudad" }
        }
        try await beto.setStreet(new, "Calle de Beto")
        try await beto.sync()
        try await ana.sync()
        _ = try await world.hub.erase(person)
        try await beto.sync()
        try await world.restore(backup)
        let report = try await beto.sync()
        if !report.isComplete { try await beto.sync() }
        try await ana.sync()
        for device in [ana, beto] {
            let shown = try await device.store.read { try $0.record(Customer.self, new) }
            #expect(shown?.street == "Calle de Beto" && shown?.city == "Ciudad")
            #expect(try await device.store.read { try $0.record(Customer.self, person) } == nil)
            try await world.expectAgreement(of: device)
        }
        let numbers = try await world.hub.store.read { store in
            var count = 0
            for device in try store.devices() where !device.secretHash.isEmpty {
                try store.journal(of: device.id) { _ in count += 1 }
            }
            return count
        }
        // Made, edited, and the street: each once, whichever id it went under.
        #expect(numbers == 3)
        #expect(try await beto.status.conflicts == 0)
    }

    @Test("what had its verdict before the restore is not told as news after it")
    func noOldNews() async throws {
        let world = try await World()
        let mine = try await world.customer("C1")
        let theirs = try await world.customer("C2", territory: "AR-05")
        let ana = try await world.device("ana")
        try await ana.sync()
        let backup = try world.backup()
        try await ana.setStreet(mine, "Primera")
        try await ana.promise(theirs, "De nadie")
        let before = try await ana.sync()
        #expect(before.accepted == 1 && before.refused == 1)
        try await world.restore(backup)
        try await ana.setStreet(mine, "Después")
        let after = try await ana.sync()
        #expect(after.isRestored)
        #expect(after.accepted == 1)
        #expect(after.refused == 0)
        try await world.expectAgreement(of: ana)
    }

    /// A hub of which no receipt has come through.
    private struct Unsigned: Transport {
        let inner: HubTransport

        func send(
            _ request: TransportRequest
        ) async throws(TransportError) -> TransportResponse {
            let answer = try await inner.send(request)
            guard request.path == "/v1/exchange", answer.status == 200,
                var exchange = try? WireExchangeResponse(serializedBytes: Data(answer.body))
            else { return answer }
            exchange.clearReceipt()
            return TransportResponse(
                status: 200, body: (try? Array(exchange.serializedData())) ?? [])
        }
    }

    @Test("a chain that parted is found once, however many pages are read ahead")
    func partedWhileReading() async throws {
        var limits = Limits()
        limits.pageRecords = 2
        let world = try await World(limits: limits)
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        let backup = try world.backup()
        let old = try world.copy(of: ana)
        let unsigned = Unsigned(inner: ana.transport)
        for number in 1...3 { try await ana.promise(customer, "De Ana \(number)") }
        _ = try await ana.store.sync(over: unsigned)
        // Nobody notices, and another store writes under the same numbers.
        try await world.restore(backup, isNoticed: false)
        for number in 1...3 { try await old.promise(customer, "De la antigua \(number)") }
        try await old.sync()
        for number in 2...60 { _ = try await world.customer("C\(number)") }
        let report = try await ana.store.sync(over: unsigned)
        #expect(report.isComplete && report.wasCopied && report.exchanges > 10)
        #expect(try await ana.status.pending == 0)
        let promises = try await ana.store.read { try $0.records(Commitment.self) }
        #expect(
            promises.compactMap(\.words).sorted()
                == ["Ana", "la antigua"].flatMap { who in (1...3).map { "De \(who) \($0)" } })
    }
}
