import Foundation
import RondaHub
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaStoreSQLite
import RondaWire
import Testing

@Suite("Reading what changed")
struct PageTests {
    /// Customers in both territories, some commits with several of them, some edited since.
    private func fill(_ world: TestWorld, count: Int) async throws {
        var olga = try await world.device(of: "olga")
        try await olga.sync(with: world.hub)
        var random = SeededGenerator(seed: 3)
        for number in 0..<count {
            var customers: [Change] = []
            for part in 0..<Int.random(in: 1...4, using: &random) {
                var customer = Customer(id: world.surroundings.id())
                customer.territory = Bool.random(using: &random) ? TestWorld.north : TestWorld.south
                customer.name = "Customer \(number).\(part)"
                customers.append(Change(creating: customer))
            }
            _ = try await world.hub.submitAsSystem([customers])
        }
        try await olga.sync(with: world.hub)
        let ids = olga.records.filter { $0.value.entity == .customer }.map(\.key).sorted()
        for id in ids.prefix(count / 2) { olga.capture(olga.edit(id, 8, "Sol 1")) }
        try await olga.sync(with: world.hub)
    }

    @Test(
        "who begins is told how much the account sees, and only then", arguments: ["ana", "olga"])
    func sizeAhead(login: String) async throws {
        var limits = Limits()
        limits.pageRecords = 3
        let world = try await TestWorld(limits: limits)
        try await fill(world, count: 12)
        var device = try await world.device(of: login)
        let seen = try await world.visible(to: device)
        let first = try await device.exchange(with: world.hub)
        #expect(first.more)
        #expect(first.advice.recordsAhead == UInt64(seen.count))
        #expect(first.advice.bytesAhead > first.advice.recordsAhead)
        let second = try await device.exchange(with: world.hub)
        #expect(second.advice.recordsAhead == 0 && second.advice.bytesAhead == 0)
    }

    @Test(
        "in pages of any size gives exactly the whole state and comes to an end",
        arguments: [(1, 1 << 20), (3, 1 << 20), (7, 1 << 20), (2_000, 1), (2_000, 300)])
    func pages(records: Int, bytes: Int) async throws {
        var limits = Limits()
        limits.pageRecords = records
        limits.pageBytes = bytes
        let world = try await TestWorld(limits: limits)
        try await fill(world, count: 12)
        for login in ["ana", "luis", "olga"] {
            var device = try await world.device(of: login)
            var pages = 1
            while try await device.exchange(with: world.hub).more { pages += 1 }
            #expect(pages > 1)
            try await world.expectAgreement(of: device)
            let heads = try await world.store.read { try $0.scopes() }
            for head in heads {
                #expect(device.cursors[head.number].map { $0.seq == head.seq } ?? (login != "olga"))
            }
            // At the head nothing comes and nothing more is promised.
            let rest = try await device.exchange(with: world.hub)
            #expect(!rest.more)
            #expect(rest.streams == [])
        }
    }

    @Test("never cuts between the records of one commit")
    func uncut() async throws {
        var limits = Limits()
        limits.pageRecords = 2
        let world = try await TestWorld(limits: limits)
        try await fill(world, count: 12)
        var device = try await world.device(of: "olga")
        var more = true
        while more {
            let response = try await device.exchange(with: world.hub)
            more = response.more
            for stream in response.streams where !stream.deltas.isEmpty {
                let ids = try IDList(response.ids)
                let last = try #require(stream.deltas.last)
                let record = try await world.record(try ids.id(at: last.record))
                let scope = device.scopes[stream.scope]
                let seq = record.placements.first { $0.scope == scope }?.seq
                // The cursor stands where the page ended, and nothing else stands at that place.
                #expect(seq == stream.seq)
                let scopeID = try #require(scope)
                let together = try await world.store.read { store in
                    var count = 0
                    try store.stream(
                        of: scopeID, after: stream.seq - 1, tracing: false, limit: .max
                    ) { row in
                        if row.seq == stream.seq { count += 1 }
                        return row.seq == stream.seq
                    }
                    return count
                }
                #expect(stream.deltas.count >= together)
            }
        }
        try await world.expectAgreement(of: device)
    }

