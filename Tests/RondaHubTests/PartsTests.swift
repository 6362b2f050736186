import Foundation
import GRDB
import RondaHub
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaStoreSQLite
import RondaWire
import Testing

@Suite("A first reading begins with what is urgent")
struct PartsTests {
    private static func limits(_ records: Int) -> Limits {
        var limits = Limits()
        limits.pageRecords = records
        return limits
    }

    /// Customers in both territories, each with promises and visits, some done with and some not, in
    /// commits of several of them.
    private func fill(_ world: TestWorld, customers: Int, seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        for number in 0..<customers {
            var customer = Customer(id: world.surroundings.id())
            customer.territory = number % 3 == 0 ? TestWorld.south : TestWorld.north
            customer.name = "Customer \(number)"
            var changes = [Change(creating: customer)]
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                var promise = Commitment(id: world.surroundings.id())
                promise.customer = customer.id
                promise.words = "Call back"
                promise.dueAt = Instant(milliseconds: 1_790_000_000_000)
                if Bool.random(using: &random) { promise.keptAt = promise.dueAt }
                var visit = Visit(id: world.surroundings.id())
                visit.customer = customer.id
                visit.at = promise.dueAt
                visit.state =
                    [.planned, .inProgress, .completed, nil]
                    .randomElement(using: &random) ?? nil
                changes += [Change(creating: promise), Change(creating: visit)]
            }
            changes.shuffle(using: &random)
            changes.sort { $0.entity == .customer && $1.entity != .customer }
            let verdicts = try await world.hub.submitAsSystem([changes])
            try #require(verdicts.allSatisfy { $0.refusal == nil })
        }
    }

    /// The parts of what one answer told of each scope, in the order in which it was told.
    private func told(
        _ response: WireExchangeResponse, to device: TestDevice, in world: TestWorld
    ) async throws -> [(scope: UInt32, record: RecordID, part: ReadingPart)] {
        let ids = try IDList(response.ids)
        var told: [(UInt32, RecordID, ReadingPart)] = []
        for stream in response.streams
        where device.scopes[stream.scope] != Schema.current.catalogue {
            for delta in stream.deltas where !delta.left {
                let record = try await world.record(try ids.id(at: delta.record))
                let entity = try #require(Schema.current[record.entity])
                let shown = entity.fields.enumerated().compactMap { position, field in
                    record.shown(position).value.map { (number: field.number, value: $0) }
                }
                told.append((stream.scope, record.id, entity.part(showing: shown)))
            }
        }
        return told
    }

    @Test(
        "each record once: all that is open, then customers, then the rest, whatever the pages",
        arguments: [1, 2, 5, 30], ["ana", "olga"])
    func order(records: Int, login: String) async throws {
        let world = try await TestWorld(limits: Self.limits(records))
        try await fill(world, customers: 30, seed: 1)
        var device = try await world.device(of: login)
        device.readsInParts = true
        var seen: [(scope: UInt32, record: RecordID, part: ReadingPart)] = []
        var requests = 0
        var more = true
        while more {
            let response = try await device.exchange(with: world.hub)
            seen += try await told(response, to: device, in: world)
            more = response.more
            requests += 1
            #expect(more || response.streams.allSatisfy { $0.hasSum })
        }
        try await world.expectAgreement(of: device)
        #expect(Set(seen.map { "\($0.scope) \($0.record)" }).count == seen.count)
        for scope in Set(seen.map(\.scope)) {
            let parts = seen.filter { $0.scope == scope }.map(\.part.rawValue)
            #expect(parts == parts.sorted())
            #expect(Set(parts) == [1, 2, 3])
        }
        // What is open comes first from everywhere, up to the page in which the last of it is.
        if records == 1 {
            let parts = seen.map(\.part.rawValue)
            #expect(parts == parts.sorted())
        }
        let positions = try await world.store.read { store in
            try store.scopes().reduce(0) { $0 + Int($1.seq) }
        }
        #expect(requests <= positions * 3 + 8)
        let rest = try await device.exchange(with: world.hub)
        #expect(rest.streams == [] && !rest.more)
    }

    @Test("what is done with, and nothing else, in outline when asked for", arguments: [1, 5, 30])
    func outline(records: Int) async throws {
        let world = try await TestWorld(limits: Self.limits(records))
        try await fill(world, customers: 30, seed: 3)
        var device = try await world.device(of: "olga")
        (device.readsInParts, device.takesOutlines) = (true, true)
        try await device.sync(with: world.hub)
        let visible = try await world.visible(to: device)
        var history: Set<RecordID> = []
        for record in visible.values {
            let entity = try #require(Schema.current[record.entity])
            let shown = entity.fields.enumerated().compactMap { position, field in
                record.shown(position).value.map { (number: field.number, value: $0) }
            }
            if entity.hasHistory, entity.part(showing: shown) == .history {
                history.insert(record.id)
            }
        }
        #expect(history.count > 20 && Set(device.outlines.keys) == history)
        #expect(Set(device.records.keys) == Set(visible.keys).subtracting(history))
        for (id, told) in device.outlines {
            #expect(told.version == visible[id]?.version && told.isLive)
        }
        // Whoever has it in outline gets of a change what has changed.
        let visit = try #require(history.first { visible[$0]?.entity == .visit })
        var beto = try await world.device(of: "olga")
        try await beto.sync(with: world.hub)
        let state = Value.status(option: VisitState.planned.rawValue, round: 1)
        beto.capture(beto.edit(visit, .visit, [FieldWrite(4, state)]))
        try await beto.sync(with: world.hub)
        try await device.sync(with: world.hub)
        #expect(device.records[visit]?.fields == [4: [state]])
    }

    @Test("what fits into a page is not read in parts, nor what is read by a device that cannot")
    func small() async throws {
        let world = try await TestWorld(limits: Self.limits(1_000))
        try await fill(world, customers: 10, seed: 2)
        var device = try await world.device(of: "ana")
        device.readsInParts = true
        let response = try await device.exchange(with: world.hub)
        #expect(!response.more && response.streams.allSatisfy { $0.part == 0 })
        let large = try await TestWorld(limits: Self.limits(5))
        try await fill(large, customers: 10, seed: 2)
        var old = try await large.device(of: "ana")
        var more = true
        while more {
            let response = try await old.exchange(with: large.hub)
            #expect(response.streams.allSatisfy { $0.part == 0 })
            more = response.more
        }
        try await large.expectAgreement(of: old)
    }

    @Test(
        "while others write between its pages, loses nothing, and is told again only what they touched",
        arguments: 1...12)
    func moving(seed: UInt64) async throws {
        let world = try await TestWorld(limits: Self.limits(4))
        try await fill(world, customers: 15, seed: seed)
        var random = SeededGenerator(seed: seed)
        var olga = try await world.device(of: "olga")
        try await olga.sync(with: world.hub)
        var device = try await world.device(of: "ana")
        device.readsInParts = true
        var touches: [RecordID: Int] = [:]
        var tellings: [RecordID: Int] = [:]
        for _ in 0..<60 {
            let response = try await device.exchange(with: world.hub)
            for told in try await told(response, to: device, in: world) {
                tellings[told.record, default: 0] += 1
            }
            for id in try await act(as: &olga, in: world, &random) {
                touches[id, default: 0] += 1
            }
            try await olga.sync(with: world.hub)
        }
        try await device.sync(with: world.hub)
        try await world.expectAgreement(of: device)
        for (id, count) in tellings { #expect(count <= 1 + touches[id, default: 0]) }
    }

    @Test("what a page does not tell it does not look at")
    func nothingElse() async throws {
        let world = try await TestWorld(limits: Self.limits(5))
        var customers = 0
        for number in 0..<12 {
            var customer = Customer(id: world.surroundings.id())
            customer.territory = TestWorld.north
            customer.name = "Customer \(number)"
            var changes = [Change(creating: customer)]
            for _ in 0..<3 {
                var visit = Visit(id: world.surroundings.id())
                visit.customer = customer.id
                visit.at = world.surroundings.now
                visit.state = .completed
                changes.append(Change(creating: visit))
            }
            let verdicts = try await world.hub.submitAsSystem([changes])
            try #require(verdicts.allSatisfy { $0.refusal == nil })
            customers += 1
        }
        // Whoever looks at a visit while there are customers to tell falls over it.
        try world.store.withWriter {
            try $0.execute(
                sql: "UPDATE record SET shown = x'ff', meta = x'ff' WHERE entity = ?",
                arguments: [EntityID.visit.rawValue])
        }
        var device = try await world.device(of: "ana")
        device.readsInParts = true
        var told = 0
        while told < customers {
            let page = try await device.exchange(with: world.hub)
            told += try await self.told(page, to: device, in: world).count { $0.part == .customers }
        }
        await #expect(throws: HubError.self) { try await device.exchange(with: world.hub) }
    }

    /// Something that changes what a reader is still to be told: an edit, mostly into another part, a
    /// deletion, a customer that moves with all that is under it, or a new one.
    /// - Returns: the records that it touches, brings or takes away.
    private func act(
        as olga: inout TestDevice, in world: TestWorld, _ random: inout SeededGenerator
    ) async throws -> [RecordID] {
        guard let id = olga.records.keys.sorted().randomElement(using: &random),
            let entity = olga.records[id]?.entity
        else { return [] }
        let at = Instant(milliseconds: 1_790_000_000_000)
        switch (entity, Int.random(in: 0..<6, using: &random)) {
        case (.customer, 0...2):
            let movedTo = try #require(Schema.current[.customer]?.position(named: "movedTo"))
            let number = try #require(Schema.current[.customer]).fields[movedTo].number
            let target = Bool.random(using: &random) ? TestWorld.north : TestWorld.south
            olga.capture(olga.edit(id, .customer, [FieldWrite(number, .ref(target))]))
            return try await world.store.read { [id] + (try $0.dependents(of: id)) }
        case (.customer, 3...4): olga.capture(olga.edit(id, 9, "City"))
        case (.commitment, 0...3):
            // What was open is done with: it is in another part than it was.
            olga.capture(olga.edit(id, .commitment, [FieldWrite(6, .instant(at))]))
        case (.visit, 0...3):
            let state =
                [VisitState.completed, .planned].randomElement(using: &random) ?? .planned
            olga.capture(
                olga.edit(id, .visit, [FieldWrite(4, .status(option: state.rawValue, round: 0))]))
        case (.commitment, _), (.visit, 4):
            olga.capture(
                Change(
                    entity: entity, record: id, base: olga.records[id]?.version ?? 0,
                    deletes: true))
        case (.visit, _):
            var customer = Customer(id: world.surroundings.id())
            customer.territory = TestWorld.north
            customer.name = "New"
            var promise = Commitment(id: world.surroundings.id())
            promise.customer = customer.id
            promise.words = "Call back"
            promise.dueAt = at
            olga.capture(Change(creating: customer), Change(creating: promise))
        default: return []
        }
        return [id]
    }

    @Test("a scope that is gained later is read in parts, and the others go on", arguments: [2, 9])
    func gained(records: Int) async throws {
        let world = try await TestWorld(limits: Self.limits(records))
        try await fill(world, customers: 20, seed: 4)
        var device = try await world.device(of: "ana")
        device.readsInParts = true
        try await device.sync(with: world.hub)
        let both: Set = [TestWorld.north, TestWorld.south]
        try await world.hub.assign([device.account: NewAssignment(territories: both)])
        var olga = try await world.device(of: "olga")
        try await olga.sync(with: world.hub)
        let north = try #require(
            olga.records.first { $0.value.fields[1] == [.ref(TestWorld.north)] }?.key)
        olga.capture(olga.edit(north, 9, "City"))
        try await olga.sync(with: world.hub)
        let response = try await device.exchange(with: world.hub)
        #expect(response.streams.map { $0.whole } == [false, true])
        #expect(response.streams.last.map { $0.part > 0 } == true)
        try await device.sync(with: world.hub)
        try await world.expectAgreement(of: device)
    }

    @Test("a cursor that no reading has given counts as none")
    func odd() async throws {
        let world = try await TestWorld(limits: Self.limits(1_000))
        try await fill(world, customers: 10, seed: 5)
        for (seq, start, part) in [(9, 3, 1), (1, 1 << 40, 1), (0, 1, 4), (0, 1, .max)]
            as [(UInt64, UInt64, UInt32)]
        {
            var device = try await world.device(of: "ana")
            let scope = try #require(
                try await world.store.read { try $0.scopes() }.first { $0.id == TestWorld.north })
            var cursor = WireCursor()
            cursor.scope = scope.number
            (cursor.seq, cursor.start, cursor.part) = (seq, start, part)
            device.cursors = [scope.number: cursor]
            device.epoch = try await world.store.read { Data(try $0.hub().epochBytes) }
            let response = try await device.exchange(with: world.hub)
            let stream = try #require(response.streams.first { $0.scope == scope.number })
            #expect(stream.id == Data(TestWorld.north.bytes) && stream.whole)
            try await device.sync(with: world.hub)
            try await world.expectAgreement(of: device)
        }
    }
}
