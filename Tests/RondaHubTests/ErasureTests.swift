import Foundation
import GRDB
import RondaHub
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaStoreSQLite
import RondaWire
import SwiftProtobuf
import Testing

@Suite("A person who is erased")
struct ErasureTests {
    private let words = ["Rosalinda", "Calle del Olmo", "+573001112233"]

    /// A customer with a visit under it, both by a rep's device.
    private func customer(
        _ world: TestWorld, _ device: inout TestDevice
    ) async throws -> (customer: RecordID, visit: RecordID) {
        let customer = device.capture(creating: { customer in
            customer.territory = TestWorld.north
            customer.name = "Rosalinda"
            customer.street = "Calle del Olmo"
            customer.phones = ["+573001112233"]
        })
        var visit = Visit(id: world.surroundings.id())
        visit.customer = customer
        visit.at = world.surroundings.now
        visit.note = "Rosalinda no estaba"
        device.capture(Change(creating: visit))
        try await device.sync(with: world.hub)
        return (customer, visit.id)
    }

    private func expectGone(_ world: TestWorld, _ store: SQLiteStore) async throws {
        try await store.checkpoint()
        let bytes = try Data(
            contentsOf: URL(filePath: world.directory.path + "/" + SQLiteStore.fileName))
        for word in words { #expect(bytes.range(of: Data(word.utf8)) == nil, "\(word)") }
    }

    @Test("leaves nothing in the store's file, and the store is whole")
    func nothingLeft() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let (customer, visit) = try await customer(world, &ana)
        let note = try #require(try await world.hub.erase(customer, by: "marta"))
        #expect(note.records == 2 && note.customer == customer && note.actor == "marta")
        try await expectGone(world, world.store)
        #expect(try await Verification.of(world.store).problems == [])
        for id in [customer, visit] {
            let record = try await world.record(id)
            #expect(record.isErased && record.placements.isEmpty)
        }
        let audit = try await world.store.read { try $0.audit(since: nil, last: 100) }
        #expect(audit.last?.act == .customerErase && audit.last?.subject == customer.description)
        #expect(try await world.hub.erase(customer) == nil)
        #expect(try await world.hub.erase(visit) == nil)
        // What the hub has of a commit's content is its hash; repeated, it is known by that.
        let again = try await world.hub.exchange(
            ana.request([]), secret: ana.secret)
        #expect(again.lastCommit == 2)
        let entry = try await world.store.read { [ana] in
            try $0.journal(device: ana.id, number: 1)
        }
        #expect(entry?.isRedacted == true && entry?.commit.count == 16)
    }

