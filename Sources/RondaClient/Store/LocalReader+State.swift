public import RondaModel
internal import RondaSQLite

/// The truth about sync, for the screen.
public struct LocalStatus: Sendable, Hashable {
    /// Commits captured here that the server has not judged yet.
    public let pending: Int
    public let accepted: Int
    public let merged: Int
    /// Commits in the tray.
    public let refused: Int
    /// Commits the server keeps until a record comes that they need.
    public let waiting: Int
    /// Fields, and contested deletions, that wait for a person.
    public let conflicts: Int
    /// When a sync last came to its end.
    public let lastSync: Instant?
    /// A download was cut: there is more to come than is on this device.
    public let isDownloadUnfinished: Bool
    /// What a first download in parts has not brought yet; `nil` when none is going on.
    public let unread: Unread?
    /// How much history this device keeps.
    public let historyBudget: HistoryBudget
    /// What is not on this device of the history that its account sees, by kind.
    public let absentHistory: [AbsentRecords]
    /// Server clock minus device clock, as of the last sync.
    public let clockOffsetMilliseconds: Int64?
    /// The server was restored and waits for devices to offer again what it lost.
    public let isServerRecovering: Bool
    /// The server does not know this device any more: it needs a new code.
    public let isUnknownToServer: Bool
    /// The office has ended this device's access: what is not sent is kept, and can be surrendered.
    public let isRevoked: Bool
    /// How many other stores were found to use this device's id.
    public let copies: Int
    /// Territories this device follows, by their id.
    public let scopes: [RecordID]
}

/// One value of a contested field.
public struct ConflictValue: Sendable, Hashable {
    public let value: Value?
    public let at: Instant
    public let author: RecordID
    public let device: RecordID
}

/// A field that several people changed without having seen each other.
public struct Conflict: Sendable, Hashable {
    public let entity: EntityID
    public let record: RecordID
    public let field: UInt32
    /// The stable name and the label of the field.
    public let fieldName: String
    public let fieldLabel: Phrase
    /// The shown one first.
    public let values: [ConflictValue]
}

extension LocalReader {
    /// When a sync last came to its end.
    public func lastSync() throws -> Instant? {
        try Facts(database: database).number(.lastSync).map { Instant(milliseconds: $0) }
    }

    public func status() throws -> LocalStatus {
        let outbox = Outbox(database: database)
        let facts = Facts(database: database)
        let statement = try database.prepared("SELECT id FROM cursor WHERE id <> x'' ORDER BY id")
        defer { statement.reset() }
        var scopes: [RecordID] = []
        while try statement.step() { scopes.append(statement.id(0)) }
        // Cut inside a stream, or before the first sync had read every stream.
        let cut = try database.prepared("SELECT count(*), max(behind) FROM cursor")
        defer { cut.reset() }
        let hasCursors = try cut.step() && cut.int64(0) > 0
        let isFirst = try facts.number(.lastSync) == nil
        let unread = try Unread.of(database)
        let isDownloadUnfinished =
            hasCursors && (cut.int64(1) > 0 || isFirst) || unread != nil
        return LocalStatus(
            pending: try outbox.pendingCount(), accepted: try outbox.count(in: .accepted),
            merged: try outbox.count(in: .merged), refused: try tray().count,
            waiting: try outbox.count(in: .waiting),
            conflicts: try conflicts().count + contested().count,
            lastSync: try facts.number(.lastSync).map { Instant(milliseconds: $0) },
            isDownloadUnfinished: isDownloadUnfinished, unread: unread,
            historyBudget: try facts.historyBudget(), absentHistory: try absentHistory(),
            clockOffsetMilliseconds: try facts.number(.clockOffset),
            isServerRecovering: try facts.number(.isRecovering) != nil,
            isUnknownToServer: try facts.number(.isUnknown) != nil,
            isRevoked: try facts.number(.isRevoked) != nil,
            copies: Int(try facts.number(.copies) ?? 0), scopes: scopes)
    }

    /// The contested fields that ask for a person, by record and field.
    public func conflicts() throws -> [Conflict] {
        let statement = try database.prepared(
            """
            SELECT entity, record, number, value, stamp, author, device FROM sibling
            ORDER BY record, number, position
            """)
        defer { statement.reset() }
        var conflicts: [Conflict] = []
        var values: [ConflictValue] = []
        var current: (EntityID, RecordID, UInt32)?
        func close() throws {
            guard let (entityID, record, number) = current, values.count > 1 else { return }
            let entity = try Self.table(entityID).entity
            guard let position = entity.position(ofNumber: number), entity.fields[position].review,
                try !isSettledHere(entityID, record, number)
            else { return }
            let field = entity.fields[position]
            conflicts.append(
                Conflict(
                    entity: entityID, record: record, field: number, fieldName: field.name,
                    fieldLabel: field.label, values: values))
        }
        while try statement.step() {
            let key = (
                EntityID(rawValue: UInt32(clamping: statement.int64(0))), statement.id(1),
                UInt32(clamping: statement.int64(2))
            )
            if current.map({ $0 != key }) ?? true {
                try close()
                (current, values) = (key, [])
            }
            values.append(
                ConflictValue(
                    value: try RowWriter.unpack(statement.bytes(3)).value,
                    at: Stamp(bits: statement.uint64(4)).instant, author: statement.id(5),
                    device: statement.id(6)))
        }
        try close()
        return conflicts
    }

    /// Whether an own unsent write of the field was made knowing all there is: it settles the
    /// conflict as soon as it is sent.
    private func isSettledHere(
        _ entity: EntityID, _ record: RecordID, _ number: UInt32
    ) throws -> Bool {
        guard let base = try RowWriter(database: database).shadowBases(record)[number],
            let row = try row(entity, record)
        else { return false }
        return base >= row.version
    }

    /// Whose device this is.
    public func identity() throws -> DeviceIdentity? { try Facts(database: database).identity() }

    /// Whether the record was captured here and the server has not judged it yet.
    public func isUnsent<R: RondaRecord>(_ type: R.Type, _ id: RecordID) throws -> Bool {
        try row(R.entity, id)?.flags.contains(.local) ?? false
    }
}
