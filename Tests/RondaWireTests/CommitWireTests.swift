import Foundation
import RondaModel
import RondaProtobuf
import RondaWire
import SwiftProtobuf
import Testing

@Suite("A commit on the wire")
struct CommitWireTests {
    @Test("survives protobuf, whatever is in it", arguments: 1...UInt64(200))
    func binary(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let commit = random.commit()
        let bytes: Data = try WireCommit(commit).serializedData()
        let read = try WireCommit(serializedBytes: bytes).model(schema: .current)
        #expect(read == commit)
        #expect(read.canonicalBytes == bytes)
    }

    @Test("survives proto3 JSON with the same chain hash", arguments: 1...UInt64(200))
    func json(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let commit = random.commit()
        let json = try WireCommit(commit).jsonString()
        let read = try WireCommit(jsonString: json).model(schema: .current)
        #expect(read == commit)
        #expect(read.chainHash == commit.chainHash)
    }

    @Test("has the same canonical bytes each time, and others for other content")
    func canonical() {
        var random = SeededGenerator(seed: 9)
        let commit = random.commit()
        var other = commit
        other.number &+= 1
        #expect(commit.canonicalBytes == commit.canonicalBytes)
        #expect(commit.chainHash != other.chainHash)
        other = commit
        other.previous = ChainHash(id: random.id())
        #expect(commit.chainHash != other.chainHash)
    }

    /// Hexadecimal, so that another implementation can check itself against it.
    @Test("has these canonical bytes and this chain hash")
    func fixture() {
        let commit = Commit(
            number: 2, stamp: Stamp(bits: 0x0102_0304_0506_0708), schema: 1,
            uptime: Uptime(boot: 7, milliseconds: 300),
            previous: ChainHash(id: RecordID(high: 0x1111, low: 0x2222)),
            changes: [
                Change(
                    entity: .customer, record: RecordID(high: 3, low: 4), base: 5,
                    sets: [FieldWrite(8, .text("ñ")), FieldWrite(9, nil)],
                    adds: [ElementWrite(6, .text("1"))])
            ])
        let hex = commit.canonicalBytes.map {
            String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
        }
        .joined()
        #expect(hex == Self.bytes)
        #expect(commit.chainHash.id.hex == Self.hash)
    }
    private static let bytes = """
        080211080706050403020118012210000000000000111100000000000022222a1000000000000000030000000000\
        000004321608021805220608081202c3b12a0109320508061201313d0700000040ac02
        """
    private static let hash = "37a197193dc3bc5082fce3dfdb62461c"

    @Test("resolves the fields that JSON names; an unknown name is field 0, which nothing has")
    func names() throws {
        let json = """
            {"number": "1", "schema": 1, "ids": ["AAAAAAAAAAAAAAAAAAAAAQ=="], "changes": [
              {"entity": 2, "sets": [{"name": "street", "text": "Sol 1"}, {"name": "x", "text": "y"}],
               "adds": [{"name": "phones", "text": "1"}], "removes": [{"number": 6, "text": "2"}]}]}
            """
        let commit = try WireCommit(jsonString: json).model(schema: .current)
        let change = try #require(commit.changes.first)
        #expect(change.record == RecordID(high: 0, low: 1))
        #expect(change.sets == [FieldWrite(8, .text("Sol 1")), FieldWrite(0, .text("y"))])
        #expect(change.adds == [ElementWrite(6, .text("1"))])
        #expect(change.removes == [ElementWrite(6, .text("2"))])
    }

    @Test("with a bad id, a bad index or no value is an error that names the place")
    func malformed() throws {
        func error(_ json: String) throws -> WireError? {
            let wire = try WireCommit(jsonString: json)
            return #expect(throws: WireError.self) { try wire.model(schema: .current) }
        }
        #expect(try error(#"{"ids": ["AAAA"]}"#)?.code == .badID)
        #expect(try error(#"{"previous": "AAAA"}"#)?.code == .badID)
        #expect(try error(#"{"changes": [{"record": 0}]}"#)?.code == .badID)
        #expect(try error(#"{"changes": [{"record": 4294967295}]}"#)?.code == .badID)
        let one = #""ids": ["AAAAAAAAAAAAAAAAAAAAAQ=="]"#
        for place in ["sets", "adds", "removes"] {
            let noValue = try error(#"{\#(one), "changes": [{"\#(place)": [{"number": 1}]}]}"#)
            #expect(noValue?.code == .badField)
            #expect(noValue?.detail == "field 1 in \(place) has no value")
            let noID = try error(
                #"{\#(one), "changes": [{"\#(place)": [{"number": 1, "ref": 1}]}]}"#)
            #expect(noID?.code == .badID)
        }
    }

    @Test("cut or flipped anywhere, is an error or another commit, never a crash")
    func damaged() throws {
        var random = SeededGenerator(seed: 4)
        var (read, refused) = (0, 0)
        for _ in 0..<40 {
            let bytes = random.commit().canonicalBytes
            guard !bytes.isEmpty else { continue }
            for _ in 0..<20 {
                var damaged = bytes.prefix(Int.random(in: 0...bytes.count, using: &random))
                if let index = damaged.indices.randomElement(using: &random) {
                    damaged[index] ^= UInt8.random(in: 1...255, using: &random)
                }
                do {
                    let wire = try WireCommit(serializedBytes: damaged)
                    _ = try wire.model(schema: .current).canonicalBytes
                    read += 1
                } catch {
                    refused += 1
                }
            }
        }
        #expect(read > 0 && refused > 0)
    }
}
