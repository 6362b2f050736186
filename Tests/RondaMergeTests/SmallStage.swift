import RondaMerge
import RondaModel

/// The people, devices and records of the exhaustive model, as a vector says them, and the hub's
/// part in it: the record as the first commit left it, and the plan of one more commit.
struct SmallStage {
    let json: [(String, JSON?)]
    let names: VectorNames
    let record: StoredRecord
    let entity: EntitySchema
    let fields: [FieldSchema]
    let positions: [Int]
    private let small: SmallCase
    private let contexts: [PlanContext]
    private let devices: [RecordID]

    static let now: Int64 = 1_741_968_000_000
    static let deviceNames = ["A", "O", "P"]

    init(_ small: SmallCase) throws {
        self.small = small
        json = try Self.stage(small)
        names = try VectorNames(
            .members(json),
            schema: SchemaFile(overlay: JSON.members(json)["schema"]).schema())
        var vector = json
        vector.append(("steps", .array([])))
        let journal = try PlanVector(.members(vector), schema: names.schema).stage()
        let id = try names.record(small.record).id
        guard let stored = journal.records[id], let entity = names.schema[stored.entity] else {
            throw VectorNames.Unknown(description: "record \(small.record)")
        }
        record = stored
        self.entity = entity
        positions = try [small.field, small.other].map { name in
            guard let position = entity.position(named: name) else {
                throw VectorNames.Unknown(description: "field \(name)")
            }
            return position
        }
        fields = positions.map { entity.fields[$0] }
        let (names, limits) = (names, Limits())
        let devices = Self.deviceNames.compactMap { names.devices[$0] }
        self.devices = devices.map(\.id)
        contexts = devices.map { device in
            let account = names.people[device.person]
            return PlanContext(
                schema: names.schema, limits: limits, device: device.id,
                author: account?.id ?? .zero, role: account?.role ?? .rep,
                visible: account?.role == .office
                    ? nil : account?.scopes.union([names.schema.catalogue]),
                receivedAt: Instant(milliseconds: Self.now))
        }
    }

    /// Everything of a vector that comes before its steps and does not differ between them.
    private static func stage(_ small: SmallCase) throws -> [(String, JSON?)] {
        let isCustom = small.rule == .greatest
        let overlay = try JSON(
            """
            {"fields": {"customer": [{"number": 60, "name": "largest", "type": "integer", \
            "rule": "greatest", "write": ["rep", "office"]}]}}
            """)
        let text = """
            {
              "people": {
                "ana": {"id": "01940000-0000-7000-8000-0000000000a1", "role": "rep",
                        "scopes": ["t1"]},
                "olga": {"id": "01940000-0000-7000-8000-0000000000a4", "role": "office"},
                "pilar": {"id": "01940000-0000-7000-8000-0000000000a6", "role": "office"},
                "hub": {"id": "369e6e72-f060-5ad1-a28a-7a86cc3ddaf4", "role": "office"}
              },
              "devices": {
                "A": {"id": "01940000-0000-7000-8000-0000000000d1", "person": "ana"},
                "O": {"id": "01940000-0000-7000-8000-0000000000d5", "person": "olga"},
                "P": {"id": "01940000-0000-7000-8000-0000000000d7", "person": "pilar"},
                "H": {"id": "01940000-0000-7000-8000-0000000000d0", "person": "hub"}
              },
              "records": {
                "t1": {"entity": "territory", "id": "c70f8b04-fee3-521c-91d9-e61f17b2b5b9"},
                "c1": {"entity": "customer", "id": "01940000-0000-7000-8000-0000000000c1"},
                "p1": {"entity": "programme", "id": "36a1f75c-f828-5a8a-b900-fe02df3b34e9"},
                "r1": {"entity": "referral", "id": "e50cb7e2-ae72-58be-ab9e-f603ed219310"},
                "k1": {"entity": "commitment", "id": "01940000-0000-7000-8000-0000000000b1"}
              },
              "given": [{
                "device": "H", "number": 1, "stamp": {"ms": 1741960800000},
                "changes": [
                  {"record": "t1", "set": {"code": "BOG-N", "country": "CO"}},
                  {"record": "c1", "set": {"territory": "t1", "name": "Ferretería El Tornillo"}},
                  {"record": "p1", "set": {"code": "REF-2025", "name": "Referidos 2025"}},
                  {"record": "r1", "set": {"programme": "p1", "contactPoint": "tel:+573001234567",
                                           "name": "Rosa"}, "add": {"referrers": ["c1"]}},
                  {"record": "k1", "set": {"customer": "c1", "words": "Llamar con la fecha",
                                           "dueAt": 1742335200000}}
                ]
              }]
            }
            """
        let stage = try JSON(text)
        let used =
            ["t1", "c1"] + (small.record == "r1" ? ["p1", "r1"] : [])
            + (small.record == "k1" ? ["k1"] : [])
        func only(_ json: JSON?) -> JSON? {
            .object((json?.members ?? []).filter { used.contains($0.key) })
        }
        let given = (stage["given"]?.items ?? []).map { step in
            JSON.object(
                step.members.map { member in
                    let changes = member.value.items.filter {
                        used.contains($0["record"]?.text ?? "")
                    }
                    return member.key == "changes"
                        ? JSON.Member(key: "changes", value: .array(changes)) : member
                })
        }
        return [
            ("kind", .string("plan")), ("schema", isCustom ? overlay : nil),
            ("generation", .integer(0)), ("now", .integer(Self.now)), ("people", stage["people"]),
            ("devices", stage["devices"]), ("records", only(stage["records"])),
            ("given", .array(given)),
        ]
    }
}

