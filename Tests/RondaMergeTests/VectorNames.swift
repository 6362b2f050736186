import RondaMerge
import RondaModel

/// Between the words of a vector and values: names of records, people, devices, fields and options
/// (`Protocol/vectors/README.md`).
struct VectorNames {
    struct Unknown: Error, CustomStringConvertible {
        let description: String
    }

    struct Account {
        let id: RecordID
        let role: Role
        var scopes: Set<RecordID>
        var stays: [Stay]

        init(id: RecordID, role: Role, scopes: Set<RecordID>) {
            self.id = id
            self.role = role
            self.scopes = scopes
            stays = (scopes.sorted() + [id]).map { Stay(scope: $0) }
        }

        func visible(_ schema: Schema) -> Set<RecordID> {
            scopes.union([id, schema.catalogue])
        }
    }

    let schema: Schema
    let people: [String: Account]
    let devices: [String: (id: RecordID, person: String)]
    private let records: [(name: String, id: RecordID, entity: EntityID)]

    init(_ vector: JSON, schema: Schema) throws {
        self.schema = schema
        func id(_ item: JSON) throws -> RecordID {
            guard let id = item["id"]?.text.flatMap({ RecordID($0) }) else {
                throw Unknown(description: "an id in \(item.flat)")
            }
            return id
        }
        records = try (vector["records"]?.members ?? []).map { record in
            let name = record.value["entity"]?.text ?? ""
            let known = schema.entities.first { $0.name == name }?.id
            guard let entity = known ?? Self.number(name).map(EntityID.init(rawValue:)) else {
                throw Unknown(description: "entity \(name)")
            }
            return (record.key, try id(record.value), entity)
        }
        let ids = Dictionary(records.map { ($0.name, $0.id) }) { first, _ in first }
        people = Dictionary(
            uniqueKeysWithValues: try (vector["people"]?.members ?? []).map { person in
                let scopes = (person.value["scopes"]?.items ?? []).compactMap {
                    $0.text.flatMap { ids[$0] }
                }
                let account = Account(
                    id: try id(person.value),
                    role: try Self.role(person.value["role"]?.text),
                    scopes: Set(scopes))
                return (person.key, account)
            })
        devices = Dictionary(
            uniqueKeysWithValues: try (vector["devices"]?.members ?? []).map { device in
                (device.key, (try id(device.value), device.value["person"]?.text ?? ""))
            })
    }

    static func role(_ name: String?) throws -> Role {
        guard let role = Role(rawValue: name ?? "") else {
            throw Unknown(description: "role \(name ?? "")")
        }
        return role
    }

    /// The number in a name like `#99`, which the schema does not have.
    private static func number(_ name: String) -> UInt32? {
        name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
    }

    func record(_ name: String) throws -> (id: RecordID, entity: EntityID) {
        guard let record = records.first(where: { $0.name == name }) else {
            throw Unknown(description: "record \(name)")
        }
        return (record.id, record.entity)
    }

    /// Of several names of one id, the one that is said to be of this entity.
    func name(of id: RecordID, entity: EntityID? = nil) -> String {
        let found = records.filter { $0.id == id }
        return (found.first { $0.entity == entity } ?? found.first)?.name ?? id.hex
    }

    func deviceName(_ id: RecordID) -> String {
        devices.first { $0.value.id == id }?.key ?? id.hex
    }

    func fieldName(_ number: UInt32, in entity: EntityID?) -> String {
        guard let entity = entity.flatMap({ schema[$0] }),
            let position = entity.position(ofNumber: number)
        else { return "#\(number)" }
        return entity.fields[position].name
    }
}

// MARK: - Into values

extension VectorNames {
    func stamp(_ json: JSON?) throws -> Stamp {
        guard let milliseconds = json?["ms"]?.int else {
            throw Unknown(description: "a stamp in \(json?.flat ?? "nothing")")
        }
        return Stamp(
            milliseconds: milliseconds, counter: UInt16(json?["counter"]?.int ?? 0))
    }

    func commit(_ step: JSON, assignment: UInt64 = 0) throws -> Commit {
        guard let number = step["number"]?.uint else {
            throw Unknown(description: "a number in \(step.flat)")
        }
        return Commit(
            number: number, stamp: try stamp(step["stamp"]),
            schema: UInt32(step["schema"]?.int ?? 1),
            changes: try (step["changes"]?.items ?? []).flatMap(changes), assignment: assignment)
    }

