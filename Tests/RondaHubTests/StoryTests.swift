import RondaHub
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaStoreSQLite
import RondaWire
import Testing

/// The product's own story: two people work offline on the same customer and the same referral.
@Suite("Two reps offline")
struct StoryTests {
    private static let street: UInt32 = 8

    /// Everything one of them captures about Rosa between two syncs.
    private func work(_ device: inout TestDevice, on rosa: RecordID, name: String) throws {
        func id(_ entity: EntitySchema, _ values: Value...) throws -> RecordID {
            guard case .derived(let positions) = entity.identity else { return .zero }
            let byPosition = Dictionary(uniqueKeysWithValues: zip(positions, values))
            return try #require(Schema.current.derivedID(of: entity) { byPosition[$0] })
        }
        let now = device.surroundings.now
        device.capture(device.edit(rosa, Self.street, "Street of \(name)"))
        device.capture(device.edit(rosa, name == "ana" ? 9 : 5, "Only \(name)"))
        device.capture(
            device.edit(rosa, .customer, [], adds: [ElementWrite(6, .text("phone of \(name)"))]))

        let programme = Value.ref(TestWorld.programme)
        var referral = Referral(id: try id(.referral, programme, .text("tel:+584121234567")))
        referral.programme = TestWorld.programme
        referral.contactPoint = "tel:+584121234567"
        referral.referrers = [rosa]
        referral.name = "Luisa"
        var claim = ReferralClaim(id: device.surroundings.id())
        claim.referral = referral.id
        claim.customer = rosa
        claim.rep = device.account
        claim.claimedAt = now
        device.capture(Change(creating: referral), Change(creating: claim))

        var enrolment = Enrolment(id: try id(.enrolment, programme, .ref(rosa)))
        enrolment.programme = TestWorld.programme
        enrolment.customer = rosa
        enrolment.enrolledAt = now
        enrolment.sources = [device.account]
        let kind = Value.option(PointsKind.earn.rawValue)
        var points = PointsEntry(
            id: try id(.pointsEntry, .ref(enrolment.id), kind, .text("welcome")))
        points.enrolment = enrolment.id
        points.customer = rosa
        points.kind = .earn
        points.points = 50
        points.cause = "welcome"
        points.at = now
        device.capture(Change(creating: enrolment), Change(creating: points))
    }

    private struct End {
        let world: TestWorld
        let rosa: RecordID
        let authors: Set<RecordID>
        let meaning: [RecordID: RecordMeaning]
    }

    /// The same surroundings give the same ids, so that the ends of two orders can be compared.
    private func play(anaFirst: Bool) async throws -> End {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        var colleague = try await world.device(of: "olga")
        let rosa = try await world.customer(by: &ana, in: TestWorld.north)
        try await ana.sync(with: world.hub)
        try await colleague.sync(with: world.hub)
        try work(&ana, on: rosa, name: "ana")
        world.surroundings.advance(milliseconds: 60_000)
        try work(&colleague, on: rosa, name: "olga")
        if anaFirst { try await ana.sync(with: world.hub) }
        try await colleague.sync(with: world.hub)
        try await ana.sync(with: world.hub)
        try await colleague.sync(with: world.hub)
        for device in [ana, colleague] {
            #expect(device.verdicts.values.allSatisfy { $0.outcome != .refused })
            try await world.expectAgreement(of: device)
        }
        #expect(ana.records[rosa]?.siblings == colleague.records[rosa]?.siblings)
        return End(
            world: world, rosa: rosa, authors: [ana.account, colleague.account],
            meaning: try await world.meaning())
    }

    @Test("end the same whoever syncs first")
    func sameEnd() async throws {
        let (one, other) = try await (play(anaFirst: true), play(anaFirst: false))
        #expect(one.meaning == other.meaning)
    }

