internal import RondaClient
internal import RondaModel

/// Finding what is to be settled.
extension ConflictItem {
    /// The conflict with this number in the list, or of this record and field, `C0007.street`, or
    /// the contested deletion of this record, `C0007`.
    static func find(
        _ asked: String, in items: [ConflictItem]
    ) throws(TerminalError) -> ConflictItem {
        let found: [ConflictItem]
        if let number = Int(asked), let item = items.first(where: { $0.number == number }) {
            found = [item]
        } else {
            found = items.filter { $0.isNamed(asked) }
        }
        if found.count == 1 { return found[0] }
        if found.count > 1 {
            throw .usage(
                en: "“\(asked)” fits more than one conflict; write more of the id",
                es: "«\(asked)» corresponde a más de un conflicto; escriba más del id")
        }
        throw .notFound(
            en: "there is no conflict “\(asked)”; see: ronda conflicts",
            es: "no hay un conflicto «\(asked)»; vea: ronda conflictos")
    }

    private func isNamed(_ asked: String) -> Bool {
        switch self {
        case .field(let row):
            guard let dot = asked.lastIndex(of: ".") else { return false }
            return Self.means(Folding.fold(String(asked[..<dot])), record, handle: row.handle)
                && row.isField(Folding.fold(String(asked[asked.index(after: dot)...])))
        case .deletion(let row):
            return Self.means(Folding.fold(asked), record, handle: row.handle)
        }
    }

    private static func means(_ folded: String, _ record: RecordID, handle: String) -> Bool {
        let digits = folded.filter { $0 != "-" }
        return Folding.fold(handle) == folded || digits.count >= 4 && record.hex.hasPrefix(digits)
    }
}

/// Settling a contested field.
extension ConflictRow {
    fileprivate func isField(_ folded: String) -> Bool {
        [conflict.fieldName, conflict.fieldLabel.en, conflict.fieldLabel.es]
            .contains { Folding.fold($0) == folded }
    }

    /// The value that shall stand.
    func choice(
        keep: Int?, value: String?, in session: Session
    ) throws(TerminalError) -> Value? {
        switch (keep, value) {
        case (let keep?, nil):
            if conflict.values.indices.contains(keep - 1) { return conflict.values[keep - 1].value }
            throw .usage(
                en: "--keep goes from 1 to \(conflict.values.count)",
                es: "--keep va de 1 a \(conflict.values.count)")
        case (nil, let text?):
            guard let field, let new = try session.value(text, of: field) else {
                throw .usage(
                    en: "“\(text)” cannot be a value of this field",
                    es: "«\(text)» no puede ser un valor de este campo")
            }
            return new
        default:
            throw .usage(
                en: "say either --keep NUMBER or --value TEXT",
                es: "diga --keep NÚMERO o --value TEXTO, uno de los dos")
        }
    }
}

extension Capture {
    /// Settles one field of whatever kind of record it is in.
    mutating func settle(_ conflict: Conflict, as value: Value?) throws {
        guard let type = RecordKinds.type(of: conflict.entity) else { return }
        try settle(type, conflict.record, field: conflict.field, as: value)
    }

    /// Settles a contested deletion, of whatever kind the record is.
    mutating func settle(_ contested: ContestedRecord, keeping: Bool) throws {
        guard let type = RecordKinds.type(of: contested.entity) else { return }
        if keeping {
            try keep(type, contested.record)
        } else {
            try delete(type, contested.record)
        }
    }
}

extension Session {
    /// A text as the value of a field; `nil` when it cannot be one.
    func value(_ text: String, of field: FieldSchema) throws(TerminalError) -> Value? {
        guard let text = AnswerWords.text(text) else { return nil }
        switch field.type {
        case .text: return .text(text)
        case .integer: return Int64(text).map { .integer($0) }
        case .real: return Double(text).map { .real($0) }
        case .boolean: return AnswerWords.yesNo(text).map { .boolean($0) }
        case .instant: return .instant(try moment(text))
        case .date: return CivilDate(iso: text).map { .date($0) }
        case .option, .status:
            let asked = Folding.fold(text)
            let option = field.options.first { option in
                [option.name, option.label.en, option.label.es]
                    .contains { Folding.fold($0) == asked }
            }
            guard let option else { return nil }
            return field.type == .option
                ? .option(option.number) : .status(option: option.number, round: 0)
        case .ref: return RecordID(text).map { .ref($0) }
        }
    }
}
