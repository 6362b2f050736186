import RondaModel

/// Work captured in good faith on what the account does not see any more (SPEC §4.13).
extension Planner {
    /// What the device knew of who sees what when it captured the commit.
    private var known: UInt64 {
        max(min(commit.assignment, context.assignment), context.floor)
    }

    private var sight: Sight { Sight(stays: context.stays, known: known) }

    func saw(scope: RecordID) -> Bool { sight.saw(scope: scope) }

    /// Whether the account saw the record when it captured, or later.
    func saw(_ record: StoredRecord) -> Bool {
        guard context.visible != nil, context.schema[.suggestion] != nil,
            let entity = context.schema[record.entity]
        else { return false }
        return sight.saw(
            record, entity, by: context.author,
            customers: record.customers(entity).compactMap { records[$0] }, standing: standing)
    }

    /// The customers of a record that the account saw.
    private func customersSeen(
        _ record: StoredRecord, _ entity: EntitySchema
    ) -> [StoredRecord] {
        let customers =
            record.entity == .customer
            ? [record] : record.customers(entity).compactMap { records[$0] }
        return customers.filter { sight.saw($0, standing: standing($0), since: 0) }
    }

    /// Whether nobody but its author has had a hand in the record: going on with one's own visit
    /// is no edit of somebody else's.
    func isOwnAlone(_ record: StoredRecord) -> Bool {
        record.creator == context.author && record.marks.allSatisfy { $0.author == context.author }
    }

    /// The fields whose new value protects the person more than what is there: that cannot wait
    /// until somebody has decided about it.
    func protectingFields(
        _ change: Change, _ record: StoredRecord, _ entity: EntitySchema
    ) -> Set<UInt32> {
        let protecting = entity.fields.enumerated().filter { position, field in
            change.sets.contains {
                $0.number == field.number
                    && field.protects($0.value, over: record.shown(position).value)
            }
        }
        return Set(protecting.map(\.element.number))
    }

    /// Applies a change of what the account does not see any more, but for the fields that are to be
    /// decided by whoever has it now; of those it makes suggestions.
    mutating func takeInGoodFaith(
        _ change: Change, at index: Int, to before: StoredRecord, entity: EntitySchema,
        former: UInt64, acting: Role, suggesting: (UInt32) -> Bool
    ) throws(Refusal) {
        let isNew = records[change.record] == nil
        var rest = change
        rest.sets.removeAll { suggesting($0.number) }
        rest.adds.removeAll { suggesting($0.number) }
        rest.removes.removeAll { suggesting($0.number) }
        rest.deletes = change.deletes && !suggesting(0)
        var record = before
        if !rest.touchedFields.isEmpty || rest.deletes {
            // By trying bases nobody shall learn which version the record has.
            if isFuture(change, before) { rest.base = 0 }
            record = try written(
                rest, to: before, entity: entity, former: former, acting: acting)
            if bringsUnseen(record, before: before, entity) {
                return try takeInGoodFaith(
                    change, at: index, to: before, entity: entity, former: former, acting: acting
                ) { _ in true }
            }
            record.compactMarks()
            if isNew { record.born = known }
            keep(
                record, in: scopes(of: record, entity, places: isNew || entity.places(rest)),
                isNew: isNew)
        }
        let seen = customersSeen(record, entity).first
        let customer = seen?.id ?? record.customers(entity).first
        let writes = SuggestedWrite.all(of: change).enumerated()
            .filter { suggesting($0.element.field) }
        for (n, write) in writes {
            suggest(
                write,
                name: [String(commit.number), String(index), String(write.field), String(n)],
                about: record, customer: customer, base: change.base, acting: acting)
        }
        let home = seen.flatMap { customer in
            context.schema[customer.entity].flatMap { customer.home($0) }
        }
        handovers.append(
            HandOver(record: change.record, suggestions: writes.count, movedTo: home))
    }

    /// Puts one write before whoever has the record now.
    private mutating func suggest(
        _ write: SuggestedWrite, name: [String], about subject: StoredRecord,
        customer: RecordID?, base: UInt64, acting: Role
    ) {
        guard let entity = context.schema[.suggestion] else { return }
        let namespace = context.schema.namespace(of: entity)
        var name = ([context.device.description] + name).joined(separator: "\u{1f}")
        var id = RecordID.derived(namespace: namespace, name: name)
        // Whoever took the id beforehand shall not have it.
        while records[id] != nil {
            name += "\u{1f}"
            id = .derived(namespace: namespace, name: name)
        }
        var suggestion = Suggestion(id: id)
        suggestion.customer = customer
        suggestion.about = subject.id
        suggestion.entity = Int(subject.entity.rawValue)
        if write.field > 0 { suggestion.field = Int(write.field) }
        suggestion.action = write.action
        suggestion.value = write.value?.plainText
        suggestion.by = context.author
        suggestion.capturedAt = commit.stamp.instant
        suggestion.state = .open
        suggestion.base = Int(clamping: base)
        var record = StoredRecord(
            id: id, entity: entity.id, creator: context.author,
            version: Version.next(after: 0, generation: context.generation),
            registers: suggestion.fields.contents.map { content in
                content.value.map { .siblings([Sibling(value: $0, mark: 0)]) } ?? .empty
            }, lives: [0])
        record.marks = [
            Mark(
                version: record.version, number: commit.number, stamp: stamp,
                device: context.device, author: context.author, isOffice: acting == .office)
        ]
        record.born = context.assignment
        let places = scopes(of: record, entity, places: true)
        keep(record, in: places.isEmpty ? standing(subject) : places, isNew: true)
    }
}

/// One write of a change, as it is put before somebody.
private struct SuggestedWrite {
    let field: UInt32
    let action: SuggestedAction
    let value: Value?

    static func all(of change: Change) -> [SuggestedWrite] {
        let filled = change.sets.filter { $0.value != nil }
        let cleared = change.sets.filter { $0.value == nil }
        let writes =
            filled.map { SuggestedWrite(field: $0.number, action: .set, value: $0.value) }
            + cleared.map { SuggestedWrite(field: $0.number, action: .clear, value: nil) }
            + change.adds.map { SuggestedWrite(field: $0.number, action: .add, value: $0.value) }
            + change.removes.map {
                SuggestedWrite(field: $0.number, action: .remove, value: $0.value)
            }
        return writes
            + (change.deletes ? [SuggestedWrite(field: 0, action: .delete, value: nil)] : [])
    }
}
