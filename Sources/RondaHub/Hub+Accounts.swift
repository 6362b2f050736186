internal import RondaMerge
package import RondaModel
package import RondaStore

/// Who may work with this hub, and with which devices.
extension Hub {
    /// A hub for a new store: its identity, and the internal device through which the server
    /// itself writes.
    package static func identity(_ surroundings: Surroundings) -> HubIdentity {
        HubIdentity(id: surroundings.mint(), epoch: surroundings.random())
    }

    /// The account and the device that imports and administration write as.
    package func systemDevice() async throws(HubError) -> Device {
        let id = RecordID.derived(namespace: schema.namespace, name: "system device")
        let accountID = RecordID.derived(namespace: schema.namespace, name: "system account")
        do {
            return try await store.write { store in
                if let device = try store.device(id) { return device }
                try store.put(
                    Account(
                        id: accountID, login: "system", name: "Ronda", role: .office,
                        territories: []))
                let device = Device(id: id, account: accountID, name: "server", secretHash: [])
                try store.put(device)
                return device
            }
        } catch {
            throw HubError(error)
        }
    }

    package enum AccountProblem: Error, Sendable, Hashable {
        case loginTaken
        case unknownTerritory(String)
        case unknownLogin
    }

    /// Adds a person, and the staff record by which devices know them.
    package func addAccount(
        login: String, name: String, role: Role, territoryCodes: [String]
    ) async throws -> Account {
        let schema = schema
        let territories = territoryCodes.map { code in
            (code, schema.derivedID(of: .territory) { _ in .composed(code) } ?? .zero)
        }
        let id = surroundings.mint()
        let account = Account(
            id: id, login: login, name: name, role: role,
            territories: Set(territories.map(\.1)))
        var staff = Staff(id: id)
        staff.name = name
        staff.role = role == .office ? .office : .rep
        // Checked first, so that a name the schema refuses leaves no account behind.
        let change = Change(creating: staff)
        if let refusal = Validation.problem(in: change, schema: schema, limits: limits) {
            throw refusal
        }
        @Sendable func check(_ store: any StoreReader) throws {
            if try store.account(login: login) != nil { throw AccountProblem.loginTaken }
            for (code, id) in territories where try store.record(id)?.entity != .territory {
                throw AccountProblem.unknownTerritory(code)
            }
        }
        // The staff record first: cut off in between, it does no harm, while an account without one
        // would be a person whom devices cannot name.
        try await store.read { try check($0) }
        if let refusal = try await submitAsSystem([[change]]).first?.refusal { throw refusal }
        try await store.write { store in
            try check(store)
            try store.put(account)
        }
        return account
    }

    /// A one-time code for a new device of this account. Only its hash is kept.
    package func newCode(login: String) async throws -> (code: String, expiresAt: Instant) {
        let code = Secret.code(random: surroundings.random())
        let expiresAt = surroundings.now().adding(milliseconds: limits.codeLifetimeMilliseconds)
        try await store.write { store in
            guard let account = try store.account(login: login) else {
                throw AccountProblem.unknownLogin
            }
            try store.put(
                EnrolmentCode(
                    codeHash: Secret.hash(Array(code.utf8)), account: account.id,
                    expiresAt: expiresAt))
        }
        return (code, expiresAt)
    }

    /// Turns a code and a secret made by the device into a device. Asking again with the same code
    /// and the same secret gives the same device, so that a lost answer costs nobody a code.
    package func enrol(
        code: String, secret: [UInt8], name: String
    ) async throws(HubError) -> (device: Device, account: Account, hub: HubIdentity) {
        guard secret.count == 32 else {
            throw HubError(.badRequest, "secret has \(secret.count) bytes, not 32")
        }
        let codeHash = Secret.hash(Array(Secret.normalised(code: code).utf8))
        let secretHash = Secret.hash(secret)
        let id = surroundings.mint()
        let now = surroundings.now()
        do {
            return try await store.write { store in
                guard var entry = try store.code(hash: codeHash),
                    let account = try store.account(entry.account)
                else { throw HubError(.badCode) }
                let hub = try store.hub()
                if let used = entry.device {
                    guard let device = try store.device(used), device.secretHash == secretHash
                    else { throw HubError(.badCode) }
                    return (device, account, hub)
                }
                guard now < entry.expiresAt, try store.device(secretHash: secretHash) == nil
                else { throw HubError(.badCode) }
                let device = Device(
                    id: id, account: account.id, name: name, secretHash: secretHash, lastSeen: now)
                entry.device = id
                try store.put(device)
                try store.put(entry)
                return (device, account, hub)
            }
        } catch {
            throw HubError(error)
        }
    }
}
