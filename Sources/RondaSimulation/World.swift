internal import GRDB
internal import RondaClient
internal import RondaHub
internal import RondaMerge
internal import RondaModel
internal import RondaStore
internal import RondaStoreSQLite

/// What must never be, and was.
struct Violation: Error {
    let what: String
}

/// A hub, devices, and everything that goes wrong between them. One operation at a time.
final class World {
    /// Small, so that small worlds have pages, batches and ranges to divide.
    static let limits: Limits = {
        var limits = Limits()
        limits.commitsPerExchange = 4
        limits.pageRecords = 5
        limits.recordsPerRange = 4
        limits.wantedPerFetch = 3
        limits.droppedPerTransaction = 2
        limits.keptCommitMilliseconds = 1_000
        return limits
    }()

    static let largeLimits: Limits = {
        var limits = Limits()
        limits.keptCommitMilliseconds = 1_000
        return limits
    }()

    let template: Template
    let time: TrueTime
    let network: Network
    let bug: PlantedBug?
    var machines: [Machine] = []
    var ledger: [Tag: Captured] = [:]
    var trace = Trace()
    let hubClock: Clock
    private var draw: Draw
    let reader = CommitReader()
    private let captures = Counter()
    private var backups: [SQLiteStore] = []
    private(set) var restores = 0
    /// What the office did itself, and how much of it the last backup has.
    private var officeActs = 0
    private var officeActsBefore = 0
    private(set) var wasSetBackUnnoticed = false
    /// The history that the hub goes on with as if nothing had happened.
    private(set) var epochSetBack: UInt64?
    /// Somebody's device, or its id, is gone for good: the office has to close a recovery.
    private(set) var isAnybodyGone = false
    /// Who has no access, as the office knows it.
    let register: Register
    private(set) var endsBefore: [RecordID: Instant] = [:]
    let endings: [Ending]
    /// Every bundle that was ever made: whoever has it may deliver it again.
    var bundles: [CarriedBundle] = []
    private(set) var wasPurged = false
    private(set) var wasUpgraded = false
    private(set) var wereClocksWrong = false
    /// What is captured again is captured with what is known by then.
    private(set) var wasResubmitted = false
    /// How many copies of stores went on beside or instead of others.
    private(set) var copies = 0
    /// Final verdicts and contents as they were first seen, by device and number.
    var verdicts: [String: Outcome] = [:]
    var contents: [String: Tag] = [:]
    private let edition: Edition
    /// Beside the hub's stores: it outlives each of them.
    let erasures = Erasures()
    /// Where the first stores came from; `nil` for new ones.
    private let shelf: Shelf?
    private var borrowed: [LocalStore] = []
    private let borrowedHub: SQLiteStore

    init(_ story: Story, template: Template, shelf: Shelf, bug: PlantedBug?) throws {
        self.template = template
        self.bug = bug
        self.shelf = bug == nil && !story.hasFullDisks ? shelf : nil
        draw = Draw(seed: story.seed ^ 0x5eed)
        time = TrueTime(milliseconds: Template.start + 86_400_000)
        hubClock = Clock(time)
        register = Register { [hubClock] in hubClock.shown }
        endings = story.endings
        var (schema, limits) = (
            Schema.current, story.hasSmallLimits ? Self.limits : Self.largeLimits
        )
        bug?.spoil(&schema)
        bug?.spoil(&limits)
        let (edition, hubLimits) = (Edition(schema), limits)
        self.edition = edition
        let surroundings = hubClock.surroundings(Source(draw.split()))
        let erasures = erasures
        let store = try self.shelf?.takeHub() ?? template.hub.copy(schema: schema)
        borrowedHub = store
        try bug?.plant(in: store)
        network = Network(
            store, register: register,
            start: {
                Hub(
                    store: $0, schema: edition.current, limits: hubLimits, ledger: erasures,
                    surroundings: surroundings)
            }, bug: bug)
        for (place, person) in story.devices.enumerated() {
            let device = try self.shelf?.takeDevice() ?? copy(of: template.device)
            borrowed.append(device)
            try bug?.plant(in: device)
            if place < story.budgets.count, let most = story.budgets[place] {
                try device.withWriter { database in
                    try database.execute(
                        sql: "INSERT INTO fact(name, value) VALUES ('historyBudget', ?)",
                        arguments: [String(most)])
                }
            }
            try addMachine(person: person, store: device)
        }
    }

    /// Gives back what others can use.
    func close() {
        if let shelf { shelf.putBack(devices: borrowed, hub: borrowedHub) }
    }

    private func copy(of store: LocalStore) throws -> LocalStore {
        try LocalStore.inMemory(
            surroundings: template.surroundings, limits: Self.limits, content: store)
    }

