import Foundation
import GRDB
import RondaClient
import RondaHub
import RondaMerge
import RondaModel
import RondaStore
import Testing

@Suite("Erasure on the device", .timeLimit(.minutes(1)))
struct ErasureTests {
    /// Every cell of every table of the device that holds one of these words.
    private func traces(of words: [String], on device: TestDevice) throws -> [String] {
        try device.store.withWriter { database in
            var found: [String] = []
            let tables = try String.fetchAll(
                database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
            for table in tables {
                for row in try Row.fetchAll(database, sql: "SELECT * FROM \"\(table)\"") {
                    for (column, value) in row {
                        let bytes: Data =
                            switch value.storage {
                            case .blob(let data): data
                            case .string(let text): Data(text.utf8)
                            default: Data()
                            }
                        found += words.filter { bytes.range(of: Data($0.utf8)) != nil }
                            .map { "\($0) in \(table).\(column)" }
                    }
                }
            }
            return found
        }
    }

    private func expectConfirmed(_ world: World) async throws {
        #expect(try await world.hub.erasures().flatMap(\.missing).isEmpty)
    }

    @Test("what was accepted goes with rows, shadows and the content of commits; one sync does it")
    func accepted() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        try await ana.promise(customer, "Palabras de Ana")
        try await ana.setStreet(customer, "Calle de Ana")
        let other = try await ana.newCustomer("Otra")
        try await ana.sync()
        _ = try await world.hub.erase(customer)
        let report = try await ana.sync()
        #expect(report.isComplete && report.erased == 2 && report.left == 0)
        try await expectConfirmed(world)
        #expect(try traces(of: ["Palabras", "Calle", "Cliente"], on: ana) == [])
        try await world.expectAgreement(of: ana)
        #expect(try await ana.store.read { try $0.record(Customer.self, other) } != nil)
        // And it goes on as before.
        try await ana.setStreet(other, "Avenida 9")
        #expect(try await ana.sync().accepted == 1)
        try await world.expectAgreement(of: ana)
    }

    /// The words that any of the files of the store holds, while it is open.
    private func words(_ words: [String], in world: World, _ login: String) throws -> [String] {
        try ["", "-wal", "-shm"].flatMap { suffix in
            let file = world.directory + "/\(login)/" + LocalStore.fileName + suffix
            let bytes = try Data(contentsOf: URL(filePath: file))
            return words.filter { bytes.range(of: Data($0.utf8)) != nil }
                .map { "\($0) in \(suffix)" }
        }
    }

