internal import Foundation
internal import RondaModel

/// Moments and the civil time of a zone, both ways.
enum LocalTime {
    /// The day and the minute of the day in `zone`.
    static func civil(_ instant: Instant, in zone: TimeZone) -> (day: CivilDate, minute: Int) {
        let seconds = floorDivide(instant.milliseconds, 1_000)
        let offset = Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
        let local = seconds + offset
        let day = floorDivide(local, 86_400)
        return (CivilDate(days: Int32(clamping: day)), Int(local - day * 86_400) / 60)
    }

    static func offsetMinutes(at instant: Instant, in zone: TimeZone) -> Int {
        let seconds = floorDivide(instant.milliseconds, 1_000)
        return zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))) / 60
    }

    /// The moment with this civil time; `nil` when the clocks of the zone skip it. When they show
    /// it twice, the first.
    static func instant(_ day: CivilDate, minute: Int, in zone: TimeZone) -> Instant? {
        let local = Int64(day.days) * 86_400 + Int64(minute) * 60
        let offsets = [-86_400, 86_400].map { shift in
            Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(local + shift))))
        }
        return offsets.map { local - $0 }.sorted().first { seconds in
            let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
            return seconds + Int64(offset) == local
        }.map { Instant(milliseconds: $0 * 1_000) }
    }

    /// `2026-11-30T16:00:00.000Z`
    static func utcText(_ instant: Instant) -> String {
        let day = floorDivide(instant.milliseconds, 86_400_000)
        let rest = instant.milliseconds - day * 86_400_000
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let time = [
            padded(rest / 3_600_000, 2), padded(rest / 60_000 % 60, 2),
            padded(rest / 1_000 % 60, 2),
        ].joined(separator: ":")
        return "\(CivilDate(days: Int32(clamping: day)))T\(time).\(padded(rest % 1_000, 3))Z"
    }

    /// `16:05:09`
    static func clock(_ instant: Instant, in zone: TimeZone) -> String {
        let minute = civil(instant, in: zone).minute
        let second =
            floorDivide(instant.milliseconds, 1_000) - 60
            * floorDivide(instant.milliseconds, 60_000)
        return [minute / 60, minute % 60, Int(second)].map { $0 < 10 ? "0\($0)" : "\($0)" }
            .joined(separator: ":")
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
