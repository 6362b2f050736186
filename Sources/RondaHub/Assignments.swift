internal import RondaMerge
internal import RondaModel
internal import RondaStore

/// Who sees which scopes, from what accounts and teams are assigned and how territories lie within
/// one another (SPEC §4.12).
struct Assignments {
    let store: any StoreWriter
    let schema: Schema

    /// Counts one more change of who sees what.
    static func next(in store: any StoreWriter) throws -> UInt64 {
        var hub = try store.hub()
        hub.assignment = Version.next(after: hub.assignment, generation: hub.generation)
        try store.put(hub)
        return hub.assignment
    }

    /// Whether what a commit changes may change what accounts see.
    static func concerns(
        _ records: [PlannedRecord], stored: [RecordID: StoredRecord], schema: Schema
    ) -> Bool {
        records.contains { planned in
            guard planned.record.entity == .territory,
                let parent = schema[.territory]?.position(named: "parent")
            else { return false }
            let before = stored[planned.record.id]
            return before?.shown(parent) ?? .none != planned.record.shown(parent)
                || before?.isDeleted ?? false != planned.record.isDeleted
        }
    }

    /// Works out anew what every account sees, and counts a change if there is one, unless it is part
    /// of one that was counted.
    func refresh(at counted: UInt64? = nil) throws {
        let accounts = try store.accounts()
        let teams = Dictionary(
            uniqueKeysWithValues: try store.teams().map { ($0.id, $0) })
        let within = try territoriesWithin()
        var assignment = counted
        for var account in accounts where !account.role.seesAll {
            var roots = assigned(account, teams)
            var people: Set = [account.id]
            // A leader sees what the members of the team see, whatever that comes from.
            for member in accounts where !member.role.seesAll {
                let isLed = member.teams.contains {
                    teams[$0]?.leaders.contains(account.id) ?? false
                }
                if isLed {
                    roots.formUnion(assigned(member, teams))
                    people.insert(member.id)
                }
            }
            let scopes = (closure(of: roots, within).union(people)).sorted()
            let open = account.stays.filter { $0.until == 0 }.map(\.scope)
            if Set(open) == Set(scopes) { continue }
            let change = try assignment ?? Self.next(in: store)
            assignment = change
            account.stays.become(scopes, at: change)
            try store.put(account)
        }
    }

    private func assigned(_ account: Account, _ teams: [RecordID: Team]) -> Set<RecordID> {
        account.teams.reduce(into: account.territories) { all, team in
            all.formUnion(teams[team]?.territories ?? [])
        }
    }

    /// For each territory, those that lie directly within it.
    private func territoriesWithin() throws -> [RecordID: [RecordID]] {
        guard let parent = schema[.territory]?.position(named: "parent") else { return [:] }
        var within: [RecordID: [RecordID]] = [:]
        try store.records(of: .territory) { territory in
            if case .one(.ref(let outer)) = territory.shown(parent), !territory.isDeleted {
                within[outer, default: []].append(territory.id)
            }
        }
        return within
    }

    /// The territories and all that lie within them; a ring of territories comes to an end.
    private func closure(
        of roots: Set<RecordID>, _ within: [RecordID: [RecordID]]
    ) -> Set<RecordID> {
        var all = roots
        var open = Array(roots)
        while let next = open.popLast() {
            for inner in within[next] ?? [] where all.insert(inner).inserted { open.append(inner) }
        }
        return all
    }
}

extension Account {
    /// The scopes the account sees; `nil` for all of them.
    func visible(_ schema: Schema) -> Set<RecordID>? {
        if role.seesAll { return nil }
        return Set(stays.filter { $0.until == 0 }.map(\.scope)).union([schema.catalogue])
    }

    /// Whether it saw a scope before a change of who sees what, and so may hear of what left by it.
    func saw(_ scope: RecordID, before change: UInt64) -> Bool {
        role.seesAll
            || stays.contains {
                ($0.scope == scope || $0.scope == Stay.everywhere) && $0.from < change
            }
    }

    /// Notes that from `change` on it sees everything, or does so no more.
    mutating func noteRole(_ role: Role, at change: UInt64) {
        guard role.seesAll != self.role.seesAll else { return }
        if role.seesAll {
            stays.append(Stay(scope: Stay.everywhere, from: change))
        } else if let open = stays.firstIndex(where: {
            $0.scope == Stay.everywhere && $0.until == 0
        }) {
            stays[open].until = change
        } else {
            stays.append(Stay(scope: Stay.everywhere, until: change))
        }
    }
}
