package import RondaModel

/// A moment, and the civil day and time at the place where it counts. Whoever asks knows the zone;
/// the rules read no clock and no table of zones.
package struct LocalMoment: Sendable, Hashable {
    package let instant: Instant
    /// How far the clocks there are ahead of UTC at that moment.
    package let offsetMinutes: Int

    package init(_ instant: Instant, offsetMinutes: Int) {
        self.instant = instant
        self.offsetMinutes = offsetMinutes
    }

    package var day: CivilDate {
        CivilDate(days: Int32(clamping: Self.floor(localMinutes, by: Self.minutesInDay)))
    }

    /// Minutes since midnight.
    package var minute: Int {
        Int(localMinutes - Self.floor(localMinutes, by: Self.minutesInDay) * Self.minutesInDay)
    }

    /// Another moment, at the same distance from UTC.
    package func sameClock(_ other: Instant) -> LocalMoment {
        LocalMoment(other, offsetMinutes: offsetMinutes)
    }

    private static let minutesInDay: Int64 = 1_440

    private var localMinutes: Int64 {
        Self.floor(instant.milliseconds, by: 60_000) + Int64(offsetMinutes)
    }

    private static func floor(_ value: Int64, by divisor: Int64) -> Int64 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension Instant {
    package func adding(hours: Int) -> Instant { adding(milliseconds: Int64(hours) * 3_600_000) }
    package func adding(days: Int) -> Instant { adding(hours: days * 24) }
}
