import RondaMerge
import RondaModel
import Testing

/// SPEC §4.3 and §4.13, asked of every record, for every rep and whatever its device may have known.
@Suite("Laws of good faith")
struct GoodFaithLawTests {
    private static let seeds = 1...UInt64(15)

    /// What a rep may try, and what the hub made of it.
    private struct Attempt {
        let account: Roaming.Account
        let record: StoredRecord
        let known: UInt64
        let change: Change
        let plan: Plan
    }

    private func attempts(in world: Roaming) -> [Attempt] {
        let versions = Set([0, world.assignment / 3, world.assignment / 2, world.assignment])
        var all: [Attempt] = []
        for account in world.accounts.dropFirst() {
            for record in world.records.values where record.entity != .territory {
                for (known, base) in versions.flatMap({ known in
                    [0, record.version, record.version + 3].map { (known, $0) }
                }) {
                    let change = world.probe(record.entity, record.id, base: base)
                    let plan = attempt(change, by: account, known: known, in: world)
                    all.append(
                        Attempt(
                            account: account, record: record, known: known, change: change,
                            plan: plan))
                }
            }
        }
        return all
    }

    private func attempt(
        _ change: Change, by account: Roaming.Account, known: UInt64, in world: Roaming
    ) -> Plan {
        let commit = Commit(
            number: 1_000_000, stamp: Stamp(milliseconds: 1_650_000_000_000),
            schema: world.schema.version, changes: [change], assignment: known)
        return world.plan(commit, by: account, device: account.device).0
    }

    private func isOwnAlone(_ attempt: Attempt) -> Bool {
        attempt.record.creator == attempt.account.id
            && attempt.record.marks.allSatisfy { $0.author == attempt.account.id }
    }

    @Test("there is much that reps see, that they saw, and that they never saw")
    func lively() {
        var (seeing, seen, never) = (0, 0, 0)
        for world in Self.seeds.map({ RoamingWork(seed: $0).world }) {
            for account in world.accounts.dropFirst() {
                for record in world.records.values where record.entity != .territory {
                    if world.sees(account, record) {
                        seeing += 1
                    } else if world.saw(account, record, known: 0) {
                        seen += 1
                    } else {
                        never += 1
                    }
                }
            }
        }
        #expect(min(seeing, seen, never) > 100, "\(seeing), \(seen), \(never)")
    }

    @Test(
        "who never saw a record is answered as if it did not exist, whatever the device says it knew",
        arguments: seeds)
    func neverSeen(seed: UInt64) {
        let world = RoamingWork(seed: seed).world
        for attempt in attempts(in: world)
        where !world.sees(attempt.account, attempt.record)
            && !world.saw(attempt.account, attempt.record, known: attempt.known)
        {
            var unknown = attempt.change
            unknown.record = RecordID(high: 77, low: 77)
            let answer = self.attempt(
                unknown, by: attempt.account, known: attempt.known, in: world)
            let (got, expected) = (attempt.plan.verdict.refusal, answer.verdict.refusal)
            #expect(got?.code == .unknownRecord, "\(attempt.record.id) known \(attempt.known)")
            #expect(got?.code == expected?.code && got?.field == expected?.field)
            #expect(got?.entity == expected?.entity && got?.detail == expected?.detail)
            #expect(attempt.plan.lacking == attempt.record.id)
            #expect(attempt.plan.records.isEmpty)
        }
    }

