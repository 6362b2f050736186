internal import Foundation
internal import GRDB
internal import RondaModel
internal import RondaProtobuf
internal import RondaSQLite
internal import RondaWire
internal import SwiftProtobuf

/// What one answer changed on the device.
struct Absorbed: Sendable {
    var accepted = 0
    var merged = 0
    var refused = 0
    var waiting = 0
    var records = 0
    /// Records of which something was told and which are not whole.
    var outlined = 0
    var touched = Set<EntityID>()
    /// The scopes at whose head the sums differ.
    var diverged: [UInt32] = []
    /// Records that are in somebody else's hands now.
    var left = 0
    /// Records of people who were erased, as far as they were here.
    var erased = 0
    var handedOver: [HandedOver] = []

    /// Whether there is more or less on the device than before.
    var hasNews: Bool { records + outlined + accepted + left + touched.count > 0 }
}

/// Takes one answer of the hub into the device: verdicts first, then what changed, then the
/// cursors, all in the caller's one transaction.
struct Absorber {
    private let database: Database
    private let reader: LocalReader
    private let writer: RowWriter
    private let outbox: Outbox
    /// The device's own unsettled changes, by record, in order of capture.
    private var pending: [RecordID: [(n: Int64, change: Change, isAgain: Bool)]] = [:]
    private var shadowed: Set<RecordID>
    private var result = Absorbed()
    /// By record, the fields that own work wrote which this answer has settled: they are not told again.
    private var settled: [RecordID: Set<UInt32>] = [:]
    private let hasDoubts: Bool
    private let outline: Outline
    private var hasOutlines: Bool
    /// Whether the version of a row does not say enough about what it holds.
    private let areRowsDoubtful: Bool
    /// What left a scope; it may yet be told in another.
    private var departed: [RecordID: EntityID] = [:]
    /// The records that are known to be erased, and those that this answer has told of.
    private var erased: Set<RecordID>
    private var newlyErased: [RecordID] = []
    /// The records that unsettled own work names; worked out when first asked for.
    private var held: Set<RecordID>?
    private let now: Instant

    init(_ database: Database, now: Instant) throws {
        self.database = database
        self.now = now
        reader = LocalReader(database)
        writer = RowWriter(database: database)
        outbox = Outbox(database: database)
        shadowed = try writer.shadowedRecords()
        hasDoubts = try Standing(database: database).hasDoubts
        outline = Outline(database: database)
        hasOutlines = try !outline.isEmpty
        areRowsDoubtful = try Facts(database: database).number(.areRowsDoubtful) != nil
        erased = try Erased(database: database).all()
        for entry in try outbox.unsettled() {
            for change in entry.commit.changes {
                pending[change.record, default: []]
                    .append((entry.n, change, entry.given != nil))
            }
        }
    }

    /// `identity` is the one that asked.
    mutating func absorb(
        _ response: WireExchangeResponse, as identity: Int64
    ) throws -> Absorbed {
        let ids = try IDList(response.ids)
        try settle(response.verdicts, as: identity, ids: ids)
        try Unread.note(response.streams, in: database)
        for stream in response.streams {
            let standing = Standing(database: database)
            // A stream that is read anew: what it does not tell again is gone.
            if stream.whole, !stream.id.isEmpty { try standing.doubt(scope: stream.scope) }
            var gained: UInt64 = 0
            for delta in stream.deltas {
                if delta.left {
                    let record = try ids.id(at: delta.record)
                    if delta.erased {
                        try learn([record])
                    } else {
                        departed[record] = EntityID(rawValue: delta.entity)
                    }
                    gained &+= try standing.leave(record, stream.scope)
                    continue
                }
                try absorb(delta, isWhole: stream.whole, ids: ids)
                gained &+= try standing.note(
                    try ids.id(at: delta.record), entity: EntityID(rawValue: delta.entity),
                    version: delta.version, isLive: !delta.deleted, in: stream.scope)
            }
            for outline in stream.outlines {
                gained &+= try absorb(outline, in: stream.scope, ids: ids)
            }
            try setCursor(stream, gained: gained)
        }
        for scope in response.lostScopes {
            try Standing(database: database).doubt(scope: scope)
            try database.execute(sql: "DELETE FROM cursor WHERE scope = ?", arguments: [scope])
        }
        try erase(response, as: identity)
        try doubtDeparted()
        try notifyChanges()
        return result
    }