    @Test("is confirmed only when the files of the open store hold nothing of it")
    func washed() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        try await ana.promise(customer, "Palabras de Ana")
        try await ana.sync()
        _ = try await world.hub.erase(customer)
        // Somebody reads what the log has.
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let reader = try DatabaseQueue(
            path: world.directory + "/ana/" + LocalStore.fileName, configuration: configuration)
        try await reader.writeWithoutTransaction { database in
            try database.execute(sql: "BEGIN; SELECT * FROM customer")
        }
        #expect(try await ana.sync().erased == 2)
        #expect(try await !world.hub.erasures().flatMap(\.missing).isEmpty)
        try await reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        #expect(try await ana.sync().isComplete)
        try await expectConfirmed(world)
        #expect(try words(["Palabras", "Cliente C1"], in: world, "ana") == [])
    }

    @Test("work that was not sent yet is refused, and then nothing of it is left either")
    func unsent() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        _ = try await world.hub.erase(customer)
        let promise = try await ana.promise(customer, "Palabras de Ana")
        try await ana.store.capture { capture in
            try capture.update(Commitment.self, promise) { $0.evidence = ["Otras palabras de Ana"] }
        }
        try await ana.setStreet(customer, "Calle de Ana")
        let report = try await ana.sync()
        #expect(report.isComplete && report.refused == 3)
        let tray = try await ana.store.read { try $0.tray() }
        #expect(tray.map(\.code) == [.erased, .erased, .erased])
        #expect(tray.allSatisfy { $0.changes.isEmpty })
        try await ana.sync()
        try await expectConfirmed(world)
        #expect(try traces(of: ["alabras", "Calle", "Cliente"], on: ana) == [])
        for item in tray { try await ana.store.discard(tray: item.n) }
        #expect(try await ana.sync().isComplete)
        #expect(try await ana.store.read { try $0.tray() }.isEmpty)
    }

    @Test("of a refused commit what concerns others stays in the tray, to be captured again")
    func mixed() async throws {
        let world = try await World()
        let (customer, other) = (try await world.customer("C1"), try await world.customer("C2"))
        let ana = try await world.device("ana")
        try await ana.sync()
        _ = try await world.hub.erase(customer)
        try await ana.store.capture { capture in
            try capture.update(Customer.self, customer) { $0.street = "Secreta" }
            try capture.update(Customer.self, other) { $0.street = "Avenida 9" }
        }
        #expect(try await ana.sync().refused == 1)
        let tray = try await ana.store.read { try $0.tray() }
        #expect(tray.map(\.code) == [.erased] && tray[0].changes.map(\.record) == [other])
        #expect(try traces(of: ["Secreta"], on: ana) == [])
        try await ana.store.resubmit(tray: tray[0].n)
        #expect(try await ana.sync().accepted == 1)
        #expect(
            try await ana.store.read { try $0.record(Customer.self, other) }?.street == "Avenida 9")
        try await world.expectAgreement(of: ana)
        try await expectConfirmed(world)
    }

    @Test("whom the erased person recommended stays in the tray, and goes on under somebody else")
    func recommended() async throws {
        let world = try await World()
        let (customer, other) = (try await world.customer("C1"), try await world.customer("C2"))
        let programme = try await world.programme()
        let ana = try await world.device("ana")
        try await ana.sync()
        _ = try await world.hub.erase(customer)
        try await ana.store.capture { capture in
            var visit = capture.new(Visit.self)
            visit.customer = customer
            visit.at = Instant(milliseconds: 1_790_000_000_000)
            visit.note = "Secreta"
            try capture.create(visit)
            var referral = capture.new(Referral.self)
            referral.programme = programme
            referral.contactPoint = "tel:+523398765432"
            referral.name = "Rosa Peña"
            referral.referrers = [customer]
            let id = try capture.create(referral)
            var claim = capture.new(ReferralClaim.self)
            claim.referral = id
            claim.customer = customer
            claim.rep = capture.author
            claim.claimedAt = Instant(milliseconds: 1_790_000_000_000)
            try capture.create(claim)
        }
        #expect(try await ana.sync().refused == 1)
        let item = try #require(try await ana.store.read { try $0.tray() }.first)
        #expect(item.code == .erased && item.changes.map(\.entity) == [.referral])
        #expect(try traces(of: ["Secreta"], on: ana) == [])
        try await expectConfirmed(world)
        let rosa = try #require(item.changes.first).record
        // Nobody else recommended her so far.
        await #expect(throws: ClientError.self) { try await ana.store.resubmit(tray: item.n) }
        try await ana.store.resubmit(tray: item.n) { capture in
            try capture.update(Referral.self, rosa) { $0.referrers = [other] }
        }
        #expect(try await ana.sync().accepted == 1)
        let referral = try await ana.store.read { try $0.record(Referral.self, rosa) }
        #expect(referral?.name == "Rosa Peña" && referral?.referrers == [other])
        try await world.expectAgreement(of: ana)
    }

    @Test("an answer lost on its way is asked for again, and what was confirmed is not")
    func lostAnswers() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        _ = try await world.hub.erase(customer)
        for lost in 0..<3 {
            ana.transport.loseOneAnswer(after: lost)
            _ = try? await ana.sync()
        }
        #expect(try await ana.sync().isComplete)
        try await expectConfirmed(world)
        #expect(try traces(of: ["Cliente"], on: ana) == [])
    }

    @Test("a hub restored to before the commits: the rest goes on under a further id")
    func restored() async throws {
        let world = try await World()
        let (customer, other) = (try await world.customer("C1"), try await world.customer("C2"))
        let ana = try await world.device("ana")
        try await ana.sync()
        try await ana.setStreet(other, "Antes")
        try await ana.sync()
        let backup = try world.backup()
        try await ana.setStreet(other, "Primera")
        try await ana.promise(customer, "Palabras de Ana")
        try await ana.setStreet(other, "Segunda")
        try await ana.sync()
        _ = try await world.hub.erase(customer)
        try await ana.sync()
        try await world.restore(backup)
        var report = try await ana.sync()
        if !report.isComplete { report = try await ana.sync() }
        #expect(report.isComplete && report.wasContinued && !report.wasCopied)
        // Under the id that was left there was something before the gap: that it was all, is told too.
        #expect(try await world.isRecovering() == false)
        // Nobody is told of a copy that does not exist.
        let incidents = try await world.hub.store.read { try $0.incidents() }
        #expect(!incidents.map(\.kind).contains(.fork))
        let streets = try await world.hub.store.read { store in
            try store.record(other).map { Customer(id: other, fields: $0.shownValues).street }
        }
        #expect(streets == "Segunda")
        try await ana.sync()
        try await world.expectAgreement(of: ana)
        try await expectConfirmed(world)
        let numbers = try await world.hub.store.read { store in
            var count = 0
            for device in try store.devices() where !device.secretHash.isEmpty {
                try store.journal(of: device.id) { _ in count += 1 }
            }
            return count
        }
        // Before, first, second: each once.
        #expect(numbers == 3)
    }

    @Test("the ids that a store had before confirm too, also when the sync was cut in between")
    func pastIdentities() async throws {
        let world = try await World()
        let (customer, other) = (try await world.customer("C1"), try await world.customer("C2"))
        let ana = try await world.device("ana")
        try await ana.sync()
        let backup = try world.backup()
        for street in ["Una", "Dos", "Tres"] { try await ana.setStreet(other, street) }
        try await ana.sync()
        // Older than any backup that may be restored.
        try ana.store.withWriter {
            try $0.execute(sql: "DELETE FROM outbox WHERE number < 3 AND state = 1")
        }
        try await world.restore(backup)
        try await ana.sync()
        #expect(try await ana.sync().isComplete)
        let ids = try await world.hub.store.read { try $0.devices() }
        try #require(ids.count { !$0.secretHash.isEmpty } == 2)
        _ = try await world.hub.erase(customer)
        ana.transport.loseOneAnswer(after: 1)
        await #expect(throws: ClientError.self) { try await ana.sync() }
        #expect(try await ana.sync().isComplete)
        try await expectConfirmed(world)
    }

    @Test("a copy that goes on under an id of its own has to confirm for itself")
    func copied() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.setNote("una")
        try await ana.sync()
        let copy = try world.copy(of: ana)
        _ = try await world.hub.erase(customer)
        try await ana.setNote("dos")
        try await ana.sync()
        try await expectConfirmed(world)
        try await copy.setNote("tres")
        _ = try await copy.sync()
        #expect(try await copy.sync().isComplete)
        #expect(try traces(of: ["Cliente C1"], on: copy) == [])
        // What was confirmed under the common id may have been the copy's word: the other is asked again.
        #expect(try await world.hub.erasures().flatMap(\.missing).count == 1)
        try await ana.sync()
        try await expectConfirmed(world)
    }

    @Test("an id that was left to another store is confirmed by that one only")
    func leftToAnother() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.setNote("una")
        try await ana.sync()
        let copy = try world.copy(of: ana)
        try await ana.setNote("dos")
        try await ana.sync()
        try await copy.setNote("tres")
        #expect(try await copy.sync().wasCopied)
        let (shared, own) = (try await ana.store.identity(), try await copy.store.identity())
        try #require(shared?.device != own?.device)
        _ = try await world.hub.erase(customer)
        // Its rows and its commits were the other's too, and there they are still.
        for _ in 0..<2 { #expect(try await copy.sync().isComplete) }
        #expect(try traces(of: ["Cliente C1"], on: copy) == [])
        #expect(try await world.hub.erasures().flatMap(\.missing) == [shared?.device])
        #expect(try await ana.sync().isComplete)
        try await expectConfirmed(world)
    }
}

extension TestDevice {
    fileprivate func setNote(_ name: String) async throws {
        if try await store.read({ try $0.records(Territory.self) }).isEmpty { try await sync() }
        _ = try await newCustomer(name)
    }
}
