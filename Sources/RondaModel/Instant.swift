/// A moment in milliseconds since 1970-01-01 00:00 UTC.
public struct Instant: Sendable, Hashable, Comparable {
    public let milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    public static func < (left: Instant, right: Instant) -> Bool {
        left.milliseconds < right.milliseconds
    }

    public func adding(milliseconds more: Int64) -> Instant {
        Instant(milliseconds: milliseconds + more)
    }
}

/// A hybrid logical clock reading: 48 bits of milliseconds, 16 bits of counter.
///
/// It never runs backwards on one device, and stays close to the wall clock (Kulkarni et al.,
/// "Logical Physical Clocks", 2014).
public struct Stamp: Sendable, Hashable, Comparable {
    package let bits: UInt64

    package init(bits: UInt64) {
        self.bits = bits
    }

    package init(milliseconds: Int64, counter: UInt16 = 0) {
        let bounded = UInt64(min(max(milliseconds, 0), (1 << 48) - 1))
        bits = bounded << 16 | UInt64(counter)
    }

    package static let zero = Stamp(bits: 0)

    public var instant: Instant { Instant(milliseconds: Int64(bits >> 16)) }

    /// The next reading after `self` when the wall clock says `now`: later than both, or, when the
    /// wall clock stands behind, one counter step on. Where it stands further behind than
    /// `suspect`, it is the last reading that was wrong, and the wall clock is followed again.
    package func next(
        now: Instant, suspectMilliseconds suspect: Int64 = Limits().futureStampMilliseconds
    ) -> Stamp {
        let wall = Stamp(milliseconds: now.milliseconds)
        let isAhead = instant.milliseconds - now.milliseconds > suspect
        return wall > self || isAhead ? wall : Stamp(bits: bits &+ 1)
    }

    /// The same counter at another time.
    package func moved(byMilliseconds distance: Int64) -> Stamp {
        Stamp(
            milliseconds: instant.milliseconds &+ distance,
            counter: UInt16(truncatingIfNeeded: bits))
    }

    public static func < (left: Stamp, right: Stamp) -> Bool { left.bits < right.bits }
}
