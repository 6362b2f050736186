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
}
