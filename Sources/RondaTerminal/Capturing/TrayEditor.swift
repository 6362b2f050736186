internal import RondaClient
internal import RondaModel

/// What one field of one refused record shall be instead.
struct TrayCorrection: Sendable {
    enum New: Sendable, Hashable {
        case content(FieldContent)
        /// As the device shows it now: the change leaves the field alone.
        case asNow
    }
    let record: RecordID
    let position: Int
    let new: New
}

/// Turns what a person typed into corrections of a refused commit.
struct TrayEditor {
    let page: TrayPage
    /// The record the person named, where they did.
    let record: String?
    let session: Session
    let store: LocalStore

    func corrections(
        sets: [String], clear: [String], drop: [String]
    ) async throws -> [TrayCorrection] {
        var texts: [(name: String, texts: [String])] = []
        for set in sets {
            guard let equals = set.firstIndex(of: "=") else {
                throw TerminalError.usage(
                    en: "--set wants FIELD=VALUE, not “\(set)”",
                    es: "--set espera CAMPO=VALOR, no «\(set)»")
            }
            let (name, text) = (String(set[..<equals]), String(set[set.index(after: equals)...]))
            if let index = texts.firstIndex(where: { Folding.fold($0.name) == Folding.fold(name) })
            {
                texts[index].texts.append(text)
            } else {
                texts.append((name, [text]))
            }
        }
        var corrections: [TrayCorrection] = []
        for (name, texts) in texts {
            let (change, field, position) = try target(name)
            if texts.count > 1 && !field.isSet {
                throw TerminalError.usage(
                    en: "\(field.name) holds one value; --set it once",
                    es: "\(field.label.es) lleva un solo valor; use --set una vez")
            }
            var values: [Value] = []
            for text in texts { values.append(try await value(text, of: field, in: change)) }
            corrections.append(
                TrayCorrection(
                    record: change.tray.record, position: position,
                    new: .content(FieldContent(values, of: field))))
        }
        for (names, new) in [(clear, TrayCorrection.New.content(.none)), (drop, .asNow)] {
            for name in names {
                let (change, _, position) = try target(name)
                corrections.append(
                    TrayCorrection(record: change.tray.record, position: position, new: new))
            }
        }
        return corrections
    }

    /// Asks for the field that was at fault, until the answer can be used; `nil` for an empty one.
    func ask(_ change: RefusedChange, _ field: FieldSchema) async throws -> TrayCorrection? {
        guard let entity = Schema.current[change.tray.entity],
            let position = entity.position(ofNumber: field.number)
        else { return nil }
        let captured = change.lines.first { $0.field.number == field.number }?.captured ?? .none
        let was = session.wording.text(captured, of: field) { String($0.hex.prefix(8)) }
        session.say(page.item.reason)
        session.say(
            Phrase(
                en: "\(change.title), \(field.label.en), as captured: \(was)",
                es: "\(change.title), \(field.label.es), lo capturado: \(was)"))
        while true {
            let question = Phrase(
                en: "What shall it be? (empty: leave it in the tray)",
                es: "¿Qué debe decir? (vacío: dejarlo en la bandeja)")
            session.context.writeError(session.wording(question) + " ")
            guard let text = AnswerWords.text(session.context.readLine()) else { return nil }
            do {
                let value = try await value(text, of: field, in: change)
                return TrayCorrection(
                    record: change.tray.record, position: position,
                    new: .content(FieldContent([value], of: field)))
            } catch let error as TerminalError {
                session.say(error.phrase)
            }
        }
    }

    /// The record and the field a name means: the named record, else the one at fault, else the
    /// only one that has such a field.
    private func target(
        _ name: String
    ) throws(TerminalError) -> (RefusedChange, FieldSchema, position: Int) {
        let asked = Folding.fold(name)
        func position(in change: RefusedChange) -> Int? {
            Schema.current[change.tray.entity]?.fields.firstIndex { field in
                [field.name, field.label.en, field.label.es].contains { Folding.fold($0) == asked }
            }
        }
        var candidates = page.changes
        if let record {
            let digits = record.lowercased().filter { $0 != "-" }
            candidates = candidates.filter { $0.tray.record.hex.hasPrefix(digits) }
            if candidates.isEmpty || digits.isEmpty {
                throw .notFound(
                    en: "no record “\(record)” is in it; its records: \(records)",
                    es: "no contiene un registro «\(record)»; sus registros: \(records)")
            }
        }
        candidates = candidates.filter { position(in: $0) != nil }
        if candidates.count > 1,
            let faulty = candidates.first(where: { $0.tray.record == page.item.record })
        {
            candidates = [faulty]
        }
        if candidates.count > 1 {
            throw .usage(
                en: "more than one record has “\(name)”; say which with --record: \(records)",
                es: "más de un registro tiene «\(name)»; diga cuál con --record: \(records)")
        }
        guard let change = candidates.first, let position = position(in: change),
            let entity = Schema.current[change.tray.entity]
        else {
            let known = Set(page.changes.map(\.tray.entity)).sorted()
                .compactMap { Schema.current[$0] }.flatMap(\.fields)
            throw .usage(
                en: "there is no field “\(name)”; the fields are: "
                    + known.map(\.name).joined(separator: ", "),
                es: "no hay un campo «\(name)»; los campos son: "
                    + known.map(\.name).joined(separator: ", "))
        }
        return (change, entity.fields[position], position)
    }

