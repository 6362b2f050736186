internal import RondaMerge
internal import RondaModel
internal import RondaProtobuf
internal import RondaStore
internal import RondaWire

/// The writes that came in with this very request: the device has them, so they are not sent back.
struct OwnWrites: Sendable {
    private let device: RecordID
    /// Of each record, the commits that changed it.
    private var numbers: [RecordID: Set<UInt64>] = [:]
    /// The least the device knew of each record when it captured.
    private var bases: [RecordID: UInt64] = [:]

    init(_ offers: [Offer], verdicts: [Verdict], device: RecordID, schema: Schema) {
        self.device = device
        let handedOver = Dictionary(
            verdicts.filter { !$0.handovers.isEmpty }
                .map { ($0.number, Set($0.handovers.map(\.record))) }
        ) { first, _ in first }
        // What is offered again is told, and with it all that was done to the same record.
        let again = Set(
            offers.filter { $0.given != nil }.flatMap { offer in
                // What cannot be read has changed nothing.
                (try? offer.commit.get())?.changes.map(\.record) ?? []
            })
        for offer in offers {
            // What is offered again after a restore may have been written over by what had seen it:
            // the device takes all of that from the hub. The same goes for what an older schema
            // wrote otherwise.
            guard offer.given == nil, case .success(let commit) = offer.commit,
                commit.schema == schema.version || schema.upCast(commit) == commit
            else { continue }
            for change in commit.changes {
                // And for what was in another's hands: the device has let it go.
                if handedOver[offer.number]?.contains(change.record) ?? false { continue }
                if again.contains(change.record) { continue }
                numbers[change.record, default: []].insert(offer.number)
                bases[change.record] = min(change.base, bases[change.record] ?? .max)
            }
        }
    }

    private init() { device = .zero }

    static let none = OwnWrites()

    func contains(_ mark: Mark, of record: RecordID) -> Bool {
        mark.device == device && numbers[record]?.contains(mark.number) ?? false
    }

    func base(of record: RecordID) -> UInt64 { bases[record] ?? 0 }
}

/// Turns a stored record into what a device lacks of it that had everything of this scope at
/// position `since`.
struct DeltaWriter {
    let schema: Schema
    let scope: RecordID
    let since: UInt64
    let own: OwnWrites
    /// To whom it is told.
    let reader: Role

    func delta(_ row: StreamRow, _ table: inout IDTable) throws -> WireDelta {
        guard let entity = schema[row.entity] else {
            throw StoreError(.newerFormat, "entity \(row.entity.rawValue)")
        }
        var delta = WireDelta()
        delta.entity = row.entity.rawValue
        delta.record = table.index(of: row.id)
        delta.version = row.version
        if entity.hasAuthors { delta.creator = table.index(of: row.creator) + 1 }
        // Plain, and read from the start: the shown values are all there is to tell.
        let told = entity.told(to: reader)
        if row.meta.isEmpty {
            for (number, value) in try RecordPacking.shownFields(row.shown) {
                if let told, let place = entity.position(ofNumber: number), !told[place] {
                    continue
                }
                delta.fields.append(WireField(number, value, &table))
            }
            return delta
        }
        let record = try RecordPacking.record(
            id: row.id, entity: entity, creator: row.creator, version: row.version,
            shown: row.shown, meta: row.meta)
        write(record, entity: entity, into: &delta, &table)
        return delta
    }

    /// That the record is there, and nothing of what it says but where it belongs and how recent it is.
    func outline(_ row: StreamRow, _ table: inout IDTable) throws -> WireOutline {
        guard let entity = schema[row.entity] else {
            throw StoreError(.newerFormat, "entity \(row.entity.rawValue)")
        }
        var outline = WireOutline()
        outline.entity = row.entity.rawValue
        outline.record = table.index(of: row.id)
        outline.version = row.version
        let told = entity.told(to: reader)
        let shown = try RecordPacking.shownFields(row.shown).filter { number, _ in
            guard let told, let place = entity.position(ofNumber: number) else { return true }
            return told[place]
        }
        for case (entity.customerField, .ref(let customer)) in shown {
            outline.customers.append(table.index(of: customer))
        }
        if let day = entity.day(showing: shown.lazy.map(\.value)) { outline.day = day }
        // A record without a trace is plain: nobody has deleted it.
        if !row.meta.isEmpty {
            outline.deleted = try RecordPacking.record(
                id: row.id, entity: entity, creator: row.creator, version: row.version,
                shown: row.shown, meta: row.meta
            ).isDeleted
        }
        return outline
    }

    private func write(
        _ record: StoredRecord, entity: EntitySchema, into delta: inout WireDelta,
        _ table: inout IDTable
    ) {
        delta.deleted = record.isDeleted
        delta.contested = record.isContested
        let place = record.placements.firstIndex { $0.scope == scope }
        let arrived = place.map { record.placements[$0].arrived } ?? 0
        func isNew(_ mark: Int) -> Bool {
            let seqs = record.marks[mark].seqs
            let seq = place.flatMap { seqs.indices.contains($0) ? seqs[$0] : nil } ?? arrived
            return seq > since
        }
        // All that is there was written by a single commit of this request.
        if record.marks.count == 1, own.contains(record.marks[0], of: record.id) { return }
        // Every other trace in the record was known to the device when it captured: what its own
        // writes make of a set is what the hub made of it.
        let base = own.base(of: record.id)
        let isOnlyOwn = record.marks.indices.allSatisfy {
            own.contains(record.marks[$0], of: record.id)
                || record.marks[$0].version <= base && !isNew($0)
        }
        let told = entity.told(to: reader)
        for (position, field) in entity.fields.enumerated() where told?[position] ?? true {
            switch record.registers[position] {
            case .empty: break
            case .siblings(let siblings):
                guard siblings.contains(where: { isNew($0.mark) }) else { continue }
                if siblings.count == 1, own.contains(record.marks[siblings[0].mark], of: record.id)
                {
                    continue
                }
                if let value = siblings[0].value {
                    delta.fields.append(WireField(field.number, value, &table))
                } else {
                    delta.cleared.append(field.number)
                }
                for (index, sibling) in record.differing(position).enumerated() {
                    delta.siblings.append(
                        WireSibling(
                            field.number, sibling, record.marks[sibling.mark], shown: index == 0,
                            &table))
                }
            case .elements(let elements, let changed):
                guard isNew(changed),
                    !(own.contains(record.marks[changed], of: record.id) && isOnlyOwn)
                else { continue }
                if elements.isEmpty { delta.cleared.append(field.number) }
                for element in elements {
                    delta.fields.append(WireField(field.number, element.value, &table))
                }
            }
        }
    }
}

extension WireSibling {
    init(
        _ number: UInt32, _ sibling: Sibling, _ mark: Mark, shown: Bool, _ table: inout IDTable
    ) {
        self.init()
        if let value = sibling.value {
            self.value = WireField(number, value, &table)
        } else {
            self.value.number = number
        }
        version = mark.version
        stamp = mark.stamp.bits
        device = table.index(of: mark.device)
        author = table.index(of: mark.author)
        self.shown = shown
    }
}

extension EntitySchema {
    /// Whether somebody needs to know who made the record.
    var hasAuthors: Bool { fields.contains { $0.writers.contains(.author) } }
}
