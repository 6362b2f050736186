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
    var records = 0
    var touched = Set<EntityID>()
}

/// Takes one answer of the hub into the device: verdicts first, then what changed, then the
/// cursors, all in the caller's one transaction.
struct Absorber {
    private let database: Database
    private let reader: LocalReader
    private let writer: RowWriter
    private let outbox: Outbox
    /// The device's own unsettled changes, by record, in order of capture.
    private var pending: [RecordID: [(n: Int64, change: Change)]] = [:]
    private var shadowed: Set<RecordID>
    private var result = Absorbed()

    init(_ database: Database) throws {
        self.database = database
        reader = LocalReader(database)
        writer = RowWriter(database: database)
        outbox = Outbox(database: database)
        shadowed = try writer.shadowedRecords()
        for entry in try outbox.pending() {
            for change in entry.commit.changes {
                pending[change.record, default: []].append((entry.n, change))
            }
        }
    }

    mutating func absorb(
        _ response: WireExchangeResponse, sent: [Outbox.Entry]
    ) throws -> Absorbed {
        let ids = try IDList(response.ids)
        let facts = Facts(database: database)
        if try facts.bytes(.epoch) ?? [] != Array(response.epoch) {
            try database.execute(sql: "DELETE FROM cursor")
            try facts.set(.epoch, Array(response.epoch))
        }
        try settle(response.verdicts, sent: sent, ids: ids)
        for stream in response.streams {
            for delta in stream.deltas { try absorb(delta, isWhole: stream.whole, ids: ids) }
            try setCursor(stream)
        }
        for scope in response.lostScopes {
            try database.execute(sql: "DELETE FROM cursor WHERE scope = ?", arguments: [scope])
        }
        for entity in result.touched {
            let name = try LocalReader.table(entity).entity.name
            try database.notifyChanges(in: Table(name))
        }
        return result
    }

    private func setCursor(_ stream: WireStream) throws {
        let statement = try database.prepared(
            """
            INSERT INTO cursor(scope, seq, behind, id) VALUES (?, ?, ?, ?)
            ON CONFLICT(scope) DO UPDATE SET seq = excluded.seq, behind = excluded.behind
            """)
        statement.bind(1, Int64(stream.scope))
        statement.bind(2, stream.seq)
        statement.bind(3, stream.behind)
        statement.bind(4, Array(stream.id))
        try statement.run()
    }
}

// MARK: - Verdicts

extension Absorber {
    private mutating func settle(
        _ verdicts: [WireVerdict], sent: [Outbox.Entry], ids: IDList
    ) throws {
        let byNumber = Dictionary(sent.map { ($0.commit.number, $0) }, uniquingKeysWith: { $1 })
        for wire in verdicts {
            guard let entry = byNumber[wire.number] else { continue }
            let verdict = try wire.model(ids)
            let state: Outbox.State
            switch verdict.outcome {
            case .accepted, .handedOver:
                state = .accepted
                result.accepted += 1
            case .merged:
                state = .merged
                result.accepted += 1
                result.merged += 1
            case .refused:
                state = .refused
                result.refused += 1
            case .waiting:
                // It has no final verdict: it stays queued, and so does what follows it.
                return
            }
            var stored = WireExchangeResponse()
            var table = IDTable()
            stored.verdicts = [WireVerdict(verdict, &table)]
            stored.ids = table.encoded
            try outbox.settle(entry, state: state, verdict: stored.serializedBytes())
            for change in entry.commit.changes {
                try settle(change, n: entry.n, isAccepted: state != .refused)
            }
            try Facts(database: database).set(.settled, number: entry.n)
        }
    }

    private mutating func settle(_ change: Change, n: Int64, isAccepted: Bool) throws {
        let entity = try LocalReader.table(change.entity).entity
        result.touched.insert(entity.id)
        let later = (pending[change.record] ?? []).filter { $0.n > n }.map(\.change)
        pending[change.record]?.removeAll { $0.n <= n }
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
            if !isAccepted { try writer.setFlags(entity, row.id) { $0.subtracting(.deleted) } }
            return
        }
        for number in change.touchedFields {
            guard let position = entity.position(ofNumber: number) else { continue }
            // What had been contested was seen by this write, which now stands in its place; what
            // it had not seen comes with the same answer.
            if isAccepted { try writer.dropSiblings(row.id, number) }
            guard let shadow = try writer.shadow(row.id, number) else { continue }
            let hub = isAccepted ? shadow.applying(change, entity.fields[position]) : shadow
            try show(hub, under: later, position: position, entity: entity, id: row.id)
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
        result.touched.insert(entity.id)
        // A delta that names nothing only tells the version an own write got.
        if !delta.fields.isEmpty || !delta.cleared.isEmpty { result.records += 1 }
        let id = try ids.id(at: delta.record)
        let creator = delta.creator == 0 ? nil : try ids.id(at: delta.creator - 1)
        var contents = try contents(of: delta, entity: entity, ids: ids)
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
        if isWhole {
            let named = Set(contents.map(\.position))
            let emptied = entity.fields.indices.filter { !named.contains($0) }
            contents += emptied.map { ($0, .none) }
            for position in emptied { try writer.dropSiblings(id, entity.fields[position].number) }
        }
        try update(
            id, entity: entity, delta: delta, contents: contents, flags: flags, creator: creator)
        try setSiblings(delta, entity: entity, ids: ids)
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
        if own.contains(where: \.deletes) { kept.insert(.deleted) }
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