    @Test(
        "who saw a record is never told that it may not, nor how far it has gone", arguments: seeds)
    func seen(seed: UInt64) {
        let world = RoamingWork(seed: seed).world
        for attempt in attempts(in: world)
        where !world.sees(attempt.account, attempt.record)
            && world.saw(attempt.account, attempt.record, known: attempt.known)
        {
            let isOwn = isOwnAlone(attempt)
            let verdict = attempt.plan.verdict
            if isOwn && attempt.change.base > attempt.record.version {
                #expect(verdict.refusal?.code == .futureBase)
                continue
            }
            #expect(verdict.refusal == nil, "\(attempt.record.id) known \(attempt.known)")
            #expect(verdict.outcome == (isOwn ? .accepted : .handedOver))
            #expect(verdict.versions == [0] && verdict.merges.isEmpty)
            #expect(verdict.handovers.map(\.record) == [attempt.record.id])
            #expect(verdict.handovers.map(\.suggestions) == [isOwn ? 0 : 1])
            for planned in attempt.plan.records where planned.isTouched {
                let last = planned.record.marks.last
                #expect(last?.author == attempt.account.id)
                #expect(last?.device == attempt.account.device)
                // Nothing that the rep writes is told to it again, or brings anything back.
                #expect(!planned.scopes.isEmpty)
                #expect(
                    Set(planned.scopes).isDisjoint(with: attempt.account.visible(world.schema)))
            }
            // Somebody else's record is as it was.
            let changed = attempt.plan.records.map(\.record.id).contains(attempt.record.id)
            #expect(changed == isOwn)
        }
    }

    @Test("who sees a record works on it as always", arguments: 1...UInt64(10))
    func visible(seed: UInt64) {
        let world = RoamingWork(seed: seed).world
        for attempt in attempts(in: world) where world.sees(attempt.account, attempt.record) {
            let verdict = attempt.plan.verdict
            let isFuture = attempt.change.base > attempt.record.version
            #expect(verdict.refusal?.code == (isFuture ? .futureBase : nil))
            #expect(verdict.handovers.isEmpty)
            if !isFuture { #expect(verdict.versions == [attempt.record.version + 1]) }
        }
    }

    @Test(
        "what one sees or saw may be named as customer and as parent, and nothing else",
        arguments: seeds)
    func parents(seed: UInt64) {
        let world = RoamingWork(seed: seed).world
        let customers = world.records.values.filter { $0.entity == .customer }
        let parents = world.records.values.filter { [.referral, .enrolment].contains($0.entity) }
        for account in world.accounts.dropFirst() {
            for (parent, customer) in parents.flatMap({ one in customers.map { (one, $0) } }) {
                let change = self.change(under: parent, of: customer, by: account, in: world)
                for known in [0, world.assignment / 2, world.assignment] {
                    let plan = attempt(change, by: account, known: known, in: world)
                    let lacking = [parent, customer].first {
                        !world.sees(account, $0) && !world.saw(account, $0, known: known)
                    }
                    #expect(plan.lacking == lacking?.id, "\(parent.id) known \(known)")
                    #expect(
                        plan.verdict.refusal?.code == (lacking == nil ? nil : .unknownParent))
                }
            }
        }
    }

    /// A claim of a referral, or points of an enrolment, under a customer of its own.
    private func change(
        under parent: StoredRecord, of customer: StoredRecord, by account: Roaming.Account,
        in world: Roaming
    ) -> Change {
        if parent.entity == .referral {
            return world.change(
                .referralClaim, RecordID(high: 77, low: 79),
                sets: [
                    "referral": .ref(parent.id), "customer": .ref(customer.id),
                    "rep": .ref(account.id), "claimedAt": .instant(Roaming.now),
                ])
        }
        return world.newDerived(
            .pointsEntry,
            sets: [
                "enrolment": .ref(parent.id), "customer": .ref(customer.id), "kind": .option(1),
                "points": .integer(1), "cause": .text("c"), "at": .instant(Roaming.now),
            ])
    }

    @Test(
        "a visit is taken of every customer that the rep sees or saw, and of no other",
        arguments: seeds)
    func visits(seed: UInt64) {
        let world = RoamingWork(seed: seed).world
        func visit(of customer: RecordID, by account: Roaming.Account, known: UInt64) -> Plan {
            attempt(
                world.change(
                    .visit, RecordID(high: 77, low: 78),
                    sets: ["customer": .ref(customer), "at": .instant(Roaming.now)]),
                by: account, known: known, in: world)
        }
        for account in world.accounts.dropFirst() {
            for customer in world.records.values where customer.entity == .customer {
                for known in 0...world.assignment {
                    let plan = visit(of: customer.id, by: account, known: known)
                    let isSeen = world.sees(account, customer)
                    guard isSeen || world.saw(account, customer, known: known) else {
                        let unknown = visit(
                            of: RecordID(high: 77, low: 77), by: account, known: known)
                        #expect(plan.verdict.refusal?.code == .unknownParent)
                        #expect(plan.verdict.refusal == unknown.verdict.refusal)
                        #expect(plan.lacking == customer.id)
                        continue
                    }
                    let record = plan.records.first?.record
                    #expect(plan.verdict.outcome == .accepted)
                    #expect(plan.records.map(\.isNew) == [true])
                    #expect(record?.creator == account.id)
                    #expect(record?.marks.map(\.author) == [account.id])
                    #expect(record?.born == (isSeen ? world.assignment : known))
                    #expect(plan.verdict.versions == [isSeen ? 1 : 0])
                    #expect(plan.verdict.handovers.isEmpty == isSeen)
                    #expect(
                        Set(plan.records.first?.scopes ?? [])
                            == Set(customer.placements.map(\.scope)))
                }
            }
        }
    }
}
