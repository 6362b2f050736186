extension Story {
    /// The story of a seed.
    package init(seed: UInt64) {
        var draw = Draw(seed: seed)
        let devices = (0..<draw.within(2...4)).map { _ in draw.below(Template.founders) }
        // Drawn beside the others: stories without it are what they were.
        var beside = Draw(seed: seed ^ 0xe7a5e)
        var weather = Weather(drawnBy: &draw, hasErasures: beside.percent(25))
        let count = draw.within(16...56)
        let steps = (0..<count).map { _ in weather.step(&draw, devices: devices.count) }
        self.init(seed: seed, devices: devices, steps: steps)
        hasSmallLimits = draw.percent(80)
        budgets = devices.map { _ in beside.percent(60) ? beside.below(5) : nil }
        addOfficeActs()
    }
}

/// How bad a world is: most worlds have few kinds of trouble, so that each kind is also met alone.
private struct Weather {
    private let network: Int
    private let crashes: Int
    private let kinds: [Kind]

    private enum Kind: CaseIterable {
        case clocks, copies, restores, unnoticed, tray, late, disk, purge, upgrade, losses, moves,
            erasures
    }

    init(drawnBy draw: inout Draw, hasErasures: Bool) {
        network = draw.one(of: [0, 10, 30, 60])
        crashes = draw.one(of: [0, 0, 10, 30])
        var kinds: [Kind] = []
        for kind in Kind.allCases where kind != .erasures && draw.percent(30) {
            kinds.append(kind)
        }
        if hasErasures { kinds.append(.erasures) }
        self.kinds = kinds
    }

    mutating func step(_ draw: inout Draw, devices: Int) -> Step {
        let device = draw.below(8)
        switch draw.below(100) {
        case ..<46:
            return .capture(device, act(&draw), dies: draw.percent(crashes) ? fuse(&draw) : nil)
        case ..<72:
            let fates = (0..<draw.below(4)).map { _ in fate(&draw) }
            return .sync(device, fates, dies: draw.percent(crashes) ? fuse(&draw) : nil)
        case ..<75:
            return .wait(milliseconds: Int64(draw.one(of: [1, 1_000, 60_000, 3_600_000])))
        default:
            return trouble(&draw, device: device)
        }
    }

    /// Early ones are the more interesting, late ones must happen too.
    private func fuse(_ draw: inout Draw) -> Int {
        draw.one(of: [draw.below(6), draw.below(30), draw.below(120)])
    }

    private func fate(_ draw: inout Draw) -> Fate {
        guard draw.percent(network) else { return .arrives }
        return switch draw.below(7) {
        case 0: .requestLost
        case 1: .answerLost
        case 2: .answerCut(draw.below(1_000))
        case 3: .twice
        case 4: .late
        default: draw.percent(50 + crashes) ? .hubDies(after: fuse(&draw)) : .answerLost
        }
    }

    private func act(_ draw: inout Draw) -> Act {
        let which = draw.below(1_000)
        switch draw.below(32) {
        case ..<4: return .newCustomer(which)
        case ..<11: return .editCustomer(which, field: draw.below(12), value: draw.below(1_000))
        case ..<13: return .addTag(which, draw.below(6))
        case 13: return .removeTag(which)
        case 14: return .editTwo(which, draw.below(1_000))
        case 15: return .delete(which)
        case 16: return .visit(which, aspects: draw.below(16))
        case 17: return .visitState(which, draw.below(5))
        case 18: return .promise(which)
        case 19: return .keepPromise(which, draw.below(3))
        case 20, 28: return .referral(which, contact: draw.below(4))
        case 29: return .editReferral(which, how: draw.below(5))
        case 30: return .claim(which)
        case 31: return .takeOver(which)
        case 21, 22: return .enrol(which)
        case 23, 24: return .points(which, cause: draw.below(3))
        case 25, 26: return .poison(which)
        default: return .settle(which)
        }
    }

    private func trouble(_ draw: inout Draw, device: Int) -> Step {
        guard !kinds.isEmpty else { return .wait(milliseconds: 10) }
        switch draw.one(of: kinds) {
        case .clocks where draw.percent(20):
            let faults: [ClockFault] = [
                .drift(draw.within(-50...50)), .jump(milliseconds: -3_600_000), .stick, .right,
            ]
            return .hubClock(draw.one(of: faults))
        case .clocks:
            let faults: [ClockFault] = [
                .jump(milliseconds: 3 * 365 * 86_400_000), .jump(milliseconds: -7_200_000),
                .jump(milliseconds: Int64(draw.within(-600_000...600_000))), .reset, .stick,
                .drift(draw.within(-50...50)), .right, .right,
            ]
            return .clock(device, draw.one(of: faults))
        case .copies:
            return draw.one(of: [.clone(device), .keepCopy(device), .rollBack(device)])
        case .restores:
            return draw.one(of: [
                .backUp(isNoted: true), .backUp(isNoted: false), .restore(isNoticed: true),
            ])
        case .unnoticed:
            return draw.one(of: [
                .backUp(isNoted: true), .backUp(isNoted: false), .restore(isNoticed: false),
            ])
        case .tray:
            let act = draw.one(of: [TrayAct.discard, .handOver, .resubmit])
            return draw.percent(70)
                ? .tray(device, draw.below(8), act) : .retryAtOffice(draw.below(8))
        case .late: return .deliverLate(draw.below(16))
        case .disk:
            return draw.percent(60)
                ? .fillDevice(device, draw.percent(50)) : .fillHub(draw.percent(50))
        case .purge:
            return draw.percent(40) ? .purge : .capture(device, .delete(draw.below(100)), dies: nil)
        case .upgrade: return draw.percent(40) ? .upgradeHub : .wait(milliseconds: 10)
        case .moves:
            return draw.percent(60)
                ? .moveCustomer(draw.below(1_000), to: draw.below(2))
                : .assign(draw.below(3), mask: draw.below(4))
        case .erasures: return .erase(draw.below(1_000))
        case .losses: return draw.percent(20) ? .lose(device) : .wait(milliseconds: 10)
        }
    }
}
