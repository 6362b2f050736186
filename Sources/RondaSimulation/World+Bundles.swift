internal import RondaClient
internal import RondaModel
internal import RondaStore
internal import RondaStoreSQLite

/// A file of unsent work, under way with somebody.
struct CarriedBundle {
    let machine: String
    let bytes: [UInt8]
    let tags: Set<Tag>
    /// How many restores there had been when it was last delivered whole.
    var deliveredIn: Int?
}

/// What devices without a network give to others to carry.
extension World {
    func exportBundle(of machine: Machine) async throws {
        guard machine.isLoggedIn else { return }
        let bundle: OutboxBundle?
        do throws(ClientError) {
            bundle = try await machine.store.exportOutbox()
        } catch {
            trace.add("\(machine.name) exports nothing: \(error.code)")
            return
        }
        let unsent = try OutboxRow.all(in: machine.store, by: reader).filter { $0.state == 0 }
        guard let bundle else {
            trace.add("\(machine.name) has nothing to export")
            if !unsent.isEmpty {
                throw Violation(what: "\(machine.name) has unsent work and exports none")
            }
            return
        }
        if bundle.commits != unsent.count {
            throw Violation(
                what: "\(machine.name) exports \(bundle.commits) of \(unsent.count) commits")
        }
        bundles.append(
            CarriedBundle(
                machine: machine.name, bytes: bundle.bytes, tags: Set(unsent.map(\.commit.tag))))
        trace.add(
            "\(machine.name) exports \(bundle.commits) commits", fault: "office exportBundle")
    }

    /// Whatever became of its device, a bundle brings what is in it, once.
    func deliverBundle(_ which: Int) async throws {
        let (bundle, before) = (bundles[which], try await standing())
        let earlier = try await journal()
        var delivery: OutboxBundle.Delivery?
        var problem: ClientError?
        do throws(ClientError) {
            delivery = try await OutboxBundle.deliver(
                bundle.bytes, over: Cable(network: network, device: "carrier"))
        } catch {
            problem = error
        }
        for event in network.takeEvents() { trace.add("  \(event)") }
        let name = "bundle \(which) of \(bundle.machine)"
        try await checkSurrendered(since: earlier)
        guard let delivery else {
            trace.add("\(name): \(problem?.code.rawValue ?? "") \(problem?.serverCode ?? "")")
            try checkRefused(problem, of: name)
            return
        }
        trace.add(
            "\(name): \(delivery.commits)\(delivery.wasKnown ? ", known" : "")",
            fault: delivery.wasKnown ? "bundles delivered again" : "office deliverBundle")
        let there = Set(try await journal().ofDevices.map(\.commit.tag))
        if let tag = bundle.tags.subtracting(there).min() {
            throw Violation(what: "\(name) was delivered and #\(tag) is not at the hub")
        }
        let after = try await standing()
        let wasThere = bundle.tags.isSubset(of: earlier.ofDevices.map(\.commit.tag))
        if delivery.wasKnown, wasThere, before != after {
            throw Violation(what: "\(name) was known and changed something")
        }
        if bundle.deliveredIn == restores, !delivery.wasKnown {
            throw Violation(what: "\(name) was delivered and is not known")
        }
        bundles[which].deliveredIn = restores
    }

    /// A restored hub may not know the device, or not its history; a copy may have gone on in its
    /// place, and an erasure have cut it.
    private func checkRefused(_ problem: ClientError?, of name: String) throws {
        guard let code = problem?.serverCode, ["badBundle", "notNext", "wrongHub"].contains(code)
        else { return }
        trace.count("bundles refused")
        if restores == 0, copies == 0, erasures.entries().isEmpty {
            throw Violation(what: "\(name) was refused as \(code)")
        }
    }

    /// What the hub holds, in few numbers.
    private func standing() async throws -> [UInt64] {
        try await network.store.read { store in
            let scopes = try store.scopes().flatMap { [$0.sum, $0.seq] }
            let numbers = try store.devices().filter { !$0.secretHash.isEmpty }.map(\.lastNumber)
            return scopes + numbers
        }
    }
}
