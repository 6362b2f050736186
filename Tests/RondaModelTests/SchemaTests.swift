import RondaModel
import Testing

/// What the merge and the planner take for granted about a schema.
@Suite("The schema")
struct SchemaTests {
    private static let fields = Schema.current.entities.flatMap { entity in
        entity.fields.map { (entity, $0) }
    }

    @Test("numbers entities and fields once, fields in ascending order")
    func numbers() {
        let entities = Schema.current.entities
        #expect(Set(entities.map(\.id)).count == entities.count)
        #expect(Set(entities.map(\.name)).count == entities.count)
        for entity in entities {
            let numbers = entity.fields.map(\.number)
            #expect(numbers == Set(numbers).sorted(), "\(entity.name)")
            #expect(Set(entity.fields.map(\.name)).count == numbers.count, "\(entity.name)")
            // Field 0 stands for the record as a whole.
            #expect(numbers.first.map { $0 > 0 } == true, "\(entity.name)")
            for (position, field) in entity.fields.enumerated() {
                #expect(entity.position(ofNumber: field.number) == position)
                #expect(entity.position(named: field.name) == position)
            }
            // `Validation` notes the written positions in one word.
            #expect(numbers.count <= 64)
            #expect(Schema.current[entity.id]?.name == entity.name)
        }
    }

    @Test("gives sets the rule of sets, and no other field")
    func sets() {
        for (entity, field) in Self.fields {
            #expect(field.isSet == (field.rule == .union), "\(entity.name).\(field.name)")
        }
    }

    @Test("asks nobody to settle what cannot be settled: facts that stay, joins and sets")
    func reviewed() {
        let settled: Set<MergeRule> = [.latest, .office, .furthest, .protective]
        for (entity, field) in Self.fields where field.review {
            #expect(settled.contains(field.rule), "\(entity.name).\(field.name)")
        }
    }

    @Test("gives choices an order where the rule needs one")
    func orders() {
        for (entity, field) in Self.fields {
            let name = "\(entity.name).\(field.name)"
            #expect(
                (field.type == .option || field.type == .status) != field.options.isEmpty, "\(name)"
            )
            #expect(Set(field.options.map(\.number)).count == field.options.count, "\(name)")
            if field.rule == .furthest { #expect(field.type == .status, "\(name)") }
            if field.rule == .protective { #expect(field.type == .option, "\(name)") }
            if field.rule == .furthest || field.rule == .protective {
                #expect(Set(field.options.map(\.rank)).count == field.options.count, "\(name)")
            }
        }
    }

    @Test("derives ids from fields that never change and whose author does not matter")
    func derived() {
        for entity in Schema.current.entities {
            guard case .derived(let positions) = entity.identity else { continue }
            for position in positions {
                #expect(entity.fields[position].rule == .first, "\(entity.name)")
            }
            // Two may make the record at once: who came first must not decide who may write.
            #expect(!entity.fields.contains { $0.writers.contains(.author) }, "\(entity.name)")
        }
    }

    @Test("finds a record's scope through a required field that names the right entity")
    func scopes() {
        for entity in Schema.current.entities {
            switch entity.scope {
            case .catalogue: break
            case .territory(let positions):
                #expect(positions.allSatisfy { entity.fields[$0].target == .territory })
                #expect(positions.contains { entity.fields[$0].required }, "\(entity.name)")
            case .customer(let position):
                #expect(entity.fields[position].target == .customer, "\(entity.name)")
                #expect(entity.fields[position].required, "\(entity.name)")
            }
        }
    }

    @Test("lets the creators of a record write all that a creation needs")
    func creators() {
        for entity in Schema.current.entities {
            for role in entity.creators {
                let own: Writer = role == .office ? .office : .rep
                for field in entity.fields where field.required {
                    let mayWrite = field.writers.contains(own) || field.writers.contains(.author)
                    #expect(mayWrite, "\(role) \(entity.name).\(field.name)")
                }
            }
        }
    }

    @Test("says everything in both languages")
    func labels() {
        for (entity, field) in Self.fields {
            let phrases = [entity.label, field.label] + field.options.map(\.label)
            #expect(phrases.allSatisfy { !$0.en.isEmpty && !$0.es.isEmpty }, "\(field.name)")
        }
    }

    @Test("derives one id from one key, and another from any other")
    func derivedIDs() throws {
        let programme = RecordID(high: 1, low: 1)
        func referral(_ point: String, _ programme: RecordID) -> RecordID? {
            Schema.current.derivedID(of: .referral) { $0 == 0 ? .ref(programme) : .text(point) }
        }
        let id = try #require(referral("tel:+58", programme))
        #expect(referral("tel:+58", programme) == id)
        #expect(referral("tel:+59", programme) != id)
        #expect(referral("tel:+58", RecordID(high: 1, low: 2)) != id)
        #expect(Schema.current.derivedID(of: .customer) { _ in .text("a") } == nil)
        #expect(
            Schema.current.derivedID(of: .programme) { _ in .text("a") }
                != Schema.current.derivedID(of: .territory) { _ in .text("a") })
    }
}
