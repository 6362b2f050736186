/// One line of the result: ours beside the limit it is compared with, from one run.
struct Measurement: Encodable, Sendable {
    /// Whether a larger or a smaller ratio is the better one.
    enum Direction: String, Encodable, Sendable {
        case atLeast, atMost
    }

    let id: String
    let value: Double
    let unit: String
    /// What the limit reached, in the same unit.
    let limit: Double
    /// `value / limit`.
    let ratio: Double
    /// What the ratio is asked to reach.
    let reach: Double
    let direction: Direction
    /// Average time of one 4 KiB write and fdatasync beside this measurement, in microseconds:
    /// what is bound by the disk means nothing without it.
    let fsyncMicroseconds: Double
    let note: String

    init(
        _ id: String, value: Double, unit: String, limit: Double, reach: Double,
        direction: Direction, ratio: Double? = nil, fsyncMicroseconds: Double = 0, note: String = ""
    ) {
        self.id = id
        self.value = value
        self.unit = unit
        self.limit = limit
        self.ratio = ratio ?? (limit == 0 ? 0 : value / limit)
        self.reach = reach
        self.direction = direction
        self.fsyncMicroseconds = fsyncMicroseconds
        self.note = note
    }

    var isReached: Bool {
        switch direction {
        case .atLeast: ratio >= reach
        case .atMost: ratio <= reach
        }
    }
}

/// Ours and the limit measured in turn, several times, because the machine's speed drifts: the
/// ratio is the median of the ratios pair by pair.
struct Pairs: Sendable {
    private(set) var ours: [Double] = []
    private(set) var limits: [Double] = []
    private(set) var fsyncs: [Double] = []

    mutating func add(ours one: Double, limit: Double, fsync: Double) {
        ours.append(one)
        limits.append(limit)
        fsyncs.append(fsync)
    }

    func measurement(
        _ id: String, unit: String, reach: Double, direction: Measurement.Direction,
        note: String = ""
    ) -> Measurement {
        Measurement(
            id, value: ours.median, unit: unit, limit: limits.median, reach: reach,
            direction: direction, ratio: zip(ours, limits).map { $0 / $1 }.median,
            fsyncMicroseconds: fsyncs.median * 1_000_000, note: note)
    }
}

extension [Double] {
    var median: Double {
        let sorted = sorted()
        return isEmpty ? 0 : (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }
}