    private var records: String {
        page.changes.map { change in
            let entity = Schema.current[change.tray.entity]?.name ?? ""
            return "\(change.handle) (\(entity))"
        }.joined(separator: ", ")
    }

    private func value(
        _ text: String, of field: FieldSchema, in change: RefusedChange
    ) async throws -> Value {
        if field.type == .ref, let target = field.target {
            return .ref(try await session.read(store) { try Finder(reader: $0).id(target, text) })
        }
        if change.tray.entity == .referral, field.name == "contactPoint" {
            return .text(try await contactPoint(text, of: change))
        }
        if let value = try session.value(text, of: field) { return value }
        let choices = field.options.map { "\($0.name) (\($0.label.es))" }.joined(separator: ", ")
        let hint = choices.isEmpty ? "" : ": \(choices)"
        throw TerminalError.usage(
            en: "“\(text)” cannot be \(field.label.en)\(hint)",
            es: "«\(text)» no puede ser \(field.label.es)\(hint)")
    }

    /// In the spelling that makes two reps' notes of it equal.
    private func contactPoint(_ text: String, of change: RefusedChange) async throws -> String {
        let customer: RecordID? =
            if case .ref(let id)? = change.tray.captured("referrers").first { id } else { nil }
        let country = try await session.read(store) { reader in
            try customer.flatMap { try reader.record(Customer.self, $0)?.country }
        }
        do throws(ContactPoint.Problem) {
            return text.contains("@")
                ? try ContactPoint.email(text) : try ContactPoint.phone(text, country: country)
        } catch {
            throw error.error
        }
    }
}

extension Finder {
    /// The id of the record that a typed text means.
    func id(_ target: EntityID, _ text: String) throws -> RecordID {
        switch target {
        case .customer: return try customer(text).id
        case .programme: return try programme(text).id
        default:
            guard let type = RecordKinds.type(of: target) else { return .zero }
            return try self.id(type, text)
        }
    }

    private func id<R: RondaRecord>(_ type: R.Type, _ text: String) throws -> RecordID {
        try record(type, text).id
    }
}

extension Capture {
    /// Corrects a refused commit that was taken up again. A record whose id follows from what is
    /// corrected becomes another one, and whatever names it in the same commit follows it.
    mutating func correct(_ page: TrayPage, _ corrections: [TrayCorrection]) throws {
        var moved: [RecordID: RecordID] = [:]
        for change in page.changes {
            guard let type = RecordKinds.type(of: change.tray.entity) else { continue }
            let own = corrections.filter { $0.record == change.tray.record }
            try correct(type, change.tray, own, &moved)
        }
    }

    private mutating func correct<R: RondaRecord>(
        _ type: R.Type, _ change: TrayChange, _ corrections: [TrayCorrection],
        _ moved: inout [RecordID: RecordID]
    ) throws {
        guard let entity = Schema.current[R.entity], !corrections.isEmpty || !moved.isEmpty else {
            return
        }
        let now = try reader.record(type, change.record)?.fields
        let renamed = moved
        var corrected = R(id: change.record)
        try update(type, change.record) { record in
            for correction in corrections {
                record.fields[correction.position] =
                    switch correction.new {
                    case .content(let content): content
                    case .asNow: now?[correction.position] ?? .none
                    }
            }
            for position in entity.fields.indices where entity.fields[position].type == .ref {
                record.fields[position] = record.fields[position].replacing(renamed)
            }
            corrected = record
        }
        guard change.creates,
            let id = Schema.current.derivedID(
                of: entity, values: { corrected.fields[$0].value }), id != change.record
        else { return }
        moved[change.record] = id
        // What is deleted before it was ever captured leaves no trace.
        try delete(type, change.record)
        try create(R(id: id, fields: corrected.fields))
    }
}

extension FieldContent {
    /// The same with other records named.
    fileprivate func replacing(_ ids: [RecordID: RecordID]) -> FieldContent {
        if ids.isEmpty { return self }
        func new(_ value: Value) -> Value {
            if case .ref(let id) = value { .ref(ids[id] ?? id) } else { value }
        }
        return switch self {
        case .none: .none
        case .one(let value): .one(new(value))
        case .many(let values): .set(values.map(new))
        }
    }
}