    var hub: Hub { network.hub }

    private func addMachine(
        person: Int, store: LocalStore, clock: Clock? = nil
    ) throws {
        let machine = try Machine(
            name: String(UnicodeScalar(UInt8(65 + machines.count))), person: person,
            clock: clock ?? Clock(time), source: Source(draw.split()), captures: captures,
            store: store)
        machines.append(machine)
    }

    func live() -> [Machine] { machines.filter { !$0.isLost } }

    func noteOfficeAct() { officeActs += 1 }

    func noteSomebodyGone() { isAnybodyGone = true }

    /// Runs one step.
    func run(_ step: Step) async throws {
        time.pass(milliseconds: 100)
        switch step {
        case .capture(let device, let act, let dies):
            if case .settle(let which) = act {
                try await settle(which, on: device, dies: dies)
            } else {
                try await capture(act, on: machine(device), dies: dies)
            }
        case .sync(let device, let fates, let dies):
            network.foresee(fates)
            try await sync(machine(device), dies: dies)
            network.foresee([])
        case .wait(let milliseconds):
            time.pass(milliseconds: milliseconds)
            trace.add("\(milliseconds) ms pass")
        case .clock(let device, let fault):
            let machine = machine(device)
            machine.clock.suffer(fault)
            wereClocksWrong = true
            trace.add("clock of \(machine.name): \(fault)", fault: "clock faults")
        case .hubClock(let fault):
            hubClock.suffer(fault)
            wereClocksWrong = true
            trace.add("clock of the hub: \(fault)", fault: "hub clock faults")
        case .tray(let device, let which, let act):
            // Somebody who has something to decide.
            for next in 0..<live().count {
                if try await decide(act, on: machine(device + next), which) { break }
            }
        case .device(let act): try await run(act)
        case .organise(let act): try await run(act)
        default:
            try await disturb(step)
        }
    }

    func machine(_ which: Int) -> Machine {
        let machines = live()
        return machines[which % machines.count]
    }

    // MARK: Devices

    func hasConflicts(_ machine: Machine) async throws -> Bool {
        guard machine.isLoggedIn else { return false }
        return try await !machine.store.read { try $0.conflicts() }.isEmpty
    }

    /// By somebody who has something to settle; where nobody has, somebody does what may lead to it.
    private func settle(_ which: Int, on device: Int, dies: Int?) async throws {
        for next in 0..<live().count {
            let machine = machine(device + next)
            if try await hasConflicts(machine) {
                return try await capture(.settle(which), on: machine, dies: dies)
            }
        }
        let edit = Act.editCustomer(0, field: 0, value: which)
        try await capture(edit, on: machine(device), dies: dies)
    }

    /// Makes a device of a store that has none, or that the hub lost.
    /// - Returns: whether it is one now.
    private func logIn(_ machine: Machine) async throws -> Bool {
        if machine.code == nil {
            machine.code = try await hub.newCode(
                login: Template.people[machine.person].login
            ).code
        }
        do throws(ClientError) {
            _ = try await machine.store.login(
                server: "hub", code: machine.code ?? "", deviceName: machine.name,
                transport: Cable(network: network, device: machine.name))
            machine.isLoggedIn = true
            machine.code = nil
            trace.add("\(machine.name) logs in")
            return true
        } catch {
            if error.serverCode == "badCode" || error.code == .alreadyLoggedIn {
                machine.code = nil
            }
            trace.add("\(machine.name) login: \(error.code) \(error.serverCode ?? "")")
            return false
        }
    }

    struct SyncOutcome {
        var report: SyncReport?
        var error: ClientError?
    }

    @discardableResult
    func sync(_ machine: Machine, dies: Int?) async throws -> SyncOutcome {
        var outcome = SyncOutcome()
        let needsCode = try machine.needsCode
        let died = try await machine.run(dies: dies) {
            do throws(ClientError) {
                if needsCode {
                    do {
                        guard try await logIn(machine) else { return }
                    } catch {
                        trace.add("\(machine.name) got no code: \(error)")
                        return
                    }
                }
                outcome.report = try await machine.store.sync(
                    over: Cable(network: network, device: machine.name), readsAhead: false)
            } catch {
                outcome.error = error
            }
        }
        for event in network.takeEvents() { trace.add("  \(event)") }
        trace.add("\(machine.name) syncs: \(Self.text(outcome))\(died ? ", died" : "")")
        if died { trace.count("device deaths in sync") }
        if let wrong = register.firstWrong() { throw Violation(what: wrong) }
        if outcome.report?.outlined ?? 0 > 0 { trace.count("syncs with outlines") }
        return outcome
    }