    /// What left a scope may yet be told in another, with the next page at the latest: whether it goes
    /// is decided at the end of the sync.
    private mutating func doubtDeparted() throws {
        let standing = Standing(database: database)
        for (record, entity) in departed where try standing.isNowhere(record) {
            result.left += 1
            try standing.doubt(record, entity: entity)
        }
    }

    /// Tells whoever observes the tables that were changed.
    func notifyChanges() throws {
        for entity in result.touched {
            let name = try LocalReader.table(entity).entity.name
            try database.notifyChanges(in: Table(name))
        }
    }

    private mutating func setCursor(_ stream: WireStream, gained: UInt64) throws {
        // An id comes with a stream that begins, and with it a new sum.
        let isNew = !stream.id.isEmpty
        let sum = (isNew ? 0 : try Standing(database: database).sum(of: stream.scope)) &+ gained
        let statement = try database.prepared(
            """
            INSERT INTO cursor(scope, seq, behind, id, sum, start, part)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT(scope) DO UPDATE SET
                seq = ?2, behind = ?3, sum = ?5, start = ?6, part = ?7
            """)
        statement.bind(1, Int64(stream.scope))
        statement.bind(2, stream.seq)
        statement.bind(3, stream.behind)
        statement.bind(4, Array(stream.id))
        statement.bind(5, sum)
        statement.bind(6, stream.start)
        statement.bind(7, Int64(stream.part))
        try statement.run()
        if stream.hasSum && stream.sum != sum { result.diverged.append(stream.scope) }
    }

    /// Takes records whole, as a comparison brought them, and lets go of those that the scope does not
    /// have.
    mutating func absorb(
        _ comparison: WireCompareResponse, scope: UInt32
    ) throws -> Absorbed {
        let ids = try IDList(comparison.ids)
        let standing = Standing(database: database)
        var gained: UInt64 = 0
        for delta in comparison.deltas {
            try absorb(delta, isWhole: true, ids: ids)
            gained &+= try standing.note(
                try ids.id(at: delta.record), entity: EntityID(rawValue: delta.entity),
                version: delta.version, isLive: !delta.deleted, in: scope)
        }
        for bytes in comparison.gone {
            guard let id = RecordID(bytes: bytes) else { continue }
            let entity = try standing.entity(of: id, in: scope)
            gained &+= try standing.leave(id, scope)
            if let entity, try standing.isNowhere(id), try !drop(id, entity: entity) {
                // Until the own work on it has its verdict.
                try standing.doubt(id, entity: entity)
            }
        }
        try standing.grow(scope, by: gained)
        return result
    }

    /// Removes a record that the hub does not have, or not for this account, unless own work on it or
    /// under it has no verdict yet.
    /// - Returns: whether it is gone.
    mutating func drop(_ record: RecordID, entity: EntityID) throws -> Bool {
        // An outline shows nothing, and nobody has the rest of it.
        try outline.remove(record)
        // Of an entity that this version does not know there never was a row.
        if DeviceTable.of(entity) == nil { return true }
        let entity = try LocalReader.table(entity).entity
        guard let row = try reader.row(entity.id, record) else { return true }
        if pending[record]?.isEmpty == false { return false }
        let held = try self.held ?? namedByOwnWork()
        self.held = held
        if held.contains(record) { return false }
        if row.flags.contains(.local) { return true }
        try writer.remove(entity, record)
        result.touched.insert(entity.id)
        return true
    }
}

extension Absorber {
    /// What own work changes, refers to or belongs to that has no verdict, or was refused and nobody has
    /// decided about: whoever is to correct it must see what it is about.
    func heldByOwnWork() throws -> Set<RecordID> {
        try namedByOwnWork().union(pending.filter { !$0.value.isEmpty }.keys)
    }

