import RondaMerge
import RondaModel
import RondaStore
import Testing

@Suite("A record in its two columns")
struct RecordPackingTests {
    private func roundTrip(_ record: StoredRecord, _ entity: EntitySchema) throws -> StoredRecord {
        try RecordPacking.record(
            id: record.id, entity: entity, creator: record.creator, version: record.version,
            shown: RecordPacking.shown(of: record, entity: entity),
            meta: RecordPacking.meta(of: record, entity: entity))
    }

    @Test("is read back as it was, with siblings, sets and marks", arguments: 1...UInt64(150))
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let entity = random.pick(Schema.current.entities, or: .customer)
        let record = random.record(of: entity)
        #expect(try roundTrip(record, entity) == record)
    }

    @Test("tells the shown values apart from the rest, in the order of the schema")
    func shown() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<50 {
            let record = random.record(of: .customer)
            let fields = try RecordPacking.shownFields(
                RecordPacking.shown(of: record, entity: .customer))
            #expect(fields.map(\.number) == fields.map(\.number).sorted())
            for (position, field) in EntitySchema.customer.fields.enumerated() {
                let values = fields.filter { $0.number == field.number }.map(\.value)
                let content = record.shown(position)
                #expect(values == (content.value.map { [$0] } ?? content.elements))
            }
        }
    }

    @Test(
        "keeps a cleared value beside others, shown or not",
        arguments: [
            [nil], [nil, Value.text("a")], [.text("a"), nil], [.text("a"), nil, .text("b")],
            [nil, nil],
        ])
    func cleared(values: [Value?]) throws {
        let position = try #require(EntitySchema.customer.position(named: "street"))
        var record = StoredRecord(
            id: .zero, entity: .customer, creator: .zero,
            registers: Array(repeating: .empty, count: EntitySchema.customer.fields.count))
        record.marks = values.indices.map { index in
            Mark(
                version: UInt64(index + 1), number: 1, stamp: .zero, device: .zero, author: .zero,
                isOffice: false)
        }
        record.registers[position] = .siblings(
            values.enumerated().map { Sibling(value: $1, mark: $0) })
        #expect(try roundTrip(record, .customer) == record)
    }

    @Test("leaves out what a later edition added to the row, and fails on garbage")
    func unknown() throws {
        var random = SeededGenerator(seed: 5)
        let record = random.record(of: .customer)
        let smaller = EntitySchema(
            .customer, "customer", identity: .minted, scope: .catalogue, creators: [],
            deleters: [], en: "", es: "", fields: Array(EntitySchema.customer.fields.prefix(4)))
        let read = try RecordPacking.record(
            id: record.id, entity: smaller, creator: record.creator, version: record.version,
            shown: RecordPacking.shown(of: record, entity: .customer),
            meta: RecordPacking.meta(of: record, entity: .customer))
        #expect(read.registers == Array(record.registers.prefix(4)))
        #expect(throws: (any Error).self) {
            try RecordPacking.shownFields([0xff, 0xff, 0xff])
        }
    }
}
