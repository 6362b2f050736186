internal import GRDB
public import RondaModel
internal import RondaSQLite

/// One field of a refused change: what was captured, and what the device shows now.
public struct TrayField: Sendable, Hashable {
    /// The stable name and the label of the field.
    public let name: String
    public let label: Phrase
    public let captured: [Value]
    public let now: [Value]
}

/// One record of a refused commit.
public struct TrayChange: Sendable, Hashable {
    public let entity: EntityID
    public let record: RecordID
    public let deletes: Bool
    /// Whether it would have made the record.
    public let creates: Bool
    public let fields: [TrayField]
}

/// A refused commit, with what it held and why.
public struct TrayItem: Sendable, Hashable {
    public let n: Int64
    public let capturedAt: Instant
    public let code: RefusalCode
    public let reason: Phrase
    public let entity: EntityID?
    public let record: RecordID?
    /// The stable name of the field that was at fault.
    public let fieldName: String?
    public let changes: [TrayChange]
    /// Still to be decided, or handed to the office.
    public let disposition: Disposition
    /// The commits that wait because of this one.
    public let waiting: Int

    /// The kinds of the records it would have changed.
    public var contents: [EntityID] { changes.map(\.entity) }
}

extension LocalReader {
    /// The refused commits that nobody has dealt with, oldest first.
    public func tray() throws -> [TrayItem] {
        let outbox = Outbox(database: database)
        let waitingFor = try outbox.entries(in: .waiting).compactMap(\.verdict.waitsFor)
        return try outbox.refused().compactMap { entry, verdict in
            let disposition = try outbox.disposition(of: entry.n)
            guard disposition == .open || disposition == .office else { return nil }
            let refusal = verdict.refusal
            let schema = refusal?.entity.flatMap { Schema.current[$0] }
            let records = Set(entry.commit.changes.map(\.record))
            return TrayItem(
                n: entry.n, capturedAt: entry.commit.stamp.instant,
                code: refusal?.code ?? .malformed,
                reason: (refusal?.code ?? .malformed).phrase, entity: refusal?.entity,
                record: refusal?.record,
                fieldName: refusal.flatMap { schema?.position(ofNumber: $0.field) }
                    .flatMap { schema?.fields[$0].name },
                changes: try entry.commit.changes.compactMap(trayChange), disposition: disposition,
                waiting: waitingFor.count { records.contains($0) })
        }
    }

    private func trayChange(_ change: Change) throws -> TrayChange? {
        guard let entity = Schema.current[change.entity] else { return nil }
        let row = try row(change.entity, change.record)
        let before = FieldValues(for: entity)
        let fields = change.touchedFields.compactMap { number -> TrayField? in
            guard let position = entity.position(ofNumber: number) else { return nil }
            let field = entity.fields[position]
            let now = row?.values[position] ?? .none
            let captured = (field.isSet ? now : before[position]).applying(change, field)
            return TrayField(
                name: field.name, label: field.label, captured: captured.all, now: now.all)
        }
        return TrayChange(
            entity: change.entity, record: change.record, deletes: change.deletes,
            creates: row == nil && change.base == 0, fields: fields)
    }
}

extension FieldContent {
    fileprivate var all: [Value] { value.map { [$0] } ?? elements }
}

extension LocalStore {
    /// Captures a refused commit again as a new one, corrected by `correct`: the records are loaded
    /// into the capture as they were meant to be. What waits for them goes on once the new commit is
    /// accepted.
    /// - Returns: what was captured; `nil` when nothing differs any more from what is there.
    /// - Throws: `ClientError` with code `unknownRecord` when it is not in the tray, `refused` when
    ///   it is still wrong; the tray is then as it was.
    @discardableResult
    public func resubmit(
        tray n: Int64, _ correct: @Sendable (inout Capture) throws -> Void = { _ in }
    ) async throws(ClientError) -> CaptureReceipt? {
        try await capture { capture in
            let outbox = Outbox(database: capture.reader.database)
            let entry = try Self.trayEntry(n, in: outbox)
            for change in entry.commit.changes { try capture.reload(change) }
            // What was captured on top of it, and waits, is newer than what it held.
            let records = Set(entry.commit.changes.map(\.record))
            for later in try outbox.unsettled() where later.n > n {
                for change in later.commit.changes where records.contains(change.record) {
                    try capture.reload(change)
                }
            }
            try correct(&capture)
            try outbox.dispose(n, .resubmitted)
        }
    }

    /// Leaves a refused commit to the office; the hub has its content. It stays in the tray until
    /// the office has dealt with it.
    public func handOver(tray n: Int64) async throws(ClientError) {
        try await dispose(n, .office)
    }

    /// Gives a refused commit up. What waits for its records will be refused.
    public func discard(tray n: Int64) async throws(ClientError) {
        try await dispose(n, .discarded)
    }

    private func dispose(_ n: Int64, _ disposition: Disposition) async throws(ClientError) {
        try await writing { database in
            let outbox = Outbox(database: database)
            _ = try Self.trayEntry(n, in: outbox)
            try outbox.dispose(n, disposition)
        }
    }

    private static func trayEntry(_ n: Int64, in outbox: Outbox) throws -> Outbox.Entry {
        guard let entry = try outbox.entry(n: n), entry.state == .refused || entry.wasRefused,
            try outbox.disposition(of: n) == .open || outbox.disposition(of: n) == .office
        else {
            throw ClientError(
                .unknownRecord,
                Phrase(
                    en: "there is no refused capture \(n); list them with: ronda tray",
                    es: "no hay ninguna captura rechazada \(n); véalas con: ronda tray"))
        }
        return entry
    }
}
