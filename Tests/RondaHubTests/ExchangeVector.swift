import Foundation
import RondaHub
import RondaMerge
import RondaModel
import RondaStore
import RondaStoreSQLite

/// A vector of the kind `exchange` (`Protocol/vectors/README.md`): devices that talk to a hub,
/// played against the real one. What it does not understand is an error.
struct ExchangeVector {
    let json: JSON
    var names: VectorNames
    var devices: [String: ExchangeDevice] = [:]
    let surroundings = TestSurroundings()
    let schema: Schema
    private(set) var hub: Hub
    /// Beside the store: it outlives each of them.
    private let ledger = TestLedger()
    private var store: SQLiteStore
    private var backups: [String: SQLiteStore] = [:]
    private var teams: [String: Team] = [:]
    /// What is wrong whatever the vector says.
    var faults: [String] = []

    init(_ json: JSON) async throws {
        try json.only([
            "kind", "title", "why", "spec", "scenario", "schema", "hub", "people", "devices",
            "records", "setup", "steps", "teams",
        ])
        guard json["kind"]?.text == "exchange", let hub = json["hub"], let now = hub["now"]?.int,
            let id = hub["id"]?.text.flatMap({ RecordID($0) })
        else { throw VectorNames.Unknown(description: "an exchange vector without kind or hub") }
        try hub.only(["id", "secret", "now"])
        self.json = json
        schema = try SchemaFile(overlay: json["schema"]).schema()
        names = try VectorNames(json, schema: schema)
        surroundings.advance(milliseconds: now - surroundings.now.milliseconds)
        let identity = HubIdentity(
            id: id, epoch: surroundings.real.random(), key: try hub.bytes("secret"))
        store = try SQLiteStore.inMemory(hub: identity, schema: schema)
        self.hub = Hub(
            store: store, schema: schema, ledger: ledger, surroundings: surroundings.real)
        try await fill(epoch: identity.epoch)
    }

    private mutating func fill(epoch: UInt64) async throws {
        for (name, file) in (json["teams"]?.members ?? []).map({ ($0.key, $0.value) }) {
            try file.only(["scopes"])
            teams[name] = Team(
                id: RecordID.derived(namespace: .zero, name: name), name: name,
                territories: try territories(file), leaders: leaders(of: name))
        }
        let accounts = names.people.map { name, person in
            var account = Account(
                id: person.id, login: name, name: name, role: person.role,
                territories: person.scopes)
            account.teams = Set(person.teams.compactMap { teams[$0]?.id })
            // Everybody has had what the vector says since version 0.
            let ofTeams = person.teams.flatMap { teams[$0]?.territories ?? [] }
            var ofMembers: [RecordID] = []
            for member in names.people.values
            where !Set(member.teams).isDisjoint(with: person.leads) {
                ofMembers.append(member.id)
                ofMembers += member.scopes
                for team in member.teams { ofMembers += teams[team]?.territories ?? [] }
            }
            account.stays =
                (person.scopes.union(ofTeams).union(ofMembers).sorted() + [person.id])
                .map { Stay(scope: $0) }
            return account
        }
        var enrolled: [Device] = []
        for (name, file) in (json["devices"]?.members ?? []).map({ ($0.key, $0.value) }) {
            try file.only(["id", "person", "secret"])
            guard let device = names.devices[name], let person = names.people[device.person] else {
                throw VectorNames.Unknown(description: "device \(name)")
            }
            let secret = try file["secret"].map { _ in try file.bytes("secret") }
            var known = Device(
                id: device.id, account: person.id, name: name,
                secretHash: secret.map { Secret.hash($0) } ?? [])
            known.epoch = epoch
            enrolled.append(known)
            devices[name] = ExchangeDevice(id: device.id, secret: secret ?? [])
        }
        try await store.write { [enrolled, teams] store in
            for team in teams.values { try store.put(team) }
            for account in accounts { try store.put(account) }
            for device in enrolled { try store.put(device) }
        }
        for step in json["setup"]?.items ?? [] { try await setUp(step) }
    }