    @Test("says that the log still has it while somebody reads, and cuts it off later")
    func washed() async throws {
        var limits = Limits()
        limits.washings = 2
        let world = try await TestWorld(limits: limits)
        var ana = try await world.device(of: "ana")
        let (customer, _) = try await customer(world, &ana)
        let path = world.directory.path + "/" + SQLiteStore.fileName
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let reader = try DatabaseQueue(path: path, configuration: configuration)
        try reader.inDatabase { database in
            try database.execute(sql: "BEGIN; SELECT * FROM record")
        }
        let note = try #require(try await world.hub.erase(customer))
        #expect(!note.isWashed)
        #expect(try await world.hub.erasures().map(\.isWashed) == [false])
        try reader.inDatabase { try $0.execute(sql: "COMMIT") }
        #expect(try await world.hub.washErased())
        #expect(try await world.hub.erasures().map(\.isWashed) == [true])
        for file in [path, path + "-wal"] {
            let bytes = try Data(contentsOf: URL(filePath: file))
            for word in words { #expect(bytes.range(of: Data(word.utf8)) == nil, "\(word)") }
        }
    }

    @Test("each device that had it is asked until it confirms, and the others are not")
    func asked() async throws {
        let world = try await TestWorld()
        var (ana, luis) = (
            try await world.device(of: "ana"), try await world.device(of: "luis")
        )
        let olga = try await world.device(of: "olga")
        let (customer, visit) = try await customer(world, &ana)
        try await luis.sync(with: world.hub)
        _ = try await world.hub.erase(customer)
        let asked = try await ana.exchange(with: world.hub).erased.map { RecordID(data: $0) }
        #expect(asked == [customer, visit].sorted())
        #expect(try await luis.exchange(with: world.hub).erased.isEmpty)
        let missing = try #require(try await world.hub.erasures().first).missing
        #expect(missing == [ana.id, olga.id].sorted())
        var request = ana.request([])
        request.erased = [Data(customer.bytes)]
        let left = try await world.hub.exchange(request, secret: ana.secret).erased
        #expect(left == [Data(visit.bytes)])
        request.erased = [Data(visit.bytes)]
        #expect(try await world.hub.exchange(request, secret: ana.secret).erased.isEmpty)
        #expect(try await world.hub.erasures().first?.missing == [olga.id])
        #expect(try await world.hub.erasures().first?.devices == 2)
    }

    @Test("too many confirmations at once are refused")
    func tooMany() async throws {
        let world = try await TestWorld()
        let ana = try await world.device(of: "ana")
        var request = ana.request([])
        request.erased = Array(repeating: Data(count: 16), count: 1_001)
        let error = await #expect(throws: HubError.self) {
            try await world.hub.exchange(request, secret: ana.secret)
        }
        #expect(error?.code == .tooLarge)
    }

