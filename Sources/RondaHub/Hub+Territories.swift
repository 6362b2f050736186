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
    package func assign(_ changes: [RecordID: NewAssignment]) async throws(HubError) {
        let schema = schema
        try await assigning { store in
            for (id, change) in changes.sorted(by: { $0.key < $1.key }) {
                guard var account = try store.account(id) else { continue }
                account.role = change.role ?? account.role
                account.territories = change.territories ?? account.territories
                account.teams = change.teams ?? account.teams
                try store.put(account)
            }
            try Assignments(store: store, schema: schema).refresh()
        }
    }

    /// Makes a team, or changes what it is assigned and who leads it.
    package func put(_ team: Team) async throws(HubError) {
        let schema = schema
        try await assigning { store in
            try store.put(team)
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