    private func leaders(of team: String) -> Set<RecordID> {
        Set(names.people.values.filter { $0.leads.contains(team) }.map(\.id))
    }

    private func territories(_ file: JSON) throws -> Set<RecordID> {
        Set(try (file["scopes"]?.items ?? []).map { try names.record($0.text ?? "").id })
    }

    /// Changes what a person or a team is assigned.
    private mutating func assign(_ step: JSON) async throws {
        if let name = step["team"]?.text, var team = teams[name] {
            try step.only(["team", "scopes", "at"])
            team.territories = try territories(step)
            teams[name] = team
            try await hub.put(team)
            return
        }
        try step.only(["person", "scopes", "role", "teams", "leads", "at"])
        let name = step["person"]?.text ?? ""
        guard var person = names.people[name] else {
            throw VectorNames.Unknown(description: "a person in \(step.flat)")
        }
        var change = NewAssignment()
        if step["scopes"] != nil { change.territories = try territories(step) }
        change.role = try step["role"].map { try VectorNames.role($0.text) }
        if let teams = step["teams"] {
            person.teams = teams.items.compactMap(\.text)
            change.teams = Set(person.teams.compactMap { self.teams[$0]?.id })
        }
        if let leads = step["leads"] {
            person.leads = leads.items.compactMap(\.text)
            names.people[name] = person
            for (name, team) in teams {
                var team = team
                team.leaders = leaders(of: name)
                teams[name] = team
                try await hub.put(team)
            }
        }
        names.people[name] = person
        try await hub.assign([person.id: change])
    }

    private func setUp(_ step: JSON) async throws {
        try step.only(["device", "number", "stamp", "schema", "changes"])
        guard let device = names.devices[step["device"]?.text ?? ""],
            let known = try await store.read({ try $0.device(device.id) })
        else { throw VectorNames.Unknown(description: "a device in \(step.flat)") }
        var commit = try names.commit(step)
        commit.previous = known.chain
        let verdicts = try await hub.submit([commit], as: device.id)
        guard verdicts.count == 1, [.accepted, .merged].contains(verdicts[0].outcome) else {
            throw VectorNames.Unknown(description: "setup, but \(verdicts)")
        }
    }
}

// MARK: - Playing

extension ExchangeVector {
    /// Plays the vector; where the hub differs from what it says.
    static func differences(_ json: JSON) async throws -> [String] {
        var vector = try await ExchangeVector(json)
        var found: [String] = []
        for (index, step) in (json["steps"]?.items ?? []).enumerated() {
            let told = try await vector.play(step)
            let wrong = Self.differences(told, expected: step["expect"]) + vector.faults
            vector.faults = []
            found += wrong.map { "step \(index): \($0)" }
        }
        return found + (try await Verification.of(vector.store, schema: vector.schema).problems)
    }

    private mutating func play(_ step: JSON) async throws -> JSON? {
        if let at = step["at"]?.int {
            surroundings.advance(milliseconds: at - surroundings.now.milliseconds)
        }
        if step["person"] != nil || step["team"] != nil {
            try await assign(step)
            return nil
        }
        let verbs = step.members.map(\.key).filter { !Self.adverbs.contains($0) }
        guard verbs.count == 1, let verb = verbs.first, let object = step[verb] else {
            throw VectorNames.Unknown(description: "a step \(step.flat)")
        }
        func only(_ adverbs: Set<String>) throws { try step.only(adverbs.union([verb, "at"])) }
        switch verb {
        case "request":
            try only(["device", "dropAnswer", "expect"])
            return try await exchange(step)
        case "compare":
            try only(["device", "expect"])
            return try await compare(object, of: try device(step["device"]))
        case "enrol":
            try only(["as", "expect"])
            return try await enrol(object, as: step["as"]?.text ?? "")
        case "deliver":
            try only(["device", "expect"])
            return try await deliver(object, of: step["device"]?.text ?? "")
        case "watermark":
            try only(["expect"])
            let complete = try await hub.watermark(of: names.record(object.text ?? "").id)
            return .members([("is", complete.map { .integer($0.milliseconds) } ?? .null)])
        case "mark":
            try only(["expect"])
            names.marks[object.text ?? ""] = try await identity().assignment
        case "clone":
            try only(["as"])
            devices[step["as"]?.text ?? ""] = try device(object)
        default:
            try only([])
            try await manage(verb, object)
        }
        return nil
    }