    @Test("does not come back with a backup, and what was lost with it neither")
    func restored() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let (customer, _) = try await customer(world, &ana)
        let backup = try world.store.copy()
        let before = try await world.store.read { try $0.hub().generation }
        var visit = Visit(id: world.surroundings.id())
        visit.customer = customer
        visit.at = world.surroundings.now
        ana.capture(Change(creating: visit))
        try await ana.sync(with: world.hub)
        _ = try await world.hub.erase(customer)
        let hub = Hub(
            store: backup, ledger: world.ledger, surroundings: world.surroundings.real)
        #expect(try await backup.read { try $0.record(customer) }?.isErased == false)
        #expect(try await hub.replayErasures() == 1)
        #expect(try await hub.replayErasures() == 0)
        let (erased, later) = try await backup.read { [visit] in
            (try $0.record(customer), try $0.record(visit.id))
        }
        #expect(erased?.isErased == true && later?.isErased == true)
        #expect(try await backup.read { try $0.hub().generation } == before)
        #expect(try await Verification.of(backup).problems == [])
        #expect(try await hub.erasures().map(\.customer) == [customer])
        // A hub with another ledger has nothing to do with it.
        let other = Hub(
            store: backup, ledger: TestLedger(), surroundings: world.surroundings.real)
        #expect(try await other.replayErasures() == 0)
    }

    @Test("who comes back with the same telephone is taken, and the office is told")
    func suppressed() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let (customer, _) = try await customer(world, &ana)
        _ = try await world.hub.erase(customer)
        var luis = try await world.device(of: "luis")
        for phone in ["300 111 2233", "300 111 2244"] {
            luis.capture(creating: { customer in
                customer.territory = TestWorld.south
                customer.name = "Otra"
                customer.country = "CO"
                customer.phones = [phone]
            })
        }
        try await luis.sync(with: world.hub)
        #expect(luis.verdicts.values.allSatisfy { $0.outcome == .accepted })
        let incidents = try await world.store.read { try $0.incidents() }
        #expect(incidents.map(\.kind) == [.suppressed] && incidents.map(\.about) == [1])
    }

    @Test("what is refused or surrendered about them is not kept either")
    func refusedWork() async throws {
        let world = try await TestWorld()
        var (ana, luis) = (
            try await world.device(of: "ana"), try await world.device(of: "luis")
        )
        let (customer, _) = try await customer(world, &ana)
        ana.capture(ana.edit(customer, 8, "Calle del Olmo"))
        _ = try await world.hub.erase(customer)
        try await ana.sync(with: world.hub)
        #expect(ana.verdicts[3]?.refusal?.code == .erased)
        // Who never saw the customer is told that there is none, and leaves nothing of it here.
        var visit = Visit(id: world.surroundings.id())
        visit.customer = customer
        visit.at = world.surroundings.now
        visit.note = "Rosalinda"
        luis.capture(Change(creating: visit))
        try await luis.sync(with: world.hub)
        #expect(luis.verdicts[1]?.refusal?.code == .unknownParent)
        let made = try await world.store.read { [visit] in try $0.record(visit.id) }
        #expect(made == nil)
        try await expectGone(world, world.store)
    }

    @Test(
        "of what is refused the office keeps what concerns others, and no longer than they are there"
    )
    func restOfRefused() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let (rosa, _) = try await customer(world, &ana)
        let luis = try await world.customer(by: &ana, in: TestWorld.north)
        let commit = ana.capture(
            ana.edit(rosa, 8, "Calle del Olmo"), ana.edit(luis, 8, "Calle Nueva"))
        _ = try await world.hub.erase(rosa)
        try await ana.sync(with: world.hub)
        #expect(ana.verdicts[commit.number]?.refusal?.code == .erased)
        let device = ana.id
        func entry() async throws -> JournalEntry? {
            try await world.store.read { try $0.journal(device: device, number: commit.number) }
        }
        let kept = try #require(try await entry())
        #expect(kept.isRedacted && kept.chain == commit.chainHash)
        let rest = try WireCommit(serializedBytes: try #require(kept.content))
            .model(schema: .current)
        #expect(rest.changes == [commit.changes[1]] && rest.stamp == commit.stamp)
        try await expectGone(world, world.store)
        // The rest is found like any other commit.
        _ = try await world.hub.erase(luis)
        let gone = try #require(try await entry())
        #expect(gone.content == nil && gone.chain == commit.chainHash)
        #expect(try await Verification.of(world.store).problems == [])
    }

    @Test("a hub without a ledger erases nobody")
    func noLedger() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let (customer, _) = try await customer(world, &ana)
        let hub = Hub(store: world.store, surroundings: world.surroundings.real)
        await #expect(throws: HubError.self) { try await hub.erase(customer) }
        #expect(try await world.record(customer).isErased == false)
    }

    private func delete(
        _ id: RecordID, _ entity: EntityID, by device: inout TestDevice, _ world: TestWorld
    ) async throws {
        try await device.sync(with: world.hub)
        var deletion = device.edit(id, entity, [])
        deletion.deletes = true
        device.capture(deletion)
        try await device.sync(with: world.hub)
        #expect(device.verdicts.values.allSatisfy { $0.refusal == nil })
    }

    private func purge(_ world: TestWorld) async throws -> Int {
        world.surroundings.advance(milliseconds: Limits().tombstoneMilliseconds + 86_400_000)
        return try await world.hub.purge(olderThan: Limits().tombstoneMilliseconds)
    }

    @Test("finds who was deleted, by code and by id, and asks which of two with one code is meant")
    func deleted() async throws {
        let world = try await TestWorld()
        var (ana, olga) = (
            try await world.device(of: "ana"), try await world.device(of: "olga")
        )
        let (customer, visit) = try await customer(world, &ana)
        let code = try #require(Schema.current[.customer]?.position(named: "code"))
        let number = try #require(Schema.current[.customer]?.fields[code].number)
        try await olga.sync(with: world.hub)
        olga.capture(olga.edit(customer, number, "C-17"))
        try await olga.sync(with: world.hub)
        try await delete(customer, .customer, by: &olga, world)
        #expect(try await world.hub.erasable(codeOrID: "C-17") == [customer])
        #expect(try await world.hub.erasable(codeOrID: customer.description) == [customer])
        #expect(try await world.hub.erasable(codeOrID: visit.description) == [])
        #expect(
            try await world.hub.preview(erasing: customer)?.records == [.customer: 1, .visit: 1])
        let other = olga.capture(creating: {
            $0.territory = TestWorld.north
            $0.name = "Otra"
            $0.code = "C-17"
        })
        try await olga.sync(with: world.hub)
        #expect(
            try await world.hub.erasable(codeOrID: "C-17") == [customer, other].sorted())
        #expect(try await world.hub.erase(customer)?.records == 2)
        #expect(try await world.hub.erasable(codeOrID: "C-17") == [other])
        try await expectGone(world, world.store)
    }

    @Test("what was purged goes from the journal too, of whoever wrote it")
    func purged() async throws {
        let world = try await TestWorld()
        var (ana, other, olga) = (
            try await world.device(of: "ana"), try await world.device(of: "ana"),
            try await world.device(of: "olga")
        )
        let (customer, visit) = try await customer(world, &ana)
        try await other.sync(with: world.hub)
        let note = try #require(
            Schema.current[.visit]?.fields.first { $0.name == "note" }?.number)
        // It names the visit only.
        other.capture(other.edit(visit, .visit, [FieldWrite(note, .text("Rosalinda otra vez"))]))
        try await other.sync(with: world.hub)
        try await delete(visit, .visit, by: &olga, world)
        #expect(try await purge(world) == 1)
        #expect(try await world.store.read { try $0.record(visit) } == nil)
        #expect(
            try await world.hub.preview(erasing: customer)?.records == [.customer: 1, .visit: 1])
        #expect(try await world.hub.erase(customer)?.records == 2)
        #expect(try await world.record(visit).isErased)
        try await expectGone(world, world.store)
        let asked = try await other.exchange(with: world.hub).erased.map { RecordID(data: $0) }
        #expect(asked == [customer, visit].sorted())
        #expect(world.ledger.entries().first?.records.map(\.id).contains(visit) == true)
    }

    @Test("a customer that was purged is erased by id, with the visit that outlived it")
    func purgedCustomer() async throws {
        let world = try await TestWorld()
        var (ana, olga) = (
            try await world.device(of: "ana"), try await world.device(of: "olga")
        )
        let (customer, visit) = try await customer(world, &ana)
        try await delete(customer, .customer, by: &olga, world)
        #expect(try await purge(world) == 1)
        #expect(try await world.hub.erasable(codeOrID: customer.description) == [customer])
        #expect(try await world.hub.erase(customer)?.records == 2)
        for id in [customer, visit] { #expect(try await world.record(id).isErased) }
        try await expectGone(world, world.store)
        let nobody = world.surroundings.id()
        #expect(try await world.hub.preview(erasing: nobody) == nil)
        #expect(try await world.hub.erase(nobody) == nil)
    }

    @Test("the journal is looked through in parts, and what comes meanwhile is found as well")
    func inParts() async throws {
        var limits = Limits()
        limits.journalRowsPerLook = 2
        let world = try await TestWorld(limits: limits)
        var ana = try await world.device(of: "ana")
        let (customer, _) = try await customer(world, &ana)
        for number in 0..<7 {
            ana.capture(ana.edit(customer, 8, "Calle del Olmo \(number)"))
            try await ana.sync(with: world.hub)
        }
        #expect(try await world.hub.erase(customer)?.records == 2)
        try await expectGone(world, world.store)
    }

    @Test("after a restore those are asked who had it then, though the store does not know")
    func dueAfterRestore() async throws {
        let world = try await TestWorld()
        var (ana, luis, other) = (
            try await world.device(of: "ana"), try await world.device(of: "luis"),
            try await world.device(of: "luis")
        )
        let (customer, visit) = try await customer(world, &ana)
        try await other.sync(with: world.hub)
        let backup = try world.store.copy()
        var late = Visit(id: world.surroundings.id())
        late.customer = customer
        late.at = world.surroundings.now
        ana.capture(Change(creating: late))
        try await ana.sync(with: world.hub)
        let south = try await world.device(of: "luis")
        _ = try await world.hub.addAccount(
            login: "eva", name: "eva", role: .rep, territoryCodes: ["south"])
        try await world.hub.assign([luis.account: NewAssignment(territories: [TestWorld.north])])
        try await luis.sync(with: world.hub)
        _ = try await world.hub.erase(customer)
        let listed = try #require(world.ledger.entries().first).records
        #expect(listed.map(\.id).contains(late.id))
        let hub = Hub(store: backup, ledger: world.ledger, surroundings: world.surroundings.real)
        #expect(try await hub.replayErasures() == 1)
        // Luis had it then; by this store's stays he never saw anything of it. Every device of his
        // account was asked, also the one that is not in this store any more.
        let missing = Set(try await hub.erasures().flatMap(\.missing))
        #expect(missing == [ana.id, luis.id, other.id, south.id])
        let asked = try await backup.read { [luis] in try $0.due(of: luis.id, limit: 10) }
        #expect(asked == [customer, visit, late.id].sorted())
    }

    @Test("a record that the store lacks is asked of nobody who cannot have seen it")
    func notDue() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let luis = try await world.device(of: "luis")
        let (customer, _) = try await customer(world, &ana)
        let backup = try world.store.copy()
        var late = Visit(id: world.surroundings.id())
        late.customer = customer
        late.at = world.surroundings.now
        ana.capture(Change(creating: late))
        try await ana.sync(with: world.hub)
        _ = try await world.hub.erase(customer)
        // Also with a ledger of before, that does not say whose it was.
        let entry = try #require(world.ledger.entries().first)
        let old = TestLedger()
        old.append(
            LedgerEntry(
                hub: entry.hub, at: entry.at, actor: entry.actor, customer: entry.customer,
                records: entry.records.map {
                    Erasure.Listed(id: $0.id, entity: $0.entity, scopes: $0.scopes)
                }, suppressed: entry.suppressed))
        for ledger in [world.ledger, old] {
            let hub = Hub(
                store: try backup.copy(), ledger: ledger, surroundings: world.surroundings.real)
            #expect(try await hub.replayErasures() == 1)
            let (of, lost) = try await hub.store.read { [ana] in
                (try $0.due(of: luis.id, limit: 10), try $0.due(of: ana.id, limit: 10))
            }
            #expect(of == [] && lost.contains(late.id))
        }
    }

    @Test("who was office once, and is not any more, is asked as well")
    func formerOffice() async throws {
        let world = try await TestWorld()
        var (ana, olga) = (
            try await world.device(of: "ana"), try await world.device(of: "olga")
        )
        let (customer, visit) = try await customer(world, &ana)
        try await olga.sync(with: world.hub)
        try await world.hub.assign([
            olga.account: NewAssignment(role: .rep, territories: [TestWorld.south])
        ])
        _ = try await world.hub.erase(customer)
        let asked = try await olga.exchange(with: world.hub).erased.map { RecordID(data: $0) }
        #expect(asked == [customer, visit].sorted())
        // What came later it did not see.
        let (second, _) = try await self.customer(world, &ana)
        _ = try await world.hub.erase(second)
        let later = try await olga.exchange(with: world.hub).erased.map { RecordID(data: $0) }
        #expect(!later.contains(second))
    }

    @Test("a ledger that lacks what the store has erased is written anew")
    func mended() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let (customer, visit) = try await customer(world, &ana)
        let backup = try world.store.copy()
        _ = try await world.hub.erase(customer)
        #expect(try await world.hub.mendLedger() == 0)
        let ledger = TestLedger()
        let hub = Hub(
            store: world.store, ledger: ledger, surroundings: world.surroundings.real)
        #expect(try await hub.mendLedger() == 1)
        #expect(try await hub.mendLedger() == 0)
        let restored = Hub(store: backup, ledger: ledger, surroundings: world.surroundings.real)
        #expect(try await restored.replayErasures() == 1)
        for id in [customer, visit] {
            #expect(try await backup.read { try $0.record(id) }?.isErased == true)
        }
        let due = try await backup.read { [ana] in try $0.due(of: ana.id, limit: 10) }
        #expect(due == [customer, visit].sorted())
    }

    @Test("a second erasure that found more of somebody is not taken for one that the ledger has")
    func mendedTwice() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let (customer, visit) = try await customer(world, &ana)
        let backup = try world.store.copy()
        _ = try await world.hub.erase(customer)
        // What the ledger has of it is the first line, as it was when only the customer was known.
        let line = try #require(world.ledger.entries().first)
        let ledger = TestLedger()
        ledger.append(
            LedgerEntry(
                hub: line.hub, at: line.at, actor: line.actor, customer: customer,
                records: line.records.filter { $0.id == customer }, suppressed: []))
        let hub = Hub(
            store: world.store, ledger: ledger, surroundings: world.surroundings.real)
        #expect(try await hub.mendLedger() == 1)
        #expect(try await hub.mendLedger() == 0)
        #expect(ledger.entries().last?.records.map(\.id).contains(visit) == true)
        // A store that is erased again, and has more than the ledger knows, says so at once.
        let short = TestLedger()
        short.append(ledger.entries()[0])
        let restored = Hub(store: backup, ledger: short, surroundings: world.surroundings.real)
        #expect(try await restored.replayErasures() == 1)
        #expect(try await restored.mendLedger() == 0)
        #expect(short.entries().last?.records.map(\.id).contains(visit) == true)
    }

    @Test("what a refused commit would have made is in the ledger too, and is no loss of it")
    func unmadeInLedger() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let (customer, _) = try await customer(world, &ana)
        let backup = try world.store.copy()
        #expect(try await world.hub.erase(customer)?.records == 2)
        var late = Visit(id: world.surroundings.id())
        late.customer = customer
        late.at = world.surroundings.now
        ana.capture(Change(creating: late))
        try await ana.sync(with: world.hub)
        #expect(try await world.record(late.id).isErased)
        // The device that wrote it has something of it.
        let notes = try await world.hub.erasures()
        #expect(notes.map(\.records) == [2] && notes.map(\.missing) == [[ana.id]])
        // Nothing was served anew since: it was written down with the answer.
        let hub = Hub(store: backup, ledger: world.ledger, surroundings: world.surroundings.real)
        _ = try await hub.replayErasures()
        let unmade = late.id
        #expect(try await backup.read { try $0.record(unmade) }?.isErased == true)
        #expect(try await hub.mendLedger() == 0)
    }

    @Test("what comes under somebody while they are erased is not looked for with the writer held")
    func refusedMeanwhile() async throws {
        let watch = Watch()
        let world = try await TestWorld { WatchedStore(base: $0, watch: watch) }
        var ana = try await world.device(of: "ana")
        let (customer, visit) = try await customer(world, &ana)
        // Refused with the rest of its commit; so the store does not have it under the customer.
        var late = Visit(id: world.surroundings.id())
        late.customer = customer
        late.at = world.surroundings.now
        let at = try #require(Schema.current[.visit]?.fields.first { $0.name == "at" }?.number)
        ana.capture(Change(creating: late), ana.edit(visit, .visit, [FieldWrite(at, nil)]))
        let before = watch.writes
        watch.beforeNextWrite { [ana] in
            var ana = ana
            try await ana.exchange(with: world.hub)
            #expect(ana.verdicts.values.contains { $0.refusal != nil })
        }
        #expect(try await world.hub.erase(customer)?.records == 3)
        // Of ana's commit, of the first try, of the second, and that the log was cut off.
        #expect(watch.writes - before == 4)
        #expect(try await world.record(late.id).isErased)
    }

    @Test("before it is done those devices are named that will be asked, for their commits too")
    func namedBefore() async throws {
        let world = try await TestWorld()
        var (ana, luis) = (try await world.device(of: "ana"), try await world.device(of: "luis"))
        let (customer, _) = try await customer(world, &ana)
        // Refused, and kept: he does not see her.
        luis.capture(luis.edit(customer, 9, "City"))
        try await luis.sync(with: world.hub)
        let named = try await world.hub.preview(erasing: customer)?.devices.map(\.id) ?? []
        _ = try await world.hub.erase(customer)
        #expect(Set(named) == Set(try await world.hub.erasures().flatMap(\.missing)))
        #expect(named.contains(luis.id))
    }

    /// Somebody with this telephone, recommended by a customer.
    private func referral(
        _ world: TestWorld, _ device: inout TestDevice, by customer: RecordID, _ phone: String
    ) async throws -> RecordID {
        let point = "tel:" + phone
        let id = try #require(
            Schema.current.derivedID(of: .referral) { position in
                position == 0 ? .ref(TestWorld.programme) : .text(point)
            })
        var referral = Referral(id: id)
        referral.programme = TestWorld.programme
        referral.contactPoint = point
        referral.name = "Rosalinda"
        referral.referrers = [customer]
        device.capture(Change(creating: referral))
        try await device.sync(with: world.hub)
        #expect(device.verdicts.values.allSatisfy { $0.refusal == nil })
        return id
    }

    @Test("the person goes as somebody's referral too; the one who recommended them stays")
    func recommended() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let luis = try await world.customer(by: &ana, in: TestWorld.north)
        let (customer, _) = try await customer(world, &ana)
        let same = try await referral(world, &ana, by: luis, "+573001112233")
        let other = try await referral(world, &ana, by: luis, "+573001112244")
        // Whoever earned something on a visit to the person loses it, and the office is told before.
        for (referral, owner) in [(same, luis), (other, customer)] {
            var claim = ReferralClaim(id: world.surroundings.id())
            claim.referral = referral
            claim.customer = owner
            claim.rep = ana.account
            claim.claimedAt = world.surroundings.now
            ana.capture(Change(creating: claim))
        }
        try await ana.sync(with: world.hub)
        #expect(ana.verdicts.values.allSatisfy { $0.refusal == nil })
        let preview = try #require(try await world.hub.preview(erasing: customer))
        #expect(
            preview.records == [.customer: 1, .visit: 1, .referral: 1, .referralClaim: 1])
        #expect(preview.credits == [ana.account: 1])
        #expect(preview.referrals.map(\.id) == [same])
        #expect(preview.referrals.map(\.contactPoint) == ["tel:+573001112233"])
        #expect(preview.referrals.map(\.referrers) == [["Rosa"]])
        #expect(preview.referrals.map(\.programme) == ["Club"])
        #expect(try await world.hub.erase(customer)?.records == 4)
        #expect(try await world.record(same).isErased)
        for id in [other, luis] { #expect(try await !world.record(id).isErased) }
        let asked = try await ana.exchange(with: world.hub).erased.map { RecordID(data: $0) }
        #expect(asked.contains(same) && !asked.contains(other))
        #expect(try await Verification.of(world.store).problems == [])
    }

    @Test("who was only recommended is erased by telephone or id")
    func onlyRecommended() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let luis = try await world.customer(by: &ana, in: TestWorld.north)
        let backup = try world.store.copy()
        let rosa = try await referral(world, &ana, by: luis, "+573001112233")
        #expect(try await world.hub.erasable(codeOrID: "+57 300 111 2233") == [rosa])
        #expect(try await world.hub.erasable(codeOrID: rosa.description) == [rosa])
        #expect(try await world.hub.erase(rosa)?.records == 1)
        #expect(try await world.record(rosa).isErased)
        #expect(try await world.hub.erasable(codeOrID: "+57 300 111 2233") == [])
        try await expectGone(world, world.store)
        let hub = Hub(store: backup, ledger: world.ledger, surroundings: world.surroundings.real)
        #expect(try await hub.replayErasures() == 1)
        #expect(try await backup.read { try $0.record(rosa) }?.isErased == true)
    }
}