    private func namedByOwnWork() throws -> Set<RecordID> {
        let refused = try outbox.refused()
            .filter { try outbox.disposition(of: $0.entry.n) == .open }
            .flatMap(\.entry.commit.changes)
        var named = Set(refused.map(\.record))
        for change in pending.values.flatMap({ $0.map(\.change) }) + refused {
            guard let entity = Schema.current[change.entity] else { continue }
            let values = change.sets.compactMap(\.value) + change.adds.map(\.value)
            var contents = values.map { FieldContent.one($0) }
            if case .customer(let position) = entity.scope,
                let row = try reader.row(entity.id, change.record)
            {
                contents.append(row.values[position])
            }
            for content in contents {
                let values = content.value.map { [$0] } ?? content.elements
                for case .ref(let id) in values { named.insert(id) }
            }
        }
        return named
    }
}

// MARK: - Erasure

extension Absorber {
    private mutating func learn(_ records: [RecordID]) throws {
        if records.isEmpty { return }
        newlyErased += try Erased(database: database).learn(records)
        erased.formUnion(records)
    }

    /// Once it has its verdict, nothing is kept of a commit that is about somebody who was erased.
    private func redact(_ n: Int64) throws {
        guard !erased.isEmpty, let entry = try outbox.entry(n: n),
            !entry.commit.named.isDisjoint(with: erased)
        else { return }
        try Erased(database: database).noteUnwashed()
        try outbox.redact(entry, erased)
    }

    /// Removes whatever is here of those who were erased, but for commits that are still to be
    /// delivered: the chain needs their bytes.
    private mutating func erase(
        _ response: WireExchangeResponse, as identity: Int64
    ) throws {
        let store = Erased(database: database)
        let asked = response.erased.compactMap { RecordID(bytes: $0) }
        // Its rows may have gone long before: the log is older than what the hub asks.
        let isNew = try store.setAsked(asked, of: identity) || !newlyErased.isEmpty
        try learn(asked)
        // The hub asks each identity by itself.
        for past in try Facts(database: database).pastIdentities()
        where past.identity != identity && !past.isShared {
            try store.ask(newlyErased, of: past.identity)
        }
        // Those asked of again too: a copy of this store may have known them longer than its rows.
        let meant = Set(asked + newlyErased)
        if meant.isEmpty { return }
        let removed = try store.removeRows(meant.sorted())
        for entity in removed {
            result.touched.insert(entity)
            result.erased += 1
        }
        let redacted = try outbox.redactSettled(naming: meant)
        if isNew || !removed.isEmpty || redacted > 0 { try store.noteUnwashed() }
    }
}

// MARK: - Verdicts

extension Absorber {
    private mutating func settle(
        _ verdicts: [WireVerdict], as identity: Int64, ids: IDList
    ) throws {
        for wire in verdicts {
            guard let entry = try outbox.entry(number: wire.number, of: identity) else { continue }
            let verdict = try wire.model(ids)
            switch entry.state {
            case .pending, .waiting: try settle(entry, verdict)
            case .refused:
                // The office has dealt with it, or what the rep decided has arrived there.
                try outbox.settle(
                    entry.n, state: Self.state(verdict.outcome), verdict: verdict, at: now)
                try learn(verdict.refusal.map(entry.commit.erased) ?? [])
                try redact(entry.n)
            case .accepted, .merged: try doubt(entry.commit)
            }
        }
    }

    private static func state(_ outcome: Outcome) -> Outbox.State {
        switch outcome {
        case .accepted, .handedOver: .accepted
        case .merged: .merged
        case .refused: .refused
        case .waiting: .waiting
        }
    }

