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

    /// What differs from an earlier one whenever anybody, in this process or another, has written
    /// in between; `nil` where the store cannot tell.
    func writeMark() async throws -> WriteMark?

    /// Moves what a write-ahead log holds into the store proper, where there is one.
    func checkpoint() async throws
}

extension CentralStore {
    package func writeMark() async throws -> WriteMark? { nil }
    package func checkpoint() async throws {}
}

/// A state of the store, without saying which.
package struct WriteMark: Sendable, Hashable {
    private let own: Int64
    private let foreign: Int64

    /// - Parameters:
    ///   - own: grows with what this process writes.
    ///   - foreign: changes with what others write.
    package init(own: Int64, foreign: Int64) {
        self.own = own
        self.foreign = foreign
    }
}

/// A hub's identity, and the name of its present history.
package struct HubIdentity: Sendable, Hashable {
    package let id: RecordID
    package var epoch: UInt64
    /// How often the history was renewed.
    package var generation: UInt64
    /// The seed of the key that signs receipts: 32 bytes.
    package let key: [UInt8]
    /// Whether the history was ever renewed; the generation also grows when deletions are purged.
    package var isRenewed = false
    /// Counts the changes of who sees what (SPEC §4.12).
    package var assignment: UInt64 = 0
    /// When it was last renewed: no receipt from before says anything of the present history.
    package var renewedAt: Instant?

    package init(id: RecordID, epoch: UInt64, generation: UInt64 = 0, key: [UInt8]) {
        self.id = id
        self.epoch = epoch
        self.generation = generation
        self.key = key
    }
}

package struct Account: Sendable, Hashable {
    package let id: RecordID
    package let login: String
    package let name: String
    package var role: Role
    /// The territories it is assigned itself; what lies within them comes along.
    package var territories: Set<RecordID>
    package var teams: Set<RecordID> = []
    /// The scopes it sees beside the catalogue, and has seen: derived from what is assigned. Without
    /// meaning for a role that sees all.
    package var stays: [Stay] = []

    package init(
        id: RecordID, login: String, name: String, role: Role, territories: Set<RecordID>
    ) {
        self.id = id
        self.login = login
        self.name = name
        self.role = role
        self.territories = territories
        if !role.seesAll { stays = (territories.sorted() + [id]).map { Stay(scope: $0) } }
    }
}

/// Accounts that are assigned territories together.
package struct Team: Sendable, Hashable {
    package let id: RecordID
    package let name: String
    package var territories: Set<RecordID>
    /// The accounts that also see whatever its members see.
    package var leaders: Set<RecordID>

    package init(
        id: RecordID, name: String, territories: Set<RecordID> = [],
        leaders: Set<RecordID> = []
    ) {
        self.id = id
        self.name = name
        self.territories = territories
        self.leaders = leaders
    }
}

