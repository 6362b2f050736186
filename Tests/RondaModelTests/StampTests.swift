import RondaModel
import Testing

@Suite("A capture stamp")
struct StampTests {
    @Test("holds milliseconds and a counter, and orders by both")
    func layout() {
        let stamp = Stamp(milliseconds: 1_700_000_000_000, counter: 3)
        #expect(stamp.bits == 1_700_000_000_000 << 16 | 3)
        #expect(stamp.instant == Instant(milliseconds: 1_700_000_000_000))
        #expect(stamp < Stamp(milliseconds: 1_700_000_000_000, counter: 4))
        #expect(
            Stamp(milliseconds: 1_700_000_000_000, counter: .max)
                < Stamp(milliseconds: 1_700_000_000_001))
    }

    @Test("stays within 48 bits of time", arguments: [Int64.min, -1, 0, 1 << 48, .max])
    func bounds(milliseconds: Int64) {
        let expected: Int64 = milliseconds > 0 ? (1 << 48) - 1 : 0
        #expect(Stamp(milliseconds: milliseconds).instant.milliseconds == expected)
    }

    @Test("follows the wall clock while that runs ahead")
    func forward() {
        let stamp = Stamp(milliseconds: 1_000, counter: 9)
        #expect(stamp.next(now: Instant(milliseconds: 1_001)) == Stamp(milliseconds: 1_001))
    }

    @Test("never runs backwards, not when the clock is set back nor when the counter is full")
    func backward() {
        var stamp = Stamp(milliseconds: 1_000, counter: .max - 2)
        for now in [Int64(1_000), 1_000, 500, -5, 0, 999, 1_000] {
            let next = stamp.next(now: Instant(milliseconds: now))
            #expect(next > stamp)
            stamp = next
        }
        #expect(stamp == Stamp(milliseconds: 1_001, counter: 4))
    }

    @Test("starts again from the wall clock where it had jumped far ahead of it, and only there")
    func restart() {
        let limit = Limits().futureStampMilliseconds
        let now = Instant(milliseconds: 1_700_000_000_000)
        let distances: [Int64] = [-limit - 1, -1, 0, 1, limit - 1, limit, limit + 1, limit * 9_999]
        for ahead in distances {
            for counter: UInt16 in [0, 7, .max] {
                let last = Stamp(milliseconds: now.milliseconds + ahead, counter: counter)
                let next = last.next(now: now)
                if ahead > limit {
                    #expect(next == Stamp(milliseconds: now.milliseconds))
                } else {
                    #expect(next > last)
                    #expect(next >= Stamp(milliseconds: now.milliseconds))
                }
                // The hub's limit from then on is kept, but for a counter that ran over.
                #expect(next.instant.milliseconds <= now.milliseconds + limit + 1)
            }
        }
    }

    @Test("after a jump is over, stamps of one device grow again")
    func afterJump() {
        var stamp = Stamp(milliseconds: 1_800_000_000_000, counter: 3)
        var milliseconds: Int64 = 1_700_000_000_000
        stamp = stamp.next(now: Instant(milliseconds: milliseconds))
        for step in [Int64(0), 5, -60_000, 0, 120_000, -119_000] {
            milliseconds += step
            let next = stamp.next(now: Instant(milliseconds: milliseconds))
            #expect(next > stamp)
            stamp = next
        }
    }

    @Test("moves by so many milliseconds, its counter kept, and not below zero")
    func moved() {
        let stamp = Stamp(milliseconds: 5_000, counter: 9)
        #expect(stamp.moved(byMilliseconds: -3_000) == Stamp(milliseconds: 2_000, counter: 9))
        #expect(stamp.moved(byMilliseconds: 1) > stamp)
        #expect(stamp.moved(byMilliseconds: -9_000) == Stamp(milliseconds: 0, counter: 9))
    }
}
