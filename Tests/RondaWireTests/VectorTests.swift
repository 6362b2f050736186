import Crypto
import Foundation
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaWire
import SwiftProtobuf
import Testing

/// `Protocol/vectors/codec`: each case is a pure function of what it gives
/// (`Protocol/vectors/README.md`). The vectors of the kind `plan` are replayed beside the merge.
@Suite("The codec vectors")
struct VectorTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Protocol/vectors/codec").standardizedFileURL

    private static func files() throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
    }

    @Test("come out as they say", arguments: try files())
    func replay(_ file: URL) throws {
        let vector = try CodecCase(JSONSerialization.jsonObject(with: Data(contentsOf: file)))
        #expect(vector["kind"] == "codec")
        let cases = try vector.cases("cases")
        #expect(!cases.isEmpty)
        for (index, one) in cases.enumerated() {
            let given = try #require(
                CodecCase.functions.first { one.members[$0.key] != nil },
                "case \(index) is of no kind that is known")
            let actual = try given.value(one)
            for (key, value) in actual {
                // That a commit can be decoded is left out.
                let expected = one.members[key] ?? (key == "decodes" ? true as Any : nil)
                #expect(
                    expected as? NSObject == value as? NSObject,
                    "\(one["case"] ?? "case \(index)"): \(key)")
            }
            // What the vector expects is asked for, all of it.
            let known = Set(["case", "json", "wire", given.key]).union(actual.keys)
            #expect(Set(one.members.keys).isSubset(of: known))
        }
    }

    @Test("are there, and every kind of case among them")
    func present() throws {
        var kinds = Set<String>()
        for file in try Self.files() {
            let vector = try CodecCase(JSONSerialization.jsonObject(with: Data(contentsOf: file)))
            for one in try vector.cases("cases") { kinds.formUnion(one.members.keys) }
        }
        #expect(kinds.isSuperset(of: CodecCase.functions.keys))
    }
}

/// One object of a vector.
private struct CodecCase {
    struct Malformed: Error {
        let what: String
    }

    let members: [String: Any]

    init(_ json: Any?) throws {
        guard let members = json as? [String: Any] else {
            throw Malformed(what: "not an object: \(json ?? "nothing")")
        }
        self.members = members
    }

    subscript(key: String) -> String? { members[key] as? String }

    func object(_ key: String) throws -> CodecCase { try CodecCase(members[key]) }

    func cases(_ key: String) throws -> [CodecCase] {
        guard let items = members[key] as? [Any] else { throw Malformed(what: key) }
        return try items.map { try CodecCase($0) }
    }

    func text(_ key: String) throws -> String {
        guard let text = self[key] else { throw Malformed(what: key) }
        return text
    }

    func int(_ key: String) throws -> Int64 {
        if let number = (members[key] as? NSNumber)?.int64Value { return number }
        guard let number = self[key].flatMap({ Int64($0) }) else { throw Malformed(what: key) }
        return number
    }

    func id(_ key: String) throws -> RecordID {
        guard let id = RecordID(try text(key)) else { throw Malformed(what: key) }
        return id
    }

    func bytes(_ key: String) throws -> [UInt8] {
        let digits = Array(try text(key))
        return try stride(from: 0, to: digits.count, by: 2).map { start in
            guard let byte = UInt8(String(digits[start...].prefix(2)), radix: 16) else {
                throw Malformed(what: key)
            }
            return byte
        }
    }

    func stamp(_ key: String) throws -> Stamp {
        let stamp = try object(key)
        let counter = (stamp.members["counter"] as? NSNumber)?.uint16Value ?? 0
        return Stamp(milliseconds: try stamp.int("ms"), counter: counter)
    }
}

// MARK: - The functions

extension CodecCase {
    /// What the case expects, computed. The key it has tells which function it is.
    static let functions: [String: @Sendable (CodecCase) throws -> [String: Any]] = [
        "message": message, "derive": derive, "uuid5": namespaced, "contactPoint": contactPoint,
        "stamps": stamps, "clock": clock, "version": version, "sum": sum, "ed25519": ed25519,
        "receipt": receipt, "part": part,
    ]

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static func said(_ stamp: Stamp) -> [String: Int64] {
        ["ms": stamp.instant.milliseconds, "counter": Int64(stamp.bits & 0xffff)]
    }