    private static let adverbs: Set = ["at", "device", "as", "dropAnswer", "expect"]

    private mutating func manage(_ verb: String, _ object: JSON) async throws {
        switch verb {
        case "backup":
            let copy = try store.copy()
            try await hub.noteBackup(copy)
            backups[object.text ?? ""] = copy
        case "restore":
            let replaced = store
            try putBack(object)
            try await hub.renewHistory()
            _ = try await hub.endAccess(asIn: replaced)
            try await noteGeneration()
            _ = try await hub.replayErasures()
        case "putBack":
            try putBack(object)
            _ = try await hub.replayErasures()
        case "closeRecovery" where object.flag == true:
            try await hub.closeRecovery()
        case "purge" where object.flag == true:
            let removed = try await hub.purge(olderThan: Limits().tombstoneMilliseconds)
            if removed > 0 { try await noteGeneration() }
        case "erase":
            let customer = try names.record(object.text ?? "").id
            if try await hub.erase(customer) == nil { faults.append("there is nobody to erase") }
        case "revoke":
            try await hub.revokeDevice(try device(object).id)
        case "expire":
            try object.only(["device", "end"])
            try await hub.expireDevice(
                try device(object["device"]).id,
                at: Instant(milliseconds: object["end"]?.int ?? 0))
        case "restoreAccess":
            try await hub.restoreAccess(try device(object).id)
        case "retry":
            try object.only(["device", "number"])
            let device = try device(object["device"])
            let verdict = try await hub.retry(
                device: device.id, number: object["number"]?.uint ?? 0)
            if verdict == nil { faults.append("there is nothing to judge again") }
        default:
            throw VectorNames.Unknown(description: "a step {\(verb): \(object.flat)}")
        }
    }

    private mutating func putBack(_ name: JSON) throws {
        guard let backup = backups[name.text ?? ""] else {
            throw VectorNames.Unknown(description: "backup \(name.flat)")
        }
        store = try backup.copy()
        hub = Hub(
            store: store, schema: schema, ledger: ledger, surroundings: surroundings.real)
    }

    /// The generation has grown. One that was there before would give a version to two commits.
    mutating func noteGeneration() async throws {
        let generation = try await identity().generation
        if names.generations.contains(generation) {
            faults.append("generation \(generation) once more")
        }
        names.generations.append(generation)
    }

    func identity() async throws -> HubIdentity { try await store.read { try $0.hub() } }

    func scopes() async throws -> [ScopeHead] { try await store.read { try $0.scopes() } }

    func scopeName(_ id: RecordID) -> String {
        if id == schema.catalogue { return "catalogue" }
        return names.people.first { $0.value.id == id }?.key ?? names.name(of: id)
    }

    func device(_ name: JSON?) throws -> ExchangeDevice {
        guard let device = devices[name?.text ?? ""] else {
            throw VectorNames.Unknown(description: "device \(name?.flat ?? "")")
        }
        return device
    }
}

extension JSON {
    /// Whatever a vector says must be understood.
    func only(_ keys: Set<String>) throws {
        let unknown = members.map(\.key).filter { !keys.contains($0) }
        guard unknown.isEmpty else {
            throw VectorNames.Unknown(description: "\(unknown) in \(flat)")
        }
    }

    /// Hexadecimal digits.
    func bytes(_ key: String) throws -> [UInt8] {
        let digits = Array((self[key]?.text ?? "x").filter { $0 != "-" })
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        guard bytes.count * 2 == digits.count else {
            throw VectorNames.Unknown(description: "\(key) in \(flat)")
        }
        return bytes
    }
}