// MARK: - Commits

extension SmallStage {
    private func change(_ action: SmallAction, by person: Int, base: UInt64) -> Change {
        var change = Change(entity: entity.id, record: record.id, base: base)
        func write(_ field: FieldSchema, _ value: Value, removing: Bool = false) {
            if !field.isSet {
                change.sets = [FieldWrite(field.number, value)]
            } else if removing {
                change.removes = [ElementWrite(field.number, value)]
            } else {
                change.adds = [ElementWrite(field.number, value)]
            }
        }
        switch action {
        case .low: write(fields[0], small.values[0])
        case .high:
            write(fields[0], small.values[small.values.count - 1], removing: fields[0].isSet)
        case .other: write(fields[1], small.others[person])
        case .delete: change.deletes = true
        }
        return change
    }

    private func commit(
        _ action: SmallAction, by person: Int, number: Int, base: UInt64, minute: Int64
    ) -> Commit {
        Commit(
            number: UInt64(number),
            stamp: Stamp(milliseconds: 1_741_964_400_000 + minute * 60_000), schema: 1,
            changes: [change(action, by: person, base: base)])
    }

    func plan(
        _ action: SmallAction, by person: Int, number: Int, base: UInt64, minute: Int64,
        on record: StoredRecord
    ) -> Plan {
        var plan = Plan.make(
            for: commit(action, by: person, number: number, base: base, minute: minute),
            stored: [record.id: record], context: contexts[person])
        if var planned = plan.records.first {
            // Where it stands does not change; a hub would give it new positions there.
            planned.record.placements = record.placements
            plan = Plan(verdict: plan.verdict, records: [planned])
        }
        return plan
    }

    /// A step of a vector.
    func step(
        _ action: SmallAction, by person: Int, number: Int, base: UInt64, minute: Int64
    ) -> [(String, JSON?)] {
        let change = change(action, by: person, base: base)
        func told(_ writes: [(UInt32, Value)], inList: Bool) -> JSON? {
            writes.isEmpty
                ? nil
                : .members(
                    writes.map { number, value in
                        let field = fields[fields[0].number == number ? 0 : 1]
                        let said = names.said(value, of: field)
                        return (field.name, inList ? .array([said]) : said)
                    })
        }
        let sets = change.sets.compactMap { write in write.value.map { (write.number, $0) } }
        return [
            ("device", .string(Self.deviceNames[person])), ("number", .integer(number)),
            (
                "stamp",
                .members([("ms", .integer(1_741_964_400_000 + minute * 60_000))])
            ),
            (
                "changes",
                .array([
                    .members([
                        ("record", .string(small.record)), ("base", .integer(base)),
                        ("set", told(sets, inList: false)),
                        ("add", told(change.adds.map { ($0.number, $0.value) }, inList: true)),
                        (
                            "remove",
                            told(change.removes.map { ($0.number, $0.value) }, inList: true)
                        ),
                        ("delete", change.deletes ? .bool(true) : nil),
                    ])
                ])
            ),
        ]
    }

    /// The commits of these marks.
    private func commits(_ marks: [Int], of record: StoredRecord) -> Commits {
        marks.reduce(0) { $0 | 1 << Commits(number(of: record.marks[$1])) }
    }

    private func number(of mark: Mark) -> Int {
        devices.firstIndex(of: mark.device).map { $0 * 2 + Int(mark.number) - 1 } ?? 6
    }

    func state(of record: StoredRecord) -> SmallState {
        var state = SmallState()
        for (index, position) in positions.enumerated() {
            switch record.registers[position] {
            case .empty: break
            case .siblings(let siblings):
                state.standing[index] = commits(siblings.map(\.mark), of: record)
                state.shown[index] = siblings.first.map { number(of: record.marks[$0.mark]) } ?? -1
            case .elements(let elements, _):
                state.standing[index] = commits(elements.flatMap(\.marks), of: record)
            }
        }
        state.lives = commits(record.lives, of: record)
        state.deletions = commits(record.deletions, of: record)
        return state
    }
}
