internal import RondaHub
internal import RondaMerge
internal import RondaModel
internal import RondaStore
internal import RondaStoreSQLite

/// The office arranges who sees what.
extension World {
    func run(_ act: OrganisationAct) async throws {
        do {
            guard let what = try await perform(act) else { return }
            noteOfficeAct()
            trace.add(what, fault: act.name)
        } catch let error as HubError {
            trace.add("\(act.name): \(error.code)")
        }
    }

    private func places(_ mask: Int) -> Set<RecordID> {
        Set(
            Template.places.indices.filter { mask & 1 << $0 != 0 }
                .map { Template.territory(Template.places[$0]) })
    }

    /// - Returns: what was done.
    private func perform(_ act: OrganisationAct) async throws -> String? {
        let accounts = template.accounts
        switch act {
        case .team(let which, let mask, let people):
            let leaders = accounts.indices.filter { people & 1 << $0 != 0 }
            try await hub.put(
                Team(
                    id: Template.team(which), name: Template.teams[which],
                    territories: places(mask), leaders: Set(leaders.map { accounts[$0] })))
            return "team \(which) has places \(mask) and leaders \(leaders)"
        case .join(let person, let mask):
            guard accounts.indices.contains(person) else { return nil }
            let teams = Template.teams.indices.filter { mask & 1 << $0 != 0 }
            try await hub.assign([
                accounts[person]: NewAssignment(teams: Set(teams.map(Template.team)))
            ])
            return "\(Template.people[person].login) is in teams \(teams)"
        case .assign(let person, let mask):
            guard accounts.indices.contains(person) else { return nil }
            try await hub.assign([accounts[person]: NewAssignment(territories: places(mask))])
            return "\(Template.people[person].login) has places \(mask)"
        case .role(let person, let which):
            guard accounts.indices.contains(person) else { return nil }
            let role = Role.allCases[which % Role.allCases.count]
            try await hub.assign([accounts[person]: NewAssignment(role: role)])
            return "\(Template.people[person].login) is \(role) now"
        case .place(let inner, let outer): return try await place(inner, within: outer)
        case .move(let which, let to):
            let customers = try await network.store.read { store in
                var customers: [RecordID] = []
                try store.records(of: .customer) { if !$0.isDeleted { customers.append($0.id) } }
                return customers
            }
            guard !customers.isEmpty else { return nil }
            let customer = customers[which % customers.count]
            let code = Template.places[to % Template.places.count]
            let moved = try await hub.move([customer], to: Template.territory(code))
            return moved > 0 ? "the office moves \(customer) to \(code)" : nil
        }
    }

    private func place(_ inner: Int, within outer: Int?) async throws -> String? {
        let id = Template.territory(Template.places[inner])
        guard let field = hub.schema[.territory]?.fields.first(where: { $0.name == "parent" }),
            let territory = try await network.store.read({ try $0.record(id) })
        else { return nil }
        let parent = outer.map { Template.territory(Template.places[$0]) }
        let change = Change(
            entity: .territory, record: id, base: territory.version,
            sets: [FieldWrite(field.number, parent.map { .ref($0) })])
        let verdicts = try await hub.submitAsSystem([[change]])
        let name = outer.map { Template.places[$0] } ?? "nothing"
        return "\(Template.places[inner]) lies within \(name) now: \(verdicts[0].outcome)"
    }
}

/// Who sees what, worked out from what the accounts were assigned and nothing that is derived from
/// it: for each scope on its own.
struct Sights {
    private let accounts: [Account]
    private let teams: [RecordID: Team]
    private let outer: [RecordID: RecordID]
    private let catalogue: RecordID

    init(
        _ accounts: [Account], teams: [Team], _ records: [StoredRecord], schema: Schema
    ) {
        self.accounts = accounts
        self.teams = Dictionary(uniqueKeysWithValues: teams.map { ($0.id, $0) })
        catalogue = schema.catalogue
        var outer: [RecordID: RecordID] = [:]
        for record in records where record.entity == .territory && !record.isDeleted {
            outer[record.id] = Territory(id: record.id, fields: record.shownValues).parent
        }
        self.outer = outer
    }

    func sees(_ account: RecordID, _ scope: RecordID) -> Bool {
        guard let viewer = accounts.first(where: { $0.id == account }) else { return false }
        switch viewer.role {
        case .office, .administrator, .auditor, .integration: return true
        case .rep, .supervisor: break
        }
        if scope == catalogue || seesItself(viewer, scope) { return true }
        let led = teams.values.filter { $0.leaders.contains(account) }.map(\.id)
        return accounts.contains { member in
            [.rep, .supervisor].contains(member.role)
                && !member.teams.isDisjoint(with: led) && seesItself(member, scope)
        }
    }

    /// Without what others see whom it leads.
    private func seesItself(_ account: Account, _ scope: RecordID) -> Bool {
        if scope == account.id { return true }
        let assigned = account.teams.compactMap { teams[$0] }
            .reduce(account.territories) { $0.union($1.territories) }
        var (place, passed): (RecordID?, Set<RecordID>) = (scope, [])
        // Upwards, until a circle closes.
        while let here = place, passed.insert(here).inserted {
            if assigned.contains(here) { return true }
            place = outer[here]
        }
        return false
    }
}