    private mutating func settle(_ entry: Outbox.Entry, _ verdict: Verdict) throws {
        let state = Self.state(verdict.outcome)
        // What a lost history had said already is no news.
        let isNews = !entry.hadVerdict || entry.wasRefused != (state == .refused)
        switch state {
        case .accepted: result.accepted += isNews ? 1 : 0
        case .merged:
            result.accepted += isNews ? 1 : 0
            result.merged += isNews ? 1 : 0
        case .refused: result.refused += isNews ? 1 : 0
        case .waiting, .pending:
            if entry.state == .pending { result.waiting += 1 }
            try outbox.settle(entry.n, state: .waiting, verdict: verdict, at: now)
            // Its changes stay what they are: own work that the hub's records do not hold.
            return
        }
        try outbox.settle(entry.n, state: state, verdict: verdict, at: now)
        try learn(verdict.refusal.map(entry.commit.erased) ?? [])
        try redact(entry.n)
        // What was offered again, or had waited, may have been written over by what had seen it:
        // the hub tells all of that.
        let isFresh = entry.state == .pending && entry.given == nil
        // What was refused already is not among the records.
        if entry.wasRefused && state == .refused { return }
        let suggested = Set(
            verdict.handovers.filter { $0.suggestions > 0 }.map(\.record))
        for change in entry.commit.changes {
            let isApplied = state != .refused && !suggested.contains(change.record)
            if isFresh && isApplied {
                settled[change.record, default: []].formUnion(change.touchedFields)
            }
            try settle(change, n: entry.n, isAccepted: isApplied, isFresh: isFresh)
        }
        if state != .refused { try doubt(entry.commit) }
        handOver(verdict, of: entry.commit)
    }

    /// What the hub has taken it tells again in a scope; what it does not tell is not for this
    /// account any more, and leaves the device at the end of the sync.
    private func doubt(_ commit: Commit) throws {
        let standing = Standing(database: database)
        for change in commit.changes where try standing.isNowhere(change.record) {
            try standing.doubt(change.record, entity: change.entity)
        }
    }

    private mutating func handOver(_ verdict: Verdict, of commit: Commit) {
        for handover in verdict.handovers {
            guard
                let change = commit.changes.first(where: { $0.record == handover.record })
            else { continue }
            result.handedOver.append(
                HandedOver(
                    entity: change.entity, record: handover.record,
                    suggestions: handover.suggestions, movedTo: handover.movedTo))
        }
    }

    private mutating func settle(
        _ change: Change, n: Int64, isAccepted: Bool, isFresh: Bool
    ) throws {
        let entity = try LocalReader.table(change.entity).entity
        result.touched.insert(entity.id)
        pending[change.record]?.removeAll { $0.n == n }
        held = nil
        let left = (pending[change.record] ?? []).map(\.change)
        guard let row = try reader.row(entity.id, change.record) else { return }
        if row.flags.contains(.local) {
            if isAccepted {
                try writer.setFlags(entity, row.id) { $0.subtracting(.local) }
            } else {
                // What was made here and refused is in the tray, not among the records.
                try writer.remove(entity, row.id)
                return
            }
        }
        if change.deletes {
            // One that the hub had before, and that was answered by an edit, told as alive since.
            let isAnswered =
                try !isFresh && Standing(database: database).isLive(change.record)
            if !isAccepted || isAnswered {
                try writer.setFlags(entity, row.id) { $0.subtracting(.deleted) }
            }
            return
        }
        for number in change.touchedFields {
            guard let position = entity.position(ofNumber: number) else { continue }
            // What had been contested was seen by this write, which now stands in its place; what
            // it had not seen comes with the same answer.
            if isAccepted && isFresh { try writer.dropSiblings(row.id, number) }
            guard let shadow = try writer.shadow(row.id, number) else { continue }
            let hub =
                isAccepted && isFresh
                ? shadow.applying(change, entity.fields[position]) : shadow
            try show(hub, under: left, position: position, entity: entity, id: row.id)
        }
    }

    /// Shows the hub's content of a field with the device's own later work on top of it.
    private func show(
        _ hub: FieldContent, under later: [Change], position: Int, entity: EntitySchema,
        id: RecordID
    ) throws {
        let number = entity.fields[position].number
        let own = later.filter { $0.touchedFields.contains(number) }
        let content = own.reduce(hub) { $0.applying($1, entity.fields[position]) }
        try writer.set([(position, content)], entity: entity, id: id)
        try writer.setShadow(id, number, own.isEmpty ? nil : hub, base: own.first?.base ?? 0)
    }
}