    @Sendable
    private static func message(_ one: CodecCase) throws -> [String: Any] {
        guard one["message"] == "Commit" else { throw Malformed(what: "message") }
        let sent: WireCommit
        if let json = one.members["json"] {
            let data = try JSONSerialization.data(withJSONObject: json)
            sent = try WireCommit(jsonUTF8Data: data)
        } else {
            sent = try WireCommit(serializedBytes: try one.bytes("wire"))
        }
        let data: Data = try sent.numbered(schema: .current).serializedBytes()
        let again = try WireCommit(serializedBytes: data)
        let decodes = (try? again.model(schema: .current)) != nil
        if decodes {
            let model = try again.model(schema: .current)
            // A commit of this house has the ids in the order of their first use; others may not.
            if Array(again.ids) == Array(WireCommit(model).ids), !again.hasEmptyPrevious {
                #expect(model.canonicalBytes == data)
            }
            #expect(try sent.model(schema: .current) == model)
        }
        return [
            "hex": hex(data), "chain": ChainHash.of(data).id.hex, "decodes": decodes,
        ]
    }

    @Sendable
    private static func derive(_ one: CodecCase) throws -> [String: Any] {
        let given = try one.object("derive")
        let name = try given.text("entity")
        guard let entity = Schema.current.entities.first(where: { $0.name == name }) else {
            throw Malformed(what: name)
        }
        let values = try given.object("values")
        let id = Schema.current.derivedID(of: entity) { position in
            let field = entity.fields[position]
            guard let text = values[field.name] else { return nil }
            switch field.type {
            case .ref: return RecordID(text).map { .ref($0) }
            case .date: return CivilDate(iso: text).map { .date($0) }
            case .option: return field.options.first { $0.name == text }.map { .option($0.number) }
            default: return .text(text)
            }
        }
        guard let id else { throw Malformed(what: "\(name) has no derived id") }
        let known = Set(entity.fields.map(\.name))
        guard Set(values.members.keys).isSubset(of: known) else { throw Malformed(what: name) }
        return ["id": id.description]
    }

    @Sendable
    private static func part(_ one: CodecCase) throws -> [String: Any] {
        let given = try one.object("part")
        let name = try given.text("entity")
        guard let entity = Schema.current.entities.first(where: { $0.name == name }) else {
            throw Malformed(what: name)
        }
        let values = try given.object("values").members
        guard Set(values.keys).isSubset(of: entity.fields.map(\.name)) else {
            throw Malformed(what: name)
        }
        // What a cleared field shows is nothing. Only options are looked at, of others that they are.
        let shown = entity.fields.compactMap { field -> (number: UInt32, value: Value)? in
            guard let value = values[field.name], !(value is NSNull) else { return nil }
            let option = (value as? [String: Any])?["is"] as? String ?? value as? String
            let number = field.options.first { $0.name == option }?.number
            return (field.number, number.map { .status(option: $0, round: 0) } ?? .text(name))
        }
        return ["is": Int(entity.part(showing: shown).rawValue)]
    }

    @Sendable
    private static func namespaced(_ one: CodecCase) throws -> [String: Any] {
        let given = try one.object("uuid5")
        let namespace =
            given["namespace"] == "schema" ? Schema.current.namespace : try given.id("namespace")
        return [
            "id": RecordID.derived(namespace: namespace, name: try given.text("name")).description
        ]
    }

    @Sendable
    private static func contactPoint(_ one: CodecCase) throws -> [String: Any] {
        let given = try one.object("contactPoint")
        let text = try given.text("text")
        let point: String? =
            text.contains("@")
            ? try? ContactPoint.email(text)
            : try? ContactPoint.phone(text, country: given["country"])
        // Whatever is made of a text is what a referral may be made of.
        if let point {
            #expect(ContactPoint.isCanonical(point))
            // Equal texts may differ in bytes, over which ids are made.
            #expect(point.utf8.elementsEqual(point.composed.utf8))
        }
        return ["is": point as Any? ?? NSNull()]
    }

