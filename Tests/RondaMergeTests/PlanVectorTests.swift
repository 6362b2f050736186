import Foundation
import RondaModel
import Testing

/// The vectors are the contract for every implementation; this one replays them like any other.
@Suite("The plan vectors")
struct PlanVectorTests {
    @Test("come out as they say, in each of their orders", arguments: try Contract.vectors("plan"))
    func replay(_ file: URL) throws {
        let vector = try PlanVector(JSON(contentsOf: file))
        for difference in try vector.differences() { Issue.record("\(difference)") }
    }

    @Test("are there, and not only a few")
    func present() throws {
        #expect(try Contract.vectors("plan").count >= 100)
    }

    @Test("a vector that expects something else is noticed, step by step")
    func noticed() throws {
        let file = Contract.folder.appending(path: "vectors/plan/latest-concurrent.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        for (said, wrong) in [
            ("\"versions\": [3]", "\"versions\": [4]"),
            ("\"conflict\": true", "\"conflict\": false"),
            ("[\"Calle 2\", \"Calle 1\"]", "[\"Calle 1\", \"Calle 2\"]"),
            ("\"outcome\": \"accepted\"", "\"outcome\": \"merged\""),
        ] {
            let changed = text.replacing(said, with: wrong)
            #expect(changed != text)
            #expect(try !PlanVector(JSON(changed)).differences().isEmpty, "\(wrong)")
        }
    }

    @Test("a kind of step or a name that nobody knows is an error, not passed over")
    func unknown() throws {
        let file = Contract.folder.appending(path: "vectors/plan/latest-concurrent.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        for (said, wrong) in [
            ("\"changes\": [{\"record\": \"c1\"", "\"alters\": [{\"record\": \"c1\""),
            ("\"set\": {\"street\": \"Calle 1\"}", "\"set\": {\"road\": \"Calle 1\"}"),
            ("\"kind\": \"plan\"", "\"kind\": \"plans\""),
        ] {
            let changed = text.replacing(said, with: wrong)
            #expect(changed != text)
            #expect(throws: (any Error).self) { try PlanVector(JSON(changed)).differences() }
        }
    }

    @Test("the schema that the generator made is the one in the files")
    func generatedSchema() throws {
        let read = try SchemaFile().schema()
        let made = Schema.current
        #expect(read.version == made.version)
        #expect(read.namespace == made.namespace)
        #expect(read.entities.map(\.name) == made.entities.map(\.name))
        for (left, right) in zip(read.entities, made.entities) {
            #expect(left.id == right.id && left.identity == right.identity)
            #expect(left.scope == right.scope && left.follow == right.follow, "\(left.name)")
            #expect(left.creators == right.creators && left.deleters == right.deleters)
            #expect(left.fields.map(\.described) == right.fields.map(\.described))
        }
    }
}

extension FieldSchema {
    fileprivate var described: String {
        """
        \(number) \(name) \(type) \(isSet) \(rule) \(review) \(required) \(personal) \(searched) \
        \(isMoney) \(parent) \(target?.rawValue ?? 0) \(options) \(maximum ?? .nan) \
        \(minimum ?? .nan) \(writers) \(readers ?? []) \(since) \(isContactPoint) \
        \(replacements) \(label)
        """
    }
}
