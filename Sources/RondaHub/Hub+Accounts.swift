internal import Foundation
internal import RondaMerge
package import RondaModel
package import RondaProtobuf
package import RondaStore
internal import RondaWire

/// Who may work with this hub, and with which devices.
extension Hub {
    /// A hub for a new store: its identity, and the internal device through which the server
    /// itself writes.
    package static func identity(_ surroundings: Surroundings) -> HubIdentity {
        HubIdentity(
            id: surroundings.mint(), epoch: surroundings.random(),
            key: (0..<4).flatMap { _ in
                withUnsafeBytes(of: surroundings.random().bigEndian, Array.init)
            })
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
        login: String, name: String, role: Role, territoryCodes: [String],
        by actor: String = AuditEntry.server
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
        staff.role =
            switch role {
            case .rep: .rep
            case .supervisor: .supervisor
            case .office: .office
            case .administrator: .administrator
            case .auditor: .auditor
            case .integration: .integration
            }
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
        let note = AuditNote(
            .accountAdd, by: actor, subject: login,
            detail: ([role.rawValue] + territoryCodes).joined(separator: " "))
        let now = surroundings.now()
        try await store.write { store in
            try check(store)
            try store.put(account)
            try Assignments(store: store, schema: schema).refresh()
            try store.append(note.entry(at: now))
        }
        return account
    }

    /// By what somebody asks for a device.
    package enum Ticket: Sendable {
        /// A one-time code of the office.
        case code(String)
        /// The secret of a device of the same account. `isContinued` where no other store has its id,
        /// but a restore has cut its chain.
        case device(secret: [UInt8], isContinued: Bool = false)

        fileprivate var isDevice: Bool { if case .device = self { true } else { false } }

        fileprivate var name: String {
            switch self {
            case .code: "by a code"
            case .device: "by a device of the account"
            }
        }
    }

    package struct Enrolment: Sendable {
        package let device: Device
        package let account: Account
        package let hub: HubIdentity
    }

    /// The answer to `POST /v1/devices`. `secret` is the credential the request came with.
    package func enrol(
        _ request: WireEnrolRequest, secret: [UInt8]?
    ) async throws(HubError) -> WireEnrolResponse {
        let known = RecordID(bytes: request.device)
        guard known != nil || request.device.isEmpty else {
            throw HubError(.badRequest, "device has \(request.device.count) bytes, not 16")
        }
        let owner = RecordID(bytes: request.account)
        guard owner != nil || request.account.isEmpty else {
            throw HubError(.badRequest, "account has \(request.account.count) bytes, not 16")
        }
        let ticket =
            secret.map { Ticket.device(secret: $0, isContinued: request.reason == .continued) }
            ?? .code(request.code)
        // A code says nothing of the device it is used for, and a hub that lost the device knows
        // nothing of it either: only the device can say whose it is.
        guard known == nil || owner != nil || secret != nil else {
            throw HubError(.badRequest, "device without account")
        }
        let enrolment = try await enrol(
            by: ticket, secret: Array(request.secret), name: request.name, known: known,
            owner: owner)
        var answer = WireEnrolResponse()
        answer.device = Data(enrolment.device.id.bytes)
        answer.account = Data(enrolment.account.id.bytes)
        answer.accountName = enrolment.account.name
        answer.role = enrolment.account.role.rawValue
        answer.hub = Data(enrolment.hub.id.bytes)
        answer.hubKey = Data(Receipt.publicKey(of: enrolment.hub.key))
        answer.bundleKey = Data(BundleSeal.publicKey(ofSeed: enrolment.hub.key))
        return answer
    }

    /// Turns a ticket and a secret made by the device into a device. Asking again with the same
    /// ticket and the same secret gives the same device, so that a lost answer costs nobody a code.
    ///
    /// `known` is the id of a device that a restored hub may have lost: it is brought back under that
    /// id, and offers again all it has. Without it, a device's own secret gives a further device of
    /// its account, for a store that turned out to be a copy of another. `owner` is the account that
    /// the device says it is of: a ticket of another gives nothing, stores nothing and stays unused.
    package func enrol(
        by ticket: Ticket, secret: [UInt8], name: String, known: RecordID? = nil,
        owner: RecordID? = nil
    ) async throws(HubError) -> Enrolment {
        guard secret.count == 32 else {
            throw HubError(.badRequest, "secret has \(secret.count) bytes, not 32")
        }
        let secretHash = Secret.hash(secret)
        let id = known ?? surroundings.mint()
        let (now, limits, schema) = (surroundings.now(), limits, schema)
        do {
            // The hub has one writer, and anybody may ask.
            try await store.read { try ticket.lookUp(in: $0, at: now) }
            let result = try await store.write { store -> Result<Enrolment, HubError> in
                do {
                    return .success(
                        try store.savepoint {
                            try Self.enrolment(
                                by: ticket, secretHash: secretHash, id: id, known: known,
                                owner: owner, name: name, at: now, limits: limits,
                                schema: schema, in: store)
                        })
                } catch let error as HubError {
                    if error.code == .badCode, case .code(let code) = ticket {
                        try Self.count(wrong: code, at: now, limits: limits, in: store)
                    }
                    return .failure(error)
                }
            }
            return try result.get()
        } catch {
            switch ticket {
            case .device(let secret, _):
                throw await noted(error, secretHash: Secret.hash(secret))
            case .code:
                let error = HubError(error)
                if error.code == .badCode { try await noteWrongCode() }
                throw error
            }
        }
    }

