import RondaMerge
import RondaModel
import Testing

/// A stamp, the clock of its device and that of the hub, drawn around the edges that matter.
struct ClockCase: Sendable {
    let now: Int64
    let offset: Int64
    let stamp: Stamp

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let limits = Limits()
        now = 1_700_000_000_000 + Int64.random(in: 0...1_000_000, using: &random)
        let day: Int64 = 86_400_000
        offset =
            [0, 1, 60_000, 3_600_000, 1_000 * day, -3_600_000, -day]
            .randomElement(using: &random) ?? 0
        let edges = [
            now, now + offset, now + limits.futureStampMilliseconds,
            now + offset + limits.futureStampMilliseconds, limits.earliestStampMilliseconds,
            now - day, now + day, 0,
        ]
        let edge = edges.randomElement(using: &random) ?? now
        stamp = Stamp(
            milliseconds: max(0, edge + Int64.random(in: -2...2, using: &random)),
            counter: UInt16.random(in: 0...3, using: &random))
    }

    /// The stamp that the hub orders a commit by, and whether it doubts the clock.
    func ordered(_ stamp: Stamp, offset: Int64) -> (stamp: Stamp?, isSuspect: Bool) {
        let change = Change(
            entity: .territory, record: TestSchema.north, sets: [FieldWrite(1, .text("north"))])
        let office = Person(1, .office)
        let plan = Plan.make(
            for: Commit(number: 1, stamp: stamp, schema: 1, changes: [change]), stored: [:],
            context: PlanContext(
                schema: TestSchema.schema, limits: Limits(), device: office.device,
                author: office.author, role: .office, visible: nil,
                receivedAt: Instant(milliseconds: now), clockOffsetMilliseconds: offset))
        return (plan.records.first?.record.marks.last?.stamp, plan.verdict.clockSuspect)
    }
}

/// SPEC §7.3 and design of issue 3, §C.
@Suite("Laws of the clock")
struct ClockLawTests {
    @Test("a stamp is doubted, put right or left, as the rules say", arguments: 1...UInt64(400))
    func rules(seed: UInt64) throws {
        let one = ClockCase(seed: seed)
        let limits = Limits()
        let (ordered, isSuspect) = one.ordered(one.stamp, offset: one.offset)
        let stamp = try #require(ordered)
        let captured = one.stamp.instant.milliseconds
        let corrected = captured - max(0, one.offset)
        let possible = limits.earliestStampMilliseconds...one.now + limits.futureStampMilliseconds
        let isAhead = captured > possible.upperBound
        if possible.contains(captured) {
            #expect(stamp == one.stamp && !isSuspect)
        } else if isAhead && possible.contains(corrected) {
            #expect(stamp.instant.milliseconds == corrected && !isSuspect)
            #expect(stamp.bits & 0xffff == one.stamp.bits & 0xffff)
        } else {
            #expect(stamp == Stamp(milliseconds: one.now) && isSuspect)
        }
        // No stamp wins over those that come in more than two minutes from now.
        #expect(stamp.instant.milliseconds <= one.now + limits.futureStampMilliseconds)
        #expect(stamp.instant.milliseconds >= limits.earliestStampMilliseconds)
    }

    @Test("a clock that is behind excuses nothing", arguments: 1...UInt64(60))
    func behind(seed: UInt64) {
        let one = ClockCase(seed: seed)
        for offset in [-1, -60_000, Int64.min / 2] {
            let (left, right) = (
                one.ordered(one.stamp, offset: offset), one.ordered(one.stamp, offset: 0)
            )
            #expect(left.stamp == right.stamp && left.isSuspect == right.isSuspect)
        }
    }

    @Test("what lies ahead by the same offset keeps its order", arguments: 1...UInt64(100))
    func order(seed: UInt64) throws {
        let one = ClockCase(seed: seed)
        let next = Stamp(bits: one.stamp.bits + 1)
        let pair = [one.stamp, next].map { one.ordered($0, offset: one.offset) }
        guard pair.allSatisfy({ !$0.isSuspect }),
            [one.stamp, next].count(where: {
                $0.instant.milliseconds > one.now + Limits().futureStampMilliseconds
            }) != 1
        else { return }
        #expect(try #require(pair[0].stamp) < #require(pair[1].stamp))
    }
}