    @Test(
        "leave one referral, two claims, one enrolment, one entry of points and one conflict",
        arguments: [true, false])
    func counts(anaFirst: Bool) async throws {
        let end = try await play(anaFirst: anaFirst)
        let counts = try await end.world.store.read { try $0.counts() }
        #expect(counts.records[.referral] == 1)
        #expect(counts.records[.referralClaim] == 2)
        #expect(counts.records[.enrolment] == 1)
        #expect(counts.records[.pointsEntry] == 1)
        #expect(counts.conflicts == 1)
        let rosa = Customer(id: end.rosa, fields: try #require(end.meaning[end.rosa]).values)
        #expect(rosa.street == "Street of olga")
        #expect(rosa.city == "Only ana")
        #expect(rosa.contact == "Only olga")
        #expect(rosa.phones == ["phone of ana", "phone of olga"])
        let record = try await end.world.record(end.rosa)
        let siblings = record.differing(7)
        #expect(siblings.map(\.value) == [.text("Street of olga"), .text("Street of ana")])
        #expect(Set(siblings.map { record.marks[$0.mark].author }) == end.authors)
        let sources = end.meaning.values.first { $0.entity == .enrolment }
            .map { Enrolment(id: .zero, fields: $0.values).sources }
        #expect(Set(sources ?? []) == end.authors)
    }

    @Test("a settled conflict is settled on every device")
    func settlement() async throws {
        let end = try await play(anaFirst: true)
        var ana = try await end.world.device(of: "ana")
        var olga = try await end.world.device(of: "olga")
        try await ana.sync(with: end.world.hub)
        try await olga.sync(with: end.world.hub)
        #expect(ana.records[end.rosa]?.siblings[Self.street]?.count == 2)
        olga.capture(olga.edit(end.rosa, Self.street, "The right street"))
        let answer = try await olga.exchange(with: end.world.hub)
        #expect(answer.verdicts.map(\.outcome) == [.accepted])
        try await ana.sync(with: end.world.hub)
        #expect(ana.records[end.rosa]?.fields[Self.street] == [.text("The right street")])
        #expect(ana.records[end.rosa]?.siblings == [:])
        #expect(try await end.world.store.read { try $0.counts() }.conflicts == 0)
        try await end.world.expectAgreement(of: ana)
        try await end.world.expectAgreement(of: olga)
    }

    @Test("reps of different territories refer one person: one record, in both scopes")
    func acrossTerritories() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        var luis = try await world.device(of: "luis")
        let rosa = try await world.customer(by: &ana, in: TestWorld.north)
        let pedro = try await world.customer(by: &luis, in: TestWorld.south)
        var tablet = try await world.device(of: "luis")
        try await tablet.sync(with: world.hub)
        try work(&ana, on: rosa, name: "ana")
        try await ana.sync(with: world.hub)
        let id = try #require(ana.records.first { $0.value.entity == .referral }?.key)
        ana.capture(ana.edit(id, .referral, [FieldWrite(5, .text("sister"))]))
        try work(&luis, on: pedro, name: "luis")
        try await ana.sync(with: world.hub)
        try await luis.sync(with: world.hub)
        try await ana.sync(with: world.hub)
        try await tablet.sync(with: world.hub)
        #expect(
            Set(try await world.record(id).placements.map(\.scope))
                == [TestWorld.north, TestWorld.south])
        // Also what was written before the record came into the other scope.
        for device in [ana, luis, tablet] {
            #expect(device.verdicts.values.allSatisfy { $0.outcome != .refused })
            #expect(device.records[id]?.fields[5] == [.text("sister")])
            #expect(device.records[id]?.fields[3] == [.ref(rosa), .ref(pedro)])
            try await world.expectAgreement(of: device)
        }
    }

    @Test("a deletion against an edit leaves the record, contested, on every device")
    func deletion() async throws {
        let world = try await TestWorld()
        var ana = try await world.device(of: "ana")
        var olga = try await world.device(of: "olga")
        let rosa = try await world.customer(by: &ana, in: TestWorld.north)
        try await ana.sync(with: world.hub)
        try await olga.sync(with: world.hub)
        ana.capture(ana.edit(rosa, Self.street, "Sol 1"))
        var deletion = olga.edit(rosa, .customer, [])
        deletion.deletes = true
        olga.capture(deletion)
        try await olga.sync(with: world.hub)
        #expect(olga.records[rosa]?.isDeleted == true)
        try await ana.sync(with: world.hub)
        try await olga.sync(with: world.hub)
        for device in [ana, olga] {
            #expect(device.records[rosa]?.isDeleted == false)
            #expect(device.records[rosa]?.isContested == true)
            try await world.expectAgreement(of: device)
        }
    }
}