    /// One change, or copies of it for records of ascending ids.
    private func changes(_ change: JSON) throws -> [Change] {
        let record = try record(change["record"]?.text ?? "")
        return try (0..<UInt64(change["times"]?.int ?? 1)).map { copy in
            let (low, overflow) = record.id.low.addingReportingOverflow(copy)
            let id = RecordID(high: record.id.high &+ (overflow ? 1 : 0), low: low)
            return try self.change(change, of: id, entity: record.entity)
        }
    }

    private func change(_ json: JSON, of id: RecordID, entity number: EntityID) throws -> Change {
        let entity = schema[number]
        func field(_ name: String) throws -> (UInt32, FieldSchema?) {
            if let position = entity?.position(named: name), let entity {
                return (entity.fields[position].number, entity.fields[position])
            }
            guard let number = Self.number(name) else {
                throw Unknown(description: "field \(name)")
            }
            return (number, nil)
        }
        func elements(_ key: String) throws -> [ElementWrite] {
            try (json[key]?.members ?? []).flatMap { member in
                let (number, field) = try field(member.key)
                return try expanded(member.value).map { element in
                    guard let value = try value(element, of: field) else {
                        throw Unknown(description: "an element without value")
                    }
                    return ElementWrite(number, value)
                }
            }
        }
        var change = Change(entity: number, record: id, base: json["base"]?.uint ?? 0)
        change.sets = try (json["set"]?.members ?? []).map { member in
            let (number, field) = try field(member.key)
            return FieldWrite(number, try value(member.value, of: field))
        }
        change.sets += try (json["clear"]?.items ?? []).map {
            FieldWrite(try field($0.text ?? "").0, nil)
        }
        change.adds = try elements("add")
        change.removes = try elements("remove")
        change.deletes = json["delete"]?.flag ?? false
        return change
    }

    /// Elements, or the numbers from one to another as texts, padded with zeros.
    private func expanded(_ elements: JSON) -> [JSON] {
        guard let first = elements["from"]?.int, let last = elements["to"]?.int else {
            return elements.items
        }
        let width = Int(elements["width"]?.int ?? 1)
        return (first...last).map { number in
            let digits = String(number)
            return .string(String(repeating: "0", count: max(0, width - digits.count)) + digits)
        }
    }

    private func value(_ json: JSON, of field: FieldSchema?) throws -> Value? {
        func option(_ json: JSON?) -> UInt32? {
            if let number = json?.int { return UInt32(number) }
            return field?.options.first { $0.name == json?.text }?.number
        }
        if json.isNull { return nil }
        if json["times"] != nil, let text = json["text"]?.text {
            return .text(String(repeating: text, count: Int(json["times"]?.int ?? 1)))
        }
        if let name = json["is"], let number = option(name) {
            return .status(option: number, round: UInt32(json["round"]?.int ?? 0))
        }
        if let member = json.members.first, json.members.count == 1 {
            return try value(member)
        }
        let value: Value? =
            switch field?.type {
            case .text: json.text.map { .text($0) }
            case .integer: json.int.map { .integer($0) }
            case .real: json.real.map { .real($0) }
            case .boolean: json.flag.map { .boolean($0) }
            case .instant: json.int.map { .instant(Instant(milliseconds: $0)) }
            case .date: json.text.flatMap { CivilDate(iso: $0) }.map { .date($0) }
            case .option: option(json).map { .option($0) }
            case .ref: try json.text.map { .ref(try record($0).id) }
            case .status, nil: nil
            }
        guard let value else {
            throw Unknown(description: "\(json.flat) as value of \(field?.name ?? "no field")")
        }
        return value
    }

    /// A value as the member of `Field` that is named, whatever the field's type.
    private func value(_ member: JSON.Member) throws -> Value? {
        let (key, json) = (member.key, member.value)
        let value: Value? =
            switch key {
            case "text": json.text.map { .text($0) }
            case "integer": json.int.map { .integer($0) }
            case "real": json.real.map { .real($0) }
            case "boolean": json.flag.map { .boolean($0) }
            case "instant": json.int.map { .instant(Instant(milliseconds: $0)) }
            case "date": json.int.map { .date(CivilDate(days: Int32($0))) }
            case "option": json.int.map { .option(UInt32($0)) }
            case "ref": try json.text.map { .ref(try record($0).id) }
            case "status":
                json["option"]?.int.map {
                    .status(option: UInt32($0), round: UInt32(json["round"]?.int ?? 0))
                }
            default: nil
            }
        if value == nil, key != "none" {
            throw Unknown(description: "a value {\(key): \(json.flat)}")
        }
        return value
    }
}