    @Test("while others write between its pages, loses nothing", arguments: 1...6)
    func moving(seed: UInt64) async throws {
        var limits = Limits()
        limits.pageRecords = 3
        let world = try await TestWorld(limits: limits)
        try await fill(world, count: 10)
        var random = SeededGenerator(seed: seed)
        var olga = try await world.device(of: "olga")
        try await olga.sync(with: world.hub)
        let customers = olga.records.filter { $0.value.entity == .customer }.map(\.key).sorted()
        var device = try await world.device(of: "ana")
        for round in 0..<12 {
            try await device.exchange(with: world.hub)
            if let id = customers.randomElement(using: &random) {
                olga.capture(olga.edit(id, 9, "City \(round)"))
                try await olga.sync(with: world.hub)
            }
        }
        try await device.sync(with: world.hub)
        try await world.expectAgreement(of: device)
    }

    @Test("with cursors of another epoch starts again from nothing")
    func otherEpoch() async throws {
        let world = try await TestWorld()
        try await fill(world, count: 4)
        var device = try await world.device(of: "ana")
        try await device.sync(with: world.hub)
        let whole = device.records
        device.records = [:]
        device.epoch = Data([1, 2, 3, 4, 5, 6, 7, 8])
        let response = try await device.exchange(with: world.hub)
        #expect(response.lostScopes == [])
        #expect(response.streams.allSatisfy { $0.id.count == 16 })
        #expect(device.records == whole)
    }

    @Test("with a cursor beyond the head starts that scope again")
    func beyondTheHead() async throws {
        let world = try await TestWorld()
        try await fill(world, count: 4)
        var device = try await world.device(of: "ana")
        try await device.sync(with: world.hub)
        let whole = device.records
        device.records = [:]
        for scope in device.cursors.keys { device.cursors[scope]?.seq = .max }
        try await device.sync(with: world.hub)
        #expect(device.records == whole)
    }

    @Test("a rep sees the catalogue and the assigned territories, the office everything")
    func visibility() async throws {
        let world = try await TestWorld()
        try await fill(world, count: 8)
        var scopes: [String: Set<RecordID>] = [:]
        for login in ["ana", "luis", "olga"] {
            var device = try await world.device(of: login)
            try await device.sync(with: world.hub)
            try await world.expectAgreement(of: device)
            scopes[login] = Set(device.scopes.values)
        }
        let catalogue = Schema.current.catalogue
        #expect(scopes["ana"] == [catalogue, TestWorld.north])
        #expect(scopes["luis"] == [catalogue, TestWorld.south])
        #expect(scopes["olga"] == [catalogue, TestWorld.north, TestWorld.south])
    }

    @Test("a territory taken away is listed as lost and no longer read; one given starts at 0")
    func reassignment() async throws {
        let world = try await TestWorld()
        try await fill(world, count: 6)
        var device = try await world.device(of: "ana")
        try await device.sync(with: world.hub)
        let number = try #require(device.scopes.first { $0.value == TestWorld.north }?.key)
        try await world.store.write { store in
            let account = try #require(try store.account(login: "ana"))
            try store.put(
                Account(
                    id: account.id, login: "ana", name: "Ana", role: .rep,
                    territories: [TestWorld.south]))
        }
        let response = try await device.exchange(with: world.hub)
        #expect(response.lostScopes == [number])
        let south = try #require(response.streams.first)
        #expect(response.streams.count == 1)
        #expect(RecordID(data: south.id) == TestWorld.south)
        #expect(!south.deltas.isEmpty)
        #expect(try await device.exchange(with: world.hub).lostScopes == [])
    }
}
