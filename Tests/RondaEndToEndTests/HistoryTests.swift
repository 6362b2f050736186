import Foundation
import GRDB
import RondaClient
import RondaHub
import RondaMerge
import RondaModel
import RondaStore
import Synchronization
import Testing

/// A device that keeps some history, and knows of the rest that it is there.
@Suite("A device with a budget for history", .timeLimit(.minutes(2)))
struct HistoryTests {
    private static let day: Int64 = 86_400_000

    /// Ten records of history for each customer, of days that are drawn, beside a promise that is open.
    private func world(
        customers: Int = 6, page: Int = 10
    ) async throws -> (World, [RecordID]) {
        var limits = Limits()
        limits.pageRecords = page
        let world = try await World(limits: limits)
        var ids: [RecordID] = []
        for number in 0..<customers {
            let customer = try await world.customer("C\(number)")
            ids.append(customer)
            try await add(world, customer, number)
        }
        return (world, ids)
    }

    private func add(_ world: World, _ customer: RecordID, _ number: Int) async throws {
        let name = { (kind: String, index: Int) in
            RecordID.derived(
                namespace: Schema.current.namespace, name: "\(kind) \(number) \(index)")
        }
        var changes: [Change] = []
        for index in 0..<7 {
            var purchase = Purchase(id: name("purchase", index))
            purchase.customer = customer
            purchase.date = CivilDate(days: Int32(20_000 + (number * 37 + index * 101) % 400))
            purchase.units = index
            changes.append(Change(creating: purchase))
        }
        for index in 0..<2 {
            var promise = Commitment(id: name("promise", index))
            promise.customer = customer
            promise.words = "Promesa \(number) \(index)"
            promise.dueAt = Instant(
                milliseconds: Self.day * Int64(20_100 + (number * 53 + index * 7) % 300))
            if index > 0 { promise.keptAt = promise.dueAt }
            changes.append(Change(creating: promise))
        }
        for index in 0..<2 {
            var visit = Visit(id: name("visit", index))
            visit.customer = customer
            visit.at = Instant(milliseconds: Self.day * Int64(20_050 + (number * 29) % 300))
            visit.state = index == 0 ? .completed : .cancelled
            changes.append(Change(creating: visit))
        }
        let verdicts = try await world.hub.submitAsSystem([changes])
        try #require(verdicts.allSatisfy { $0.refusal == nil })
    }

    private func device(
        _ world: World, _ budget: HistoryBudget, _ login: String = "ana"
    ) async throws -> TestDevice {
        let transport = try await world.device(login).transport
        var limits = Limits()
        (limits.wantedPerFetch, limits.droppedPerTransaction) = (4, 3)
        let store = try LocalStore.open(
            at: world.directory + "/" + login, create: false, surroundings: world.surroundings,
            limits: limits)
        try await store.setHistoryBudget(budget)
        return TestDevice(store: store, transport: transport)
    }

