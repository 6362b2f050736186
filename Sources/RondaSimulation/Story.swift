/// What happens to one message between a device and the hub.
package enum Fate: Sendable, Hashable {
    case arrives
    case requestLost
    case answerLost
    /// Only the first part of the answer arrives, in thousandths.
    case answerCut(Int)
    /// The request reaches the hub twice; the second answer is the one that arrives.
    case twice
    /// The request is overtaken by everything else: it is held back, and may arrive much later.
    case late
    /// The hub's process dies after so many writes, or, when it needs fewer, between its commit and
    /// its answer.
    case hubDies(after: Int)
}

/// What a person does on a device. Numbers choose among what is on the device, whatever it is.
package enum Act: Sendable, Hashable {
    case newCustomer(Int)
    /// Sets one of the customer's fields, chosen by `field`, to a value made from `value`.
    case editCustomer(Int, field: Int, value: Int)
    case addTag(Int, Int)
    case removeTag(Int)
    /// Two customers in one commit.
    case editTwo(Int, Int)
    case delete(Int)
    case visit(Int, aspects: Int)
    /// Moves a visit along, or back.
    case visitState(Int, Int)
    case promise(Int)
    /// Hands the keeping of a promise to whoever is at the device.
    case takeOver(Int)
    case keepPromise(Int, Int)
    case referral(Int, contact: Int)
    /// Adds a referrer, takes one away, or gives the referred person another name.
    case editReferral(Int, how: Int)
    case claim(Int)
    case enrol(Int)
    case points(Int, cause: Int)
    case settle(Int)
    /// Something the hub will refuse though the device cannot know.
    case poison(Int)
}

extension Act {
    /// What it is, without what it is done to.
    var name: String { String("\(self)".prefix { $0 != "(" }) }

    /// One of each kind.
    package static let names: Set<String> = [
        "newCustomer", "editCustomer", "addTag", "removeTag", "editTwo", "delete", "visit",
        "visitState", "promise", "takeOver", "keepPromise", "referral", "editReferral", "claim",
        "enrol", "points", "settle", "poison",
    ]
}

package enum TrayAct: Sendable, Hashable {
    case discard, handOver, resubmit
}

package enum ClockFault: Sendable, Hashable {
    case jump(milliseconds: Int64)
    /// Back to the beginning of 1970, as after an empty battery.
    case reset
    case stick
    /// Milliseconds gained a second.
    case drift(Int)
    case right
}

package enum Step: Sendable, Hashable {
    /// `dies`: the process dies after so many writes.
    case capture(Int, Act, dies: Int?)
    case sync(Int, [Fate], dies: Int?)
    case wait(milliseconds: Int64)
    case clock(Int, ClockFault)
    case hubClock(ClockFault)
    /// Another copy of the device's store goes on beside it.
    case clone(Int)
    case keepCopy(Int)
    /// The device's store becomes what it was when a copy was kept.
    case rollBack(Int)
    case lose(Int)
    case tray(Int, Int, TrayAct)
    case retryAtOffice(Int)
    case backUp(isNoted: Bool)
    case restore(isNoticed: Bool)
    case deliverLate(Int)
    case fillDevice(Int, Bool)
    case fillHub(Bool)
    case purge
    case upgradeHub
    /// The office hands one customer over to a territory.
    case moveCustomer(Int, to: Int)
    /// A customer asks for erasure.
    case erase(Int)
    /// The office assigns a person other territories, by the bits of `mask`.
    case assign(Int, mask: Int)
    case device(DeviceAct)
    case organise(OrganisationAct)
}

/// A world and what happens in it, as values: what a seed draws, what a test writes down, what is
/// shrunk.
package struct Story: Sendable {
    package var seed: UInt64
    /// The accounts of the devices, by their place in `Template.people`.
    package var devices: [Int]
    package var steps: [Step]
    /// Whether pages, batches and ranges are as small as can be.
    package var hasSmallLimits = true
    /// How many records of history the device of the same place keeps; those beyond keep all.
    package var budgets: [Int?] = []
    /// Whether the company has a region, teams, and people of every role.
    package var isOrganised = false
    /// What becomes at the end of the devices without access, one after the other.
    package var endings: [Ending] = []

    /// How much fits on a disk depends on the life of the file: such a world needs new ones.
    var hasFullDisks: Bool {
        steps.contains { step in
            switch step {
            case .fillDevice, .fillHub: true
            default: false
            }
        }
    }

    package init(seed: UInt64 = 0, devices: [Int], steps: [Step]) {
        self.seed = seed
        self.devices = devices
        self.steps = steps
    }
}
