/// What the office does with a device, and what its owner does who has no access or no network.
/// Numbers choose among what there is.
package enum DeviceAct: Sendable, Hashable {
    case revoke(Int)
    /// Its access ends in so many milliseconds, by the hub's clock.
    case expire(Int, milliseconds: Int64)
    /// Some device whose access has ended gets it back.
    case restoreAccess(Int)
    /// Some device whose access has ended brings the office what it has not sent.
    case surrender(Int, [Fate], dies: Int?)
    /// The office has all judged that was surrendered to it.
    case judge
    /// The device syncs, and the office takes it in.
    case handIn(Int, evenWithUnsent: Bool)
    /// What is unsent is sealed, and somebody takes it along.
    case exportBundle(Int)
    /// Somebody delivers one of the bundles that were ever made.
    case deliverBundle(Int, [Fate])
}

extension DeviceAct {
    /// What it is, without what it is done to.
    var name: String { String("\(self)".prefix { $0 != "(" }) }

    /// One of each kind.
    package static let names: Set<String> = [
        "revoke", "expire", "restoreAccess", "surrender", "judge", "handIn", "exportBundle",
        "deliverBundle",
    ]
}

/// What becomes of a device whose access has ended when all is well again.
package enum Ending: Sendable, Hashable, CaseIterable {
    case kept
    case accessRestored
    case surrendered
    case surrenderedAndJudged
    case bundled
}

/// Which of the acts of the office there are in a world; drawn beside all others, so that stories
/// without them are what they were.
struct OfficeWeather {
    private enum Kind: CaseIterable {
        case access, bundles, organisation
    }

    private let kinds: [Kind]
    private let fates: Int
    private let crashes: Int

    init?(drawnBy draw: inout Draw) {
        guard draw.percent(35) else { return nil }
        let kinds = Kind.allCases.filter { _ in draw.percent(50) }
        self.kinds = kinds.isEmpty ? [draw.one(of: Kind.allCases)] : kinds
        fates = draw.one(of: [0, 20, 50])
        crashes = draw.one(of: [0, 0, 20])
    }

    var isOrganised: Bool { kinds.contains(.organisation) }

    func step(_ draw: inout Draw) -> Step {
        switch draw.one(of: kinds) {
        case .access: .device(access(&draw))
        case .bundles: .device(bundles(&draw))
        case .organisation: .organise(.drawn(by: &draw))
        }
    }

    private func access(_ draw: inout Draw) -> DeviceAct {
        let device = draw.below(8)
        return switch draw.below(13) {
        case ..<3: .revoke(device)
        case 3, 12:
            .expire(device, milliseconds: draw.one(of: [0, 60_000, 1_800_000, 400 * 86_400_000]))
        case ..<7: .restoreAccess(device)
        case ..<10:
            .surrender(
                device, (0..<draw.below(3)).map { _ in fate(&draw) },
                dies: draw.percent(crashes) ? draw.below(40) : nil)
        case 10: .judge
        default: .handIn(device, evenWithUnsent: draw.percent(30))
        }
    }

    private func bundles(_ draw: inout Draw) -> DeviceAct {
        let which = draw.below(8)
        if draw.percent(45) { return .exportBundle(which) }
        return .deliverBundle(which, (0..<draw.below(3)).map { _ in fate(&draw) })
    }

    private func fate(_ draw: inout Draw) -> Fate {
        guard draw.percent(fates) else { return .arrives }
        return switch draw.below(5) {
        case 0: .requestLost
        case 1: .answerLost
        case 2: .twice
        case 3: .late
        default: .hubDies(after: draw.below(30))
        }
    }
}

extension Story {
    /// Whether the office does something about devices or about who sees what.
    package var hasOfficeActs: Bool {
        steps.contains { step in
            switch step {
            case .device, .organise: true
            default: false
            }
        }
    }

    /// Puts what the office does in between what was drawn already.
    mutating func addOfficeActs() {
        var draw = Draw(seed: seed ^ 0x0ff1_ce00)
        guard let weather = OfficeWeather(drawnBy: &draw) else { return }
        if weather.isOrganised {
            isOrganised = true
            devices += (0..<draw.within(1...2)).map { _ in
                draw.within(Template.founders...Template.people.count - 1)
            }
        }
        for _ in 0..<draw.within(4...18) {
            steps.insert(weather.step(&draw), at: draw.below(steps.count + 1))
        }
        endings = devices.map { _ in draw.one(of: Ending.allCases) }
    }
}
