import Foundation
import RondaClient
import RondaHub
import RondaMerge
import RondaModel
import RondaStore
import Testing

/// What the product promises first: two reps, one customer, no network, and one truth afterwards.
@Suite("Two reps work the same customer offline")
struct StoryTests {
    /// Everything a rep does in the story, as one day offline.
    private func work(
        _ device: TestDevice, customer: RecordID, programme: RecordID, street: String,
        phone: String, other: @escaping @Sendable (inout Customer) -> Void
    ) async throws {
        try await device.store.capture { capture in
            var visit = capture.new(Visit.self)
            visit.customer = customer
            visit.at = Instant(milliseconds: 1_790_000_000_000)
            visit.state = .completed
            visit.reality = .met
            visit.repurchaseIntent = 8
            visit.referralAsked = true
            visit.handoffOk = true
            let visitID = try capture.create(visit)
            var promise = capture.new(Commitment.self)
            promise.customer = customer
            promise.visit = visitID
            promise.words = "Llevar el repuesto"
            promise.dueAt = Instant(milliseconds: 1_790_100_000_000)
            try capture.create(promise)
            var referral = capture.new(Referral.self)
            referral.programme = programme
            referral.contactPoint = "tel:+523398765432"
            referral.name = "Rosa Peña"
            referral.referrers = [customer]
            let referralID = try capture.create(referral)
            var claim = capture.new(ReferralClaim.self)
            claim.referral = referralID
            claim.customer = customer
            claim.rep = capture.author
            claim.claimedAt = Instant(milliseconds: 1_790_000_000_000)
            try capture.create(claim)
            var enrolment = capture.new(Enrolment.self)
            enrolment.programme = programme
            enrolment.customer = customer
            enrolment.enrolledAt = Instant(milliseconds: 1_790_000_000_000)
            enrolment.state = .active
            let enrolmentID = try capture.create(enrolment)
            var points = capture.new(PointsEntry.self)
            points.enrolment = enrolmentID
            points.customer = customer
            points.kind = .earn
            points.points = 100
            points.cause = "welcome"
            points.at = Instant(milliseconds: 1_790_000_000_000)
            try capture.create(points)
        }
        try await device.store.capture { capture in
            try capture.update(Customer.self, customer) { record in
                record.street = street
                record.phones.append(phone)
                other(&record)
            }
        }
    }

    /// Plays the story with the reps syncing in one order or the other.
    private func play(anaFirst: Bool) async throws -> (World, [String], TestDevice, TestDevice) {
        let world = try await World()
        let customer = try await world.customer("C1")
        let programme = try await world.programme()
        let ana = try await world.device("ana")
        let beto = try await world.device("beto")
        let office = try await world.device("office", role: .office)
        for device in [ana, beto, office] { try await device.sync() }
        try await work(
            ana, customer: customer, programme: programme, street: "Calle Nueva 10",
            phone: "+523311111111"
        ) { $0.bestHours = "mañanas" }
        try await work(
            beto, customer: customer, programme: programme, street: "Calle Nueva 12",
            phone: "+523322222222"
        ) { $0.contact = "Don Luis" }
        for device in anaFirst ? [ana, beto] : [beto, ana] {
            #expect(try await device.sync().refused == 0)
        }
        for device in [ana, beto, office] { #expect(try await device.sync().isComplete) }
        return (world, [customer].map(\.description), ana, office)
    }

    @Test("both orders of arrival give the same state", arguments: [true, false])
    func sameState(anaFirst: Bool) async throws {
        let (world, _, ana, office) = try await play(anaFirst: anaFirst)
        let counts = try await world.hub.store.read { try $0.counts() }
        #expect(counts.records[.referral] == 1)
        #expect(counts.records[.referralClaim] == 2)
        #expect(counts.records[.enrolment] == 1)
        #expect(counts.records[.pointsEntry] == 1)
        #expect(counts.records[.visit] == 2)
        #expect(counts.conflicts == 1)
        for device in [ana, office] {
            let (record, conflicts) = try await device.store.read { reader in
                (
                    try reader.record(Customer.self, World.customerID("C1")),
                    try reader.conflicts()
                )
            }
            let customer = try #require(record)
            // Beto captured later: his street is shown, and Ana's stands beside it.
            #expect(customer.street == "Calle Nueva 12")
            #expect(customer.bestHours == "mañanas")
            #expect(customer.contact == "Don Luis")
            #expect(customer.phones == ["+523311111111", "+523312345678", "+523322222222"])
            #expect(conflicts.map(\.fieldName) == ["street"])
            #expect(
                Set(conflicts.flatMap(\.values).compactMap(\.value)) == [
                    .text("Calle Nueva 10"), .text("Calle Nueva 12"),
                ])
        }
    }

    @Test("settling a conflict closes it everywhere, also on the device that settled it")
    func settle() async throws {
        let (world, _, ana, office) = try await play(anaFirst: true)
        try await office.store.capture { capture in
            try capture.update(Customer.self, World.customerID("C1")) {
                $0.street = "Calle Nueva 10-12"
            }
        }
        #expect(try await office.store.read { try $0.conflicts() }.isEmpty)
        for device in [office, ana] {
            try await device.sync()
            let (conflicts, customer) = try await device.store.read { reader in
                (
                    try reader.conflicts(),
                    try reader.record(Customer.self, World.customerID("C1"))
                )
            }
            #expect(conflicts.isEmpty)
            #expect(customer?.street == "Calle Nueva 10-12")
        }
        #expect(try await world.hub.store.read { try $0.counts() }.conflicts == 0)
    }
}
