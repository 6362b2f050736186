internal import RondaClient
internal import RondaHub
internal import RondaModel
internal import Synchronization

/// Random numbers that several parts of one world take from one generator.
final class Source: Sendable {
    private let draw: Mutex<Draw>

    init(_ draw: Draw) { self.draw = Mutex(draw) }

    func next() -> UInt64 { draw.withLock { $0.next() } }
}

/// A number that is never given twice in a world: by it the checkers know a capture again.
final class Counter: Sendable {
    private let number = Mutex(UInt64(0))

    func next() -> UInt64 {
        number.withLock {
            $0 += 1
            return $0
        }
    }

    var last: UInt64 { number.withLock { $0 } }
}

/// The time as it is; nobody in the world knows it.
final class TrueTime: Sendable {
    private let milliseconds: Mutex<Int64>

    init(milliseconds: Int64) { self.milliseconds = Mutex(milliseconds) }

    var now: Int64 { milliseconds.withLock { $0 } }

    func pass(milliseconds more: Int64) { milliseconds.withLock { $0 += more } }

    /// Looking takes a millisecond.
    func look() -> Int64 {
        milliseconds.withLock {
            $0 += 1
            return $0
        }
    }
}

/// The clock of one machine, as wrong as its faults make it.
final class Clock: Sendable {
    private struct Setting {
        var shown: Int64
        var since: Int64
        var gain = 0
        var isStuck = false
    }

    private let time: TrueTime
    private let setting: Mutex<Setting>

    init(_ time: TrueTime) {
        self.time = time
        setting = Mutex(Setting(shown: time.now, since: time.now))
    }

    /// A copied machine goes on with the clock it had.
    init(copying other: Clock) {
        time = other.time
        setting = Mutex(other.setting.withLock { $0 })
    }

    var now: Instant {
        let true_ = time.look()
        return Instant(milliseconds: setting.withLock { Self.shown($0, at: true_) })
    }

    /// What it shows; looking in this way takes no time.
    var shown: Instant {
        let true_ = time.now
        return Instant(milliseconds: setting.withLock { Self.shown($0, at: true_) })
    }

    private static func shown(_ setting: Setting, at time: Int64) -> Int64 {
        if setting.isStuck { return setting.shown }
        let passed = time - setting.since
        return setting.shown + passed + passed * Int64(setting.gain) / 1_000
    }

    func suffer(_ fault: ClockFault) {
        let true_ = time.now
        setting.withLock { setting in
            setting.shown = Self.shown(setting, at: true_)
            setting.since = true_
            switch fault {
            case .jump(let milliseconds): setting.shown = max(0, setting.shown + milliseconds)
            case .reset: setting.shown = 0
            case .stick: setting.isStuck = true
            case .drift(let gain): setting.gain = gain
            case .right: setting = Setting(shown: true_, since: true_)
            }
        }
    }

    func surroundings(_ source: Source, _ captures: Counter) -> DeviceSurroundings {
        DeviceSurroundings(
            now: { self.now }, random: { source.next() },
            uptime: { (1, captures.next()) }, sleep: { _ in })
    }

    func surroundings(_ source: Source) -> Surroundings {
        Surroundings(now: { self.now }, random: { source.next() })
    }
}
