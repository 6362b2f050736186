import RondaMerge
import RondaModel
import Testing

/// A schema of several versions: options that were replaced one after the other, changed places, or
/// came together; fields that were required from some version on.
enum GrownSchema {
    static let version: UInt32 = 5

    static let replacements = [
        OptionReplacement(1, by: 2, version: 2), OptionReplacement(2, by: 1, version: 2),
        OptionReplacement(2, by: 3, version: 3),
        OptionReplacement(3, by: 4, version: 4), OptionReplacement(1, by: 4, version: 4),
        OptionReplacement(4, by: 5, version: 5),
    ]
    static let options = (1...UInt32(6)).map { OptionSchema($0, "o\($0)", rank: Int($0), "", "") }

    /// The schema as it was in a version.
    static func schema(_ version: UInt32 = version) -> Schema {
        func field(
            _ number: UInt32, _ type: FieldType, _ rule: MergeRule, required: Bool = false,
            since: UInt32 = 1
        ) -> FieldSchema {
            let isChoice = type == .option || type == .status
            return FieldSchema(
                number, "f\(number)", type, rule, isSet: rule == .union, required: required,
                options: isChoice ? options : [], writers: [.rep, .office], since: since,
                replacements: isChoice ? replacements.filter { $0.version <= version } : [],
                en: "", es: "")
        }
        let fields = [
            field(1, .text, .latest, required: true), field(2, .option, .latest),
            field(3, .status, .furthest), field(4, .option, .union),
            field(5, .text, .latest, required: true, since: 3),
            field(6, .option, .protective, required: true, since: 5),
        ]
        return Schema(
            version: version, namespace: RecordID(high: 9, low: 9),
            entities: [
                EntitySchema(
                    .deal, "deal", identity: .minted, scope: .catalogue,
                    creators: TestSchema.everyone, deleters: TestSchema.everyone, en: "", es: "",
                    fields: fields.filter { $0.since <= version })
            ])
    }

    /// What an option of one version means in the next.
    static func step(_ option: UInt32, to version: UInt32) -> UInt32 {
        replacements.first { $0.version == version && $0.option == option }?.by ?? option
    }

    static func commit(_ schema: UInt32, _ change: Change) -> Commit {
        Commit(
            number: 1, stamp: Stamp(milliseconds: 1_600_000_000_000), schema: schema,
            changes: [change])
    }

    static func edit(option: UInt32, round: UInt32 = 0) -> Change {
        Change(
            entity: .deal, record: RecordID(1), base: 1,
            sets: [
                FieldWrite(1, .text("a")), FieldWrite(2, .option(option)),
                FieldWrite(3, .status(option: option, round: round)),
                FieldWrite(9, .option(option)),
            ], adds: [ElementWrite(4, .option(option))],
            removes: [ElementWrite(4, .option(option % 6 + 1))])
    }
}

/// Design of issue 3, §U.
@Suite("Laws of up-casting")
struct UpCastLawTests {
    private let versions = 1...GrownSchema.version
    private let options = 1...UInt32(6)

    @Test("an option follows every version it was replaced in, one after the other")
    func followed() {
        let schema = GrownSchema.schema()
        for version in versions {
            for option in options {
                let meant = versions.filter { $0 > version }
                    .reduce(option) { GrownSchema.step($0, to: $1) }
                let cast = schema.upCast(
                    GrownSchema.commit(version, GrownSchema.edit(option: option, round: 3)))
                let change = cast.changes[0]
                #expect(change.sets[0] == FieldWrite(1, .text("a")))
                #expect(change.sets[1] == FieldWrite(2, .option(meant)), "\(version) \(option)")
                #expect(change.sets[2] == FieldWrite(3, .status(option: meant, round: 3)))
                // A field that the schema does not have is left for validation to refuse.
                #expect(change.sets[3] == FieldWrite(9, .option(option)))
                #expect(change.adds == [ElementWrite(4, .option(meant))])
                #expect(cast.schema == version)
            }
        }
    }

    @Test("by way of any version in between it comes to the same")
    func stepwise() {
        for first in versions {
            for middle in first...GrownSchema.version {
                for option in options {
                    let commit = GrownSchema.commit(first, GrownSchema.edit(option: option))
                    var halfway = GrownSchema.schema(middle).upCast(commit)
                    halfway.schema = middle
                    let schema = GrownSchema.schema()
                    #expect(schema.upCast(halfway).changes == schema.upCast(commit).changes)
                }
            }
        }
    }

    @Test("a commit of the present version, an unknown entity and a clearing stay as they are")
    func untouched() {
        let schema = GrownSchema.schema()
        for option in options {
            let present = GrownSchema.commit(
                GrownSchema.version, GrownSchema.edit(option: option))
            #expect(schema.upCast(present) == present)
        }
        var foreign = GrownSchema.edit(option: 1)
        foreign.entity = .remark
        let clearing = Change(
            entity: .deal, record: RecordID(1), base: 1, sets: [FieldWrite(2, nil)])
        for change in [foreign, clearing] {
            let commit = GrownSchema.commit(1, change)
            #expect(schema.upCast(commit) == commit)
        }
    }

    @Test("a field is asked of a creation only by who knew that it is required")
    func required() {
        var hub = TestHub()
        hub.schema = GrownSchema.schema()
        for version in versions {
            var change = Change(
                entity: .deal, record: RecordID(1), sets: [FieldWrite(1, .text("a"))])
            func refusal() -> Refusal? {
                hub.plan(GrownSchema.commit(version, change), from: Person(1, .rep)).verdict.refusal
            }
            #expect(refusal()?.field == (version >= 3 ? 5 : nil), "version \(version)")
            change.sets.append(FieldWrite(5, .text("b")))
            #expect(refusal()?.field == (version >= 5 ? 6 : nil), "version \(version)")
            change.sets.append(FieldWrite(6, .option(1)))
            #expect(refusal() == nil)
            // Cleared it cannot be, whoever asks.
            #expect(
                hub.plan(
                    GrownSchema.commit(
                        version,
                        Change(
                            entity: .deal, record: RecordID(1),
                            sets: [FieldWrite(1, .text("a")), FieldWrite(5, nil)])),
                    from: Person(1, .rep)
                ).verdict.refusal?.code == .requiredField)
        }
    }

    @Test("an edit leaves every field it does not name as it was, known to its client or not")
    func survival() throws {
        for seed in 1...UInt64(30) {
            let history = History(seed: seed)
            var hub = TestHub.withTerritories()
            for event in history.events {
                let before = hub.records
                hub.accept(event.commit, from: history.people[event.person])
                for change in event.commit.changes {
                    guard let old = before[change.record], let new = hub.records[change.record],
                        let entity = hub.schema[change.entity]
                    else { continue }
                    let named = Set(
                        change.sets.map(\.number) + change.adds.map(\.number)
                            + change.removes.map(\.number))
                    let (left, right) = (
                        Snapshot(old, schema: hub.schema), Snapshot(new, schema: hub.schema)
                    )
                    for field in entity.fields where !named.contains(field.number) {
                        let number = field.number
                        #expect(left.shown[number] == right.shown[number])
                        #expect(left.siblings[number] == right.siblings[number])
                        #expect(left.additions[number] == right.additions[number])
                    }
                }
            }
        }
    }
}
