package import RondaMerge
package import RondaModel

/// What a hub needs of a database. One writer at a time, many readers, each reader on one snapshot.
///
/// Everything a write transaction decides on is read inside it, so that an administrator's command
/// may change the same store from another process.
package protocol CentralStore: Sendable {
    /// Runs `body` on one snapshot of the store.
    func read<Result: Sendable>(
        _ body: @Sendable (any StoreReader) throws -> Result
    ) async throws -> Result

    /// Runs `body` in one transaction. When it returns, what it wrote is on the disk; when it
    /// throws, nothing of it is.
    func write<Result: Sendable>(
        _ body: @Sendable (any StoreWriter) throws -> Result
    ) async throws -> Result
}

/// A hub's identity, and the name of its present history.
package struct HubIdentity: Sendable, Hashable {
    package let id: RecordID
    package let epoch: UInt64

    package init(id: RecordID, epoch: UInt64) {
        self.id = id
        self.epoch = epoch
    }
}

package struct Account: Sendable, Hashable {
    package let id: RecordID
    package let login: String
    package let name: String
    package let role: Role
    /// The territories a rep is assigned; an office account sees all.
    package let territories: Set<RecordID>

    package init(
        id: RecordID, login: String, name: String, role: Role, territories: Set<RecordID>
    ) {
        self.id = id
        self.login = login
        self.name = name
        self.role = role
        self.territories = territories
    }
}

package struct Device: Sendable, Hashable {
    package let id: RecordID
    package let account: RecordID
    package let name: String
    /// SHA-256 of the secret; empty for the devices inside the server.
    package let secretHash: [UInt8]
    package var lastNumber: UInt64
    package var chain: ChainHash
    package var lastSeen: Instant?

    package init(
        id: RecordID, account: RecordID, name: String, secretHash: [UInt8], lastNumber: UInt64 = 0,
        chain: ChainHash = .start, lastSeen: Instant? = nil
    ) {
        self.id = id
        self.account = account
        self.name = name
        self.secretHash = secretHash
        self.lastNumber = lastNumber
        self.chain = chain
        self.lastSeen = lastSeen
    }
}

/// A one-time code that turns an installation into a device.
package struct EnrolmentCode: Sendable, Hashable {
    package let codeHash: [UInt8]
    package let account: RecordID
    package let expiresAt: Instant
    /// Set once used, so that the same device may ask again when the answer was lost.
    package var device: RecordID?

    package init(
        codeHash: [UInt8], account: RecordID, expiresAt: Instant, device: RecordID? = nil
    ) {
        self.codeHash = codeHash
        self.account = account
        self.expiresAt = expiresAt
        self.device = device
    }
}

/// The stream of one territory or of the catalogue.
package struct ScopeHead: Sendable, Hashable {
    /// The hub's short name for the scope on the wire.
    package let number: UInt32
    package let id: RecordID
    /// The last position given.
    package let seq: UInt64

    package init(number: UInt32, id: RecordID, seq: UInt64) {
        self.number = number
        self.id = id
        self.seq = seq
    }
}

/// A record met while reading a stream, decoded only as far as it is asked.
package struct StreamRow {
    package let id: RecordID
    package let entity: EntityID
    package let creator: RecordID
    package let seq: UInt64
    package let version: UInt64
    /// Whether it holds siblings that differ, or a deletion: without either, the shown values are
    /// all there is to tell.
    package let isPlain: Bool
    package let shown: [UInt8]
    package let meta: [UInt8]

    package init(
        id: RecordID, entity: EntityID, creator: RecordID, seq: UInt64, version: UInt64,
        isPlain: Bool, shown: [UInt8], meta: [UInt8]
    ) {
        self.id = id
        self.entity = entity
        self.creator = creator
        self.seq = seq
        self.version = version
        self.isPlain = isPlain
        self.shown = shown
        self.meta = meta
    }
}

package struct JournalEntry: Sendable, Hashable {
    package let device: RecordID
    package let number: UInt64
    package let author: RecordID
    package let receivedAt: Instant
    /// The commit's canonical bytes.
    package let commit: [UInt8]
    package let verdict: Verdict

    package init(
        device: RecordID, number: UInt64, author: RecordID, receivedAt: Instant, commit: [UInt8],
        verdict: Verdict
    ) {
        self.device = device
        self.number = number
        self.author = author
        self.receivedAt = receivedAt
        self.commit = commit
        self.verdict = verdict
    }
}

package struct StoreCounts: Sendable, Hashable {
    package var records: [EntityID: Int] = [:]
    package var conflicts = 0
    package var accounts = 0
    package var devices = 0
    package var commits = 0
    package var refused = 0

    package init() {}
}

package protocol StoreReader {
    func hub() throws -> HubIdentity
    func record(_ id: RecordID) throws -> StoredRecord?
    /// Calls `body` for the records of a scope after a position, in order of position, at most
    /// `limit` of them and then on to the end of the last position; stops early when it says false.
    /// A plain record's trace is read only when `tracing` says so.
    func stream(
        of scope: RecordID, after seq: UInt64, tracing: Bool, limit: Int,
        _ body: (StreamRow) throws -> Bool
    ) throws
    func scopes() throws -> [ScopeHead]
    func account(_ id: RecordID) throws -> Account?
    func account(login: String) throws -> Account?
    func accounts() throws -> [Account]
    func device(_ id: RecordID) throws -> Device?
    func device(secretHash: [UInt8]) throws -> Device?
    func devices() throws -> [Device]
    func code(hash: [UInt8]) throws -> EnrolmentCode?
    func journal(device: RecordID, number: UInt64) throws -> JournalEntry?
    /// Every record of an entity, in order of id.
    func records(of entity: EntityID, _ body: (StoredRecord) throws -> Void) throws
    /// The records that wait for a person, in order of id.
    func conflicted(_ body: (StoredRecord) throws -> Void) throws
    func counts() throws -> StoreCounts
}

package protocol StoreWriter: StoreReader {
    /// Runs `body` so that when it throws, what it wrote is undone and the transaction goes on.
    func savepoint<Result>(_ body: () throws -> Result) throws -> Result
    /// Gives the next position of a scope's stream, making the scope when it is new.
    func nextSeq(of scope: RecordID) throws -> UInt64
    /// Writes the record and where it stands. `moved` are the placements it had before.
    func put(_ record: StoredRecord, isNew: Bool, moved: [Placement]) throws
    func append(_ entry: JournalEntry) throws
    func put(_ account: Account) throws
    func put(_ device: Device) throws
    func put(_ code: EnrolmentCode) throws
}
