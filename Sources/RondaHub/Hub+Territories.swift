package import RondaModel
package import RondaStore
internal import RondaMerge

/// What an account is assigned from now on; what is `nil` stays as it is.
package struct NewAssignment: Sendable, Hashable {
    package var role: Role?
    package var territories: Set<RecordID>?
    package var teams: Set<RecordID>?

    package init(
        role: Role? = nil, territories: Set<RecordID>? = nil, teams: Set<RecordID>? = nil
    ) {
        self.role = role
        self.territories = territories
        self.teams = teams
    }
}

/// Who sees what: territories of accounts and teams (SPEC §4.12).
extension Hub {
    /// Assigns accounts anew, all of them in one change of who sees what.
    package func assign(
        _ changes: [RecordID: NewAssignment], by actor: String = AuditEntry.server
    ) async throws(HubError) {
        let (schema, now) = (schema, surroundings.now())
        try await assigning { store in
            var counted: UInt64?
            for (id, change) in changes.sorted(by: { $0.key < $1.key }) {
                guard var account = try store.account(id) else { continue }
                if let role = change.role, role.seesAll != account.role.seesAll {
                    let now = try counted ?? Assignments.next(in: store)
                    counted = now
                    account.noteRole(role, at: now)
                }
                account.role = change.role ?? account.role
                account.territories = change.territories ?? account.territories
                account.teams = change.teams ?? account.teams
                try store.put(account)
                try store.append(
                    AuditEntry(
                        at: now, actor: actor, act: .accountTerritories, subject: account.login,
                        detail: try change.detail(in: store, schema)))
            }
            try Assignments(store: store, schema: schema).refresh(at: counted)
        }
    }

    /// Makes a team, or changes what it is assigned and who leads it.
    package func put(
        _ team: Team, by actor: String = AuditEntry.server
    ) async throws(HubError) {
        let (schema, now) = (schema, surroundings.now())
        try await assigning { store in
            try store.put(team)
            let codes = try team.territories.sorted().map {
                try store.code(ofTerritory: $0, schema)
            }
            let leaders = try team.leaders.sorted().compactMap { try store.account($0)?.login }
            try store.append(
                AuditEntry(
                    at: now, actor: actor, act: .teamChange, subject: team.name,
                    detail: AuditNote.list([("territories", codes), ("leaders", leaders)])))
            try Assignments(store: store, schema: schema).refresh()
        }
    }

    private func assigning(
        _ body: @escaping @Sendable (any StoreWriter) throws -> Void
    ) async throws(HubError) {
        do {
            try await store.write(body)
        } catch {
            throw HubError(error)
        }
    }
}

extension NewAssignment {
    /// What changes, for the audit.
    fileprivate func detail(in store: any StoreReader, _ schema: Schema) throws -> String {
        var parts: [(String, [String])] = []
        if let role { parts.append(("role", [role.rawValue])) }
        if let territories {
            parts.append(
                (
                    "territories",
                    try territories.sorted().map { try store.code(ofTerritory: $0, schema) }
                ))
        }
        if let teams {
            let names = try store.teams().filter { teams.contains($0.id) }.map(\.name)
            parts.append(("teams", names))
        }
        return AuditNote.list(parts)
    }
}

extension AuditNote {
    /// Names and what belongs to each; a dash where that is nothing.
    fileprivate static func list(_ parts: [(String, [String])]) -> String {
        parts.map { name, items in
            "\(name) \(items.isEmpty ? "-" : items.sorted().joined(separator: " "))"
        }.joined(separator: ", ")
    }
}
