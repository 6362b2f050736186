internal import RondaModel

/// What a change does to one field, as values: used to show own work over the hub's state.
extension FieldContent {
    /// This content after one change's writes to the field, made by somebody who had seen it.
    func applying(_ change: Change, _ field: FieldSchema) -> FieldContent {
        var content = self
        for write in change.sets where write.number == field.number {
            content = write.value.map { .one(field.joined($0, to: content.value)) } ?? .none
        }
        let adds = change.adds.filter { $0.number == field.number }.map(\.value)
        let removes = change.removes.filter { $0.number == field.number }.map(\.value)
        if adds.isEmpty && removes.isEmpty { return content }
        return .set(Set(content.elements).subtracting(removes).union(adds))
    }
}

extension Change {
    /// The change that turns `old` into `new` and writes what is to be settled, `nil` when there is
    /// nothing to write.
    static func turning(
        _ old: FieldValues, into new: FieldValues, settling settled: Set<UInt32> = [],
        of id: RecordID, entity: EntitySchema
    ) -> Change? {
        var change = Change(entity: entity.id, record: id)
        for (position, field) in entity.fields.enumerated()
        where old[position] != new[position] || settled.contains(field.number) {
            if field.isSet {
                let (before, after) = (Set(old[position].elements), Set(new[position].elements))
                change.adds += after.subtracting(before).sorted()
                    .map { ElementWrite(field.number, $0) }
                change.removes += before.subtracting(after).sorted()
                    .map { ElementWrite(field.number, $0) }
            } else {
                change.sets.append(
                    FieldWrite(
                        field.number, field.reopened(new[position].value, from: old[position].value)
                    ))
            }
        }
        return change.touchedFields.isEmpty ? nil : change
    }
}

extension FieldSchema {
    /// What stands when `new` is written over `old`: a join never gives up what it keeps.
    func joined(_ new: Value, to old: Value?) -> Value {
        guard let old else { return new }
        return switch rule {
        case .least: min(old, new)
        case .greatest: max(old, new)
        case .first: old
        case .latest, .office, .furthest, .protective, .union: new
        }
    }

    /// Going back along an ordered status starts a higher round, so that the reopening stands
    /// (SPEC §5.3). The device decides it, because it knows what was seen.
    fileprivate func reopened(_ new: Value?, from old: Value?) -> Value? {
        guard case .status(let option, _) = new, case .status(let before, let round) = old else {
            return new
        }
        let isBack = (self.option(option)?.rank ?? 0) < (self.option(before)?.rank ?? 0)
        return .status(option: option, round: isBack ? min(round, .max - 1) + 1 : round)
    }
}