    /// Customers and what is open as at the hub, and of history the most recent records as there and of the
    /// others that they are there; sums to match.
    private func expectExact(
        _ world: World, _ device: TestDevice, keeps most: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let account = try #require(try await device.store.identity()).account
        let (records, heads) = try await world.hub.store.read { store in
            let account = try #require(try store.account(account))
            var records: [StoredRecord] = []
            for entity in Schema.current.entities where entity.scope != .catalogue {
                try store.records(of: entity.id) { record in
                    let isSeen = record.placements.contains {
                        account.territories.contains($0.scope)
                    }
                    if isSeen && !record.isDeleted { records.append(record) }
                }
            }
            return (records, try store.scopes())
        }
        var expected: [RecordID: FieldValues] = [:]
        var history: [Recency] = []
        for record in records {
            expected[record.id] = record.shownValues
            let entity = try #require(Schema.current[record.entity])
            let shown = entity.fields.enumerated().flatMap { position, field in
                let content = record.shown(position)
                return (content.value.map { [$0] } ?? content.elements)
                    .map { (number: field.number, value: $0) }
            }
            if entity.hasHistory, entity.part(showing: shown) == .history {
                history.append(
                    Recency(
                        day: entity.day(showing: shown.map(\.value)), version: record.version,
                        record: record.id))
            }
        }
        let absent = Set(history.sorted().dropLast(most).map(\.record))
        let (shown, outlines) = try await device.store.read { reader in
            var shown: [RecordID: FieldValues] = [:]
            func read<R: RondaRecord>(_ type: R.Type) throws {
                for record in try reader.records(type) { shown[record.id] = record.fields }
            }
            try read(Customer.self)
            try read(Purchase.self)
            try read(Commitment.self)
            try read(Visit.self)
            try read(Referral.self)
            return (shown, try reader.outlines().filter { !$0.isDeleted })
        }
        #expect(Set(outlines.map(\.record)) == absent, sourceLocation: sourceLocation)
        #expect(
            Set(shown.keys) == Set(expected.keys).subtracting(absent),
            sourceLocation: sourceLocation)
        for (id, values) in shown {
            #expect(values == expected[id], sourceLocation: sourceLocation)
        }
        for outline in outlines {
            let record = try #require(records.first { $0.id == outline.record })
            let entity = try #require(Schema.current[record.entity])
            #expect(outline.version == record.version, sourceLocation: sourceLocation)
            guard case .customer(let position) = entity.scope else { continue }
            let content = record.shown(position)
            let customers = content.value.map { [$0] } ?? content.elements
            #expect(
                Set(outline.customers.map(Value.ref)) == Set(customers),
                sourceLocation: sourceLocation)
        }
        let status = try await device.status
        #expect(
            status.absentHistory.map(\.count).reduce(0, +) == absent.count,
            sourceLocation: sourceLocation)
        try expectSums(device, heads, sourceLocation)
    }

    private func expectSums(
        _ device: TestDevice, _ heads: [ScopeHead], _ sourceLocation: SourceLocation
    ) throws {
        let sums = try device.store.withWriter { database in
            try Row.fetchAll(database, sql: "SELECT scope, sum FROM cursor").map {
                (UInt32($0[0] as Int64), UInt64(bitPattern: $0[1] as Int64))
            }
        }
        for (scope, sum) in sums {
            #expect(
                heads.first { $0.number == scope }?.sum == sum, sourceLocation: sourceLocation)
        }
    }

    @Test("has what is open, customers and the most recent history; of the rest it knows how much")
    func first() async throws {
        let (world, customers) = try await world()
        let ana = try await device(world, .records(12))
        let report = try await ana.sync()
        #expect(report.isComplete && report.outlined > 40 && report.absent == 60 - 12)
        try await expectExact(world, ana, keeps: 12)
        let (all, own) = try await ana.store.read { reader in
            (try reader.absentHistory(), try customers.map { try reader.absentHistory(of: [$0]) })
        }
        let counted = own.joined().reduce(into: [:]) { $0[$1.name, default: 0] += $1.count }
        #expect(Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.count) }) == counted)
        // Nothing is left to do.
        let before = ana.transport.deliveredCount
        #expect(try await ana.sync().received == 0)
        #expect(ana.transport.deliveredCount == before + 1)
    }

    @Test("what fits into one page, or comes from a hub without outlines, goes down to the budget")
    func whole() async throws {
        let (world, _) = try await world(page: 1_000)
        let ana = try await device(world, .records(12))
        let report = try await ana.sync()
        #expect(report.outlined == 0 && report.absent == 48)
        try await expectExact(world, ana, keeps: 12)
    }

    @Test("more and less, as often as one likes, and as time goes by")
    func changed() async throws {
        let (world, customers) = try await world()
        let ana = try await device(world, .records(5))
        for budget in [5, 30, 0, 1_000, 12] {
            try await ana.store.setHistoryBudget(.records(budget))
            try await ana.sync()
            try await expectExact(world, ana, keeps: budget)
        }
        try await ana.store.setHistoryBudget(.all)
        try await ana.sync()
        try await expectExact(world, ana, keeps: .max)
        try await ana.store.setHistoryBudget(.records(12))
        try await ana.sync()
        try await add(world, customers[0], 77)
        try await ana.sync()
        try await expectExact(world, ana, keeps: 12)
    }

    @Test("wherever the line is cut, the next sync goes on", arguments: 0..<24)
    func cut(answers: Int) async throws {
        let (world, customers) = try await world(customers: 4)
        let ana = try await device(world, .records(25))
        ana.transport.loseOneAnswer(after: answers)
        let first = try? await ana.sync()
        // What was captured is safe before history comes.
        if let first { #expect(first.isComplete) }
        if first?.isHistoryCut == true {
            #expect(first?.absent ?? 0 > 40 - 25)
            let open = try await ana.store.read { try $0.records(Commitment.self) }
            #expect(open.count { $0.keptAt == nil } == 4)
        }
        ana.transport.loseOneAnswer(after: 1_000)
        // Without news there is still something to do.
        if answers.isMultiple(of: 2) { try await add(world, customers[1], 78) }
        let second = try await ana.sync()
        #expect(second.isComplete && !second.isHistoryCut)
        try await expectExact(world, ana, keeps: 25)
    }

    @Test("killed between any two of its transactions, it goes on", arguments: [3, 17])
    func killed(most: Int) async throws {
        let (world, _) = try await world(customers: 4)
        let ana = try await device(world, .records(25))
        try await ana.sync()
        try await ana.store.setHistoryBudget(.records(most))
        // As if dead after the first of two halves: some are outlines, and nobody wrote down that it is done.
        for half in 0..<2 {
            ana.transport.loseOneAnswer(after: half)
            _ = try? await ana.sync()
        }
        ana.transport.loseOneAnswer(after: 1_000)
        try await ana.sync()
        try await expectExact(world, ana, keeps: most)
    }

    @Test(
        "a visit of long ago that is opened again comes whole; one that was only added to, goes again"
    )
    func touched() async throws {
        let (world, _) = try await world()
        let olga = try await world.device("olga", role: .office)
        try await olga.sync()
        let ana = try await device(world, .records(3))
        try await ana.sync()
        let outlines = try await ana.store.read { try $0.outlines() }
        let visit = try #require(outlines.first { $0.entity == .visit }?.record)
        let promise = try #require(outlines.first { $0.entity == .commitment }?.record)
        try await olga.store.capture { capture in
            try capture.update(Visit.self, visit) {
                $0.fields.set(3, .status(option: VisitState.planned.rawValue, round: 1))
            }
            try capture.update(Commitment.self, promise) { $0.evidence = ["Foto"] }
        }
        #expect(try await olga.sync().isComplete)
        let report = try await ana.sync()
        #expect(report.isComplete)
        let open = try await ana.store.read { try $0.record(Visit.self, visit) }
        #expect(open?.customer != nil)
        try await expectExact(world, ana, keeps: 3)
    }

    private static func referral(
        _ name: String, of customer: RecordID, _ programme: RecordID
    ) -> Referral {
        var referral = Referral(id: .zero)
        referral.programme = programme
        referral.contactPoint = "tel:+523398765432"
        referral.name = name
        referral.referrers = [customer]
        return referral
    }

    @Test("what others made under the id that this device derived comes whole, and nothing is lost")
    func derived() async throws {
        let (world, customers) = try await world()
        let programme = try await world.programme()
        let olga = try await world.device("olga", role: .office)
        try await olga.sync()
        let customer = customers[0]
        try await olga.store.capture {
            try $0.create(Self.referral("Rosa", of: customer, programme))
        }
        try await olga.sync()
        // So far one of no day comes first of all.
        let ana = try await device(world, .records(0))
        try await ana.sync()
        try await expectExact(world, ana, keeps: 0)
        let other = customers[1]
        try await ana.store.capture {
            try $0.create(Self.referral("Rosa Peña", of: other, programme))
        }
        // It is here now, if not yet whole.
        #expect(try await ana.status.absentHistory.allSatisfy { $0.name != "referral" })
        let report = try await ana.sync()
        #expect(report.merged == 1)
        let id = try #require(
            try await ana.store.read { try $0.records(Referral.self).first?.id })
        let conflicts = try await ana.store.read { try $0.conflicts() }
        #expect(conflicts.map(\.fieldName) == ["name"] && conflicts[0].values.count == 2)
        let whole = try await ana.store.read { try $0.record(Referral.self, id) }
        #expect(Set(whole?.referrers ?? []) == [customer, other])
        // Once it is settled it goes.
        try await ana.store.capture {
            try $0.settle(Referral.self, id, field: 4, as: .text("Rosa Peña"))
        }
        try await ana.sync()
        try await expectExact(world, ana, keeps: 0)
    }

    @Test("an edit of what is here in outline is not captured, and says how to get it")
    func edited() async throws {
        let (world, _) = try await world()
        let ana = try await device(world, .records(0))
        try await ana.sync()
        let outlines = try await ana.store.read { try $0.outlines() }
        let visit = try #require(outlines.first { $0.entity == .visit }?.record)
        do {
            try await ana.store.capture { capture in
                try capture.update(Visit.self, visit) { $0.referralAsked = true }
            }
            Issue.record("captured")
        } catch {
            #expect(error.code == .unknownRecord && error.phrase.en.contains("--fetch"))
        }
    }

    @Test("what the tray or open work refers to stays until that is settled")
    func kept() async throws {
        let (world, _) = try await world()
        let ana = try await device(world, .all)
        try await ana.sync()
        let visits = try await ana.store.read { try $0.records(Visit.self).map(\.id) }
        let promises = try await ana.store.read { try $0.records(Commitment.self) }
        let kept = try #require(promises.first { $0.keptAt != nil })
        // Refused for a referral that is none, and with it what was captured together.
        let receipt = try await ana.store.capture { capture in
            try capture.update(Commitment.self, kept.id) { $0.evidence = ["Foto"] }
            var claim = capture.new(ReferralClaim.self)
            claim.referral = visits[0]
            claim.customer = kept.customer
            claim.rep = capture.author
            claim.claimedAt = Instant(milliseconds: 1_790_000_000_000)
            try capture.create(claim)
        }
        try #require(receipt != nil)
        try await ana.store.setHistoryBudget(.records(0))
        let report = try await ana.sync()
        #expect(report.refused == 1)
        let shown = try await ana.store.read { try $0.record(Commitment.self, kept.id) }
        #expect(shown?.evidence == [] && shown?.words == kept.words)
        let other = try await ana.store.read { reader in
            (try reader.records(Visit.self).count, try reader.records(Purchase.self).count)
        }
        #expect(other == (1, 0))
        // A promise that is open names the visit in which it was made.
        try await ana.store.setHistoryBudget(.all)
        try await ana.sync()
        let customer = try #require(
            try await ana.store.read { try $0.record(Visit.self, visits[1])?.customer })
        try await ana.store.capture { capture in
            var promise = capture.new(Commitment.self)
            promise.customer = customer
            promise.visit = visits[1]
            promise.words = "Llamar"
            promise.dueAt = Instant(milliseconds: 1_790_100_000_000)
            try capture.create(promise)
        }
        try await ana.store.setHistoryBudget(.records(0))
        try await ana.sync()
        let left = try await ana.store.read { try $0.records(Visit.self).map(\.id) }
        #expect(Set(left) == [visits[0], visits[1]])
    }

    @Test("what the tray names leaves in outline all the same when its customer moves away")
    func keptInOutline() async throws {
        let (world, customers) = try await world()
        let ana = try await device(world, .records(3))
        try await ana.sync()
        let outline = try #require(
            try await ana.store.read { try $0.outlines().first { $0.entity == .visit } })
        let from = try #require(outline.customers.first)
        let other = try #require(customers.first { $0 != from })
        let olga = try await world.device("olga", role: .office)
        try await olga.sync()
        try await olga.store.capture { capture in
            try capture.update(Customer.self, from) { $0.movedTo = World.territoryID("AR-05") }
        }
        try await olga.sync()
        // Refused for a referral that is none.
        try await ana.store.capture { capture in
            var claim = capture.new(ReferralClaim.self)
            claim.referral = outline.record
            claim.customer = other
            claim.rep = capture.author
            claim.claimedAt = Instant(milliseconds: 1_790_000_000_000)
            try capture.create(claim)
        }
        #expect(try await ana.sync().refused == 1)
        try await ana.sync()
        try await expectExact(world, ana, keeps: 3)
    }

    @Test("a hub that was restored tells anew, and the budget holds", arguments: [true, false])
    func restored(isNoticed: Bool) async throws {
        let (world, customers) = try await world()
        let ana = try await device(world, .records(12))
        try await ana.sync()
        let backup = try world.backup()
        try await add(world, customers[0], 79)
        try await ana.promise(customers[1], "Antes")
        try await ana.sync()
        try await expectExact(world, ana, keeps: 12)
        try await world.restore(backup, isNoticed: isNoticed)
        try await add(world, customers[2], 80)
        for _ in 0..<3 { try await ana.sync() }
        try await world.hub.closeRecovery()
        try await ana.sync()
        try await expectExact(world, ana, keeps: 12)
    }

    @Test("nothing of somebody erased is left in outline, and the hub is told so")
    func erased() async throws {
        let (world, customers) = try await world()
        let ana = try await device(world, .records(3))
        try await ana.sync()
        _ = try await world.hub.erase(customers[0])
        let report = try await ana.sync()
        #expect(report.isComplete && report.erased == 12)
        #expect(try await world.hub.erasures().flatMap(\.missing).isEmpty)
        let left = try await ana.store.read { try $0.outlines() }
        #expect(!left.contains { $0.customers.contains(customers[0]) })
        try await expectExact(world, ana, keeps: 3)
    }

    @Test("what moves to another territory leaves in outline too, and comes back")
    func moved() async throws {
        let (world, customers) = try await world()
        let ana = try await device(world, .records(3))
        try await ana.sync()
        let olga = try await world.device("olga", role: .office)
        try await olga.sync()
        for code in ["AR-05", "MX-14"] {
            try await olga.store.capture { capture in
                try capture.update(Customer.self, customers[0]) {
                    $0.movedTo = World.territoryID(code)
                }
            }
            try await olga.sync()
            try await ana.sync()
            try await expectExact(world, ana, keeps: 3)
        }
    }

    @Test("a program that has learnt of new fields gets them for what it keeps")
    func grown() async throws {
        let (world, _) = try await world()
        let ana = try await device(world, .records(12))
        try await ana.sync()
        try ana.store.withWriter { database in
            // As an earlier program had left it, which knew neither field.
            try database.execute(
                sql: """
                    UPDATE purchase SET units = NULL; UPDATE visit SET state = NULL;
                    UPDATE fact SET value = '1' WHERE name = 'schema'
                    """)
        }
        let store = try ana.store.reopened(surroundings: world.surroundings)
        let again = TestDevice(store: store, transport: ana.transport)
        try await again.sync()
        try await expectExact(world, again, keeps: 12)
    }

    /// Does something before the first comparison reaches the hub.
    private final class BetweenTransport: Transport {
        private let inner: any Transport
        private let left: Mutex<(@Sendable () async throws -> Void)?>

        init(_ inner: any Transport, _ work: @escaping @Sendable () async throws -> Void) {
            self.inner = inner
            left = Mutex(work)
        }

        func send(
            _ request: TransportRequest
        ) async throws(TransportError) -> TransportResponse {
            if request.path == "/v1/compare" {
                let work = left.withLock { left in
                    defer { left = nil }
                    return left
                }
                do { try await work?() } catch { Issue.record(error) }
            }
            return try await inner.send(request)
        }
    }

    @Test("what is touched, moved or erased between the pages and the fetch does no harm")
    func between() async throws {
        let (world, customers) = try await world()
        let olga = try await world.device("olga", role: .office)
        try await olga.sync()
        let ana = try await device(world, .records(60))
        let transport = BetweenTransport(ana.transport) {
            let promises = try await olga.store.read { try $0.records(Commitment.self) }
            try await olga.store.capture { capture in
                for promise in promises where promise.customer == customers[3] {
                    try capture.update(Commitment.self, promise.id) { $0.evidence = ["Foto"] }
                }
                try capture.update(Customer.self, customers[1]) {
                    $0.movedTo = World.territoryID("AR-05")
                }
            }
            #expect(try await olga.sync().isComplete)
            _ = try await world.hub.erase(customers[2])
        }
        #expect(try await ana.store.sync(over: transport).isComplete)
        try await ana.sync()
        try await expectExact(world, ana, keeps: 60)
        #expect(try await world.hub.store.read { try $0.incidents() } == [])
    }

    @Test("one customer's history comes when asked for, and goes again with the next sync")
    func fetched() async throws {
        let (world, customers) = try await world()
        let ana = try await device(world, .records(3))
        try await ana.sync()
        let absent = try await ana.store.read {
            try $0.absentHistory(of: [customers[2]]).map(\.count).reduce(0, +)
        }
        #expect(try await ana.store.fetchHistory(of: [customers[2]], over: ana.transport) == absent)
        #expect(try await ana.store.read { try $0.absentHistory(of: [customers[2]]) } == [])
        #expect(
            try await ana.store.read { try $0.records(Purchase.self, of: customers[2]).count } == 7)
        ana.transport.loseOneAnswer(after: 0)
        await #expect(throws: ClientError.self) {
            try await ana.store.fetchHistory(of: [customers[1]], over: ana.transport)
        }
        try await ana.sync()
        try await expectExact(world, ana, keeps: 3)
    }
}