    private static func enrolment(
        by ticket: Ticket, secretHash: [UInt8], id: RecordID, known: RecordID?, owner: RecordID?,
        name: String, at now: Instant, limits: Limits, schema: Schema, in store: any StoreWriter
    ) throws -> Enrolment {
        let (account, used, close) = try Self.admit(
            ticket, at: now, limits: limits, in: store)
        guard owner == nil || owner == account.id else {
            throw HubError(.badCode, "the device is another account's")
        }
        let hub = try store.hub()
        let holder = try store.device(secretHash: secretHash)
        if let holder {
            guard holder.hasAccess(at: now) else { throw HubError(.revoked) }
            // The same asked again, or a device that was not lost after all.
            guard holder.account == account.id, known == nil || known == holder.id,
                used == nil || used == holder.id
            else { throw HubError(.badCode) }
            if used == nil, known == nil, case .code = ticket {
                throw HubError(.badCode)
            }
            try close(holder.id)
            return Enrolment(device: holder, account: account, hub: hub)
        }
        guard used == nil, try store.device(id) == nil else { throw HubError(.badCode) }
        var device = Device(
            id: id, account: account.id,
            name: String(name.prefix(limits.deviceNameCharacters)),
            secretHash: secretHash, lastSeen: now)
        // A new one has nothing to offer again; one that is brought back has.
        if known == nil { device.epoch = hub.epoch }
        try store.put(device)
        if ticket.isDevice || known != nil {
            // The store may be older than its id, and have what others have erased.
            try askAboutErased(device, of: account, ticket, schema, in: store)
        }
        try close(id)
        try store.append(
            AuditEntry(
                at: now, actor: account.login, act: .deviceEnrol, subject: id.description,
                detail: ticket.name))
        if known == nil { try Self.noteCopy(ticket, at: now, in: store) }
        return Enrolment(device: device, account: account, hub: hub)
    }

    /// The account a ticket stands for, the device it was used for already, and what to do once it
    /// is used.
    private static func admit(
        _ ticket: Ticket, at now: Instant, limits: Limits, in store: any StoreWriter
    ) throws -> (Account, used: RecordID?, close: (RecordID) throws -> Void) {
        switch ticket {
        case .code(let code):
            let hash = Secret.hash(Array(Secret.normalised(code: code).utf8))
            guard var entry = try store.code(hash: hash),
                let account = try store.account(entry.account),
                [.used, .open].contains(entry.state(at: now, limits: limits))
            else { throw HubError(.badCode) }
            return (
                account, entry.device,
                {
                    entry.device = $0
                    try store.put(entry)
                }
            )
        case .device(let secret, _):
            let login = try Credential.secret(hash: Secret.hash(secret), claimed: Data())
                .login(in: store, at: now)
            return (login.account, nil, { _ in })
        }
    }

    private static func askAboutErased(
        _ device: Device, of account: Account, _ ticket: Ticket, _ schema: Schema,
        in store: any StoreWriter
    ) throws {
        var erased = Set(try store.asked(of: device.id))
        // The same store goes on, whatever this hub's store still knows of what its account saw.
        if case .device(let secret, _) = ticket,
            let other = try store.device(secretHash: Secret.hash(secret))
        {
            erased.formUnion(try store.asked(of: other.id))
        }
        for id in try store.tombstones() where !erased.contains(id) {
            if let record = try store.record(id), try store.everSaw(record, by: account, schema) {
                erased.insert(id)
            }
        }
        try store.ask(device.id, about: erased.sorted())
    }

    /// The other store that uses the same id is told.
    private static func noteCopy(
        _ ticket: Ticket, at now: Instant, in store: any StoreWriter
    ) throws {
        guard case .device(let secret, isContinued: false) = ticket,
            var device = try store.device(secretHash: Secret.hash(secret))
        else { return }
        device.copies += 1
        try store.put(device)
        // What one of them has confirmed the other may still have.
        try store.ask(device.id, about: try store.asked(of: device.id))
        try store.append(
            Incident(at: now, kind: .fork, device: device.id, about: UInt64(device.copies)))
    }
}

extension Hub.Ticket {
    /// Throws for what is nobody's: no code, nor one that begins like a code which may be locked, and
    /// no device that has access.
    fileprivate func lookUp(in store: any StoreReader, at now: Instant) throws {
        switch self {
        case .code(let typed):
            let code = Secret.normalised(code: typed)
            if try store.code(hash: Secret.hash(Array(code.utf8))) != nil { return }
            let alike = try store.code(selector: Secret.selector(of: code))
            guard let alike, alike.device == nil else { throw HubError(.badCode) }
        case .device(let secret, _):
            _ = try Credential.secret(hash: Secret.hash(secret), claimed: Data())
                .login(in: store, at: now)
        }
    }
}
