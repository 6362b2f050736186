internal import RondaClient
internal import RondaHub
internal import RondaModel
internal import RondaStore
internal import RondaStoreSQLite

/// Devices whose access ends, and what becomes of their work.
extension World {
    /// Whether its access has ended, by the office's register.
    func isClosed(_ machine: Machine) async throws -> Bool {
        guard !register.isEmpty, machine.isLoggedIn, try !machine.needsCode else { return false }
        return try await machine.store.identity().map { register.isClosed($0.device) } ?? false
    }

    /// Those whom the hub answers.
    func inTouch() async throws -> [Machine] {
        var machines: [Machine] = []
        for machine in live() where try await !isClosed(machine) { machines.append(machine) }
        return machines
    }

    private func closed() async throws -> [Machine] {
        var machines: [Machine] = []
        for machine in live() where try await isClosed(machine) { machines.append(machine) }
        return machines
    }

    func run(_ act: DeviceAct) async throws {
        do {
            try await perform(act)
        } catch let error as HubError {
            trace.add("\(act.name): \(error.code)")
        }
        if let wrong = register.firstWrong() { throw Violation(what: wrong) }
    }

    private func perform(_ act: DeviceAct) async throws {
        switch act {
        case .revoke(let which):
            guard let (machine, id) = try await open(which) else { return }
            try await hub.revokeDevice(id)
            register.revoke(id)
            done(act, "\(machine.name) is revoked")
        case .expire(let which, let milliseconds):
            guard let (machine, id) = try await open(which) else { return }
            let end = hubClock.shown.adding(milliseconds: milliseconds)
            try await hub.expireDevice(id, at: end)
            register.set(id, endingAt: end)
            done(act, "the access of \(machine.name) ends in \(milliseconds) ms")
        case .restoreAccess(let which):
            let machines = try await closed()
            if machines.isEmpty { return }
            try await restoreAccess(of: machines[which % machines.count])
        case .surrender(let which, let fates, let dies):
            let machines = try await closed()
            if machines.isEmpty { return }
            network.foresee(fates)
            _ = try await surrender(machines[which % machines.count], dies: dies)
            network.foresee([])
        case .judge: try await judgeSurrendered()
        case .handIn(let which, let evenWithUnsent):
            guard let (machine, _) = try await open(which) else { return }
            try await handIn(machine, evenWithUnsent: evenWithUnsent)
        case .exportBundle(let which): try await exportBundle(of: machine(which))
        case .deliverBundle(let which, let fates):
            guard !bundles.isEmpty else { return }
            network.foresee(fates)
            try await deliverBundle(which % bundles.count)
            network.foresee([])
        }
    }

    /// The office did it: an unnoticed restore would lose what nobody can prove.
    func done(_ act: DeviceAct, _ what: String) {
        noteOfficeAct()
        trace.add(what, fault: "office \(act.name)")
    }

    /// A device that has access, and its id.
    private func open(_ which: Int) async throws -> (Machine, RecordID)? {
        let machines = try await inTouch()
        guard !machines.isEmpty else { return nil }
        let machine = machines[which % machines.count]
        guard let id = try await machine.store.identity()?.device,
            try await network.store.read({ try $0.device(id) }) != nil
        else { return nil }
        return (machine, id)
    }

    private func restoreAccess(of machine: Machine) async throws {
        guard let id = try await machine.store.identity()?.device else { return }
        try await hub.restoreAccess(id)
        register.open(id)
        done(.restoreAccess(0), "\(machine.name) has its access back")
    }

    /// Hands in what is unsent. What comes so to the hub is applied by nobody but the office.
    /// - Returns: whether everything was taken.
    private func surrender(_ machine: Machine, dies: Int?) async throws -> Bool {
        let before = try await journal()
        var outcome = SyncOutcome()
        let died = try await machine.run(dies: dies) {
            do throws(ClientError) {
                outcome.report = try await machine.store.surrender(
                    over: Cable(network: network, device: machine.name))
            } catch {
                outcome.error = error
            }
        }
        for event in network.takeEvents() { trace.add("  \(event)") }
        let isWhole = outcome.report?.isComplete == true
        trace.add(
            "\(machine.name) surrenders: \(outcome.report.map { "refused \($0.refused)" } ?? "")"
                + "\(outcome.error.map { "\($0.code) \($0.serverCode ?? "")" } ?? "")"
                + "\(died ? ", died" : "")",
            fault: isWhole ? "office surrender" : nil)
        try await checkSurrendered(since: before)
        return isWhole
    }

    /// What a device without access brought lies at the office, and nothing of it is applied.
    func checkSurrendered(since before: Journal) async throws {
        let known = Set(before.rows.map { Place($0) })
        for row in try await journal().ofDevices where !known.contains(Place(row)) {
            guard register.isClosed(row.device), row.receivedAt >= register.end(of: row.device)
            else { continue }
            if row.verdict.refusal == nil || row.verdict.disposition == .open {
                throw Violation(what: "#\(row.commit.tag) came without access and is applied")
            }
        }
    }