package struct Device: Sendable, Hashable {
    package let id: RecordID
    package let account: RecordID
    package var name: String
    /// SHA-256 of the secret; empty for the devices inside the server.
    package let secretHash: [UInt8]
    package var lastNumber: UInt64
    package var chain: ChainHash
    package var lastSeen: Instant?
    /// The history under which the device has offered all it had; 0 for none.
    package var epoch: UInt64 = 0
    /// Every commit captured up to here, by the device's clock, is in.
    package var completeTo: Instant?
    /// The last commit that a verified backup holds.
    package var covered: UInt64 = 0
    /// How many other stores were found to use its id.
    package var copies: UInt32 = 0
    /// The commits it still held after its last request.
    package var queued: UInt32 = 0
    /// The last change of who sees what that it knew when it had nothing left to send.
    package var floor: UInt64 = 0
    /// The client and its version, and the version of its schema, as it last said.
    package var app = ""
    package var schema: UInt32 = 0
    /// How far its clock was ahead of the hub's when it last sent commits.
    package var clockOffsetMilliseconds: Int64?
    /// When its access ends, or ended.
    package var accessEndsAt: Instant?
    /// Somebody took its access away.
    package var isRevoked = false

    /// A revocation holds whatever the clock says: one that is set back opens nothing.
    package func hasAccess(at now: Instant) -> Bool {
        !isRevoked && accessEndsAt.map { now < $0 } ?? true
    }

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
    /// Its first half, which tells it from other codes; empty for one of an earlier format.
    package let selector: String
    package let issuedAt: Instant
    /// Wrong codes that began with its selector.
    package var failures = 0

    package init(
        codeHash: [UInt8], account: RecordID, expiresAt: Instant, device: RecordID? = nil,
        selector: String = "", issuedAt: Instant = Instant(milliseconds: 0)
    ) {
        self.codeHash = codeHash
        self.selector = selector
        self.issuedAt = issuedAt
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
    /// The last position from which a deleted record was purged for good.
    package let floor: UInt64
    /// Of the live records that stand in it (`Checksum`).
    package let sum: UInt64

    package init(number: UInt32, id: RecordID, seq: UInt64, floor: UInt64 = 0, sum: UInt64 = 0) {
        self.number = number
        self.id = id
        self.seq = seq
        self.floor = floor
        self.sum = sum
    }
}

/// A commit that is kept until a record comes that it needs.
package struct WaitingCommit: Sendable, Hashable {
    package let device: RecordID
    package let number: UInt64
    package let record: RecordID
    /// What its first planning knew beside the journal.
    package let former: [UInt64]
    package let clockOffsetMilliseconds: Int64

    package init(
        device: RecordID, number: UInt64, record: RecordID, former: [UInt64],
        clockOffsetMilliseconds: Int64
    ) {
        self.device = device
        self.number = number
        self.record = record
        self.former = former
        self.clockOffsetMilliseconds = clockOffsetMilliseconds
    }
}

/// Something that should not have happened and was put right or set aside.
package struct Incident: Sendable, Hashable {
    package enum Kind: UInt32, Sendable {
        case divergence = 1, quarantine = 2, fork = 3, historyLost = 4, suppressed = 5
    }
    package let at: Instant
    package let kind: Kind
    package let device: RecordID
    /// The scope, or the number of the commit: what the kind is about.
    package let about: UInt64

    package init(at: Instant, kind: Kind, device: RecordID, about: UInt64) {
        self.at = at
        self.kind = kind
        self.device = device
        self.about = about
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
    /// The change of who sees what by which it left the scope; `nil` while it stands there.
    package let left: UInt64?
    package let shown: [UInt8]
    package let meta: [UInt8]

    package init(
        id: RecordID, entity: EntityID, creator: RecordID, seq: UInt64, version: UInt64,
        isPlain: Bool, left: UInt64? = nil, shown: [UInt8], meta: [UInt8]
    ) {
        self.id = id
        self.entity = entity
        self.creator = creator
        self.seq = seq
        self.version = version
        self.isPlain = isPlain
        self.left = left
        self.shown = shown
        self.meta = meta
    }
}

package struct JournalEntry: Sendable, Hashable {
    package let device: RecordID
    package let number: UInt64
    package let author: RecordID
    package let receivedAt: Instant
    /// The commit's canonical bytes; of a redacted one, its chain hash, and after it the bytes of what
    /// is left of the commit, if anything is.
    package let commit: [UInt8]
    package let verdict: Verdict
    /// The least that its device can have known of who sees what when it captured.
    package let floor: UInt64
    /// Whether content is gone, because somebody whom it concerned was erased.
    package let isRedacted: Bool

    package init(
        device: RecordID, number: UInt64, author: RecordID, receivedAt: Instant, commit: [UInt8],
        verdict: Verdict, floor: UInt64 = 0, isRedacted: Bool = false
    ) {
        self.isRedacted = isRedacted
        self.device = device
        self.number = number
        self.author = author
        self.receivedAt = receivedAt
        self.commit = commit
        self.verdict = verdict
        self.floor = floor
    }
}

package struct StoreCounts: Sendable, Hashable {
    package var records: [EntityID: Int] = [:]
    package var conflicts = 0
    package var accounts = 0
    package var devices = 0
    package var commits = 0
    package var refused = 0
    package var waiting = 0
    package var incidents = 0

    package init() {}
}

package protocol StoreReader {
    func hub() throws -> HubIdentity
    func record(_ id: RecordID) throws -> StoredRecord?
    /// Calls `body` for the records of a scope after a position, and for those that left it after
    /// that position, in order of position, at most
    /// `limit` of them and then on to the end of the last position; stops early when it says false.
    /// A plain record's trace is read only when `tracing` says so.
    func stream(
        of scope: RecordID, after seq: UInt64, tracing: Bool, limit: Int,
        _ body: (StreamRow) throws -> Bool
    ) throws
    /// Calls `body` for the records of one part of a first reading that stand in a scope at positions
    /// after one and up to another, in order of position, until it says false. Looks at no other
    /// record; of the last part it passes over the places of the others.
    func records(
        in part: ReadingPart, of scope: RecordID, after seq: UInt64, through last: UInt64,
        _ body: (StreamRow) throws -> Bool
    ) throws
    /// Whether more records than this stand in these scopes together; counts no further.
    func holdsMore(than count: Int, in scopes: [UInt32]) throws -> Bool
    func scopes() throws -> [ScopeHead]
    /// How many records stand in a scope, and about how many bytes they are. Counts an index, and looks
    /// at the latest few records.
    func size(of scope: UInt32) throws -> (records: Int, bytes: Int)
    /// The records that stand where this customer stands, because they are under it, in order of id.
    func dependents(of customer: RecordID) throws -> [RecordID]
    func teams() throws -> [Team]
    func account(_ id: RecordID) throws -> Account?
    func account(login: String) throws -> Account?
    func accounts() throws -> [Account]
    func device(_ id: RecordID) throws -> Device?
    func device(secretHash: [UInt8]) throws -> Device?
    func devices() throws -> [Device]
    func code(hash: [UInt8]) throws -> EnrolmentCode?
    func code(selector: String) throws -> EnrolmentCode?
    /// In order of issue.
    func codes() throws -> [EnrolmentCode]
    /// `nil` for an account without password.
    func passwordHash(of account: RecordID) throws -> String?
    func journal(device: RecordID, number: UInt64) throws -> JournalEntry?
    /// Every record of an entity, in order of id.
    func records(of entity: EntityID, _ body: (StoredRecord) throws -> Void) throws
    /// The records that wait for a person, in order of id.
    func conflicted(_ body: (StoredRecord) throws -> Void) throws
    func counts() throws -> StoreCounts
    /// The ids and versions of the live records of a scope whose id lies within the bounds, both
    /// included, in order of id.
    func standing(
        in scope: RecordID, from first: RecordID, to last: RecordID,
        _ body: (RecordID, UInt64) throws -> Void
    ) throws
    /// The refused commits nothing was decided about, or that were handed to the office, in order of
    /// device and number.
    func tray() throws -> [JournalEntry]
    /// Every commit of a device, in order.
    func journal(of device: RecordID, _ body: (JournalEntry) throws -> Void) throws
    /// The commits that wait, for one record or all of them, in order of device and number.
    func waiting(for record: RecordID?) throws -> [WaitingCommit]
    /// Whether a refused or waiting commit of the device, other than `number`, would have made the
    /// record.
    func isExpected(
        _ record: RecordID, from device: RecordID, besides number: UInt64
    ) throws -> Bool
    /// Whether a device that was here before a restore has not offered again what it has.
    func isRecovering(at now: Instant) throws -> Bool
    func incidents() throws -> [Incident]
    /// The latest `last` administrative acts since a moment, in order.
    func audit(since: Instant?, last: Int) throws -> [AuditEntry]
    /// The content of a device's commits after a number, of at most `limit` that have any, in order.
    func contents(
        of device: RecordID, after number: UInt64, limit: Int,
        _ body: (_ number: UInt64, _ commit: UnsafeRawBufferPointer) throws -> Void
    ) throws
    /// Oldest first, with the devices that have not confirmed.
    func erasures() throws -> [ErasureNote]
    /// Whether anything was ever erased.
    func hasTombstones() throws -> Bool
    func isTombstone(_ record: RecordID) throws -> Bool
    /// The records that are erased, in order of id.
    func tombstones() throws -> [RecordID]
    /// The erased records of which the device has not said that nothing is left, in order of id.
    func due(of device: RecordID, limit: Int) throws -> [RecordID]
    /// Whatever erased records the device was ever asked about, in order of id.
    func asked(of device: RecordID) throws -> [RecordID]
    /// The devices that were ever asked about an erased record, in order of id.
    func asked(about record: RecordID) throws -> [RecordID]
    /// Those of one erasure that no commit ever made, in order of id.
    func unmade(of erasure: Int64) throws -> [RecordID]
    /// The records of one erasure, in order of id.
    func tombstones(of erasure: Int64) throws -> [RecordID]
    /// Every hash by which somebody who was erased is recognised, in order.
    func suppressed() throws -> [[UInt8]]
    /// Whether somebody who was erased could be reached by this.
    func isSuppressed(_ hash: [UInt8]) throws -> Bool
    func hasSuppressed() throws -> Bool
}

package protocol StoreWriter: StoreReader {
    /// Runs `body` so that when it throws, what it wrote is undone and the transaction goes on.
    func savepoint<Result>(_ body: () throws -> Result) throws -> Result
    /// Gives the next position of a scope's stream, making the scope when it is new.
    func nextSeq(of scope: RecordID) throws -> UInt64
    /// Writes the record and where it stands. `before` is what it was, `nil` for a new one.
    func put(_ record: StoredRecord, replacing before: StoredRecord?) throws
    /// Removes a deleted record for good; a device that has not read so far must read anew.
    func purge(_ record: StoredRecord) throws
    func append(_ entry: JournalEntry) throws
    /// A commit that had waited, or was retried, has another verdict now.
    func replace(_ verdict: Verdict, of device: RecordID) throws
    func put(_ waiting: WaitingCommit) throws
    func removeWaiting(device: RecordID, number: UInt64) throws
    func expect(_ records: [RecordID], from device: RecordID, number: UInt64) throws
    func dropExpected(from device: RecordID, number: UInt64) throws
    /// Counts a failure of the hub itself on a commit, and tells how many there were.
    func countFailure(device: RecordID, number: UInt64) throws -> Int
    /// Leaves of a commit the chain hash, and of its content the rest.
    func redact(device: RecordID, number: UInt64, chain: ChainHash, rest: [UInt8]) throws
    /// Nobody will make this record any more.
    func dropExpected(_ record: RecordID) throws
    /// - Returns: the erasure's place in the order of erasures.
    func append(_ erasure: ErasureNote) throws -> Int64
    /// Notes that the log holds nothing any more of what was erased by then.
    func wash(upTo erasure: Int64) throws
    /// Notes that a record was erased.
    func bury(_ record: RecordID, by erasure: Int64) throws
    /// Notes that a record which was never there is erased with one that was.
    func bury(_ record: RecordID, under erased: RecordID) throws
    /// What is left on the device of these records is not known.
    func ask(_ device: RecordID, about records: [RecordID]) throws
    /// The device has said that nothing of these records is left on it.
    func confirm(_ device: RecordID, _ records: [RecordID]) throws
    func suppress(_ hash: [UInt8]) throws
    func append(_ incident: Incident) throws
    func append(_ entry: AuditEntry) throws
    func put(_ hub: HubIdentity) throws
    func put(_ team: Team) throws
    func put(_ account: Account) throws
    func put(_ device: Device) throws
    func put(_ code: EnrolmentCode) throws
    func remove(_ code: EnrolmentCode) throws
    func put(passwordHash: String, of account: RecordID, at now: Instant) throws
}