// MARK: - Deltas

extension Absorber {
    private mutating func absorb(_ delta: WireDelta, isWhole: Bool, ids: IDList) throws {
        // An entity of a later schema: it comes again from the start once this device knows it.
        guard let entity = Schema.current[EntityID(rawValue: delta.entity)] else { return }
        let id = try ids.id(at: delta.record)
        var contents = try contents(of: delta, entity: entity, ids: ids)
        let isAnew = try hasDoubts && Standing(database: database).isForgotten(id)
        if hasOutlines {
            if isWhole || isAnew {
                try outline.remove(id)
            } else if var entry = try outline.entry(id) {
                // What has changed of it is not the record: that is asked for.
                entry.learn(delta, contents, entity)
                result.outlined += 1
                return try outline.put(entry)
            }
        }
        result.touched.insert(entity.id)
        // A delta that names nothing only tells the version an own write got.
        if !delta.fields.isEmpty || !delta.cleared.isEmpty { result.records += 1 }
        let creator = delta.creator == 0 ? nil : try ids.id(at: delta.creator - 1)
        var flags: RowFlags = []
        if delta.deleted { flags.insert(.deleted) }
        if delta.contested { flags.insert(.contested) }

        if pending[id] == nil {
            var values = FieldValues(for: entity)
            for (position, content) in contents { values[position] = content }
            if try writer.insert(
                entity, id, version: delta.version, flags: flags, creator: creator, values: values)
            {
                if !delta.siblings.isEmpty { try setSiblings(delta, entity: entity, ids: ids) }
                return
            }
        }
        if isWhole || isAnew {
            let named = Set(contents.map(\.position))
            // In a whole stream own writes are told as well.
            let own = isWhole ? [] : settled[id] ?? []
            let emptied = entity.fields.indices.filter {
                !named.contains($0) && !own.contains(entity.fields[$0].number)
            }
            contents += emptied.map { ($0, .none) }
            for position in emptied { try writer.dropSiblings(id, entity.fields[position].number) }
        }
        try update(
            id, entity: entity, delta: delta, contents: contents, flags: flags, creator: creator)
        try setSiblings(delta, entity: entity, ids: ids)
    }

    /// Notes a record that was told in outline.
    /// - Returns: by how much the sum of the scope grows.
    private mutating func absorb(
        _ told: WireOutline, in scope: UInt32, ids: IDList
    ) throws -> UInt64 {
        let id = try ids.id(at: told.record)
        let entity = EntityID(rawValue: told.entity)
        let gained = try Standing(database: database).note(
            id, entity: entity, version: told.version, isLive: !told.deleted, in: scope)
        result.outlined += 1
        // An entity of a later schema: it comes again from the start once this device knows it.
        guard DeviceTable.of(entity) != nil else { return gained }
        let head = try writer.head(entity, id)
        // It is here already as it is there.
        if let head, head.version == told.version, !head.flags.contains(.local), !areRowsDoubtful,
            try outline.entry(id) == nil
        {
            return gained
        }
        try outline.put(
            RecordOutline(
                record: id, entity: entity, version: told.version,
                customers: try told.customers.map { try ids.id(at: $0) },
                day: told.hasDay ? told.day : nil, isDeleted: told.deleted, isDue: head != nil))
        hasOutlines = true
        return gained
    }

