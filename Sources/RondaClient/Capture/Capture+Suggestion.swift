public import RondaModel

extension Capture {
    /// Captures the change that a suggestion puts forward, as one's own.
    /// - Throws: `ClientError` with code `unknownRecord` when the record is not on this device, and
    ///   with `refused` when the suggestion cannot be read: it comes from a later version.
    public mutating func apply(_ suggestion: Suggestion) throws {
        let number = UInt32(clamping: suggestion.field ?? 0)
        guard let about = suggestion.about, let action = suggestion.action,
            let entity = suggestion.entity.flatMap({
                Schema.current[EntityID(rawValue: UInt32(clamping: $0))]
            })
        else { throw ClientError.refused([Refusal(.malformed, record: suggestion.id)]) }
        var change = Change(entity: entity.id, record: about, base: 1)
        if action == .delete {
            change.deletes = true
        } else {
            guard let position = entity.position(ofNumber: number) else {
                throw ClientError.refused([Refusal(.unknownField, entity: entity.id, record: about)]
                )
            }
            let value = suggestion.value.flatMap {
                Value(plainText: $0, field: entity.fields[position])
            }
            switch (action, value) {
            case (.clear, _): change.sets = [FieldWrite(number, nil)]
            case (.set, let value?): change.sets = [FieldWrite(number, value)]
            case (.add, let value?): change.adds = [ElementWrite(number, value)]
            case (.remove, let value?): change.removes = [ElementWrite(number, value)]
            case (_, nil), (.delete, _):
                throw ClientError.refused([
                    Refusal(.wrongType, entity: entity.id, record: about, field: number)
                ])
            }
        }
        try reload(change)
    }
}