    @Sendable
    private static func stamps(_ one: CodecCase) throws -> [String: Any] {
        let given = try one.object("stamps")
        let next = try given.stamp("last")
            .next(now: Instant(milliseconds: try given.int("now")))
        return ["next": said(next), "fixed64": String(next.bits)]
    }

    @Sendable
    private static func clock(_ one: CodecCase) throws -> [String: Any] {
        let given = try one.object("clock")
        let now = try given.int("now")
        let deviceTime = (given.members["deviceTime"] as? NSNumber)?.int64Value
        let territory = Schema.current.derivedID(of: .territory) { _ in .text("BOG-N") } ?? .zero
        let commit = Commit(
            number: 1, stamp: try given.stamp("stamp"), schema: 1,
            changes: [
                Change(
                    entity: .territory, record: territory,
                    sets: [FieldWrite(1, .text("BOG-N")), FieldWrite(2, .text("CO"))])
            ])
        let plan = Plan.make(
            for: commit, stored: [:],
            context: PlanContext(
                schema: .current, limits: Limits(), device: .zero, author: .zero, role: .office,
                visible: nil, receivedAt: Instant(milliseconds: now),
                clockOffsetMilliseconds: deviceTime.map { $0 - now } ?? 0))
        guard let mark = plan.records.first?.record.marks.last else {
            throw Malformed(what: "\(plan.verdict)")
        }
        return ["ordered": said(mark.stamp), "suspect": plan.verdict.clockSuspect]
    }

    @Sendable
    private static func version(_ one: CodecCase) throws -> [String: Any] {
        let given = try one.object("version")
        let next = Version.next(
            after: UInt64(try given.int("stored")), generation: UInt64(try given.int("generation")))
        return ["is": String(next)]
    }

    @Sendable
    private static func sum(_ one: CodecCase) throws -> [String: Any] {
        let sum = try one.cases("sum").reduce(UInt64(0)) {
            $0 &+ Checksum.of(try $1.id("id"), version: UInt64(try $1.int("version")))
        }
        return ["is": String(sum)]
    }

    @Sendable
    private static func ed25519(_ one: CodecCase) throws -> [String: Any] {
        let given = try one.object("ed25519")
        let (secret, message) = (try given.bytes("secret"), try given.bytes("message"))
        let key = try Curve25519.Signing.PrivateKey(rawRepresentation: secret)
        #expect(key.publicKey.isValidSignature(try one.bytes("signature"), for: message))
        return ["public": hex(Receipt.publicKey(of: secret)), "signature": one["signature"] ?? ""]
    }

    @Sendable
    private static func receipt(_ one: CodecCase) throws -> [String: Any] {
        let given = try one.object("receipt")
        guard let chain = RecordID(bytes: try given.bytes("chain")) else {
            throw Malformed(what: "chain")
        }
        var receipt = Receipt(
            hub: try given.id("hub"), device: try given.id("device"),
            number: UInt64(try given.int("number")), chain: ChainHash(id: chain),
            receivedAt: Instant(milliseconds: try given.int("receivedAt")))
        let secret = try given.bytes("secret")
        let key = Receipt.publicKey(of: secret)
        // Some libraries sign the same message differently each time: what counts is that it holds.
        let own = try receipt.signed(seed: secret)
        #expect(own.isSigned(by: key))
        receipt.signature = try one.bytes("signature")
        #expect(receipt.isSigned(by: key))
        let onTheWire = try WireReceipt(serializedBytes: receipt.wire.serializedBytes() as Data)
        #expect(Receipt(onTheWire, hub: receipt.hub, device: receipt.device) == receipt)
        for index in receipt.signature.indices {
            receipt.signature[index] ^= 1
            #expect(!receipt.isSigned(by: key))
            receipt.signature[index] ^= 1
        }
        return [
            "signed": hex(receipt.message), "public": hex(key), "signature": one["signature"] ?? "",
        ]
    }
}

extension WireCommit {
    /// A `previous` that is spelled out as zeros is not written by a client of this house.
    fileprivate var hasEmptyPrevious: Bool {
        !previous.isEmpty && previous.allSatisfy { $0 == 0 }
    }
}
