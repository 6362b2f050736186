internal import RondaClient
internal import RondaModel

/// Settling a contested field.
extension ConflictRow {
    /// The conflict with this number in the list, or of this record and field: `C0007.street`.
    static func find(_ asked: String, in rows: [ConflictRow]) throws(TerminalError) -> ConflictRow {
        if let number = Int(asked) {
            if let row = rows.first(where: { $0.number == number }) { return row }
        } else if let dot = asked.lastIndex(of: ".") {
            let record = Folding.fold(String(asked[..<dot]))
            let field = Folding.fold(String(asked[asked.index(after: dot)...]))
            let found = rows.filter { $0.isNamed(record) && $0.isField(field) }
            if found.count == 1 { return found[0] }
            if found.count > 1 {
                throw .usage(
                    en: "“\(asked)” fits more than one conflict; write more of the id",
                    es: "«\(asked)» corresponde a más de un conflicto; escriba más del id")
            }
        }
        throw .notFound(
            en: "there is no conflict “\(asked)”; see: ronda conflicts",
            es: "no hay un conflicto «\(asked)»; vea: ronda conflictos")
    }

    private func isNamed(_ folded: String) -> Bool {
        let digits = folded.filter { $0 != "-" }
        return Folding.fold(handle) == folded
            || !digits.isEmpty && conflict.record.hex.hasPrefix(digits)
    }

    private func isField(_ folded: String) -> Bool {
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
