internal import RondaClient
internal import RondaHub
internal import RondaModel
internal import RondaStore
internal import RondaStoreSQLite

/// What every world begins with, made once: a hub with two territories, people and a few customers,
/// and a device that belongs to nobody yet.
struct Template: Sendable {
    struct Person: Sendable {
        let login: String
        let role: Role
        let territories: [String]
    }

    static let people = [
        Person(login: "ana", role: .rep, territories: ["MX-14"]),
        Person(login: "beto", role: .rep, territories: ["MX-14", "AR-05"]),
        Person(login: "carla", role: .rep, territories: ["AR-05"]),
        Person(login: "oficina", role: .office, territories: []),
        Person(login: "sofia", role: .supervisor, territories: []),
        Person(login: "dora", role: .rep, territories: ["LATAM"]),
        Person(login: "jefa", role: .administrator, territories: []),
        Person(login: "auditor", role: .auditor, territories: []),
        Person(login: "programa", role: .integration, territories: []),
    ]
    /// Those who are there in every company; the others only in an organised one.
    static let founders = 4

    static let territories = ["MX-14", "AR-05"]
    /// September 2026.
    static let start: Int64 = 1_790_000_000_000

    let hub: SQLiteStore
    let device: LocalStore
    /// For stores that wait for a world.
    let surroundings: DeviceSurroundings
    /// By their place in `people`.
    let accounts: [RecordID]
    /// What the hub wrote itself.
    let commits: [Captured]

    static func territory(_ code: String) -> RecordID {
        Schema.current.derivedID(of: .territory) { _ in .text(code) } ?? .zero
    }

    static var programme: RecordID {
        Schema.current.derivedID(of: .programme) { _ in .text("ORO") } ?? .zero
    }

    static func make(isOrganised: Bool = false) async throws -> Template {
        let time = TrueTime(milliseconds: start)
        let source = Source(Draw(seed: 0))
        let surroundings = Clock(time).surroundings(source)
        let store = try SQLiteStore.inMemory(hub: Hub.identity(surroundings))
        let hub = Hub(store: store, surroundings: surroundings)
        var changes: [Change] = []
        for code in territories {
            var territory = Territory(id: Self.territory(code))
            territory.code = code
            territory.country = String(code.prefix(2))
            changes.append(Change(creating: territory))
        }
        var programme = Programme(id: Self.programme)
        programme.code = "ORO"
        programme.name = "Club Oro"
        programme.welcomeBonus = 50
        changes.append(Change(creating: programme))
        _ = try await hub.submitAsSystem([changes])
        var customers: [RecordID] = []
        for (index, code) in (territories + territories).enumerated() {
            var customer = Customer(id: surroundings.mint())
            customer.territory = Self.territory(code)
            customer.name = "Cliente \(index)"
            customer.street = "Calle Vieja \(index)"
            customer.tags = ["viejo"]
            _ = try await hub.submitAsSystem([[Change(creating: customer)]])
            customers.append(customer.id)
        }
        var accounts: [RecordID] = []
        for person in people.prefix(founders) {
            let account = try await hub.addAccount(
                login: person.login, name: person.login, role: person.role,
                territoryCodes: person.territories)
            accounts.append(account.id)
        }
        for (customer, owner) in zip(customers, [accounts[0], accounts[2]]) {
            var visit = Visit(id: surroundings.mint())
            visit.customer = customer
            visit.at = Instant(milliseconds: start)
            visit.state = .planned
            var promise = Commitment(id: surroundings.mint())
            promise.customer = customer
            promise.words = "Cobrar"
            promise.dueAt = Instant(milliseconds: start)
            promise.owner = owner
            _ = try await hub.submitAsSystem([[Change(creating: visit), Change(creating: promise)]])
        }
        // Somebody whom customers of two territories recommended.
        let point = "tel:+523312345679"
        var referral = Referral(
            id: Schema.current.derivedID(of: .referral) {
                Schema.current[.referral]?.fields[$0].name == "programme"
                    ? .ref(Self.programme) : .text(point)
            } ?? .zero)
        referral.programme = Self.programme
        referral.contactPoint = point
        referral.referrers = Array(customers.prefix(2))
        referral.name = "Conocido"
        _ = try await hub.submitAsSystem([[Change(creating: referral)]])
        if isOrganised { accounts += try await organise(hub) }
        let idle = Clock(time).surroundings(source, Counter())
        let device = try LocalStore.inMemory(surroundings: idle)
        let commits = try await Journal.read(store, by: CommitReader(), captured: [], erased: [])
            .rows.map { Captured(commit: $0.commit, author: $0.author) }
        return Template(
            hub: store, device: device, surroundings: idle, accounts: accounts, commits: commits)
    }
}