    private mutating func update(
        _ id: RecordID, entity: EntitySchema, delta: WireDelta,
        contents: [(position: Int, content: FieldContent)], flags: RowFlags, creator: RecordID?
    ) throws {
        let own = (pending[id] ?? []).map(\.change)
        guard let row = try reader.row(entity.id, id) else {
            var values = FieldValues(for: entity)
            for (position, content) in contents { values[position] = content }
            try writer.insert(
                entity, id, version: delta.version, flags: flags, creator: creator, values: values)
            for change in own {
                try writer.edit(
                    change, entity: entity, before: try reader.row(entity.id, id)?.values)
            }
            return
        }
        if row.flags.contains(.local) {
            try shadowOwnCreation(own, of: id, entity: entity)
        }
        var plain: [(position: Int, content: FieldContent)] = []
        for (position, content) in contents {
            let number = entity.fields[position].number
            if shadowed.contains(id) || !own.isEmpty, try writer.shadow(id, number) != nil {
                try show(content, under: own, position: position, entity: entity, id: id)
            } else {
                plain.append((position, content))
            }
        }
        try writer.set(plain, entity: entity, id: id)
        var kept = flags
        // One that is offered again may have been answered by an edit, which is told only now.
        if (pending[id] ?? []).contains(where: { $0.change.deletes && !$0.isAgain }) {
            kept.insert(.deleted)
        }
        try writer.setHead(entity, id, version: delta.version, flags: kept, creator: creator)
    }

    /// Somebody else made the same record, and the hub tells before it has seen ours: from now on
    /// ours is an edit on top of theirs.
    private mutating func shadowOwnCreation(
        _ own: [Change], of id: RecordID, entity: EntitySchema
    ) throws {
        for number in Set(own.flatMap(\.touchedFields)) {
            try writer.addShadow(id, number, .none, base: 0)
        }
        shadowed.insert(id)
    }

    private func contents(
        of delta: WireDelta, entity: EntitySchema, ids: IDList
    ) throws -> [(position: Int, content: FieldContent)] {
        var contents: [(position: Int, content: FieldContent)] = []
        contents.reserveCapacity(delta.fields.count + delta.cleared.count)
        for field in delta.fields {
            guard let position = entity.position(ofNumber: field.number),
                let value = try field.model(ids)
            else { continue }
            if entity.fields[position].isSet {
                if contents.last?.position == position,
                    case .many(let elements)? = contents.last?.content
                {
                    contents[contents.count - 1].content = .set(elements + [value])
                } else {
                    contents.append((position, .many([value])))
                }
            } else {
                contents.append((position, .one(value)))
            }
        }
        for number in delta.cleared {
            if let position = entity.position(ofNumber: number) {
                contents.append((position, .none))
            }
        }
        return contents
    }

    /// The siblings of every field the delta names are as the delta says.
    private func setSiblings(_ delta: WireDelta, entity: EntitySchema, ids: IDList) throws {
        let id = try ids.id(at: delta.record)
        for number in Set(delta.fields.map(\.number) + delta.cleared) {
            try writer.dropSiblings(id, number)
        }
        for (position, sibling) in delta.siblings.enumerated() {
            let value = try sibling.value.model(ids)
            let statement = try database.prepared(
                """
                INSERT INTO sibling(record, number, position, entity, value, stamp, device, author)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
            statement.bind(1, id)
            statement.bind(2, Int64(sibling.value.number))
            statement.bind(3, Int64(position))
            statement.bind(4, Int64(entity.id.rawValue))
            statement.bind(
                5,
                RowWriter.pack(value.map { .one($0) } ?? .none))
            statement.bind(6, sibling.stamp)
            statement.bind(7, try ids.id(at: sibling.device))
            statement.bind(8, try ids.id(at: sibling.author))
            try statement.run()
        }
    }
}

extension RecordOutline {
    /// Takes what a delta of the changes tells of where the record belongs.
    fileprivate mutating func learn(
        _ delta: WireDelta, _ contents: [(position: Int, content: FieldContent)],
        _ entity: EntitySchema
    ) {
        version = delta.version
        isDeleted = delta.deleted
        isDue = true
        for (position, content) in contents {
            let values = content.value.map { [$0] } ?? content.elements
            if entity.fields[position].number == entity.customerField {
                customers = values.compactMap { if case .ref(let id) = $0 { id } else { nil } }
            }
            if let told = entity.day(showing: values) { day = max(day ?? told, told) }
        }
    }
}
