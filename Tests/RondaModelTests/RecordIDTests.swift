import RondaModel
import Testing

@Suite("A record's id")
struct RecordIDTests {
    private let id = RecordID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)

    @Test("is written and read as a UUID, with or without dashes, in either case")
    func text() {
        #expect(id.description == "01234567-89ab-cdef-fedc-ba9876543210")
        #expect(id.hex == "0123456789abcdeffedcba9876543210")
        #expect(RecordID(id.description) == id)
        #expect(RecordID(id.hex.uppercased()) == id)
        #expect(RecordID("prefix \(id)".dropFirst(7)) == id)
    }

    @Test(
        "is not read from anything else",
        arguments: [
            "", "0", "0123456789abcdeffedcba987654321", "0123456789abcdeffedcba98765432100",
            "g123456789abcdeffedcba9876543210", "０123456789abcdeffedcba9876543210",
            " 123456789abcdeffedcba9876543210", "+123456789abcdeffedcba9876543210",
        ])
    func notText(_ text: String) {
        #expect(RecordID(text) == nil)
    }

    @Test("is sixteen bytes, most significant first")
    func bytes() throws {
        let bytes: [UInt8] = [
            0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54,
            0x32, 0x10,
        ]
        #expect(id.bytes == bytes)
        #expect(RecordID(bytes: bytes) == id)
        #expect(RecordID(bytes: [0] + bytes) == nil)
        #expect(RecordID(bytes: bytes.dropLast()) == nil)
        try ([0, 0, 0] + bytes).withUnsafeBytes { buffer in
            let start = try #require(buffer.baseAddress)
            #expect(RecordID(unaligned: start + 3) == id)
        }
    }

    @Test("is ordered as its bytes are")
    func order() {
        let ids = [
            RecordID(high: 0, low: 0), RecordID(high: 0, low: .max), RecordID(high: 1, low: 0),
            RecordID(high: 1, low: 1), RecordID(high: .max, low: 0),
        ]
        for (left, right) in zip(ids, ids.dropFirst()) {
            #expect(left < right)
            #expect(left.bytes.lexicographicallyPrecedes(right.bytes))
        }
    }

    /// RFC 9562, appendix A.4.
    @Test("derived from a name is a UUIDv5")
    func derived() throws {
        let names = try #require(RecordID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"))
        #expect(
            RecordID.derived(namespace: names, name: "www.example.com").description
                == "2ed6657d-e927-568b-95e1-2665a8aea6a2")
    }

    @Test("minted is a UUIDv7 that sorts by its time")
    func minted() {
        let id = RecordID.minted(milliseconds: 0x0123_4567_89ab, random: (.max, .max))
        #expect(id.description == "01234567-89ab-7fff-bfff-ffffffffffff")
        let none = RecordID.minted(milliseconds: 0x0123_4567_89ab, random: (0, 0))
        #expect(none.description == "01234567-89ab-7000-8000-000000000000")
        let later = RecordID.minted(milliseconds: 0x0123_4567_89ac, random: (0, 0))
        #expect(none < id)
        #expect(id < later)
    }
}
