internal import RondaMerge
internal import RondaModel
internal import RondaProtobuf
internal import RondaStore
internal import RondaWire
internal import SwiftProtobuf

/// What the journal holds about people who are to be erased (SPEC §4.14).
///
/// It is looked for while others go on writing: a commit's bytes change by redaction only, and
/// commits are only appended, so what was found stays true, and what came since lies above the last
/// number that was looked at.
struct JournalSearch: Sendable {
    struct Place: Sendable, Hashable {
        let device: RecordID
        let number: UInt64
    }

    /// A record as the commit that made it has it.
    struct Made: Sendable {
        let entity: EntityID
        let author: RecordID
        /// What it was placed under, or where, by a field of a single value.
        let under: Set<RecordID>
    }

    private let schema: Schema
    /// The records that were looked for in all of the journal.
    private(set) var sought: Set<RecordID> = []
    /// Where each of them is changed or named.
    private(set) var places: [RecordID: Set<Place>] = [:]
    /// The records sought that some commit made. What was made under one of them is sought as well:
    /// of a record that was deleted and purged since, the store does not know.
    private(set) var made: [RecordID: Made] = [:]
    /// The records that these commits change.
    private(set) var changed: Set<RecordID> = []
    /// By device, the last number that was looked at.
    private var ends: [RecordID: UInt64] = [:]

    init(schema: Schema) { self.schema = schema }

    /// Looks through all of the journal, a part of it in each of many short transactions.
    /// - Parameter reading: runs its argument in a read transaction.
    static func run(
        for ids: Set<RecordID>, schema: Schema, rows: Int,
        reading: (@Sendable (any StoreReader) throws -> Part) async throws -> Part
    ) async throws -> JournalSearch {
        var search = JournalSearch(schema: schema)
        var wanted = ids
        while !wanted.isEmpty {
            search.sought.formUnion(wanted)
            let devices = try await reading { Part(devices: try $0.devices().map(\.id)) }.devices
            for device in devices {
                var after: UInt64? = 0
                while let start = after {
                    let (ids, schema) = (wanted, schema)
                    let part = try await reading {
                        try Part(
                            of: device, after: start, naming: ids, rows: rows, schema: schema,
                            in: $0)
                    }
                    search.take(part, of: device)
                    after = part.next
                }
            }
            wanted = Set(search.made.keys).subtracting(search.sought)
        }
        return search
    }

    /// Looks at what was appended since, and for these as well, inside a transaction.
    /// - Parameter readingAll: whether it may look through all of the journal for them, while nobody
    ///   else can write.
    /// - Returns: whether everything was found; otherwise it has to be looked for outside.
    mutating func catchUp(
        with ids: Set<RecordID>, in store: any StoreReader, readingAll: Bool
    ) throws -> Bool {
        let devices = try store.devices().map(\.id)
        for device in devices {
            take(
                try Part(
                    of: device, after: ends[device] ?? 0, naming: sought, rows: .max,
                    schema: schema, in: store), of: device)
        }
        var wanted = ids.union(made.keys).subtracting(sought)
        if !wanted.isEmpty && !readingAll { return false }
        while !wanted.isEmpty {
            sought.formUnion(wanted)
            for device in devices {
                take(
                    try Part(
                        of: device, after: 0, naming: wanted, rows: .max, schema: schema,
                        in: store), of: device)
            }
            wanted = Set(made.keys).subtracting(sought)
        }
        return true
    }

    private mutating func take(_ part: Part, of device: RecordID) {
        ends[device] = max(ends[device] ?? 0, part.last)
        for (number, ids) in part.found {
            for id in ids { places[id, default: []].insert(Place(device: device, number: number)) }
        }
        made.merge(part.made) { first, _ in first }
        changed.formUnion(part.changed)
    }

    /// A part of one device's commits.
    struct Part: Sendable {
        fileprivate var devices: [RecordID] = []
        fileprivate var found: [(number: UInt64, ids: Set<RecordID>)] = []
        fileprivate var made: [RecordID: Made] = [:]
        fileprivate var changed: Set<RecordID> = []
        fileprivate var last: UInt64 = 0
        /// From where to go on; `nil` at the end.
        fileprivate var next: UInt64?

        fileprivate init(devices: [RecordID]) { self.devices = devices }

        fileprivate init(
            of device: RecordID, after number: UInt64, naming ids: Set<RecordID>, rows: Int,
            schema: Schema, in store: any StoreReader
        ) throws {
            var count = 0
            try store.contents(of: device, after: number, limit: rows) { number, bytes in
                count += 1
                last = number
                var named: Set<RecordID> = []
                CommitIDs.each(in: bytes) { if ids.contains($0) { named.insert($0) } }
                if !named.isEmpty { found.append((number, named)) }
            }
            next = count == rows ? last : nil
            for (number, named) in found {
                guard let entry = try store.journal(device: device, number: number) else {
                    continue
                }
                note(entry, naming: named, schema)
            }
        }

        private mutating func note(
            _ entry: JournalEntry, naming named: Set<RecordID>, _ schema: Schema
        ) {
            // One that cannot be decoded has made nothing.
            guard let bytes = entry.content,
                let commit = try? WireCommit(serializedBytes: bytes).model(schema: schema)
            else { return }
            changed.formUnion(commit.changes.map(\.record))
            let creations = Set(Plan.creations(in: commit, schema: schema))
            for change in commit.changes where creations.contains(change.record) {
                guard let entity = schema[change.entity],
                    entry.verdict.refusal == nil && entry.verdict.waitsFor == nil
                        || schema.hasItsID(change, entity)
                else { continue }
                let under = entity.placing(change)
                if named.contains(change.record) || !under.isDisjoint(with: named) {
                    made[change.record] = Made(
                        entity: entity.id, author: entry.author, under: under)
                }
            }
        }
    }
}
