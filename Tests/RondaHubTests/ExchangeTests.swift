import Foundation
import RondaHub
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaStoreSQLite
import RondaWire
import Testing

@Suite("An exchange")
struct ExchangeTests {
    private static let street: UInt32 = 8

    @Test("pushes and pulls at once")
    func pushAndPull() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        var olga = try await world.device(of: "olga")
        let first = try await world.customer(by: &ana, in: TestWorld.north)
        let second = olga.capture {
            $0.territory = TestWorld.north
            $0.name = "Pedro"
        }
        let response = try await olga.exchange(with: world.hub)
        #expect(response.verdicts.map(\.outcome) == [.accepted])
        #expect(response.lastCommit == 1)
        #expect(!response.more)
        #expect(response.serverTimeMs == world.surroundings.now.milliseconds)
        #expect(olga.records[first]?.fields[4] == [.text("Rosa")])
        try await ana.sync(with: world.hub)
        #expect(ana.records[second]?.fields[4] == [.text("Pedro")])
        try await world.expectAgreement(of: ana)
        try await world.expectAgreement(of: olga)
    }

    @Test("repeated after a lost answer, gives the same verdicts and one effect")
    func lostAnswer() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let id = try await world.customer(by: &ana, in: TestWorld.north)
        ana.capture(ana.edit(id, Self.street, "Sol 1"))
        ana.capture(ana.edit(RecordID(high: 9, low: 9), Self.street, "nowhere"))
        let request = ana.request(ana.outbox)
        let lost = try await world.hub.exchange(request, secret: ana.secret)
        let before = try await world.record(id)
        world.surroundings.advance(milliseconds: 1_000)
        let again = try await world.hub.exchange(request, secret: ana.secret)
        #expect(again.verdicts == lost.verdicts)
        #expect(again.streams == lost.streams)
        #expect(again.lastCommit == lost.lastCommit)
        #expect(try await world.record(id) == before)
        try ana.absorb(again)
        #expect(ana.outbox.isEmpty)
        #expect(ana.verdicts[3]?.refusal?.code == .unknownRecord)
        try await world.expectAgreement(of: ana)
    }

    @Test("repeated in part, in any cut, gives every commit its one verdict", arguments: 1...8)
    func cuts(seed: UInt64) async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let id = try await world.customer(by: &ana, in: TestWorld.north)
        for number in 0..<12 { ana.capture(ana.edit(id, Self.street, "Sol \(number)")) }
        var random = SeededGenerator(seed: seed)
        var verdicts: [UInt64: Set<WireVerdict>] = [:]
        var last = 1
        while last < 13 {
            // From something the hub has, or the next, to anywhere.
            let from = Int.random(in: 2...last + 1, using: &random)
            let to = Int.random(in: from...13, using: &random)
            let answer = try await world.hub.exchange(
                ana.request(ana.outbox.filter { from...to ~= Int($0.number) }), secret: ana.secret)
            #expect(answer.verdicts.map(\.number) == (from...to).map(UInt64.init))
            for verdict in answer.verdicts { verdicts[verdict.number, default: []].insert(verdict) }
            last = max(last, to)
            #expect(answer.lastCommit == UInt64(last))
        }
        #expect(verdicts.count == 12)
        #expect(verdicts.values.allSatisfy { $0.count == 1 })
        #expect(try await world.record(id).version == 13)
        #expect(try await world.record(id).shown(7) == .one(.text("Sol 11")))
    }

    @Test("after a gap applies nothing and says which commit it has")
    func gap() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let id = try await world.customer(by: &ana, in: TestWorld.north)
        for number in 0..<3 { ana.capture(ana.edit(id, Self.street, "Sol \(number)")) }
        let answer = try await world.hub.exchange(
            ana.request(ana.outbox.dropFirst()), secret: ana.secret)
        #expect(answer.verdicts == [])
        #expect(answer.lastCommit == 1)
        #expect(try await world.record(id).version == 1)
        try await ana.sync(with: world.hub)
        #expect(try await world.record(id).version == 4)
    }

    @Test("a commit that can never be accepted does not stop the others")
    func poison() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let id = try await world.customer(by: &ana, in: TestWorld.north)
        ana.capture(ana.edit(id, Self.street, "Sol 1"))
        let poison = RecordID(high: 9, low: 9)
        ana.capture(
            ana.edit(id, 9, "City"), ana.edit(poison, Self.street, "nowhere"))
        ana.capture(ana.edit(id, 5, "Contact"))
        let answer = try await ana.exchange(with: world.hub)
        #expect(answer.verdicts.map(\.outcome) == [.accepted, .refused, .accepted])
        let record = try await world.record(id)
        #expect(record.shown(7) == .one(.text("Sol 1")))
        // The refused commit is refused whole.
        #expect(record.shown(8) == .none)
        #expect(record.shown(4) == .one(.text("Contact")))
        try await world.expectAgreement(of: ana)
    }

    @Test("does not send back the values it was sent, only their version")
    func noEcho() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let id = try await world.customer(by: &ana, in: TestWorld.north)
        ana.capture(
            ana.edit(
                id, .customer, [FieldWrite(Self.street, .text("Sol 1")), FieldWrite(9, nil)],
                adds: [ElementWrite(6, .text("0212"))]))
        ana.capture { customer in
            customer.territory = TestWorld.north
            customer.name = "Pedro"
            customer.phones = ["0414"]
        }
        let answer = try await ana.exchange(with: world.hub)
        let deltas = answer.streams.flatMap(\.deltas)
        #expect(deltas.map(\.version).sorted() == [1, 2])
        for delta in deltas {
            #expect(delta.fields.map(\.number) == [])
            #expect(delta.cleared == [])
            #expect(delta.siblings == [])
        }
        try await world.expectAgreement(of: ana)
    }

    @Test("says everything in a whole stream, also to who made it")
    func wholeStream() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        try await ana.sync(with: world.hub)
        ana.capture {
            $0.territory = TestWorld.north
            $0.name = "Rosa"
        }
        let answer = try await ana.exchange(with: world.hub)
        #expect(answer.streams.map(\.whole) == [true])
        #expect(answer.streams.flatMap(\.deltas).map(\.version) == [1])
        #expect(answer.streams.flatMap(\.deltas).flatMap(\.fields).map(\.number) == [1, 4])
        try await world.expectAgreement(of: ana)
    }

    @Test("sends back what became other than what was sent")
    func differing() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        let id = try await world.customer(by: &ana, in: TestWorld.north)
        ana.capture(
            ana.edit(
                id, .customer, [FieldWrite(13, .date(CivilDate(days: 10)))],
                adds: [ElementWrite(6, .text("1"))]))
        try await ana.sync(with: world.hub)
        var olga = try await world.device(of: "olga")
        try await olga.sync(with: world.hub)
        // Olga's removal and Ana's addition of one phone meet; of two dates the earlier one stays.
        ana.capture(ana.edit(id, .customer, [], adds: [ElementWrite(6, .text("1"))]))
        try await ana.sync(with: world.hub)
        olga.capture(
            olga.edit(
                id, .customer, [FieldWrite(13, .date(CivilDate(days: 20)))],
                removes: [ElementWrite(6, .text("1"))]))
        try await olga.sync(with: world.hub)
        #expect(olga.records[id]?.fields[13] == [.date(CivilDate(days: 10))])
        #expect(olga.records[id]?.fields[6] == [.text("1")])
        try await ana.sync(with: world.hub)
        try await world.expectAgreement(of: olga)
        try await world.expectAgreement(of: ana)
    }
}