    private static func text(_ outcome: SyncOutcome) -> String {
        if let error = outcome.error {
            return "\(error.code) \(error.serverCode ?? "") \(error.detail)"
        }
        guard let report = outcome.report else { return "no" }
        return "\(report.exchanges) exchanges, accepted \(report.accepted), merged "
            + "\(report.merged), refused \(report.refused), waiting \(report.waiting), received "
            + "\(report.received), pending \(report.pending)"
            + (report.isComplete ? "" : ", incomplete") + (report.isRestored ? ", restored" : "")
            + (report.wasCopied ? ", copied" : "")
            + (report.repaired > 0 ? ", repaired \(report.repaired)" : "")
    }

    func capture(_ act: Act, on machine: Machine, dies: Int?) async throws {
        guard machine.isLoggedIn else { return }
        let before = try await last(machine)
        var result = ""
        let person = Template.people[machine.person]
        let account = template.accounts[machine.person]
        let died = try await machine.run(dies: dies) {
            do throws(ClientError) {
                let receipt = try await machine.store.capture { capture in
                    try act.perform(in: &capture, by: person, account: account)
                }
                result = receipt == nil ? "nothing" : "done"
            } catch {
                result = "\(error.code)"
            }
        }
        let tags = try note(machine, after: before)
        if result == "done" { trace.count("captured \(act.name)") }
        trace.add(
            "\(machine.name) \(act): \(result)\(tags)\(died ? ", died" : "")",
            fault: died ? "device deaths in capture" : nil)
        if result == "done" && tags.isEmpty {
            throw Violation(what: "\(machine.name): a capture returned and is not in the outbox")
        }
    }

    private func last(_ machine: Machine) async throws -> Int64 {
        try machine.store.withWriter {
            try Int64.fetchOne($0, sql: "SELECT coalesce(max(n), 0) FROM outbox") ?? 0
        }
    }

    /// Enters into the ledger what the outbox has gained.
    private func note(_ machine: Machine, after n: Int64) throws -> String {
        var text = ""
        for row in try OutboxRow.all(in: machine.store, by: reader, after: n) {
            let tag = row.commit.tag
            ledger[tag] = Captured(
                commit: row.commit, author: template.accounts[machine.person])
            machine.expected.insert(tag)
            text += " #\(tag)"
        }
        return text
    }

    /// - Returns: false when there is nothing to decide.
    private func decide(
        _ act: TrayAct, on machine: Machine, _ which: Int
    ) async throws -> Bool {
        let tray = try await machine.store.read { try $0.tray() }
        guard !tray.isEmpty else { return false }
        let item = tray[which % tray.count]
        let before = try await last(machine)
        var result = "done"
        let person = Template.people[machine.person]
        do throws(ClientError) {
            switch act {
            case .discard: try await machine.store.discard(tray: item.n)
            case .handOver: try await machine.store.handOver(tray: item.n)
            case .resubmit:
                wasResubmitted = true
                try await machine.store.resubmit(tray: item.n) { capture in
                    try Act.correct(item, in: &capture, by: person)
                }
            }
        } catch {
            result = "\(error.code)"
        }
        let tags = try note(machine, after: before)
        trace.add("\(machine.name) \(act) \(item.code.name): \(result)\(tags)", fault: "tray acts")
        return true
    }

    // MARK: Trouble

    private func disturb(_ step: Step) async throws {
        switch step {
        case .clone(let device):
            guard machines.count < 6 else { return }
            let original = machine(device)
            guard original.isLoggedIn else { return }
            try addMachine(
                person: original.person, store: try copy(of: original.store),
                clock: Clock(copying: original.clock))
            machines[machines.count - 1].expected = original.expected
            machines[machines.count - 1].isLoggedIn = true
            copies += 1
            trace.add(
                "\(machines[machines.count - 1].name) is a copy of \(original.name)",
                fault: "clones")
        case .keepCopy(let device):
            let machine = machine(device)
            try machine.keepCopy()
            trace.add("a copy of \(machine.name) is kept")
        case .rollBack(let device):
            let machine = machine(device)
            guard try machine.rollBack() else { return }
            isAnybodyGone = true
            copies += 1
            trace.add("\(machine.name) is set back", fault: "devices set back")
        case .lose(let device):
            guard live().count > 1 else { return }
            let machine = machine(device)
            machine.isLost = true
            isAnybodyGone = true
            trace.add("\(machine.name) is lost", fault: "devices lost")
        case .fillDevice(let device, let isFull):
            let machine = machine(device)
            try machine.store.withWriter { try $0.setFull(isFull) }
            trace.add("disk of \(machine.name) full: \(isFull)", fault: isFull ? "full disks" : nil)
        case .fillHub(let isFull):
            try network.store.withWriter { try $0.setFull(isFull) }
            trace.add("disk of the hub full: \(isFull)", fault: isFull ? "full hub disks" : nil)
        case .deliverLate(let which):
            guard let event = await network.deliverHeld(which) else { return }
            trace.add(event, fault: "requests delivered late")
        default:
            do {
                try await atOffice(step)
            } catch let error as HubError {
                trace.add("\(step): \(error.code)")
            }
        }
    }

