internal import Foundation
internal import GRDB
public import RondaModel
internal import RondaProtobuf
internal import RondaSQLite

/// Whose device this is.
public struct DeviceIdentity: Sendable, Hashable {
    public let device: RecordID
    public let account: RecordID
    public let accountName: String
    public let role: Role
    public let hub: RecordID
    /// The address of the server, as given at login.
    public let server: String
    /// The fingerprint of the server's key, if one was given.
    public let pin: String?
    public var address: ServerAddress { ServerAddress(server, pin: pin) }
    /// Which of the store's identities this is.
    let ordinal: Int64

    package init(
        device: RecordID, account: RecordID, accountName: String, role: Role, hub: RecordID,
        server: String, pin: String? = nil, ordinal: Int64 = 0
    ) {
        self.pin = pin
        self.device = device
        self.account = account
        self.accountName = accountName
        self.role = role
        self.hub = hub
        self.server = server
        self.ordinal = ordinal
    }
}

/// A device id that this store used until it turned out to be a copy of another store.
struct PastIdentity: Sendable, Hashable {
    let identity: Int64
    let device: RecordID
    let secret: [UInt8]
    /// The history of the hub under which all it had was offered, or is being offered.
    var epoch: [UInt8]
    var receipt: [UInt8]
    /// Whether another store goes on with it: what that one still has only it can say.
    var isShared: Bool

    static let creation = """
        CREATE TABLE past(
            identity INTEGER PRIMARY KEY, device BLOB NOT NULL, secret BLOB NOT NULL,
            epoch BLOB NOT NULL, receipt BLOB NOT NULL, shared INTEGER NOT NULL DEFAULT 0);

        """
}

/// The device's few single facts, by name.
struct Facts {
    enum Name: String {
        case device, account, accountName, role, hub, server, pin, secret, pendingSecret, epoch,
            schema
        /// No outbox row up to here is pending.
        case settled
        case lastSync, clockOffset
        /// Which of the device's identities is the present one: it grows when the store turns out to
        /// be a copy.
        case identity
        /// The public key of the hub's receipts, and its latest receipt.
        case hubKey, receipt
        /// The hub's public key for bundles: the first one it told.
        case bundleKey
        /// The secret of the identity that is being asked for.
        case nextSecret
        /// How many other stores used this device's id, as far as was told.
        case copies
        /// The server did not know the credential.
        case isUnknown
        /// What the device was told last of who sees what: the hub's count of such changes.
        case assignment
        /// The hub waits for devices to offer again what it lost.
        case isRecovering
        /// A chain was cut: the hub has still to hear, under the id that was left, that this was all.
        case isCutUntold
        /// The office has ended this device's access.
        case isRevoked
        /// What the hub was last told of this program, and in which history.
        case toldApp
        /// The last commit of the present identity that the hub was said to have. A copy may have
        /// delivered what this store has still to offer, and the streams have told it.
        case heard
        /// Something of a person who was erased was here, and may still lie in the write-ahead log.
        case unwashed
        /// How much history the device keeps; nothing where nobody has said.
        case historyBudget
        /// What is kept of history may not be what it should be.
        case isHistoryDue
        /// How many records the hub said there were to read, until they are.
        case ahead
        /// Rows may be other than their version says, until all is read anew: this program has learnt of
        /// fields since, or the hub had been set back and gave a version twice.
        case areRowsDoubtful
        /// How far the latest answer that told parts of a first reading has come.
        case partsTold
    }

    let database: Database

    func bytes(_ name: Name) throws -> [UInt8]? {
        let statement = try database.prepared("SELECT value FROM fact WHERE name = ?")
        statement.bind(1, name.rawValue)
        defer { statement.reset() }
        return try statement.step() ? statement.bytes(0) : nil
    }

    func text(_ name: Name) throws -> String? {
        try bytes(name).map { String(decoding: $0, as: UTF8.self) }
    }

    func number(_ name: Name) throws -> Int64? {
        try text(name).flatMap { Int64($0) }
    }

    func set(_ name: Name, _ bytes: [UInt8]) throws {
        let statement = try database.prepared(
            """
            INSERT INTO fact(name, value) VALUES (?, ?)
            ON CONFLICT(name) DO UPDATE SET value = excluded.value
            """)
        statement.bind(1, name.rawValue)
        statement.bind(2, bytes)
        try statement.run()
    }

    /// The identities the store had before, with the history under which each has offered again
    /// what it holds.
    func pastIdentities() throws -> [PastIdentity] {
        let statement = try database.prepared(
            "SELECT identity, device, secret, epoch, receipt, shared FROM past ORDER BY identity")
        defer { statement.reset() }
        var past: [PastIdentity] = []
        while try statement.step() {
            past.append(
                PastIdentity(
                    identity: statement.int64(0), device: statement.id(1),
                    secret: statement.bytes(2), epoch: statement.bytes(3),
                    receipt: statement.bytes(4), isShared: statement.int64(5) != 0))
        }
        return past
    }

    func put(_ past: PastIdentity) throws {
        let statement = try database.prepared(
            """
            INSERT OR REPLACE INTO past(identity, device, secret, epoch, receipt, shared)
            VALUES (?, ?, ?, ?, ?, ?)
            """)
        statement.bind(1, past.identity)
        statement.bind(2, past.device)
        statement.bind(3, past.secret)
        statement.bind(4, past.epoch)
        statement.bind(5, past.receipt)
        statement.bind(6, Int64(past.isShared ? 1 : 0))
        try statement.run()
    }

    func set(_ name: Name, text: String) throws { try set(name, Array(text.utf8)) }
    func set(_ name: Name, number: Int64) throws { try set(name, text: String(number)) }

    func remove(_ name: Name) throws {
        let statement = try database.prepared("DELETE FROM fact WHERE name = ?")
        statement.bind(1, name.rawValue)
        try statement.run()
    }

    /// Whether an answer to an enrolment is for this store's account and from its hub (SPEC §9.3).
    func isOurs(_ answer: WireEnrolResponse) throws -> Bool {
        guard let identity = try identity() else { return false }
        let key = try bytes(.hubKey) ?? []
        return Array(answer.account) == identity.account.bytes
            && Array(answer.hub) == identity.hub.bytes
            && (key.isEmpty || answer.hubKey.isEmpty || Array(answer.hubKey) == key)
    }

    func set(_ address: ServerAddress) throws {
        try set(.server, text: address.url)
        if let pin = address.pin { try set(.pin, text: pin) } else { try remove(.pin) }
    }

    func identity() throws -> DeviceIdentity? {
        guard let device = try bytes(.device).flatMap({ RecordID(bytes: $0) }),
            let account = try bytes(.account).flatMap({ RecordID(bytes: $0) }),
            let hub = try bytes(.hub).flatMap({ RecordID(bytes: $0) }),
            let role = try text(.role).flatMap(Role.init), let server = try text(.server)
        else { return nil }
        return DeviceIdentity(
            device: device, account: account, accountName: try text(.accountName) ?? "",
            role: role, hub: hub, server: server, pin: try text(.pin),
            ordinal: try number(.identity) ?? 0)
    }
}
