internal import Foundation
public import RondaModel

/// What a device takes from the world around it. Tests pass their own.
public struct DeviceSurroundings: Sendable {
    public let now: @Sendable () -> Instant
    public let random: @Sendable () -> UInt64
    /// A number of this boot of the machine, and the milliseconds since it, by a clock nobody sets.
    public let uptime: @Sendable () -> (boot: UInt32, milliseconds: UInt64)
    public let sleep: @Sendable (_ milliseconds: Int64) async throws -> Void
    /// The program and its version, told to the office: at most 64 bytes, nothing personal.
    public var app = ""

    public init(
        now: @escaping @Sendable () -> Instant, random: @escaping @Sendable () -> UInt64,
        uptime: @escaping @Sendable () -> (boot: UInt32, milliseconds: UInt64),
        sleep: @escaping @Sendable (_ milliseconds: Int64) async throws -> Void
    ) {
        self.now = now
        self.random = random
        self.uptime = uptime
        self.sleep = sleep
    }

    /// The machine's own clock, random numbers and timers.
    public static let system = DeviceSurroundings(
        now: { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) },
        random: { .random(in: 0 ... .max) },
        uptime: { (boot, UInt64(ProcessInfo.processInfo.systemUptime * 1_000)) },
        sleep: { try await Task.sleep(for: .milliseconds($0)) })

    /// Linux gives each boot a random id; elsewhere 0 says that it is not known.
    private static let boot: UInt32 = {
        let id = FileManager.default.contents(atPath: "/proc/sys/kernel/random/boot_id") ?? Data()
        return UInt32(String(decoding: id.prefix(8), as: UTF8.self), radix: 16) ?? 0
    }()

    func mint() -> RecordID {
        .minted(milliseconds: now().milliseconds, random: (random(), random()))
    }
}
