internal import RondaHub
internal import RondaModel
internal import RondaStore

/// A company with more than reps and one office: a region, another zone, teams, and people of every
/// role.
extension Template {
    static let region = "LATAM"
    /// Every territory of such a company.
    static let places = territories + ["MX-15", region]
    static let teams = ["norte", "sur"]

    static func team(_ which: Int) -> RecordID {
        RecordID.derived(namespace: Schema.current.namespace, name: "team \(teams[which])")
    }

    /// Done after everything else, so that all else has the ids it has in a company without.
    static func organise(_ hub: Hub) async throws -> [RecordID] {
        var changes: [Change] = []
        for code in places.dropFirst(territories.count) {
            var territory = Territory(id: Self.territory(code))
            territory.code = code
            territory.country = String(code.prefix(2))
            changes.append(Change(creating: territory))
        }
        _ = try await hub.submitAsSystem([changes])
        var accounts: [RecordID] = []
        for person in people.dropFirst(founders) {
            let account = try await hub.addAccount(
                login: person.login, name: person.login, role: person.role,
                territoryCodes: person.territories)
            accounts.append(account.id)
        }
        for (which, name) in teams.enumerated() {
            try await hub.put(
                Team(
                    id: team(which), name: name,
                    territories: which == 0 ? [] : [territory("AR-05")],
                    leaders: Set(accounts.prefix(1))))
        }
        return accounts
    }
}