    private struct Place: Hashable {
        let device: RecordID
        let number: UInt64

        init(_ row: JournalRow) { (device, number) = (row.device, row.number) }
    }

    private func judgeSurrendered() async throws {
        let tray = try await network.store.read { try $0.tray() }
            .filter { $0.verdict.refusal?.code == .revoked }
        for entry in tray {
            let verdict = try await hub.retry(device: entry.device, number: entry.number)
            trace.add("office judges \(entry.number): \(verdict.map { "\($0.outcome)" } ?? "no")")
        }
        if tray.isEmpty { return }
        // A judgement replaces the verdict itself, and may release what waits.
        verdicts = [:]
        done(.judge, "the office has judged \(tray.count)")
    }

    /// After its sync: a device that was taken in has left nothing behind.
    private func handIn(_ machine: Machine, evenWithUnsent: Bool) async throws {
        let outcome = try await sync(machine, dies: nil)
        guard let id = try await machine.store.identity()?.device else { return }
        do {
            let state = try await hub.handIn(id, evenWithUnsent: evenWithUnsent)
            register.revoke(id)
            done(
                .handIn(0, evenWithUnsent: evenWithUnsent),
                "\(machine.name) is handed in\(state.hasDelivered ? "" : ", with unsent work")")
            guard state.hasDelivered, outcome.report?.isComplete == true else { return }
        } catch let problem as Hub.DeviceProblem {
            trace.add("\(machine.name) is not taken in")
            guard case .unsentWork = problem, outcome.report?.isQuiet == true else { return }
            throw Violation(what: "\(machine.name) has delivered all and is not taken in")
        }
        let delivered = Set(try await journal().ofDevices.map(\.commit.tag))
        let gone = try await redacted(on: machine)
        if let tag = machine.expected.subtracting(delivered).subtracting(gone).min() {
            throw Violation(what: "\(machine.name) was taken in and #\(tag) is not at the hub")
        }
    }

    /// What an erasure has left of on a device.
    private func redacted(on machine: Machine) async throws -> Set<Tag> {
        Set(
            try OutboxRow.all(in: machine.store, by: reader).filter(\.isRedacted).map(\.commit.tag))
    }

    /// A backup opens nothing that was closed.
    func endAccessesAgain(asIn replaced: SQLiteStore) async throws {
        if register.isEmpty && endsBefore.isEmpty { return }
        _ = try await hub.endAccess(asIn: replaced)
        let known = try await network.store.read { try $0.devices().map(\.id) }
        register.restore(to: endsBefore, knowing: Set(known))
    }

    // MARK: The end

    /// When all is well again: each device without access comes to its end, and the others go on.
    func endAccesses() async throws {
        for (place, machine) in live().enumerated() where try await isClosed(machine) {
            try await checkIsTold(machine)
            switch endings.isEmpty ? .kept : endings[place % endings.count] {
            case .kept: break
            case .accessRestored: try await restoreAccess(of: machine)
            case .surrendered: try await surrenderAll(machine)
            case .surrenderedAndJudged:
                try await surrenderAll(machine)
                try await judgeSurrendered()
            case .bundled:
                try await exportBundle(of: machine)
                if bundles.last?.machine == machine.name {
                    try await deliverBundle(bundles.count - 1)
                }
            }
            if try await isClosed(machine) { noteSomebodyGone() }
        }
        // Late, and most of them once more.
        for which in bundles.indices { try await deliverBundle(which) }
        if let wrong = register.firstWrong() { throw Violation(what: wrong) }
    }

    private func checkIsTold(_ machine: Machine) async throws {
        let before = try OutboxRow.all(in: machine.store, by: reader).map(\.n)
        let outcome = try await sync(machine, dies: nil)
        guard outcome.error?.serverCode == "revoked" else {
            throw Violation(what: "\(machine.name) has no access and is not told")
        }
        let status = try await machine.store.read { try $0.status() }
        guard status.isRevoked, try OutboxRow.all(in: machine.store, by: reader).map(\.n) == before
        else { throw Violation(what: "\(machine.name) does not know that its access has ended") }
    }

    private func surrenderAll(_ machine: Machine) async throws {
        let isWhole = try await surrender(machine, dies: nil)
        let delivered = Set(try await journal().ofDevices.map(\.commit.tag))
        let gone = try await redacted(on: machine)
        let missing = machine.expected.subtracting(delivered).subtracting(gone)
        // A store that shares its id, or whose chain was cut, needs its access for one sync.
        let mayStop = copies > 0 || restores > 0
        if !isWhole, !mayStop {
            throw Violation(what: "\(machine.name) could not surrender")
        }
        if isWhole, restores == 0, let tag = missing.min() {
            throw Violation(what: "\(machine.name) surrendered and #\(tag) is not at the office")
        }
    }
}