    private func atOffice(_ step: Step) async throws {
        switch step {
        case .retryAtOffice(let which):
            let tray = try await network.store.read { try $0.tray() }
            guard !tray.isEmpty else { return }
            let entry = tray[which % tray.count]
            let verdict = try await hub.retry(device: entry.device, number: entry.number)
            // A retry replaces the verdict itself, and may release what waits.
            verdicts = [:]
            trace.add("office retries \(entry.number): \(verdict.map { "\($0.outcome)" } ?? "no")")
        case .backUp(let isNoted):
            let copy = try network.store.copy()
            if isNoted {
                let problems = try await Verification.of(copy).problems
                if let first = problems.first { throw Violation(what: "backup: \(first)") }
                try await hub.noteBackup(copy)
                backups = []
            }
            backups.append(copy)
            officeActsBefore = officeActs
            endsBefore = register.ends
            trace.add("backup\(isNoted ? ", noted" : "")", fault: "backups")
        case .restore(let isWanted):
            guard let backup = backups.last else { return }
            // What only the office did since the backup nobody could prove.
            let isNoticed = isWanted || officeActs != officeActsBefore
            try checkNothingLost(
                in: try await journal())
            restores += 1
            (verdicts, contents) = ([:], [:])
            let replaced = network.store
            network.restart(over: try backup.copy(schema: edition.current))
            wasSetBackUnnoticed = wasSetBackUnnoticed || !isNoticed
            // In the order of the command that restores.
            if isNoticed { try await hub.renewHistory() }
            try await endAccessesAgain(asIn: replaced)
            if bug != .ignoredLedger { _ = try await hub.replayErasures() }
            let epoch = try await network.store.read { try $0.hub().epoch }
            epochSetBack = isNoticed ? nil : epoch
            trace.add(
                isNoticed ? "the hub is restored" : "the hub is set back and nobody notices",
                fault: isNoticed ? "hub restores" : "hubs set back unnoticed")
        case .moveCustomer(let which, let to):
            let customers = try await network.store.read { store in
                var customers: [RecordID] = []
                try store.records(of: .customer) { if !$0.isDeleted { customers.append($0.id) } }
                return customers
            }
            guard !customers.isEmpty else { return }
            let territory = Template.territories[to]
            officeActs += 1
            let moved = try await hub.move(
                [customers[which % customers.count]], to: Template.territory(territory))
            trace.add(
                "the office moves \(customers[which % customers.count]) to \(territory): \(moved)",
                fault: moved > 0 ? "customers moved" : nil)
        case .erase(let which):
            let customers = try await network.store.read { store in
                var customers: [RecordID] = []
                try store.records(of: .customer) { if !$0.isErased { customers.append($0.id) } }
                return customers
            }
            guard !customers.isEmpty else { return }
            officeActs += 1
            let erased = try await hub.erase(customers[which % customers.count])
            trace.add(
                "the office erases \(customers[which % customers.count]): "
                    + "\(erased?.records ?? 0) records", fault: "erasures")
        case .assign(let person, let mask):
            let codes = Template.territories.indices.filter { mask & 1 << $0 != 0 }
                .map { Template.territories[$0] }
            officeActs += 1
            try await hub.assign([
                template.accounts[person]: NewAssignment(
                    territories: Set(codes.map(Template.territory)))
            ])
            trace.add(
                "\(Template.people[person].login) has \(codes) now", fault: "assignments changed")
        case .upgradeHub:
            guard edition.upgrade() else { return }
            network.restart(over: try network.store.copy(schema: edition.current))
            wasUpgraded = true
            trace.add("the hub has schema \(hub.schema.version) now", fault: "hub upgrades")
        case .purge:
            time.pass(milliseconds: Self.limits.tombstoneMilliseconds + 86_400_000)
            let count = try await hub.purge(olderThan: Self.limits.tombstoneMilliseconds)
            if count > 0 { wasPurged = true }
            trace.add("purge of \(count)", fault: count > 0 ? "purges" : nil)
        default:
            break
        }
    }
}
