package import RondaProtobuf

/// When an answer goes out that says of a record that it is not there. To find a record and see that the
/// account may not have it takes some microseconds longer than not to find it, and they add up: so all such
/// answers go out at whole ticks after their request, whatever was found (SPEC §6.2).
package enum AnswerTick {
    package static let length = Duration.milliseconds(50)

    /// How long to wait so that the answer goes out at the next whole tick.
    package static func wait(after elapsed: Duration) -> Duration {
        let ticks = (max(elapsed, .zero) / length).rounded(.down) + 1
        return length * ticks - max(elapsed, .zero)
    }
}

extension WireExchangeResponse {
    /// Whether it says that something is not there, which may mean that it is out of sight.
    package var tellsOfAbsence: Bool {
        verdicts.contains {
            $0.outcome == .refused
                && [.unknownRecord, .unknownParent].contains($0.refusal.code)
        }
    }
}