// MARK: - Out of values

extension VectorNames {
    func said(_ value: Value?, of field: FieldSchema) -> JSON {
        switch value {
        case nil: .null
        case .text(let text): .string(text)
        case .integer(let number): .integer(number)
        case .real(let number): .number(String(number))
        case .boolean(let flag): .bool(flag)
        case .instant(let instant): .integer(instant.milliseconds)
        case .date(let date): .string(date.description)
        case .option(let number): .string(field.option(number)?.name ?? "#\(number)")
        case .status(let number, let round):
            .members([
                ("is", .string(field.option(number)?.name ?? "#\(number)")),
                ("round", .integer(round)),
            ])
        case .ref(let id): .string(name(of: id))
        }
    }

    /// A stored record as `state` says it: of a field the different values, the shown one first.
    func said(_ record: StoredRecord) -> JSON {
        if record.isErased {
            return .members([("version", .integer(record.version)), ("erased", .bool(true))])
        }
        let entity = schema[record.entity]
        var fields: [(String, JSON?)] = []
        for (position, field) in (entity?.fields ?? []).enumerated() {
            switch record.registers[position] {
            case .empty: break
            case .siblings(let siblings):
                guard siblings.contains(where: { $0.value != nil }) else { break }
                let shown = siblings.first?.value
                let others = Set(siblings.map(\.value)).subtracting([shown])
                    .map { said($0, of: field) }.sorted { $0.flat < $1.flat }
                fields.append((field.name, .array([said(shown, of: field)] + others)))
            case .elements(let elements, _):
                guard !elements.isEmpty else { break }
                let all = elements.map { said($0.value, of: field) }
                    .sorted { $0.flat < $1.flat }
                fields.append((field.name, .members([("set", .array(all))])))
            }
        }
        return .members([
            ("version", .integer(record.version)), ("fields", .members(fields)),
            ("deleted", record.isDeleted ? .bool(true) : nil),
            ("contested", record.isContested ? .bool(true) : nil),
            ("stands", .array(record.placements.map { .string(scopeName($0.scope)) })),
        ])
    }

    private func scopeName(_ id: RecordID) -> String {
        if id == schema.catalogue { return "catalogue" }
        return people.first { $0.value.id == id }?.key ?? name(of: id)
    }

    /// A verdict as `expect` says it.
    func said(_ verdict: Verdict, of commit: Commit) -> JSON {
        func place(_ record: RecordID?, _ field: UInt32) -> [(String, JSON?)] {
            let entity = commit.changes.first { $0.record == record }?.entity
            return [
                ("record", record.map { .string(name(of: $0, entity: entity)) }),
                ("field", field == 0 ? nil : .string(fieldName(field, in: entity))),
            ]
        }
        let outcomes: [Outcome: String] = [
            .accepted: "accepted", .merged: "merged", .refused: "refused", .waiting: "waiting",
            .handedOver: "handedOver",
        ]
        let handovers: [JSON] = verdict.handovers.map { handover in
            .members(
                place(handover.record, 0) + [
                    (
                        "suggestions",
                        handover.suggestions == 0 ? nil : .integer(handover.suggestions)
                    ),
                    ("movedTo", handover.movedTo.map { .string(name(of: $0)) }),
                ])
        }
        let refusal = verdict.refusal
        let at = refusal.map { JSON.members(place($0.record, $0.field)) }
        return .members([
            ("outcome", .string(outcomes[verdict.outcome] ?? "?")),
            (
                "versions",
                verdict.versions.isEmpty ? nil : .array(verdict.versions.map { .integer($0) })
            ),
            (
                "merges",
                verdict.merges.isEmpty
                    ? nil
                    : .array(
                        verdict.merges.map { merge in
                            .members(
                                place(merge.record, merge.field)
                                    + [("conflict", .bool(merge.kind == .conflict))])
                        })
            ),
            ("handovers", handovers.isEmpty ? nil : .array(handovers)),
            ("code", refusal.map { .string($0.code.name) }),
            ("at", at.flatMap { $0.members.isEmpty ? nil : $0 }),
            ("retryable", refusal?.code.isRetryable == true ? .bool(true) : nil),
            ("waitsFor", verdict.waitsFor.map { .string(name(of: $0)) }),
            ("clockSuspect", verdict.clockSuspect ? .bool(true) : nil),
        ])
    }
}
