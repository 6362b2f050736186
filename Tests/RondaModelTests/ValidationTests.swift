import RondaModel
import Testing

/// A value for a field of the current schema, and what is wrong with it.
struct ValueCase: Sendable, CustomTestStringConvertible {
    let entity: EntitySchema
    let field: String
    let value: Value
    var problem: RefusalCode?

    var testDescription: String { "\(field) \(value) \(problem?.name ?? "is fine")" }

    private static func customer(
        _ field: String, _ value: Value, _ problem: RefusalCode? = nil
    ) -> ValueCase {
        ValueCase(entity: .customer, field: field, value: value, problem: problem)
    }

    static let all = [
        customer("country", .text("VE")),
        customer("country", .text("ñ")),
        customer("country", .text("VEN"), .tooLong),
        customer("country", .text("ññ"), .tooLong),
        customer("street", .text("two\nlines\tand a tab")),
        customer("street", .text(""), .malformed),
        customer("street", .text("bell\u{7}"), .malformed),
        customer("street", .text("a\u{7f}"), .malformed),
        customer("street", .text("a\u{0}"), .malformed),
        customer("street", .integer(1), .wrongType),
        customer("latitude", .real(-90)),
        customer("latitude", .real(90.001), .outOfRange),
        customer("latitude", .real(.nan), .outOfRange),
        customer("latitude", .real(-.infinity), .outOfRange),
        customer("since", .date(CivilDate(days: 0))),
        customer("since", .date(CivilDate.allowed.lowerBound)),
        customer(
            "since", .date(CivilDate(days: CivilDate.allowed.lowerBound.days - 1)), .outOfRange),
        customer("since", .date(CivilDate(days: .max)), .outOfRange),
        customer("kind", .option(2)),
        customer("kind", .option(3), .unknownOption),
        customer("kind", .status(option: 1, round: 0), .wrongType),
        customer("territory", .ref(.zero)),
        customer("territory", .text("north"), .wrongType),
        ValueCase(entity: .visit, field: "at", value: .instant(Instant(milliseconds: 0))),
        ValueCase(
            entity: .visit, field: "at", value: .instant(Instant(milliseconds: -1)),
            problem: .outOfRange),
        ValueCase(
            entity: .visit, field: "at", value: .instant(Instant(milliseconds: 1 << 48)),
            problem: .outOfRange),
        ValueCase(entity: .visit, field: "state", value: .status(option: 5, round: 32_767)),
        ValueCase(
            entity: .visit, field: "state", value: .status(option: 5, round: 32_768),
            problem: .outOfRange),
        ValueCase(
            entity: .visit, field: "state", value: .status(option: 99, round: 0),
            problem: .unknownOption),
        ValueCase(entity: .visit, field: "repurchaseIntent", value: .integer(10)),
        ValueCase(
            entity: .visit, field: "repurchaseIntent", value: .integer(11), problem: .outOfRange),
        ValueCase(
            entity: .visit, field: "repurchaseIntent", value: .integer(.min), problem: .outOfRange),
        ValueCase(entity: .visit, field: "handoffOk", value: .boolean(false)),
    ]
}

@Suite("What is refused at the keyboard")
struct ValidationTests {
    @Test("a value is checked against its field", arguments: ValueCase.all)
    func values(_ value: ValueCase) throws {
        let position = try #require(value.entity.position(named: value.field))
        let field = value.entity.fields[position]
        #expect(Validation.problem(in: value.value, of: field) == value.problem)
        let change = Change(
            entity: value.entity.id, record: .zero, sets: [FieldWrite(field.number, value.value)])
        let problem = Validation.problem(in: change, schema: .current, limits: Limits())
        #expect(problem?.code == value.problem)
        if value.problem != nil { #expect(problem?.field == field.number) }
    }

    private func code(_ change: Change, _ limits: Limits = Limits()) -> RefusalCode? {
        Validation.problem(in: change, schema: .current, limits: limits)?.code
    }

    @Test("only what may be empty is cleared: no required field, no fact, no status, no consent")
    func clearing() {
        func clear(_ number: UInt32) -> RefusalCode? {
            code(Change(entity: .customer, record: .zero, sets: [FieldWrite(number, nil)]))
        }
        #expect(clear(8) == nil)
        #expect(clear(2) == nil)
        for number: UInt32 in [1, 4, 13, 14] { #expect(clear(number) == .requiredField) }
        #expect(clear(6) == .malformed)
        #expect(clear(99) == .unknownField)
    }

    @Test("a change writes something or deletes, not both and not neither")
    func shape() {
        let write = [FieldWrite(8, .text("a"))]
        #expect(code(Change(entity: .customer, record: .zero)) == .malformed)
        #expect(code(Change(entity: .customer, record: .zero, deletes: true)) == nil)
        #expect(
            code(Change(entity: .customer, record: .zero, sets: write, deletes: true)) == .malformed
        )
        #expect(code(Change(entity: .customer, record: .zero, sets: write + write)) == .malformed)
        #expect(
            code(Change(entity: EntityID(rawValue: 99), record: .zero, sets: write))
                == .unknownEntity)
    }

    @Test("elements go to set fields, each named once")
    func elements() {
        func change(_ adds: [ElementWrite], _ removes: [ElementWrite] = []) -> Change {
            Change(entity: .customer, record: .zero, adds: adds, removes: removes)
        }
        let phone = ElementWrite(6, .text("1"))
        #expect(code(change([phone], [ElementWrite(6, .text("2"))])) == nil)
        #expect(code(change([phone], [ElementWrite(7, .text("1"))])) == nil)
        #expect(code(change([phone], [phone])) == .malformed)
        #expect(code(change([phone, phone])) == .malformed)
        #expect(code(change([ElementWrite(8, .text("1"))])) == .malformed)
        #expect(code(change([], [ElementWrite(98, .text("1"))])) == .unknownField)
        #expect(code(change([ElementWrite(6, .integer(1))])) == .wrongType)
        #expect(
            code(change([ElementWrite(6, .text(String(repeating: "1", count: 41)))])) == .tooLong)
    }

    @Test("writes of one change are bounded, all kinds together")
    func bounds() {
        var limits = Limits()
        limits.writesPerChange = 3
        let change = Change(
            entity: .customer, record: .zero, sets: [FieldWrite(8, .text("a"))],
            adds: [ElementWrite(6, .text("1")), ElementWrite(6, .text("2"))],
            removes: [ElementWrite(6, .text("3"))])
        #expect(code(change, limits) == .tooLarge)
        limits.writesPerChange = 4
        #expect(code(change, limits) == nil)
    }
}
