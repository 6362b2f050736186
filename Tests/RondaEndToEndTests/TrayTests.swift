import RondaClient
import RondaHub
import RondaMerge
import RondaModel
import RondaStore
import RondaStoreSQLite
import Testing

@Suite("Refused work is dealt with by name, and what depends on it waits")
struct TrayTests {
    /// A device on which a new customer will be refused at the hub: its territory is not Ana's any
    /// more when it arrives. Four visits and promises depend on it.
    private struct Scene {
        let world: World
        let ana: TestDevice
        let customer: RecordID
    }

    private func scene() async throws -> Scene {
        let world = try await World()
        _ = try await world.customer("C1")
        let ana = try await world.device("ana", territories: ["MX-14", "AR-05"])
        try await ana.sync()
        let receipt = try await ana.store.capture { capture in
            var customer = capture.new(Customer.self)
            customer.territory = try #require(
                try capture.reader.records(Territory.self).first { $0.code == "AR-05" }?.id)
            customer.name = "Nuevo"
            try capture.create(customer)
        }
        let customer = try #require(receipt?.records.first)
        for number in 1...4 { try await ana.promise(customer, "Promesa \(number)") }
        try await ana.setStreet(customer, "Calle Nueva 5")
        try await setTerritories(["MX-14"], of: "ana", in: world)
        return Scene(world: world, ana: ana, customer: customer)
    }

    private func setTerritories(
        _ codes: [String], of login: String, in world: World
    ) async throws {
        let ids = Set(
            codes.map { code in
                Schema.current.derivedID(of: .territory) { _ in .text(code) } ?? .zero
            })
        try await world.hub.store.write { store in
            let account = try #require(try store.account(login: login))
            try store.put(
                Account(
                    id: account.id, login: login, name: account.name, role: account.role,
                    territories: ids))
        }
    }

    private func words(_ world: World) async throws -> [String] {
        try await world.hub.store.read { store in
            var words: [String] = []
            try store.records(of: .commitment) { record in
                if case .text(let text)? = record.shown(2).value { words.append(text) }
            }
            return words.sorted()
        }
    }

    @Test("a customer refused, four promises and an edit wait; fixing it releases them all")
    func parentRefused() async throws {
        let scene = try await scene()
        let (world, ana) = (scene.world, scene.ana)
        let report = try await ana.sync()
        #expect(report.refused == 1)
        #expect(report.waiting == 5)
        #expect(report.pending == 0)
        let tray = try await ana.store.read { try $0.tray() }
        #expect(tray.map(\.code) == [.unknownParent])
        #expect(tray.map(\.waiting) == [5])
        #expect(tray.first?.fieldName == "territory")
        let promises = try await ana.store.read { try $0.records(Commitment.self) }
        #expect(promises.count == 4)
        #expect(try await words(world) == [])

        let n = try #require(tray.first?.n)
        let customer = scene.customer
        try await ana.store.resubmit(tray: n) { capture in
            let territory = try #require(
                try capture.reader.records(Territory.self).first { $0.code == "MX-14" }?.id)
            try capture.update(Customer.self, customer) { $0.territory = territory }
        }
        #expect(try await ana.store.read { try $0.tray() } == [])
        let second = try await ana.sync()
        #expect(second.refused == 0)
        #expect(second.isComplete)
        try await ana.sync()
        #expect(try await ana.status.waiting == 0)
        #expect(try await words(world).count == 4)
        let shown = try await ana.store.read { try $0.record(Customer.self, customer) }
        #expect(shown?.street == "Calle Nueva 5")
        try await world.expectAgreement(of: ana)
    }

    @Test("discarded by name: what waited is refused, and lies in the tray with its content")
    func discarded() async throws {
        let scene = try await scene()
        let (world, ana) = (scene.world, scene.ana)
        try await ana.sync()
        let n = try #require(try await ana.store.read { try $0.tray() }.first?.n)
        try await ana.store.discard(tray: n)
        #expect(try await ana.store.read { try $0.tray() } == [])
        try await ana.sync()
        try await ana.sync()
        let tray = try await ana.store.read { try $0.tray() }
        #expect(tray.count == 5)
        #expect(try await ana.status.waiting == 0)
        #expect(
            tray.first?.changes.first?.fields.first { $0.name == "words" }?.captured
                == [.text("Promesa 1")])
        try await world.expectAgreement(of: ana)
        await #expect(throws: ClientError.self) { try await ana.store.discard(tray: n) }
    }

    @Test("handed to the office, which removes the obstacle and retries: the rep is told")
    func office() async throws {
        let scene = try await scene()
        let (world, ana) = (scene.world, scene.ana)
        try await ana.sync()
        let n = try #require(try await ana.store.read { try $0.tray() }.first?.n)
        try await ana.store.handOver(tray: n)
        try await ana.sync()
        let entry = try #require(try await world.hub.store.read { try $0.tray() }.first)
        #expect(entry.verdict.disposition == .office)
        #expect(try await ana.store.read { try $0.tray() }.map(\.disposition) == [.office])
        try await setTerritories(["MX-14", "AR-05"], of: "ana", in: world)
        let verdict = try await world.hub.retry(device: entry.device, number: entry.number)
        #expect(verdict?.outcome == .accepted)
        #expect(try await words(world).count == 4)
        try await ana.sync()
        #expect(try await ana.store.read { try $0.tray() } == [])
        #expect(try await ana.status.waiting == 0)
        try await world.expectAgreement(of: ana)
        #expect(try await Verification.of(world.hub.store).problems == [])
    }

    @Test("a resubmission that is still wrong leaves the tray as it was")
    func stillWrong() async throws {
        let scene = try await scene()
        let ana = scene.ana
        try await ana.sync()
        let tray = try await ana.store.read { try $0.tray() }
        let customer = scene.customer
        await #expect(throws: ClientError.self) {
            try await ana.store.resubmit(tray: tray[0].n) { capture in
                try capture.update(Customer.self, customer) { $0.name = nil }
            }
        }
        #expect(try await ana.store.read { try $0.tray() } == tray)
    }
}
